#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock openssl cms and enc by openssl.cnf alone: what afalg seals the default provider opens,
# and the other way round.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

SIZE=1000000

cms_encrypt() { # WITH CIPHER KEY
    "$1" openssl cms -encrypt -binary -outform DER "-$2" -in "$SCRATCH/data" \
        -out "$SCRATCH/message" "$SCRATCH/$3.crt"
}

cms_decrypt() { # WITH KEY
    "$1" openssl cms -decrypt -binary -inform DER -in "$SCRATCH/message" \
        -out "$SCRATCH/opened" -recip "$SCRATCH/$2.crt" -inkey "$SCRATCH/$2.key"
}

# Few iterations: with mode = kernel each one is several requests.
enc_encrypt() { # WITH CIPHER
    "$1" openssl enc "-$2" -pbkdf2 -iter 500 -pass pass:word -in "$SCRATCH/data" -out "$SCRATCH/message"
}

enc_decrypt() { # WITH CIPHER
    "$1" openssl enc -d "-$2" -pbkdf2 -iter 500 -pass pass:word -in "$SCRATCH/message" -out "$SCRATCH/opened"
}

# There and back, by each provider on its way; the assertion is made for each of afalg's.
exchange() { # COMMAND CIPHER KEY ASSERTION...
    local command=$1 cipher=$2 key=$3 decrypt_argument=$3
    shift 3
    [[ $command == cms ]] || decrypt_argument=$cipher
    rm -f "$LOG" "$SCRATCH/message" "$SCRATCH/opened"
    "${command}_encrypt" with_afalg "$cipher" "$key"
    "$@"
    "${command}_decrypt" with_default "$decrypt_argument"
    assert_same "$SCRATCH/data" "$SCRATCH/opened" "$command -$cipher by afalg"
    rm -f "$LOG" "$SCRATCH/message" "$SCRATCH/opened"
    "${command}_encrypt" with_default "$cipher" "$key"
    "${command}_decrypt" with_afalg "$decrypt_argument"
    "$@"
    assert_same "$SCRATCH/data" "$SCRATCH/opened" "$command -d -$cipher by afalg"
}

certificate rsa
certificate ec
head -c "$SIZE" /dev/urandom >"$SCRATCH/data"
exchange cms aes-256-cbc rsa assert_kernel_bytes AES-256-CBC "$SIZE"
# CMS gives GCM its text in pieces, which AF_ALG can't take: software goes on.
exchange cms aes-128-gcm rsa assert_used AES-128-GCM
exchange enc aes-128-cbc "" assert_kernel_bytes AES-128-CBC "$SIZE"
exchange enc aes-256-ctr "" assert_kernel_bytes AES-256-CTR "$SIZE"

# The key of a message to an EC key is wrapped: the kernel can unwrap it (40 bytes: a key of 32).
SIZE=100
head -c "$SIZE" /dev/urandom >"$SCRATCH/data"
if offered AES-256-WRAP; then
    exchange cms aes-256-cbc ec assert_used AES-256-WRAP
    assert_kernel_bytes AES-256-WRAP 32
else
    exchange cms aes-256-cbc ec assert_kernel_bytes AES-256-CBC "$SIZE"
    echo "not tried: key wrap, which this kernel lacks"
fi
