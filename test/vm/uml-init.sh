#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of a user-mode Linux, whose kernel has mounted the host's files as its root: lays a
# tmpfs over them (or over those of another Debian among them), leaves only the build directory
# shared, and moves into the result.
#
# pivot_root, not chroot: the kernel's own modprobe looks in the root of its first process.
# From the kernel's command line: afalg_root (directory to be the root), afalg_modules (directory of
# the package's modules), afalg_build (directory that stays shared), afalg_tests (directory of this
# file).
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
: "${afalg_root:?}" "${afalg_modules:?}" "${afalg_build:?}" "${afalg_tests:?}"

# Mounts the directory that one is in, with changes kept in /mnt/NAME, on TARGET.
overlay_here() { # NAME TARGET
    mkdir -p "/mnt/$1/upper" "/mnt/$1/work" "$2"
    mount -t overlay -o "lowerdir=.,upperdir=/mnt/$1/upper,workdir=/mnt/$1/work" overlay "$2"
}

# Shows a directory of the host in the new root; ACCESS is ro or rw.
share() { # DIR ACCESS
    mkdir -p "/mnt/root$1"
    mount --bind "$1" "/mnt/root$1"
    mount -o "remount,bind,$2" "/mnt/root$1"
}

release=$(uname -r)
project=${afalg_tests%/test/vm}
mount -t tmpfs tmpfs /mnt
insmod "$afalg_modules/$release/kernel/fs/overlayfs/overlay.ko"
cd "$afalg_root"
overlay_here files /mnt/root
[ "$afalg_root" = / ] || share "$project" ro
share "$afalg_build" rw
cd "$afalg_modules/$release"
overlay_here modules "/mnt/root/lib/modules/$release"
cd /mnt/root
mkdir -p run/host
pivot_root . run/host
exec "$afalg_tests/guest.sh"
