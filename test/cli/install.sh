#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is installed works where it was installed: the libraries by their .pc files and by CMake's
# find_package, the provider, afalgctl.
# usage: install.sh BUILD_DIRECTORY MODULES_DIRECTORY_BELOW_PREFIX C_COMPILER [C_FLAGS]
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly BUILD=$1 CC=$3
read -ra FLAGS <<<"${4-}"
readonly ROOT=$SCRATCH/root
readonly PREFIX=$ROOT/usr/local
readonly MODULES=$PREFIX/$2
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# NIST SP 800-38A, F.2.1: the first block of CBC-AES128.
readonly KEY=2b7e151628aed2a6abf7158809cf4f3c IV=000102030405060708090a0b0c0d0e0f
readonly TEXT=6bc1bee22e409f96e93d7e117393172a ENCRYPTED=7649abac8119b246cee98e9b12e9197d

assert_file() {
    local file
    for file in "$@"; do
        [[ -s $file ]] || fail "not installed: $file"
    done
}

check_files() {
    local pkgconfig
    assert_file "$MODULES/afalg.so" "$PREFIX"/bin/afalgctl "$PREFIX"/include/afalg/{sockopt,socket,params}.h \
        "$PREFIX"/share/doc/afalg/{openssl.cnf.example,afalgctl.md} \
        "$PREFIX"/share/man/{man1/afalgctl.1,man3/afalg_{socket,sockopt}.3,man7/afalg-provider.7}
    pkgconfig=$(find "$PREFIX" -name afalg-socket.pc -printf '%h')
    export PKG_CONFIG_PATH=$pkgconfig
    assert_file "$pkgconfig"/afalg-{socket,sockopt}.pc
}

# Nothing lies outside of the prefix, and no page hides one of the system's.
check_places() {
    local outside page
    outside=$(find "$ROOT" -type f ! -path "$PREFIX/*")
    [[ -z $outside ]] || fail "outside of the prefix: $outside"
    while read -r page; do
        [[ $page == afalg* ]] || fail "a manual page without our name: $page"
    done < <(find "$PREFIX/share/man" -type f -printf '%f\n')
    DESTDIR=$SCRATCH/system cmake --install "$BUILD" --prefix "$(pkg-config --variable=prefix libcrypto)" >/dev/null
    assert_file "$SCRATCH/system$(pkg-config --variable=modulesdir libcrypto)/afalg.so"
}

check_exports() {
    local exported
    exported=$(nm -D --defined-only "$MODULES/afalg.so" | awk '{ print $NF }')
    [[ $exported == OSSL_provider_init ]] || fail "afalg.so exports: $exported"
}

# Compiles and runs the example program by pkg-config.
check_pc() {
    local needed
    read -ra needed <<<"$(pkg-config --cflags --libs afalg-socket)"
    "$CC" "${FLAGS[@]}" "$HERE/install.c" -o "$SCRATCH/by_pc" "${needed[@]}"
    [[ $("$SCRATCH/by_pc") == "$ENCRYPTED" ]] || fail "the program made by pkg-config"
    read -ra needed <<<"$(pkg-config --cflags --libs afalg-sockopt)"
    echo '#include <afalg/sockopt.h>
    int main(void) { struct sockopt s = { 0 }; sockopt_destroy(&s); return 0; }' >"$SCRATCH/sockopt.c"
    "$CC" "${FLAGS[@]}" "$SCRATCH/sockopt.c" -o "$SCRATCH/sockopt" "${needed[@]}"
    "$SCRATCH/sockopt" || fail "the program with afalg-sockopt"
}

# The same by find_package.
check_cmake() {
    mkdir "$SCRATCH/project"
    cp "$HERE/install.c" "$SCRATCH/project"
    cat >"$SCRATCH/project/CMakeLists.txt" <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(example LANGUAGES C)
find_package(afalg REQUIRED)
add_executable(example install.c)
target_link_libraries(example PRIVATE afalg::socket)
TEXT
    cmake -G Ninja -S "$SCRATCH/project" -B "$SCRATCH/project/build" -DCMAKE_PREFIX_PATH="$PREFIX" \
        -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="${FLAGS[*]}" >/dev/null
    cmake --build "$SCRATCH/project/build" >/dev/null
    [[ $("$SCRATCH/project/build/example") == "$ENCRYPTED" ]] || fail "the program made by CMake"
}

check_provider() {
    unset OPENSSL_MODULES
    printf %s "$TEXT" | sed 's/../\\x&/g' | xargs -0 printf %b >"$SCRATCH/text"
    AFALG_LOG=$LOG LD_PRELOAD=${CLI_PRELOAD-} openssl enc -provider-path "$MODULES" \
        -provider afalg -provider default -propquery provider=afalg \
        -aes-128-cbc -nopad -K "$KEY" -iv "$IV" -in "$SCRATCH/text" -out "$SCRATCH/encrypted"
    [[ $(od -An -tx1 "$SCRATCH/encrypted" | tr -d ' \n') == "$ENCRYPTED" ]] || fail "openssl enc"
    assert_kernel_did AES-128-CBC 16
    "$PREFIX/bin/afalgctl" list --algorithms=AES-128-CBC | grep -Eq '^AES-128-CBC +yes ' ||
        fail "the installed afalgctl"
}

DESTDIR=$ROOT cmake --install "$BUILD" --prefix /usr/local >"$SCRATCH/install.log"
check_files
check_places
check_exports
check_pc
check_cmake
check_provider
