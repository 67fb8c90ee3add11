# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The tests with other Debian suites' OpenSSL, compiler, C library and kernel; sourced by dev.

# What a suite's root has on top of what builds and tests need.
readonly MATRIX_PACKAGES=(mount kmod iproute2 procps)

# Of experimental, a suite of additions to sid, the root has OpenSSL alone.
readonly EXPERIMENTAL_PIN='Package: openssl libssl* openssl-provider-*
Pin: release a=experimental
Pin-Priority: 990'

# Makes a root of the suite. mmdebstrap needs root, or user namespaces with /etc/subuid.
make_root() { # SUITE PACKAGES DIR
    local archive options=(--variant=apt --include="$2" --aptopt='Acquire::Check-Valid-Until "false"')
    archive=$(debian_archive)
    if [[ $1 == experimental ]]; then
        mmdebstrap "${options[@]}" \
            --setup-hook="echo '$EXPERIMENTAL_PIN' >\"\$1\"/etc/apt/preferences.d/openssl" \
            sid "$3" "$archive" "deb $archive experimental main"
    else
        mmdebstrap "${options[@]}" "$1" "$3" "$archive"
    fi
}

# Prints the suite whose kernel a suite's tests run on: sid's user-mode kernel may lag behind its own
# dependencies.
kernel_suite() { # SUITE
    case $1 in
    sid | experimental) echo forky ;;
    *) echo "$1" ;;
    esac
}

# Builds and tests with a suite's root, all of it in the guest; prints what ctest says.
test_suite() { # SUITE PACKAGE...
    local suite=$1 packages
    shift
    packages=$(IFS=, && echo "${MATRIX_PACKAGES[*]},$*")
    mkdir -p "$BUILD/vm"
    make_once "root-$suite" "making a root of Debian $suite" make_root "$suite" "$packages"
    "$ROOT/dev" --kernel=uml --suite="$(kernel_suite "$suite")" --root="$BUILD/vm/root-$suite" --memory=3072 \
        --timeout=3600 shell -- bash "$ROOT/test/vm/matrix-guest.sh" "$ROOT" "$BUILD/matrix/$suite"
}
