#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# afalgctl run: a command gets sockets with a key set that it can't read or replace, in a sandbox
# without AF_ALG and without privilege too.
# usage: run.sh AFALGCTL KEY_HANDLE NO_SOCKETS
# shellcheck source=test/cli/keys.sh
. "$(dirname "${BASH_SOURCE[0]}")/keys.sh"

readonly AFALGCTL=$1 KEY_HANDLE=$2 NO_SOCKETS=$3
readonly ALGORITHMS="AES-256-CBC,AES-256-CTR,aes-256-ccm,CMAC:AES-256-CBC,HMAC:SHA256,cbc(aes)"

run() { # ARGUMENT...
    "$AFALGCTL" run "$@"
}

# Fails unless the sockets of the key work as the default provider does with the same key.
check_handles() { # SOCKETS URI_AND_ALGORITHMS KEY
    check 0 . run --key "test=$2" -- "$KEY_HANDLE" test "$3"
    (($(wc -l <"$SCRATCH/out") == $1)) || fail "$2: $(cat "$SCRATCH/out")"
    check 0 . run --key "test=$2" --user nobody --drop -- "$NO_SOCKETS" "$KEY_HANDLE" test "$3"
    (($(wc -l <"$SCRATCH/out") == $1)) || fail "$2 in a sandbox: $(cat "$SCRATCH/out")"
}

check_usage() {
    check_error 2 'no key: expected --key' run -- true
    check_error 2 'no command' run --key "$KEY@AES-256-CBC"
    check_error 2 'unknown or incomplete option: --nonsense|--nonsense: unknown' run --nonsense
    check_error 1 'expected NAME=URI@ALGORITHM' run --key nonsense -- true
    check_error 1 'a b: expected a name of letters, digits and _' run --key "a b=$URI@AES-256-CBC" -- true
    check_error 1 'does not begin with afalg:' run --key 'test=file:key@AES-256-CBC' -- true
    check_error 1 'names all keys of a type' run --key 'test=afalg:keyring=user@AES-256-CBC' -- true
    check_error 1 'has its algorithm already' run --key 'test=afalg:fd=x@AES-256-CBC' -- true
    check_error 1 'AES-256-XYZ: this kernel' run --key "$KEY@AES-256-XYZ" -- true
    check_error 1 'sha256: it takes no key' run --key "$KEY@sha256" -- true
    check_error 1 'no-user-of-that-name: no such user' run --key "$KEY@AES-256-CBC" \
        --user no-user-of-that-name -- true
    check_error 127 'no-such-command' run --key "$KEY@AES-256-CBC" -- no-such-command
    check 3 '^$' run --key "$KEY@AES-256-CBC" -- sh -c 'echo; exit 3'
}

# Fails unless the command has no privilege left, and none to be had.
check_privilege() {
    check 0 '^uid=65534\(nobody\) gid=65534\(nogroup\) groups=65534\(nogroup\)$' run \
        --key "$KEY@AES-256-CBC" --user 65534 -- id
    check 0 '^0$' run --key "$KEY@AES-256-CBC" --drop -- \
        sh -c "grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb)|^NoNewPrivs' /proc/self/status | grep -cvE '0{16}|NoNewPrivs:.1' || :"
}

# A file's bytes are for the cipher that the URI names; to this kernel any bytes are a wrapped key.
check_file() {
    key_of 32 >"$SCRATCH/blob"
    check_handles 2 "afalg:file=$SCRATCH/blob;cipher=cbc(aes)@AES-256-CBC,cbc(aes)" "$(key_of 32 | hex)"
    : >"$SCRATCH/empty"
    check_error 1 'expected a file of 1 to 4096 bytes' run \
        --key "test=afalg:file=$SCRATCH/empty;cipher=cbc(aes)@AES-256-CBC" -- true
    check_error 1 'No such file' run \
        --key "test=afalg:file=$SCRATCH/missing;cipher=cbc(aes)@AES-256-CBC" -- true
    key_of 31 >"$SCRATCH/short"
    check_error 1 'the kernel refuses the blob' run \
        --key "test=afalg:file=$SCRATCH/short;cipher=cbc(aes)@AES-256-CBC" -- true
}

# A configuration in which bytes stand for the sockets that were left.
stand_for_sockets() { # STAND_IN
    write_config "key.$1 = afalg:fd=test"
    chmod -R a+rX "$SCRATCH"
}

# The stock command in a sandbox and without privilege does what it does with the key's bytes.
check_openssl() { # URI
    local standin file iv=000102030405060708090a0b0c0d0e0f query=(-propquery provider=afalg)
    local sandbox=(--user nobody --drop -- "$NO_SOCKETS" env "OPENSSL_CONF=$SCRATCH/openssl.cnf"
        "LD_PRELOAD=${CLI_PRELOAD-}" openssl)
    standin=$(openssl rand -hex 32)
    file=$(data_of 100000)
    stand_for_sockets "$standin"
    openssl enc -aes-256-cbc -K "$(key_of 32 | hex)" -iv "$iv" -in "$file" -out "$SCRATCH/expected"
    run --key "test=$1@AES-256-CBC" "${sandbox[@]}" enc "${query[@]}" -aes-256-cbc -K "$standin" \
        -iv "$iv" -in "$file" >"$SCRATCH/got"
    assert_same "$SCRATCH/expected" "$SCRATCH/got" "openssl enc in a sandbox"
    openssl mac -digest SHA256 -macopt "hexkey:$(key_of 32 | hex)" -in "$file" HMAC >"$SCRATCH/expected"
    run --key "test=$1@HMAC:SHA256" "${sandbox[@]}" mac "${query[@]}" -digest SHA256 \
        -macopt afalg-key:afalg:fd=test -in "$file" HMAC >"$SCRATCH/got"
    assert_same "$SCRATCH/expected" "$SCRATCH/got" "openssl mac in a sandbox"
}

# A user's own key, for what is left to everybody from Linux 7.3 on.
check_unprivileged() {
    key_of 64 >"$SCRATCH/xts"
    chmod -R a+rX "$SCRATCH"
    # shellcheck disable=SC2016 # the inner shell's
    check 0 '^xts\(aes\) ' setpriv --reuid 65534 --regid 65534 --clear-groups keyctl session - \
        bash -euo pipefail -c '"$1" key load "$2" --keyring=@s <"$3" >/dev/null
        "$1" run --key "test=$2@AES-256-XTS" -- "$4" test "$5"' \
        bash "$AFALGCTL" 'afalg:keyring=logon;name=afalg-test:own' "$SCRATCH/xts" "$KEY_HANDLE" "$(key_of 64 | hex)"
}

check_keyring() {
    local serial
    check_handles 6 "$URI@$ALGORITHMS" "$(key_of 32 | hex)"
    check_handles 6 "afalg:serial=$SERIAL@$ALGORITHMS" "$(key_of 32 | hex)"
    key_of 64 | keyctl padd logon afalg-test:xts @s >"$SCRATCH/serial"
    check_handles 2 'afalg:keyring=logon;name=afalg-test:xts@AES-256-XTS,HMAC:SHA256' "$(key_of 64 | hex)"
    # Two keys, each by its name.
    check 0 '^AFALG_KEY_a=skcipher:cbc\(aes\):32:[0-9]+:[0-9]+ hash:hmac\(sha256\):32:[0-9]+:[0-9]+$' \
        run --key "a=$URI@AES-256-CBC,hmac(sha256)" --key "b_2=$URI@AES-256-CTR" -- \
        sh -c 'env | grep ^AFALG_KEY'
    grep -Eq '^AFALG_KEY_b_2=skcipher:ctr\(aes\):32:[0-9]+:[0-9]+$' "$SCRATCH/out" || fail "no second key"

    check_error 1 'AES-128-CBC takes a key of 16 bytes, this one has 32' run --key "$KEY@AES-128-CBC" -- true
    check_error 1 'no such key' run --key 'test=afalg:keyring=user;name=afalg-test:none@AES-256-CBC' -- true
    check_error 1 'takes no key of type keyring' run --key "test=afalg:serial=$(keyctl newring r @s)@AES-256-CBC" -- true
    serial=$(keyctl add user afalg-test:old 0123456789abcdef @s)
    keyctl revoke "$serial"
    check_error 1 'has been revoked' run --key "test=afalg:serial=$serial@AES-128-CBC" -- true
    serial=$(keyctl add user afalg-test:late 0123456789abcdef @s)
    keyctl timeout "$serial" 1
    sleep 2
    check_error 1 'has expired' run --key "test=afalg:serial=$serial@AES-128-CBC" -- true
    keyctl setperm "$SERIAL" 0x37010000
    check_error 1 'no permission' run --key "test=afalg:serial=$SERIAL@AES-256-CBC" -- true
}

check_file
if [[ -z $KEY_SERIALS ]]; then
    URI="afalg:file=$SCRATCH/blob;cipher=cbc(aes)" KEY="test=$URI"
    key_of 32 | keyctl padd logon afalg-test:key @s >"$SCRATCH/serial"
    check_error 1 'AES-256-CBC: this kernel takes no keys of the keyring: that needs Linux 6.2' \
        run --key 'test=afalg:keyring=logon;name=afalg-test:key@AES-256-CBC' -- true
    check_privilege
    exit
fi
SERIAL=$(key_of 32 | keyctl padd logon afalg-test:key @s)
URI="afalg:keyring=logon;name=afalg-test:key" KEY="test=$URI"
check_usage
check_privilege
check_openssl "$URI"
check_unprivileged
check_keyring
# From Linux 7.3 on it is there, and what came before has been under it.
restriction=/proc/sys/crypto/af_alg_restrict
[[ ! -e $restriction ]] || grep -qx 1 $restriction || fail "not restricted: $(cat $restriction)"
