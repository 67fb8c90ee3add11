#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the files for other distributions as far as that goes on Debian; see README.md.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
ROOT=$(dirname "$HERE")
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# The same version everywhere as in CMakeLists.txt.
version=$(sed -n 's/^project(afalg VERSION \([0-9.]*\) .*/\1/p' "$ROOT/CMakeLists.txt")
grep -qx "Version: *$version" "$HERE/rpm/openssl-provider-afalg.spec"
grep -qx "pkgver=$version" "$HERE/alpine/APKBUILD"
"$ROOT/dev" dist >/dev/null
archive=$ROOT/build/dist/afalg-$version.tar.gz

check_rpm() {
    rpmlint "$HERE/rpm/openssl-provider-afalg.spec"
    mkdir -p "$SCRATCH/rpm/SOURCES"
    cp "$archive" "$SCRATCH/rpm/SOURCES"
    # Debian's rpm has none of Fedora's macros for CMake, and doesn't know what Debian has installed.
    rpmbuild -bb --nodeps --define "_topdir $SCRATCH/rpm" --define '_libdir /usr/lib' \
        --define '_pkgdocdir /usr/share/doc/%{name}' --define 'debug_package %{nil}' \
        --define 'cmake cmake -B build -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=lib -DAFALG_MODULES_DIR=lib/ossl-modules' \
        --define 'cmake_build cmake --build build -j2' \
        --define 'cmake_install DESTDIR=%{buildroot} cmake --install build' \
        "$HERE/rpm/openssl-provider-afalg.spec" >"$SCRATCH/rpm.log" 2>&1 || {
        tail -n 20 "$SCRATCH/rpm.log"
        return 1
    }
    find "$SCRATCH/rpm/RPMS" -name '*.rpm' | sort | while read -r package; do
        echo "${package##*/}:"
        rpm -qlp "$package"
    done
}

# abuild's own order; it unpacks and sets these variables.
check_alpine() {
    local srcdir=$SCRATCH/alpine pkgdir=$SCRATCH/alpine/root builddir=""
    shellcheck "$HERE/alpine/APKBUILD" "$HERE"/alpine/*.pre-deinstall
    mkdir -p "$pkgdir"
    tar -C "$srcdir" -xf "$archive"
    (
        # shellcheck source=packaging/alpine/APKBUILD
        . "$HERE/alpine/APKBUILD"
        cd "$builddir"
        build && check && package
    ) >"$SCRATCH/alpine.log" 2>&1 || {
        tail -n 20 "$SCRATCH/alpine.log"
        return 1
    }
    (cd "$pkgdir" && find . -type f | sort)
}

check_rpm
check_alpine
