#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# python3-cryptography encrypts and decrypts by AES-GCM messages of the lengths at which a socket's
# buffer is full.
# usage: python_lengths.sh [STEP]
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The C library would map and unmap every message, which costs user-mode Linux a hundred times the encryption.
export MALLOC_MMAP_THRESHOLD_=100000000 MALLOC_TRIM_THRESHOLD_=100000000

[[ -z ${CLI_PRELOAD-} ]] || skip "a sanitized program takes and gives back memory too slowly"
all_modules
expected=$(with_default /usr/bin/python3 "$HERE/python_lengths.py" "$@")
seen=$(with_afalg /usr/bin/python3 "$HERE/python_lengths.py" "$@")
[[ $seen == "$expected" ]] || fail "$seen instead of $expected"
assert_kernel_bytes AES-128-GCM 20000000
echo "$seen"
