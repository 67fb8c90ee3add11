# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian's stock kernel on an emulated machine (machine.sh); see run.sh. Real modules, several processors, an
# offload device; no privilege and no /dev/kvm, so what runs in it runs 20 to 100 times slower.

# Sets QEMU_FILES, the directory with vmlinux, initramfs and lib/modules.
need_qemu() {
    local suite=$SUITE name
    choose_machine
    need_packages "$QEMU_PACKAGE" busybox-static kmod iproute2 xz-utils zstd
    if [[ -z $suite ]]; then
        suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    fi
    name=qemu-$suite
    [[ $KERNEL_PACKAGE == linux-image-amd64 ]] || name=qemu-$suite-$ARCH
    QEMU_FILES=$BUILD/vm/$name
    make_once "$name" "fetching the kernel of Debian $suite" fetch_kernel "$suite"
    [[ -z $DEVICE ]] || need_device
}

# Prints the packages of the suite's kernel. Debian drops old ABIs from its archive, so the version
# is what the metapackage names; newer suites have the modules in packages of their own.
kernel_packages() { # SUITE DIR
    local image
    image=$(apt_of_suite "$1" "$2" apt-cache depends "$KERNEL_PACKAGE" |
        sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p')
    echo "$image"
    apt_of_suite "$1" "$2" apt-cache depends "$image" |
        sed -n "s/.*Depends: \(linux-[a-z]*-${image#linux-image-}\)/\1/p"
}

fetch_kernel() { # SUITE DIR
    local suite=$1 directory=$2 packages release
    apt_of_suite "$suite" "$directory" apt-get update
    mapfile -t packages < <(kernel_packages "$suite" "$directory")
    release=${packages[0]#linux-image-}
    # The host's own does on the host's architecture; experimental has none.
    [[ $ARCH == "$(dpkg --print-architecture)" ]] || packages+=(busybox-static)
    unpack_packages "$suite" "$directory" "${packages[@]}"
    [[ -d $directory/lib/modules ]] || ln -s usr/lib "$directory/lib"
    depmod -b "$directory" "$release"
    unpack_kernel "$(find "$directory" -type f -name 'vmlinuz*')" "$directory/vmlinux"
    make_initramfs "$directory" "$release"
}

# What qemu starts: the kernel as it is, or of x86 what is packed in it.
unpack_kernel() { # VMLINUZ VMLINUX
    if [[ $QEMU == qemu-system-x86_64 ]]; then
        unpack_vmlinux "$@"
    else
        cp "$1" "$2"
    fi
}

# Takes the ELF kernel out of a bzImage: qemu starts it at once (PVH), with no decompression
# under emulation. The offsets are those of the x86 boot protocol; the payload's last 4 bytes
# are its unpacked size.
unpack_vmlinux() { # BZIMAGE VMLINUX
    local sectors offset length start tool
    sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
    read -r offset length < <(od -An -tu4 -j $((0x248)) -N 8 "$1")
    start=$(((sectors + 1) * 512 + offset))
    case $(od -An -tx1 -j "$start" -N 4 "$1") in
    " fd 37 7a 58") tool=xz ;;
    " 28 b5 2f fd") tool=zstd ;;
    *) tool=gzip ;;
    esac
    dd if="$1" iflag=skip_bytes,count_bytes skip="$start" count=$((length - 4)) status=none |
        "$tool" -dc >"$2"
}

# The initramfs: busybox and the root's modules in the order to load them; see also boot_qemu.
make_initramfs() { # DIR RELEASE
    local directory=$1 tree=$1/tree module busybox
    mkdir -p "$tree/bin" "$tree/modules"
    busybox=$(find "$directory" -type f -path '*/bin/busybox')
    cp "${busybox:-$(command -v busybox)}" "$tree/bin/busybox"
    for module in $ROOT_MODULES; do
        modprobe -d "$directory" -S "$2" --show-depends "$module"
    done | sed -n 's|^insmod \(.*[^ ]\) *$|\1|p' | awk '!seen[$0]++' >"$directory/list"
    while read -r module; do
        cp "$module" "$tree/modules/"
        basename "$module" >>"$tree/modules/order"
    done <"$directory/list"
    (cd "$tree" && find . | busybox cpio -o -H newc) >"$directory/initramfs"
    rm -r "$tree" "$directory/list"
}

# An x86 kernel that is kept from running for some ticks while it boots takes its timer for broken, and
# panics, unless it is told not to look.
boot_qemu() { # RUN
    local run=$1 options terminal
    set_parameters "$run" "$OUT" "$ERR"
    PARAMETERS+=("afalg_modules=\"$QEMU_FILES\""
        "afalg_load=\"${VIRTIO_CRYPTO:+virtio_crypto} ${DEVICE:+$DEVICE_MODULE}\"")
    [[ -z $GUEST_ROOT ]] || PARAMETERS+=("afalg_project=\"$ROOT\"")
    mapfile -t options < <(devices && consoles)
    cp "$ROOT/test/vm/qemu-init.sh" "$run/init"
    (cd "$run" && echo init | busybox cpio -o -H newc 2>/dev/null) |
        cat "$QEMU_FILES/initramfs" - >"$run/initramfs"
    open_relays "$run"
    terminal=file,id=out,path=/dev/fd/$RELAY_OUT
    if [[ -n $TERMINAL ]]; then
        terminal=stdio,id=out,signal=off
    fi
    supervise "$QEMU" -nodefaults -no-user-config -display none -no-reboot "${BOARD[@]}" \
        -kernel "$QEMU_FILES/vmlinux" -initrd "$run/initramfs" \
        -append "console=$CONSOLE quiet no_timer_check panic=-1 ${PARAMETERS[*]}" \
        -chardev "file,id=log,path=/dev/fd/$RELAY_LOG" -serial chardev:log \
        -chardev "$terminal" -chardev "file,id=err,path=/dev/fd/$RELAY_ERR" "${options[@]}" \
        2>&"$RELAY_LOG"
    close_relays
}
