#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A kernel that refuses what its module index has, as if modprobe.d blocked algif_skcipher: software does it, or
# with fallback = no there is one clear line. What does not need the module is the kernel's.
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
by_default enc "${arguments[@]}" -out "$SCRATCH/expected"
by_afalg enc "${arguments[@]}" -out "$SCRATCH/encrypted"
assert_same "$SCRATCH/expected" "$SCRATCH/encrypted" "software"
grep -q '^afalg: AES-128-CBC .* kernel=0/0 software=[0-9]*/1008 ' "$LOG" || fail "not software's: $(cat "$LOG")"
cat >"$SCRATCH/openssl.cnf" <<'TEXT'
openssl_conf = init
[init]
providers = providers
[providers]
default = default_section
afalg = afalg_section
[default_section]
activate = 1
[afalg_section]
activate = 1
mode = kernel
fallback = no
TEXT
OPENSSL_CONF=$SCRATCH/openssl.cnf assert_one_error 'its module is blocked' enc "${arguments[@]}"
by_afalg dgst -sha256 -out "$SCRATCH/hash" "$file"
assert_kernel_did SHA2-256 1000
