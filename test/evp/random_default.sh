#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# By openssl.cnf.example alone, "openssl rand" makes no request of the kernel, also if mode =
# kernel would send everything else there: which "openssl dgst" proves.
#
#     random_default.sh OPENSSL.CNF
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# Prints how many request sockets the command opens: only an AF_ALG socket is accepted from here.
sockets_of() { # CONFIGURATION COMMAND...
    local configuration=$1
    shift
    OPENSSL_CONF=$configuration strace -f -qq -e trace=accept4 -o "$directory/trace" \
        -E "LD_PRELOAD=${CLI_PRELOAD-}" -E ASAN_OPTIONS=detect_leaks=0 "$@" </dev/null >"$directory/output"
    grep -c accept4 "$directory/trace" || true
}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

sed 's/^mode *=.*/mode = kernel/' "$1" >"$directory/kernel.cnf"
grep -q '^mode = kernel$' "$directory/kernel.cnf" || fail "$1 sets no mode"

hashing=$(sockets_of "$directory/kernel.cnf" openssl dgst -sha256)
((hashing > 0)) || fail "openssl dgst opens no request socket: this test would see nothing"
for configuration in "$1" "$directory/kernel.cnf"; do
    drawing=$(sockets_of "$configuration" openssl rand -hex 4096)
    [[ $(tr -d '\n' <"$directory/output" | wc -c) == 8192 ]] || fail "openssl rand gives no 4096 bytes"
    ((drawing == 0)) || fail "openssl rand opens $drawing request sockets"
done
echo "openssl dgst opens $hashing request sockets, openssl rand none"
