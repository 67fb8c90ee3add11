#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of a user-mode Linux: lays a tmpfs over the host's files, which the kernel has
# mounted as its root, leaves only the build directory shared, and moves into the result.
#
# pivot_root, not chroot: the kernel's own modprobe looks in the root of its first process.
# From the kernel's command line: afalg_modules (directory of the package's modules), afalg_build
# (directory that stays shared with the host), afalg_tests (directory of this file).
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
: "${afalg_modules:?}" "${afalg_build:?}" "${afalg_tests:?}"

# Mounts the directory that one is in, with changes kept in /mnt/NAME, on TARGET.
overlay_here() { # NAME TARGET
    mkdir -p "/mnt/$1/upper" "/mnt/$1/work" "$2"
    mount -t overlay -o "lowerdir=.,upperdir=/mnt/$1/upper,workdir=/mnt/$1/work" overlay "$2"
}

release=$(uname -r)
mount -t tmpfs tmpfs /mnt
insmod "$afalg_modules/$release/kernel/fs/overlayfs/overlay.ko"
cd /
overlay_here files /mnt/root
mount --bind "$afalg_build" "/mnt/root$afalg_build"
cd "$afalg_modules/$release"
overlay_here modules "/mnt/root/lib/modules/$release"
cd /mnt/root
mkdir -p run/host
pivot_root . run/host
umount -l /run/host
exec "$afalg_tests/guest.sh"
