#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A kernel without algif_skcipher: one clear line where only afalg may do it, and the default
# provider where afalg is merely preferred.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly KEY=000102030405060708090a0b0c0d0e0f

[[ ${AFALG_KERNEL:-host} != host ]] || skip "takes a module away, which only a test kernel allows"
module=$(find "/lib/modules/$(uname -r)" -name 'algif_skcipher.ko*')
[[ -n $module ]] || skip "algif_skcipher is built in"
hidden=$SCRATCH/$(basename "$module")

restore() {
    mv "$hidden" "$module"
    rm -rf "$SCRATCH"
}

rmmod algif_skcipher 2>/dev/null || :
mv "$module" "$hidden"
trap restore EXIT

file=$(data_of 1000)
arguments=(-aes-128-cbc -K "$KEY" -iv "$KEY" -in "$file")
assert_one_error 'unsupported.*provider=afalg' enc "${arguments[@]}"
by_default enc "${arguments[@]}" -out "$SCRATCH/expected"
AFALG_LOG=offers:$LOG LD_PRELOAD=${CLI_PRELOAD-} openssl enc -provider afalg -provider default \
    -propquery '?provider=afalg' "${arguments[@]}" -out "$SCRATCH/encrypted"
assert_same "$SCRATCH/expected" "$SCRATCH/encrypted" "preferring afalg"
(($(grep -c '^afalg: AES-128-CBC not offered: ' "$LOG") == 1)) ||
    fail "the log does not say once why AES-128-CBC is not offered: $(cat "$LOG")"
by_afalg dgst -sha256 -out "$SCRATCH/hash" "$file"
assert_kernel_did SHA2-256 1000
