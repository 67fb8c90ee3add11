#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Loading the provider is cheap: listing what it has asks for no module, a first cipher for no more
# than its own, and for none once they are there, though the table has names that this kernel lacks.
# What a first cipher costs is judged by what it is made of, system calls and page faults; the time
# that it takes is the machine's, and printed.
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

list_all() {
    by_afalg list -cipher-algorithms
    by_afalg list -digest-algorithms
    by_afalg list -mac-algorithms
    by_afalg list -random-generators
}

: >"$REQUESTED"
list_all >"$SCRATCH/list"
[[ ! -s $REQUESTED ]] || fail "a list asked for modules: $(cat "$REQUESTED")"
grep -q 'AES-128-CBC.* @ afalg' "$SCRATCH/list" || fail "afalg does not offer AES-128-CBC"
if grep -q 'SM4-CBC.* @ afalg' "$SCRATCH/list"; then
    skip "this kernel has SM4, so no name is known to be missing"
fi
first_cipher afalg default >/dev/null
modules='cbc\(aes\)|cbc|aes'
# From Linux 6.7 on, the kernel itself makes CBC of ECB.
[[ $(printf '6.7\n%s\n' "$(uname -r)" | sort -V | head -n 1) != 6.7 ]] || modules+='|ecb\(aes\)|ecb'
! grep -Ev -- "-- (algif-skcipher|crypto-($modules)(-all)?)\$" "$REQUESTED" ||
    fail "more modules than AES-128-CBC's were asked for"
: >"$REQUESTED"
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
