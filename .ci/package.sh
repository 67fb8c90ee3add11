# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A release's archive, and Debian's packages with their checks; sourced by dev.

readonly SOURCE_PACKAGE=openssl-provider-afalg

# Prints the version, which is written in CMakeLists.txt alone.
project_version() {
    sed -n 's/^project(afalg VERSION \([0-9.]*\) .*/\1/p' "$ROOT/CMakeLists.txt"
}

# Writes the archive of a commit: the same bytes whoever makes it, and when.
make_archive() { # COMMIT FILE
    git -c safe.directory="$ROOT" -C "$ROOT" -c tar.umask=022 archive --format=tar \
        --prefix="afalg-$(project_version)/" "$1" | gzip -n -9 >"$2"
}

# Unpacks the archive and the packaging of the work tree as Debian's source package.
unpack_source() { # DIR
    local version
    version=$(project_version)
    rm -rf "$1"
    mkdir -p "$1"
    make_archive HEAD "$1/${SOURCE_PACKAGE}_$version.orig.tar.gz"
    tar -C "$1" -xf "$1/${SOURCE_PACKAGE}_$version.orig.tar.gz"
    cp -a "$ROOT/debian" "$1/afalg-$version/"
}

# A Debian with nothing but what apt and openssl need.
make_bare_root() { # SUITE DIR
    mmdebstrap --variant=apt --include=openssl --aptopt='Acquire::Check-Valid-Until "false"' \
        "$1" "$2" "$(debian_archive)"
}

# Installs, upgrades and purges the packages in a bare root of the suite.
check_in_root() { # SUITE DIR_OF_PACKAGES
    local root=$2/root-$1 status=0
    make_once "bare-$1" "making a bare root of Debian $1" make_bare_root "$1"
    rm -rf "$root"
    cp -a "$BUILD/vm/bare-$1" "$root"
    mkdir "$root/packages"
    cp "$2"/*.deb "$ROOT/.ci/package-cycle.sh" "$ROOT/debian/tests/enable" "$root/packages"
    chroot "$root" bash /packages/package-cycle.sh /packages >"$2/$1.log" 2>&1 || status=$?
    rm -rf "$root"
    echo "dev: $1: $(tail -n 1 "$2/$1.log")"
    return "$status"
}
