# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian's stock kernel on an emulated machine; see run.sh. Real modules, several processors, an
# offload device; no privilege and no /dev/kvm, so what runs in it runs 20 to 100 times slower.

# Modules that the root needs, before it is there.
readonly QEMU_ROOT_MODULES="virtio_pci 9pnet_virtio 9p overlay"

# Sets QEMU_FILES, the directory with vmlinux, initramfs and lib/modules.
need_qemu() {
    local suite=$SUITE
    need_packages qemu-system-x86 busybox-static kmod iproute2 xz-utils zstd
    if [[ -z $suite ]]; then
        suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    fi
    QEMU_FILES=$BUILD/vm/qemu-$suite
    make_once "qemu-$suite" "fetching the kernel of Debian $suite" fetch_kernel "$suite"
    [[ -z $DEVICE ]] || need_device
}

# Prints the packages of the suite's kernel. Debian drops old ABIs from its archive, so the version
# is what the metapackage names; newer suites have the modules in packages of their own.
kernel_packages() { # SUITE DIR
    local image
    image=$(apt_of_suite "$1" "$2" apt-cache depends linux-image-amd64 |
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
    unpack_packages "$suite" "$directory" "${packages[@]}"
    [[ -d $directory/lib/modules ]] || ln -s usr/lib "$directory/lib"
    depmod -b "$directory" "$release"
    unpack_vmlinux "$(find "$directory" -type f -name 'vmlinuz*')" "$directory/vmlinux"
    make_initramfs "$directory" "$release"
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
    local directory=$1 tree=$1/tree module
    mkdir -p "$tree/bin" "$tree/modules"
    cp "$(command -v busybox)" "$tree/bin/busybox"
    for module in $QEMU_ROOT_MODULES; do
        modprobe -d "$directory" -S "$2" --show-depends "$module"
    done | sed -n 's|^insmod \(.*[^ ]\) *$|\1|p' | awk '!seen[$0]++' >"$directory/list"
    while read -r module; do
        cp "$module" "$tree/modules/"
        basename "$module" >>"$tree/modules/order"
    done <"$directory/list"
    (cd "$tree" && find . | busybox cpio -o -H newc) >"$directory/initramfs"
    rm -r "$tree" "$directory/list"
}

# Prints qemu's options for one directory of the host as a 9p file system.
share() { # TAG DIR OPTIONS
    local path=${2//,/,,}
    printf '%s\n' -fsdev "local,id=$1,path=$path,security_model=none,multidevs=remap$3" \
        -device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}

# Prints the options for the processor and the devices. qemu64 has no AES instructions.
machine() {
    local processor=max
    printf '%s\n' -M q35 -accel tcg,thread=multi -m "${MEMORY}M" -smp "$PROCESSORS"
    if [[ -n $VIRTIO_CRYPTO$DEVICE ]]; then
        processor=qemu64,+rdrand
    fi
    if [[ -n $VIRTIO_CRYPTO ]]; then
        printf '%s\n' -object cryptodev-backend-builtin,id=backend \
            -device virtio-crypto-pci,id=crypto,cryptodev=backend
    fi
    printf '%s\n' -cpu "${PROCESSOR:-$processor}"
    share root / ,readonly=on
    share build "$BUILD" ""
}

# ttyS0 is the kernel's console, ttyS1 and ttyS2 the command's output and error.
boot_qemu() { # RUN
    local run=$1 options terminal
    set_parameters "$run" ttyS1 ttyS2
    PARAMETERS+=("afalg_modules=\"$QEMU_FILES\""
        "afalg_load=\"${VIRTIO_CRYPTO:+virtio_crypto} ${DEVICE:+$DEVICE_MODULE}\"")
    mapfile -t options < <(machine)
    cp "$ROOT/test/vm/qemu-init.sh" "$run/init"
    (cd "$run" && echo init | busybox cpio -o -H newc 2>/dev/null) |
        cat "$QEMU_FILES/initramfs" - >"$run/initramfs"
    open_relays "$run"
    terminal=file,id=out,path=/dev/fd/$RELAY_OUT
    if [[ -n $TERMINAL ]]; then
        terminal=stdio,id=out,signal=off
    fi
    supervise qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
        "${options[@]}" -kernel "$QEMU_FILES/vmlinux" -initrd "$run/initramfs" \
        -append "console=ttyS0 quiet panic=-1 ${PARAMETERS[*]}" \
        -chardev "file,id=log,path=/dev/fd/$RELAY_LOG" -serial chardev:log \
        -chardev "$terminal" -serial chardev:out \
        -chardev "file,id=err,path=/dev/fd/$RELAY_ERR" -serial chardev:err \
        2>&"$RELAY_LOG"
    close_relays
}
