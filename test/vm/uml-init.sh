#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of a user-mode Linux: lays a tmpfs over the root that the kernel has mounted (the
# host's files, or those of another Debian on the host), leaves only the build directory shared,
# and moves into the result.
#
# pivot_root, not chroot: the kernel's own modprobe looks in the root of its first process.
# From the kernel's command line: afalg_modules (directory of the package's modules), afalg_build
# (directory that stays shared), afalg_tests (directory of this file), all three paths of the host.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
: "${afalg_modules:?}" "${afalg_build:?}" "${afalg_tests:?}"

# Mounts the directory that one is in, with changes kept in /mnt/NAME, on TARGET.
overlay_here() { # NAME TARGET
    mkdir -p "/mnt/$1/upper" "/mnt/$1/work" "$2"
    mount -t overlay -o "lowerdir=.,upperdir=/mnt/$1/upper,workdir=/mnt/$1/work" overlay "$2"
}

# Mounts a directory of the host; ACCESS is --read-only or --rw.
share() { # DIR TARGET ACCESS
    mkdir -p "$2"
    mount -t hostfs "$3" -o "$1" host "$2"
}

release=$(uname -r)
mount -t tmpfs tmpfs /mnt
share "$afalg_modules" /mnt/host-modules --read-only
insmod "/mnt/host-modules/$release/kernel/fs/overlayfs/overlay.ko"
cd /
overlay_here files /mnt/root
project=${afalg_tests%/test/vm}
[ -d "/mnt/root$project" ] || share "$project" "/mnt/root$project" --read-only
share "$afalg_build" "/mnt/root$afalg_build" --rw
cd "/mnt/host-modules/$release"
overlay_here modules "/mnt/root/lib/modules/$release"
cd /mnt/root
mkdir -p run/host
pivot_root . run/host
umount -l /run/host
exec "$afalg_tests/guest.sh"
