#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
# Process 1 of the emulated machine, in its initramfs: mounts the host's files (9p, read-only),
# lays a tmpfs over them, leaves only the build directory writable, and moves into the result.
# From the kernel's command line: afalg_modules (directory with lib/modules), afalg_build
# (directory that stays shared with the host), afalg_tests (directory of this file), and if the root
# is not the host's, afalg_project (directory of the project).
set -eu
: "${afalg_modules:?}" "${afalg_build:?}" "${afalg_tests:?}"
/bin/busybox --install -s /bin
export PATH=/bin

share() { # TAG DIR CACHE
    mkdir -p "$2"
    mount -t 9p -o "trans=virtio,version=9p2000.L,msize=524288,cache=$3" "$1" "$2"
}

# Mounts DIR, with changes kept in /changes/NAME, on TARGET.
overlay() { # NAME DIR TARGET
    mkdir -p "/changes/$1/upper" "/changes/$1/work" "$3"
    cd "$2"
    mount -t overlay -o "lowerdir=.,upperdir=/changes/$1/upper,workdir=/changes/$1/work" \
        overlay "$3"
    cd /
}

while read -r module; do
    insmod "/modules/$module"
done </modules/order
mkdir /changes
mount -t tmpfs changes /changes
share root /host loose
overlay files /host /new
[ -z "${afalg_project-}" ] || share project "/new$afalg_project" loose
share build "/new$afalg_build" mmap
release=$(uname -r)
overlay modules "/new$afalg_modules/lib/modules/$release" "/new/lib/modules/$release"
exec switch_root /new "$afalg_tests/guest.sh"
