# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Builds for other architectures, and their tests on emulated machines (machine.sh); sourced by dev.

readonly CROSS_ARCHITECTURES=(arm64 armhf i386 riscv64 s390x)

# The suite, if none is asked for. It has time_t of 64 bits on armhf, and is the first to have riscv64.
readonly CROSS_SUITE=trixie

readonly CROSS_TOOLS=(cmake ninja-build pkg-config lowdown)
readonly CROSS_LIBRARIES=(libssl-dev libcmocka-dev libkcapi-dev libmnl-dev libkeyutils-dev libjson-c-dev)

# What the root of an emulated machine has besides: an unpacked Debian, in which no package's script has run.
readonly MACHINE_PACKAGES=("${MATRIX_PACKAGES[@]}" cmake mawk openssl keyutils)

# The tests that are run if none are chosen: what computes, and what speaks with the kernel. Of the 1,000 random sequences for
# each algorithm as many as it takes that each has a request that the kernel can do.
readonly CROSS_TESTS='^(unit\.test_|evp\.(vectors|differential\.(cipher|aead|digest|mac)|kcapi|errors|faults|fork|keys|keys_refused|keys_skey|config)$)'
readonly CROSS_SEEDS=100

# Prints the arguments with commas in between.
joined() { # WORD...
    local IFS=,
    echo "$*"
}


# Prints Debian's package of the compiler for an architecture.
cross_compiler() { # ARCH
    case $1 in
    arm64) echo gcc-aarch64-linux-gnu ;;
    armhf) echo gcc-arm-linux-gnueabihf ;;
    i386) echo gcc-i686-linux-gnu ;;
    *) echo "gcc-$1-linux-gnu" ;;
    esac
}

# A root of this machine's architecture with compiler and libraries for another.
make_cross_root() { # SUITE ARCH DIR
    mmdebstrap --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' \
        --architectures="$(joined "$(dpkg --print-architecture)" "$2")" \
        --include="$(joined "${CROSS_TOOLS[@]}" "$(cross_compiler "$2")" "libc6-dev:$2" "${CROSS_LIBRARIES[@]/%/:$2}")" \
        "$1" "$3" "$(debian_archive)"
}

# What the packages' scripts would have made, as far as it is needed.
make_machine_root() { # SUITE ARCH DIR
    local directory=$3
    mmdebstrap --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' --architectures="$2" \
        --include='?essential' --include="$(joined "${MACHINE_PACKAGES[@]}" "${CROSS_LIBRARIES[@]}")" "$1" "$directory" "$(debian_archive)"
    cp "$directory/usr/share/base-passwd/passwd.master" "$directory/etc/passwd"
    cp "$directory/usr/share/base-passwd/group.master" "$directory/etc/group"
    ln -sf mawk "$directory/usr/bin/awk"
    [[ -e $directory/bin/sh ]] || ln -s dash "$directory/usr/bin/sh"
}

# Runs a command in a root, in the project's directory, which has its own path there.
in_root() { # DIR COMMAND...
    local -a options=(--mount)
    ((EUID == 0)) || options+=(--map-root-user)
    # shellcheck disable=SC2016 # variables of the inner shells
    unshare "${options[@]}" bash -euc '
        mkdir -p "$0$1"
        mount --rbind "$1" "$0$1"
        mount --rbind /dev "$0/dev"
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            chroot "$0" sh -euc '\''cd "$0" && exec "$@"'\'' "$@"' "$1" "$ROOT" "${@:2}"
}

# Builds for an architecture, with warnings as errors.
cross_build() { # SUITE ARCH
    local root=$BUILD/vm/cross-$1-$2
    make_once "cross-$1-$2" "making a root of Debian $1 with a compiler for $2" make_cross_root "$1" "$2"
    in_root "$root" cmake --preset "$2" && in_root "$root" cmake --build --preset "$2"
}

# Tests what was built on a machine of its own.
cross_test() { # SUITE ARCH [CTEST_OPTION...]
    local suite=$1 arch=$2
    shift 2
    (($#)) || set -- -R "$CROSS_TESTS"
    make_once "machine-$suite-$arch" "making a root of Debian $suite for $arch" make_machine_root "$suite" "$arch"
    AFALG_SEEDS=${AFALG_SEEDS-$CROSS_SEEDS} "$ROOT/dev" --memory=2048 --timeout=7200 "${OPTIONS[@]}" \
        --arch="$arch" --suite="$suite" --root="$BUILD/vm/machine-$suite-$arch" \
        shell -- ctest --test-dir "$BUILD/$arch" --output-on-failure "$@"
}

cmd_cross() { # [ARCH...] [-- CTEST_OPTION...]
    local -a architectures=()
    local arch log suite=${SUITE:-$CROSS_SUITE} status=0
    while (($#)) && [[ $1 != -- ]]; do
        [[ " ${CROSS_ARCHITECTURES[*]} " == *" $1 "* ]] ||
            die "no such architecture: $1 (choose from ${CROSS_ARCHITECTURES[*]})"
        architectures+=("$1")
        shift
    done
    (($# == 0)) || shift
    ((${#architectures[@]})) || architectures=("${CROSS_ARCHITECTURES[@]}")
    need_packages mmdebstrap
    for arch in "${architectures[@]}"; do
        log=$BUILD/cross-$arch.log
        if ! cross_build "$suite" "$arch" >"$log" 2>&1; then
            echo "$arch: not built"
            grep -E 'error|warning' "$log" || tail -n 5 "$log"
            status=1
            continue
        fi
        cross_test "$suite" "$arch" "$@" >"$log" 2>&1 || status=1
        echo "$arch: $(sed -n '/tests passed/,$p' "$log")"
    done
    return "$status"
}
