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
grep -qx "PKG_VERSION:=$version" "$HERE/openwrt/openssl-provider-afalg/Makefile"
grep -qx "OPENSSL_PROVIDER_AFALG_VERSION = $version" "$HERE"/buildroot/package/*/*.mk
recipe=$HERE/openembedded/recipes-connectivity/openssl-provider-afalg/openssl-provider-afalg_$version.bb
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

# Installs as the embedded systems do, once, for their checks.
install_embedded() {
    mkdir -p "$SCRATCH/source"
    tar -C "$SCRATCH/source" -xf "$archive"
    cmake -S "$SCRATCH/source/afalg-$version" -B "$SCRATCH/embedded" -G Ninja -DCMAKE_INSTALL_PREFIX=/usr \
        -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=MinSizeRel -DAFALG_TESTS=OFF -DAFALG_MANUALS=OFF \
        -DAFALG_MODULES_DIR=/usr/lib/ossl-modules
    cmake --build "$SCRATCH/embedded"
    DESTDIR=$SCRATCH/root cmake --install "$SCRATCH/embedded"
}

# A drop-in switches the provider on, beside the default one, and makes it the preferred one. FILE is an openssl.cnf
# that includes it.
check_drop_in() { # FILE
    local output
    output=$(OPENSSL_CONF=$1 OPENSSL_MODULES=$SCRATCH/root/usr/lib/ossl-modules openssl list -providers)
    grep -qx '  default' <<<"$output"
    grep -qx '  afalg' <<<"$output"
    OPENSSL_CONF=$1 OPENSSL_MODULES=$SCRATCH/root/usr/lib/ossl-modules "$SCRATCH/root/usr/bin/afalgctl" check "$1"
}

# OpenSSL's own file, as far as it speaks of providers, with more lines in its sections and at its end.
stock_configuration() { # IN_PROVIDERS IN_DEFAULT AT_END
    printf '%s\n' 'openssl_conf = openssl_init' '[openssl_init]' 'providers = provider_sect' \
        '[provider_sect]' 'default = default_sect' "$1" '[default_sect]' "$2" "$3"
}

# The recipe's assignments, by bitbake's own parser if BITBAKE names its sources (with lib/bb); of what it installs and
# packages, each file is there.
check_openembedded() {
    local file layer=$HERE/openembedded
    stock_configuration "" "" ".include $layer/recipes-connectivity/openssl-provider-afalg/files" >"$SCRATCH/oe.cnf"
    check_drop_in "$SCRATCH/oe.cnf"
    grep -q "md5=$(md5sum <"$ROOT/LICENSE" | cut -d ' ' -f 1)\"" "$recipe"
    if [[ -n ${BITBAKE-} ]]; then
        python3 "$HERE/parse_recipe.py" "$BITBAKE/lib" "$layer/conf/layer.conf" "$recipe"
    else
        echo "not parsed: BITBAKE is not set"
    fi
    for file in lib/ossl-modules/afalg.so bin/afalgctl share/bash-completion share/zsh; do
        [[ -e $SCRATCH/root/usr/$file ]] || { echo "not installed: $file" && return 1; }
    done
}

# The menu by a parser of Kconfig, and the package's variables by make; what switches the provider on is run twice.
check_buildroot() {
    local target=$SCRATCH/buildroot
    mkdir -p "$target/etc/ssl"
    stock_configuration "" "" "" >"$target/etc/ssl/openssl.cnf"
    BR2_EXTERNAL_AFALG_PATH=$HERE/buildroot KCONFIG_WARN_UNDEF=y /usr/bin/python3 -c '
import kconfiglib, sys
sys.exit("\n".join(kconfiglib.Kconfig(sys.argv[1]).warnings) or 0)' "$HERE/stand-ins/buildroot.kconfig"
    for _ in 1 2; do
        make -sf "$HERE/stand-ins/buildroot.mk" BR2_EXTERNAL_AFALG_PATH="$HERE/buildroot" \
            PACKAGE="$HERE/buildroot/package/openssl-provider-afalg" TARGET_DIR="$target" enable
    done
    [[ $(grep -c '^.include' "$target/etc/ssl/openssl.cnf") == 1 ]]
    sed -i "s|^.include /|&$target/|; s|//|/|" "$target/etc/ssl/openssl.cnf"
    check_drop_in "$target/etc/ssl/openssl.cnf"
}

# Both packages' rules to install, by make.
check_openwrt() {
    local roots=$SCRATCH/openwrt
    make -s -C "$HERE/openwrt/openssl-provider-afalg" TOPDIR="$HERE/stand-ins/openwrt" \
        PKG_INSTALL_DIR="$SCRATCH/root" DESTINATION="$roots"
    (cd "$roots" && find . -type f | sort)
    stock_configuration 'afalg = afalg_sect' 'activate = 1' \
        ".include $roots/libopenssl-afalg-provider/etc/ssl/modules.cnf.d" >"$SCRATCH/openwrt.cnf"
    check_drop_in "$SCRATCH/openwrt.cnf"
}

echo "rpm:"
check_rpm
echo "alpine:"
check_alpine
install_embedded >"$SCRATCH/embedded.log" 2>&1 || { tail -n 20 "$SCRATCH/embedded.log" && exit 1; }
for system in openembedded buildroot openwrt; do
    echo "$system:"
    "check_$system"
done
