#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `openssl dgst` by afalg: the hashes are those of the default provider.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

check() { # NAME_OF_DGST NAME_OF_AFALG BYTES
    local file
    file=$(data_of "$3")
    by_default dgst "-$1" -binary -out "$SCRATCH/expected" "$file"
    by_afalg dgst "-$1" -binary -out "$SCRATCH/hash" "$file"
    assert_same "$SCRATCH/expected" "$SCRATCH/hash" "$1 of $3 bytes"
    assert_kernel_did "$2" "$3"
}

for bytes in 0 4097; do
    check sha1 SHA1 "$bytes"
    for bits in 224 256 384 512; do
        check "sha$bits" "SHA2-$bits" "$bytes"
    done
done
