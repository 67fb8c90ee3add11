#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Loading the provider is cheap: once the modules are there the kernel asks for none, though the
# table has names that this kernel lacks. What a first cipher costs is judged by what it is made of,
# system calls and page faults; the time that it takes is the machine's, and printed.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly REQUESTED=/run/afalg-modprobe.log ROUNDS=15
readonly CALLS_MAX=130 FAULTS_MAX=100
[[ -e $REQUESTED ]] || skip "only a test kernel counts what modprobe is called for"

first_cipher() { # PROVIDER...
    local providers=()
    for provider; do
        providers+=(-provider "$provider")
    done
    LD_PRELOAD=${CLI_PRELOAD-} "${WITHIN[@]}" openssl enc "${providers[@]}" \
        -propquery "provider=$1" -aes-128-cbc -in /dev/null \
        -K 00000000000000000000000000000000 -iv 00000000000000000000000000000000
}
WITHIN=()

# Prints the microseconds that a first cipher took.
time_of() { # PROVIDER...
    local begin=${EPOCHREALTIME//[!0-9]/}
    first_cipher "$@" >/dev/null
    echo $((${EPOCHREALTIME//[!0-9]/} - begin))
}

calls_of() { # PROVIDER...
    local WITHIN=(strace -f -o "$SCRATCH/calls")
    first_cipher "$@" >/dev/null
    wc -l <"$SCRATCH/calls"
}

faults_of() { # PROVIDER...
    local WITHIN=(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt, file=sys.stderr)')
    { first_cipher "$@" >/dev/null; } 2>&1
}

# Prints how much more a first cipher costs by afalg than by default alone, or fails over the limit.
added() { # COST LIMIT
    local more=$(($("$1" afalg default) - $("$1" default)))
    echo "$1: $more more than by default alone"
    ((more <= $2)) || fail "$1: $more more than by default alone, expected $2 at most"
}

# MACs are left out: whether the kernel's hmac takes a digest only its bind tells, and Linux 7.2
# calls modprobe each time before it refuses hmac(blake2b-512). So are generators where the module of
# jitterentropy_rng is there but refuses to start, its clock being too coarse: Linux then tries anew
# each time.
list_all() {
    by_afalg list -cipher-algorithms
    by_afalg list -digest-algorithms
    if ! modprobe -nq jitterentropy_rng || modprobe -q jitterentropy_rng; then
        by_afalg list -random-generators
    fi
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

for ((round = 0; round < ROUNDS; round++)); do
    time_of afalg default >>"$SCRATCH/with"
    time_of default >>"$SCRATCH/without"
done
shortest() { sort -n "$1" | head -n 1; }
echo "time: $(($(shortest "$SCRATCH/with") - $(shortest "$SCRATCH/without"))) us more than by default alone"
# A sanitizer's own calls and pages are not the provider's.
if [[ -z ${CLI_PRELOAD-} ]]; then
    added calls_of "$CALLS_MAX"
    added faults_of "$FAULTS_MAX"
fi
