#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock openssl enc in the middle of a file: with the key's bytes it has them in its memory, and the
# round keys that AES makes of them; with a socket that afalgctl run has left it has neither.
# usage: enc_memory.sh AFALGCTL
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

readonly AFALGCTL=$1 IV=000102030405060708090a0b0c0d0e0f

hex() {
    od -An -v -tx1 <"$1" | tr -d ' \n'
}

# Prints what of the key is in the memory of a command, an openssl enc to which more is to come.
found_in_memory() { # COMMAND...
    local pid
    rm -f "$SCRATCH/in" "$SCRATCH/out"
    mkfifo "$SCRATCH/in"
    "$@" -in "$SCRATCH/in" -out "$SCRATCH/out" 2>"$SCRATCH/err" &
    pid=$!
    exec 8>"$SCRATCH/in"
    head -c 65536 /dev/zero >&8
    until [[ -s $SCRATCH/out ]]; do
        kill -0 "$pid" || fail "$*: $(cat "$SCRATCH/err")"
        sleep 0.05
    done
    python3 "$(dirname "$0")/key_in_memory.py" "$(hex "$SCRATCH/key")" "$pid"
    exec 8>&-
    wait "$pid" || fail "$*: $(cat "$SCRATCH/err")"
}

# In place of the shell that starts it, as its memory is to be searched.
enc() { # KEY
    exec openssl enc -aes-256-cbc -K "$(hex "$1")" -iv "$IV" "${@:2}"
}

enc_with_key() { # ARGUMENT...
    OPENSSL_CONF=$CONFIG exec "$AFALGCTL" run \
        --key "test=afalg:file=$SCRATCH/key;cipher=cbc(aes)@AES-256-CBC" -- \
        openssl enc -aes-256-cbc -K "$(hex "$SCRATCH/standin")" -iv "$IV" "$@"
}

openssl rand 32 >"$SCRATCH/key"
openssl rand 32 >"$SCRATCH/standin"
sed -i "s|^mode = kernel\$|&\nkey.$(hex "$SCRATCH/standin") = afalg:fd=test|" "$CONFIG"

found=$(found_in_memory enc "$SCRATCH/key")
[[ -n $found ]] || fail "the search finds nothing of a key that is there"
cp "$SCRATCH/out" "$SCRATCH/expected"
found=$(found_in_memory enc_with_key)
[[ -z $found ]] || fail "in memory: $found"
assert_same "$SCRATCH/expected" "$SCRATCH/out" "openssl enc"
assert_kernel_bytes AES-256-CBC 65536
