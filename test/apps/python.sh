#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Python's ssl and hashlib by openssl.cnf alone.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

readonly SIZE=1048576 PYTHON=/usr/bin/python3
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

certificate ec
head -c "$SIZE" /dev/urandom >"$SCRATCH/data"
expected=$(openssl dgst -sha512 -r "$SCRATCH/data" | cut -d ' ' -f 1)
seen=$(with_afalg "$PYTHON" "$HERE/python_hash.py" sha512 "$SCRATCH/data")
[[ $seen == "$expected" ]] || fail "hashlib: $seen instead of $expected"
assert_kernel_bytes SHA2-512 "$SIZE"

rm "$LOG"
with_afalg "$PYTHON" "$HERE/python_tls.py" "$SCRATCH/ec.pem" "$SCRATCH/data"
assert_kernel_bytes AES-256-GCM $((4 * SIZE))
