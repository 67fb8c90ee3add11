#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An algorithm that this kernel lacks is the default provider's, and nobody notices.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

readonly KEY=000102030405060708090a0b0c0d0e0f

# Prints a cipher that OpenSSL has and afalg doesn't offer here.
absent_cipher() {
    local cipher
    for cipher in sm4-cbc aria-128-cbc seed-cbc; do
        if ! offered "$cipher" && openssl list -cipher-algorithms | grep -qi "$cipher"; then
            echo "$cipher"
            return
        fi
    done
}

offered aes-128-cbc || fail "afalg does not offer AES-128-CBC"
cipher=$(absent_cipher)
[[ -n $cipher ]] || skip "this kernel has every cipher of OpenSSL's"
head -c 100000 /dev/urandom >"$SCRATCH/data"
openssl enc "-$cipher" -K "$KEY" -iv "$KEY" -in "$SCRATCH/data" -out "$SCRATCH/expected"
with_afalg openssl enc "-$cipher" -K "$KEY" -iv "$KEY" -in "$SCRATCH/data" \
    -out "$SCRATCH/encrypted" 2>"$SCRATCH/errors"
assert_same "$SCRATCH/expected" "$SCRATCH/encrypted" "$cipher"
[[ ! -s $SCRATCH/errors ]] || fail "$cipher: $(cat "$SCRATCH/errors")"
assert_unused "$cipher"
echo "$cipher"
