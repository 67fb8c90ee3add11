# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The tests with other Debian suites' OpenSSL, compiler, C library and kernel; sourced by dev.

# What a suite's root has on top of what builds and tests need.
readonly MATRIX_PACKAGES=(mount kmod iproute2 procps)

# Makes a root of the suite. mmdebstrap needs root, or user namespaces with /etc/subuid.
make_root() { # SUITE PACKAGES DIR
    mmdebstrap --variant=apt --include="$2" --aptopt='Acquire::Check-Valid-Until "false"' \
        "$1" "$3" "$(debian_archive)"
}

# Builds and tests with a suite's root, all of it in the guest; prints what ctest says.
test_suite() { # SUITE PACKAGE...
    local suite=$1 packages
    shift
    packages=$(IFS=, && echo "${MATRIX_PACKAGES[*]},$*")
    mkdir -p "$BUILD/vm"
    make_once "root-$suite" "making a root of Debian $suite" make_root "$suite" "$packages"
    "$ROOT/dev" --kernel=uml --suite="$suite" --root="$BUILD/vm/root-$suite" --memory=3072 \
        --timeout=3600 shell -- bash "$ROOT/test/vm/matrix-guest.sh" "$ROOT" "$BUILD/matrix/$suite"
}
