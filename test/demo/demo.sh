#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What ./dev demo runs on the test kernel: FILE through `openssl` by the afalg provider and back
# by the default one, compared at each step, then a table of what the kernel did and what software did.
# usage: demo.sh FILE MODULE_DIRECTORY
set -euo pipefail

readonly FILE=$1 MODULES=$2
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
readonly KEY=603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4
readonly IV=f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff

die() {
    echo "demo: $*" >&2
    exit 1
}

by_default() {
    OPENSSL_CONF=/dev/null openssl "$@"
}

# Runs openssl through the provider; sets LOG to the counters that it leaves and RATE to MB/s.
by_afalg() { # BYTES OPENSSL_ARGUMENT...
    local bytes=$1 begin end
    shift
    LOG=$SCRATCH/log
    rm -f "$LOG"
    begin=${EPOCHREALTIME//[!0-9]/}
    OPENSSL_CONF=$HERE/openssl.cnf OPENSSL_MODULES=$MODULES AFALG_LOG=$LOG openssl "$@"
    end=${EPOCHREALTIME//[!0-9]/}
    RATE=$((bytes / (end - begin + 1)))
    [[ -s $LOG ]] || die "the provider left no counters: openssl $*"
}

# Prints the value of a field of the counters' line of an algorithm.
counted() { # ALGORITHM FIELD
    sed -n "s|^afalg: $1 .*\b$2=\([^ ]*\).*|\1|p" "$LOG"
}

show_row() { # ALGORITHM DRIVER REQUESTS BYTES RATE
    printf '%-12s %-40s %9s %11s %6s\n' "$@"
}

# Adds the algorithm's row to the table; ends unless the kernel did at least BYTES of it, by a
# driver that /proc/crypto has.
add_row() { # ALGORITHM BYTES RATE
    local driver work
    driver=$(counted "$1" driver)
    work=$(counted "$1" kernel)
    [[ -n $work ]] || die "$1 did not come from afalg: $(cat "$LOG")"
    grep -q "^driver *: ${driver//[()]/.}\$" /proc/crypto || die "no driver $driver in /proc/crypto"
    ((${work#*/} >= $2)) || die "only ${work#*/} of $2 bytes of $1 went to the kernel"
    show_row "$1" "$driver" "${work%/*}" "${work#*/}" "$3" >>"$SCRATCH/table"
}

encrypt_and_decrypt() {
    echo "demo: encrypting $(basename "$FILE") ($SIZE bytes) by afalg, decrypting by default"
    by_afalg "$SIZE" enc -aes-256-cbc -K "$KEY" -iv "$IV" -in "$FILE" -out "$SCRATCH/encrypted"
    by_default enc -d -aes-256-cbc -K "$KEY" -iv "$IV" -in "$SCRATCH/encrypted" \
        -out "$SCRATCH/decrypted"
    cmp "$FILE" "$SCRATCH/decrypted" || die "what was decrypted is not what was encrypted"
    add_row AES-256-CBC "$SIZE" "$RATE"
}

hash_both_ways() {
    echo "demo: hashing it by both"
    by_afalg "$SIZE" dgst -sha256 -r -out "$SCRATCH/afalg.sha256" "$FILE"
    by_default dgst -sha256 -r -out "$SCRATCH/default.sha256" "$FILE"
    cmp "$SCRATCH/afalg.sha256" "$SCRATCH/default.sha256" || die "the hashes differ"
    add_row SHA2-256 "$SIZE" "$RATE"
}

seal_and_open() {
    local recipient=(-secretkey "$KEY" -secretkeyid 2a -binary)
    echo "demo: sealing a message with AES-GCM (CMS) by afalg, opening it by default and by afalg"
    head -c 3000 "$FILE" >"$SCRATCH/message"
    by_afalg 3000 cms -encrypt -aes-256-gcm "${recipient[@]}" -in "$SCRATCH/message" \
        -out "$SCRATCH/sealed"
    add_row AES-256-GCM 3000 -
    by_default cms -decrypt "${recipient[@]}" -in "$SCRATCH/sealed" -out "$SCRATCH/opened"
    cmp "$SCRATCH/message" "$SCRATCH/opened" || die "the default provider opened something else"
    by_afalg 3000 cms -decrypt "${recipient[@]}" -in "$SCRATCH/sealed" -out "$SCRATCH/opened"
    cmp "$SCRATCH/message" "$SCRATCH/opened" || die "afalg opened something else"
}

echo "demo: letting the kernel load its modules"
by_afalg 1 enc -aes-256-cbc -K "$KEY" -iv "$IV" -in "$0" -out "$SCRATCH/encrypted"
by_afalg 1 dgst -sha256 -out "$SCRATCH/hash" "$0"
SIZE=$(stat -Lc %s "$FILE")
show_row algorithm "kernel driver" requests bytes MB/s >"$SCRATCH/table"
encrypt_and_decrypt
hash_both_ways
seal_and_open
printf '\nLinux %s (%s)\n' "$(uname -r)" "$AFALG_KERNEL"
cat "$SCRATCH/table"
cat <<TEXT

Every result was compared with OpenSSL's default provider, and is identical: the $SIZE bytes that it
decrypted, the SHA-256 of the file, and the CMS message that both opened.
TEXT
