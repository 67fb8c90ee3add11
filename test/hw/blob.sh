#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A wrapped key that only the device's cbc(paes) can unwrap, used by a program that knows nothing but
# bytes; and a blob or a driver that is wrong. test/device/README.md has the blob's format.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/cli.sh"

readonly KEY=00112233445566778899aabbccddeeff IV=0102030405060708090a0b0c0d0e0f10
readonly STANDIN=8d969eef6ecad3c29a3a629280e686cf BLOB=$SCRATCH/blob

wrapped() { # HEX_KEY
    local i
    printf 'AFDV'
    for ((i = 0; i < ${#1}; i += 2)); do
        printf '%b' "\\x$(printf '%02x' $((16#${1:i:2} ^ 0x5a)))"
    done
}

# The stand-in means the key that a URI names.
stand_for() { # URI
    write_config 'mode = kernel' "key.$STANDIN = $1"
}

encrypt() { # ENC_ARGUMENT...
    echo enc -aes-128-cbc -K "$STANDIN" -iv "$IV" -in "$SCRATCH/text" "$@"
}

head -c 100000 /dev/urandom >"$SCRATCH/text"
wrapped "$KEY" >"$BLOB"
export OPENSSL_CONF=$SCRATCH/openssl.cnf
stand_for "afalg:file=$BLOB;cipher=cbc(paes)"
# shellcheck disable=SC2046 # words
by_afalg $(encrypt -out "$SCRATCH/encrypted")
assert_kernel_did AES-128-CBC 100000
OPENSSL_CONF=/dev/null by_default enc -d -aes-128-cbc -K "$KEY" -iv "$IV" \
    -in "$SCRATCH/encrypted" -out "$SCRATCH/decrypted"
assert_same "$SCRATCH/text" "$SCRATCH/decrypted" "cbc(paes)"

# shellcheck disable=SC2046
{
    stand_for "afalg:file=$BLOB;cipher=cbc(paes);driver=none"
    assert_one_error 'no such algorithm or driver' $(encrypt)
    stand_for "afalg:file=$BLOB;cipher=ctr(paes)"
    assert_one_error 'ctr\(paes\) is no form of cbc\(aes\)' $(encrypt)
    stand_for "afalg:file=$BLOB;cipher=cbc(paes)"
    printf 'XXXX0123456789abcdef' >"$BLOB"
    assert_one_error "the driver can't unwrap it" $(encrypt)
}
