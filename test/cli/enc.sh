#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `openssl enc` by afalg: what it encrypts and decrypts is what the default provider does.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly KEY=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
readonly IV=fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0

check() { # KEY_BITS MODE BYTES [OPTION]
    local cipher=aes-$1-$2 file arguments
    file=$(data_of "$3")
    arguments=("-$cipher" -K "${KEY:0:$1 / 4}" "${@:4}")
    [[ $2 == ecb ]] || arguments+=(-iv "$IV")
    by_default enc "${arguments[@]}" -in "$file" -out "$SCRATCH/expected"
    by_afalg enc "${arguments[@]}" -in "$file" -out "$SCRATCH/encrypted"
    assert_same "$SCRATCH/expected" "$SCRATCH/encrypted" "$cipher of $3 bytes"
    assert_kernel_did "AES-$1-${2^^}" "$3"
    by_afalg enc -d "${arguments[@]}" -in "$SCRATCH/expected" -out "$SCRATCH/decrypted"
    assert_same "$file" "$SCRATCH/decrypted" "$cipher decrypting $3 bytes"
    assert_kernel_did "AES-$1-${2^^}" "$3"
}

# More than the 4 KiB that enc hands over at a time, and a last block that is not whole.
for bits in 128 192 256; do
    for mode in ecb cbc ctr; do
        check "$bits" "$mode" 4097
    done
done
for mode in ecb cbc ctr; do
    check 128 "$mode" 16
done
check 128 cbc 4096 -nopad

by_afalg enc -aes-256-cbc -pbkdf2 -pass pass:word -in "$(data_of 5000)" -out "$SCRATCH/encrypted"
assert_kernel_did AES-256-CBC 5000
by_default enc -d -aes-256-cbc -pbkdf2 -pass pass:word -in "$SCRATCH/encrypted" -out "$SCRATCH/back"
assert_same "$(data_of 5000)" "$SCRATCH/back" "a password's key"
