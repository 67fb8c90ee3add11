#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# afalgctl key: keys made, loaded, listed and shown; no key's bytes are printed.
# usage: key.sh AFALGCTL KEY_HANDLE
# shellcheck source=test/cli/keys.sh
. "$(dirname "${BASH_SOURCE[0]}")/keys.sh"

readonly AFALGCTL=$1 KEY_HANDLE=$2

key() { # ARGUMENT...
    "$AFALGCTL" key "$@"
}

# A key is put into the session keyring, which ends with the test.
new_key() { # URI OPTION...
    key new "$1" --keyring=@s "${@:2}"
}

load_key() { # URI
    key load "$1" --keyring=@s
}

check_usage() {
    check_error 2 'no command: list, show, new or load' key
    check_error 2 'nonsense: no such command' key nonsense
    check_error 2 'expected the URI of a key' key show
    check_error 2 'bytes.*: unknown or incomplete option' key show --bytes=3 afalg:serial=1
    check_error 2 'expected 1 to 32767' key new afalg:serial=1 --bytes=0
    check_error 2 'expected @s, @u, @us or a serial' key new afalg:serial=1 --keyring=@x
    check_error 2 'unexpected argument' key list afalg:serial=1
    check_error 2 'does not begin with afalg:' key new logon:test
    check_error 1 'expected afalg:keyring=TYPE;name=DESCRIPTION' key new afalg:serial=1
    check_error 1 'takes keys of type user, logon' new_key 'afalg:keyring=keyring;name=test'
    check_error 1 'begins with a prefix and a colon' new_key 'afalg:keyring=logon;name=test'
    check_error 1 'only an encrypted key has a master key' new_key 'afalg:keyring=user;name=t' --master=user:m
}

# A session that leads nowhere: as a service has it, it finds the user's keys by the permission Search.
in_a_service() { # COMMAND...
    keyctl session - "$@" 2>/dev/null
}

check_service() {
    local serial
    serial=$(key new 'afalg:keyring=logon;name=afalg-test:service')
    check 0 "^$serial +logon .* yes +afalg-test:service\$" in_a_service "$AFALGCTL" key list
    check 0 '^length +32' in_a_service "$AFALGCTL" key show 'afalg:keyring=logon;name=afalg-test:service'
    keyctl unlink "$serial" @u
}

# By its length the kernel takes it for AES-256 and not for AES-128.
check_algorithms() { # URI
    if [[ -n $KEY_SERIALS ]]; then
        check 0 'AES-256-CBC' key show "$1"
        grep -q 'HMAC:SHA2-256' "$SCRATCH/out" || fail "no HMAC: $(cat "$SCRATCH/out")"
        ! grep -q 'AES-128-CBC' "$SCRATCH/out" || fail "a key of 32 bytes for AES-128: $(cat "$SCRATCH/out")"
    else
        check 0 '^usable for +none$' key show "$1"
    fi
}

check_new() {
    local serial
    serial=$(new_key 'afalg:keyring=logon;name=afalg-test:new')
    check 0 "^$serial +logon +never +alsw-v--s--v------------ +yes +afalg-test:new\$" key list
    check 0 '^length +32 bytes$' key show "afalg:serial=$serial"
    check 0 '^permissions +alsw-v--s--v------------$' key show 'afalg:keyring=logon;name=afalg-test:new'
    check 0 '^owner +uid 0, gid 0$' key show "afalg:serial=$serial"
    check_error 1 "exists already, with serial $serial" new_key 'afalg:keyring=logon;name=afalg-test:new'
    check_algorithms "afalg:serial=$serial"
    new_key 'afalg:keyring=user;name=afalg-test:long' --bytes=1000 >"$SCRATCH/serial"
    keyctl pipe "$(cat "$SCRATCH/serial")" >"$SCRATCH/first"
    (($(wc -c <"$SCRATCH/first") == 1000)) || fail "not 1,000 bytes"
    new_key 'afalg:keyring=user;name=afalg-test:other' --bytes=1000 >"$SCRATCH/serial"
    ! keyctl pipe "$(cat "$SCRATCH/serial")" | cmp -s - "$SCRATCH/first" || fail "twice the same key"
}

check_load() {
    local serial
    serial=$(key_of 32 | load_key 'afalg:keyring=user;name=afalg-test:load')
    assert_same <(key_of 32) <(keyctl pipe "$serial") "a loaded key"
    check 0 '^length +32 bytes$' key show "afalg:serial=$serial"
    check_error 1 'expected 1 to 32767 bytes' load_key 'afalg:keyring=user;name=afalg-test:none' </dev/null
    check_error 1 'expected 1 to 32767 bytes' load_key 'afalg:keyring=user;name=afalg-test:none' \
        < <(head -c 32768 /dev/zero)
    check 1 'expected the key on standard input' script -qec \
        "$AFALGCTL key load 'afalg:keyring=user;name=afalg-test:none'" /dev/null </dev/null
}

# Expired, revoked, another user's: listed as what they are, and refused with the reason.
check_unusable() {
    local serial
    serial=$(new_key 'afalg:keyring=user;name=afalg-test:revoked')
    keyctl revoke "$serial"
    check 0 "^$serial +user +- .* revoked +afalg-test:revoked\$" key list
    check_error 1 'has been revoked' key show 'afalg:keyring=user;name=afalg-test:revoked'
    serial=$(new_key 'afalg:keyring=user;name=afalg-test:expired')
    keyctl timeout "$serial" 1
    sleep 2
    check 0 "^$serial +user +expired .* expired +afalg-test:expired\$" key list
    check_error 1 'has expired' key show 'afalg:keyring=user;name=afalg-test:expired'
    check_error 1 'no such key' key show 'afalg:keyring=user;name=afalg-test:missing'
    serial=$(new_key 'afalg:keyring=user;name=afalg-test:forbidden')
    keyctl setperm "$serial" 0x37010000
    check 0 "^$serial .* no permission +afalg-test:forbidden\$" key list
    check_error 1 'no fd= in the environment|no AFALG_KEY_none in the environment' key show afalg:fd=none
    serial=$(new_key 'afalg:keyring=user;name=afalg-test:a%3Bb')
    check 0 "^description +afalg-test:a;b\$" key show "afalg:serial=$serial"
}

check_json() {
    key list --json >"$SCRATCH/json"
    python3 - "$SCRATCH/json" <<'TEXT' || fail "key list --json: $(cat "$SCRATCH/json")"
import json, sys

keys = {key["description"]: key for key in json.load(open(sys.argv[1]))}
new = keys["afalg-test:new"]
assert new["type"] == "logon" and new["usable"] is True and new["reason"] is None, new
assert new["expires"] == "never" and new["permissions"] == "alsw-v--s--v------------", new
assert keys["afalg-test:revoked"]["usable"] is False, keys
assert keys["afalg-test:revoked"]["reason"] == "revoked", keys
TEXT
}

# Prints what the kernel encrypts with a key.
ciphertext() { # URI
    "$AFALGCTL" run --key "test=$1@AES-256-CBC,HMAC:SHA256" -- "$KEY_HANDLE" test
}

# The kernel makes the key; what comes out is encrypted by the master key, and can be loaded again.
check_encrypted() {
    local uri="afalg:keyring=encrypted;name=afalg-test-encrypted" serial
    modprobe encrypted-keys 2>/dev/null || :
    check_error 1 'expected --master=user:NAME' new_key "$uri"
    check_error 1 'of 20 to 4096 bytes, not 16' new_key "$uri" --bytes=16 --master=user:afalg-test:master
    check_error 1 'logon:master: expected user:NAME or trusted:NAME' new_key "$uri" --master=logon:master
    check_error 1 'user:afalg-test:master: no such key' new_key "$uri" --master=user:afalg-test:master
    new_key 'afalg:keyring=user;name=afalg-test:master' >"$SCRATCH/serial"
    serial=$(new_key "$uri" --master=user:afalg-test:master)
    check 0 '^length +32 bytes$' key show "$uri"
    check_algorithms "$uri"
    keyctl pipe "$serial" >"$SCRATCH/wrapped"
    [[ -z $KEY_SERIALS ]] || ciphertext "$uri" >"$SCRATCH/before"
    keyctl unlink "$serial" @s
    (cat "$SCRATCH/wrapped" && echo) | load_key "$uri" >"$SCRATCH/serial"
    keyctl pipe "$(cat "$SCRATCH/serial")" | cmp - "$SCRATCH/wrapped" || fail "another key was loaded"
    [[ -z $KEY_SERIALS ]] || ciphertext "$uri" | cmp - "$SCRATCH/before" || fail "it encrypts otherwise"
}

check_usage
check_new
check_service
check_load
check_unusable
check_json
check_encrypted
if ! modprobe -q trusted; then
    check_error 1 "doesn't have the key's type" new_key 'afalg:keyring=trusted;name=afalg-test-trusted'
fi
