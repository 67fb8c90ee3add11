# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The emulated machines, one for each of Debian's architectures; sourced by dev. See qemu.sh.

# Sets what the machine of ARCH is:
#   QEMU, QEMU_PACKAGE  qemu's program, and Debian's package of it
#   KERNEL_PACKAGE      Debian's package of the newest kernel
#   BOARD               qemu's options for board and processor
#   CONSOLE             the kernel's console
#   OUT, ERR            the consoles of the command's output and error
#   ROOT_MODULES        what the root needs, before it is there
# shellcheck disable=SC2034 # for qemu.sh
choose_machine() {
    QEMU_PACKAGE=qemu-system-misc KERNEL_PACKAGE=linux-image-$ARCH
    CONSOLE=ttyS0 OUT=hvc0 ERR=hvc1
    ROOT_MODULES="virtio_pci virtio_console 9pnet_virtio 9p overlay"
    case $ARCH in
    # Debian has no kernel for i386 from 13 on; that of amd64 runs its programs.
    amd64 | i386)
        QEMU=qemu-system-x86_64 QEMU_PACKAGE=qemu-system-x86 KERNEL_PACKAGE=linux-image-amd64
        OUT=ttyS1 ERR=ttyS2 ROOT_MODULES="virtio_pci 9pnet_virtio 9p overlay"
        BOARD=(-M q35 -cpu "${PROCESSOR:-$(x86_processor)}")
        ;;
    # This processor runs programs of armhf too.
    arm64)
        QEMU=qemu-system-aarch64 QEMU_PACKAGE=qemu-system-arm CONSOLE=ttyAMA0
        BOARD=(-M virt -cpu "${PROCESSOR:-cortex-a72}")
        ;;
    armhf)
        QEMU=qemu-system-arm QEMU_PACKAGE=qemu-system-arm KERNEL_PACKAGE=linux-image-armmp CONSOLE=ttyAMA0
        BOARD=(-M "virt,highmem=off" -cpu "${PROCESSOR:-cortex-a15}")
        ;;
    riscv64)
        QEMU=qemu-system-riscv64
        BOARD=(-M virt -cpu "${PROCESSOR:-rv64}")
        ;;
    s390x)
        QEMU=qemu-system-s390x CONSOLE=ttysclp0
        ROOT_MODULES="virtio_console 9pnet_virtio 9p overlay"
        BOARD=(-M s390-ccw-virtio -cpu "${PROCESSOR:-max}")
        ;;
    *) die "no machine for the architecture $ARCH" ;;
    esac
}

# Prints the model of an x86 processor. qemu64 has no AES instructions.
x86_processor() {
    if [[ -n $VIRTIO_CRYPTO$DEVICE ]]; then
        echo qemu64,+rdrand
    else
        echo max
    fi
}

# Prints qemu's options for one directory of the host as a 9p file system.
share() { # TAG DIR OPTIONS
    local path=${2//,/,,}
    printf '%s\n' -fsdev "local,id=$1,path=$path,security_model=none,multidevs=remap$3" \
        -device "virtio-9p,fsdev=$1,mount_tag=$1"
}

# Prints the options for memory, processors and devices.
devices() {
    printf '%s\n' -accel tcg,thread=multi -m "${MEMORY}M" -smp "$PROCESSORS"
    if [[ -n $VIRTIO_CRYPTO ]]; then
        printf '%s\n' -object cryptodev-backend-builtin,id=backend \
            -device virtio-crypto-pci,id=crypto,cryptodev=backend
    fi
    share root "${GUEST_ROOT:-/}" ,readonly=on
    [[ -z $GUEST_ROOT ]] || share project "$ROOT" ,readonly=on
    share build "$BUILD" ""
}

# Prints the options for OUT and ERR.
consoles() {
    if [[ $OUT == hvc0 ]]; then
        printf '%s\n' -device virtio-serial -device virtconsole,chardev=out -device virtconsole,chardev=err
    else
        printf '%s\n' -serial chardev:out -serial chardev:err
    fi
}
