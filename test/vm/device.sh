# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The offload device of test/device, built against the headers of qemu's kernel. Sourced by dev.

# Sets DEVICE_MODULE, the module for the kernel in QEMU_FILES.
need_device() {
    local release sources=$ROOT/test/device sum
    need_packages make gcc libc6-dev
    release=$(basename "$QEMU_FILES"/lib/modules/*)
    make_once "headers-$release" "fetching the headers of Linux $release" fetch_headers "$release"
    sum=$(cat "$sources"/{Kbuild,*.[ch]} | sha256sum | head -c 16)
    make_once "device-$release-$sum" "building the device for Linux $release" \
        build_device "$release" "$sources"
    # shellcheck disable=SC2034 # for qemu.sh
    DEVICE_MODULE=$BUILD/vm/device-$release-$sum/afalg_device.ko
}

# Debian's headers name each other by the paths of their packages.
fetch_headers() { # RELEASE DIR
    local suite=${QEMU_FILES##*-} directory=$2 packages
    apt_of_suite "$suite" "$directory" apt-get update
    mapfile -t packages < <(apt_of_suite "$suite" "$directory" apt-cache depends "linux-headers-$1" |
        sed -n 's/.*Depends: \(linux-\(headers\|kbuild\)-.*\)/\1/p')
    unpack_packages "$suite" "$directory" "linux-headers-$1" "${packages[@]}"
    grep -rlI --include=Makefile --include=.kernelvariables /usr/src/ "$directory/usr/src" |
        xargs sed -i "s|/usr/src/|\$(HEADERS)/|g"
}

build_device() { # RELEASE SOURCES DIR
    cp "$2"/{Kbuild,*.[ch]} "$3"
    local headers=$BUILD/vm/headers-$1/usr/src
    make -C "$headers/linux-headers-$1" HEADERS="$headers" M="$3" modules
}
