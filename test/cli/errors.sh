#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a user gets wrong gives one clear line.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly KEY=000102030405060708090a0b0c0d0e0f

# Fails unless afalg and default say the same to the same wrong command line.
assert_as_default() { # OPENSSL_ARGUMENT...
    local said status=0
    said=$(by_default "$@" 2>&1) && fail "succeeded by default: openssl $*"
    [[ $(by_afalg "$@" 2>&1) == "$said" ]] || status=1
    ((status == 0)) || fail "openssl $*: default said '$said'"
    (($(grep -c . <<<"$said") == 1)) || fail "openssl $*: more than one line: $said"
}

file=$(data_of 100)
# The program's own checks come first and are not disturbed.
assert_as_default enc -aes-128-cbc -K "$KEY" -in "$file"
# Those that reach the provider.
assert_one_error 'key length' mac -cipher AES-128-CBC -macopt hexkey:0001 -in "$file" CMAC
assert_one_error 'wrong final block length|data not multiple' \
    enc -aes-128-cbc -nopad -K "$KEY" -iv "$KEY" -in "$file" -out "$SCRATCH/ignored"
assert_one_error 'bad decrypt' enc -d -aes-128-cbc -K "$KEY" -iv "$KEY" -in "$(data_of 96)" \
    -out "$SCRATCH/ignored"
# An algorithm that afalg has not, on any kernel.
assert_one_error 'unsupported.*provider=afalg' mac -macopt "hexkey:$KEY" -in "$file" SIPHASH
# OpenSSL 4.0's dgst looks for it a second time.
if by_afalg dgst -whirlpool "$file" >"$SCRATCH/out" 2>"$SCRATCH/err" || [[ -s $SCRATCH/out ]] ||
    ! grep -q ':error:.*unsupported.*provider=afalg' "$SCRATCH/err"; then
    fail "openssl dgst -whirlpool: $(cat "$SCRATCH/out" "$SCRATCH/err")"
fi
