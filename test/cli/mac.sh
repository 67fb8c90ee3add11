#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `openssl mac` by afalg: the codes are those of the default provider.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly KEY=000102030405060708090a0b0c0d0e0f

check() { # BYTES MAC MAC_OPTION...
    local file mac=$2 bytes=$1
    file=$(data_of "$bytes")
    shift 2
    by_default mac "$@" -in "$file" -binary -out "$SCRATCH/expected" "$mac"
    by_afalg mac "$@" -in "$file" -binary -out "$SCRATCH/code" "$mac"
    assert_same "$SCRATCH/expected" "$SCRATCH/code" "$mac $* of $bytes bytes"
    assert_kernel_did "$mac" "$bytes"
}

for bytes in 64 4097; do
    for digest in SHA1 SHA2-224 SHA2-256 SHA2-384 SHA2-512; do
        check "$bytes" HMAC -digest "$digest" -macopt "hexkey:$KEY"
    done
    check "$bytes" CMAC -cipher AES-128-CBC -macopt "hexkey:$KEY"
done
check 1 HMAC -digest SHA2-256 -macopt "key:$(printf '%0200d' 0)"
