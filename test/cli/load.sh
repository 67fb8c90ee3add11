#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Loading the provider is cheap: once the modules are there the kernel asks for none, though the
# table has names that this kernel lacks. Prints how long it takes; the machine's, so not judged.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly REQUESTED=/run/afalg-modprobe.log ROUNDS=11
[[ -e $REQUESTED ]] || skip "only a test kernel counts what modprobe is called for"

# Prints the shortest time that a command took, in microseconds.
shortest() { # COMMAND...
    local begin
    for ((round = 0; round < ROUNDS; round++)); do
        begin=${EPOCHREALTIME//[!0-9]/}
        "$@" >/dev/null
        echo $((${EPOCHREALTIME//[!0-9]/} - begin))
    done | sort -n | head -n 1
}

first_cipher() { # PROVIDER...
    local providers=()
    for provider; do
        providers+=(-provider "$provider")
    done
    LD_PRELOAD=${CLI_PRELOAD-} openssl enc "${providers[@]}" -propquery "provider=$1" \
        -aes-128-cbc -in /dev/null -K 00000000000000000000000000000000 \
        -iv 00000000000000000000000000000000
}

# MACs are left out: whether the kernel's hmac takes a digest only its bind tells, and Linux 7.2
# calls modprobe each time before it refuses hmac(blake2b-512).
list_all() {
    by_afalg list -cipher-algorithms
    by_afalg list -digest-algorithms
    by_afalg list -random-generators
}

list_all >"$SCRATCH/list"
grep -q 'AES-128-CBC.* @ afalg' "$SCRATCH/list" || fail "afalg does not offer AES-128-CBC"
if grep -q 'SM4-CBC.* @ afalg' "$SCRATCH/list"; then
    skip "this kernel has SM4, so no name is known to be missing"
fi
: >"$REQUESTED"
list_all >/dev/null
first_cipher afalg default >/dev/null
[[ ! -s $REQUESTED ]] || fail "modules were asked for: $(cat "$REQUESTED")"
with=$(shortest first_cipher afalg default)
without=$(shortest first_cipher default)
echo "a first cipher by afalg takes $((with - without)) us more than by default alone"
