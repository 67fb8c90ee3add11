#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# afalgctl check finds what in an openssl.cnf keeps the provider from doing what the file says.
# usage: check.sh AFALGCTL OPENSSL_CNF_EXAMPLE
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly AFALGCTL=$1 EXAMPLE=$SCRATCH/example.cnf FILE=$SCRATCH/openssl.cnf
# Without what this system's own file has, and with one line of the provider's to edit.
sed '/^\.include /d; /^programs = /d' "$2" >"$EXAMPLE"

# Fails unless check of FILE ends with the status and prints these lines, without the file's name.
expect() { # STATUS LINE...
    local wanted=$1 status=0
    shift
    printf "$FILE: %s\n" "$@" >"$SCRATCH/expected"
    "$AFALGCTL" check "$FILE" >"$SCRATCH/got" 2>&1 || status=$?
    ((status == wanted)) || fail "status $status, not $wanted: $(cat "$SCRATCH/got")"
    diff "$SCRATCH/expected" "$SCRATCH/got" || fail "not what was expected of: $(cat "$FILE")"
}

# The example with an edit.
edited() { # SED_SCRIPT
    sed -E "$1" "$EXAMPLE" >"$FILE"
    ! cmp -s "$EXAMPLE" "$FILE" || fail "nothing to edit by $1"
}

# The example with lines in the provider's section instead of its mode.
with() { # LINE...
    printf '%s\n' "$@" >"$SCRATCH/lines"
    edited "/^mode = auto/{r $SCRATCH/lines
d}"
}

readonly NUMBER='expected a number of 0 to 2147483647'
cp "$EXAMPLE" "$FILE"
expect 0 'nothing found'
OPENSSL_CONF=$FILE "$AFALGCTL" check | grep -qx "$FILE: nothing found" || fail "not OPENSSL_CONF's file"

# Keys: every one that the provider knows is known; the nearest is proposed.
with 'mode = kernel' 'min_size = 0' 'min_size.AES-128-CBC = 1' 'min_size.SHA256 = 1' \
    'min_size.2.16.840.1.101.3.4.2.1 = 1' 'algorithms = sha256, -MD5' 'programs = -sshd' \
    'driver.AES128 = cbc-aes-caam' 'hardware = x' 'fallback = no' 'software = provider=default' \
    'software_config = /etc/ssl/fips.cnf' \
    'max_sockets = 1' 'spare_sockets = 1' "log = offers:$SCRATCH/log" 'soft_load = 1' 'identity = afalg'
expect 0 'nothing found'
[[ ! -e $SCRATCH/log ]] || fail "check has written to the file's log: $(cat "$SCRATCH/log")"
with 'mdoe = auto' 'MODE = auto' 'min_size.aes-128-cbc = 1' 'min_size.SHA-2566 = 1' \
    'drivers.AES128 = x' 'something = else' 'activated = 1'
expect 1 'section [afalg_sect]: mdoe: unknown key; did you mean mode?' \
    'section [afalg_sect]: MODE: unknown key; did you mean mode?' \
    'section [afalg_sect]: min_size.aes-128-cbc: unknown key; did you mean min_size.AES-128-CBC?' \
    'section [afalg_sect]: min_size.SHA-2566: unknown key; did you mean min_size.SHA-256?' \
    'section [afalg_sect]: drivers.AES128: unknown key; did you mean driver.AES128?' \
    'section [afalg_sect]: something: unknown key' \
    'section [afalg_sect]: activated: unknown key; did you mean activate?'
# A key's value may be a section, whose keys follow it.
with 'mode = kernel' 'min_size = sizes' '[sizes]' 'AES-128-CBC = 1' 'SHA1 = x' 'sha1 = 1'
expect 1 "section [sizes]: min_size.SHA1 = x: $NUMBER" \
    'section [sizes]: min_size.sha1: unknown key; did you mean min_size.SHA1?'

# Bytes that stand for a key: they are not printed.
readonly HEX=000102030405060708090a0b0c0d0e0f
with 'keys = yes' "key.$HEX = afalg:fd=ticket" "key.${HEX^^} = afalg:serial=1"
expect 0 'nothing found'
with "key.${HEX%f}F = afalg:fd=x" "key.${HEX%??} = afalg:fd=x" "key.$HEX = afalg:fd"
expect 1 'section [afalg_sect]: key.HEX: expected 16 to 64 bytes in digits of one case' \
    'section [afalg_sect]: key.HEX: expected 16 to 64 bytes in digits of one case' \
    'section [afalg_sect]: key.HEX = afalg:fd: an attribute without a value'

# Values: each wrong one is found.
with 'mode = fast' 'min_size = -1' 'min_size.SHA1 = 1k' 'algorithms = SHA256, NONSENSE' \
    'fallback = maybe' 'max_sockets = many' 'spare_sockets = 65' 'log = loud'
expect 1 'section [afalg_sect]: mode = fast: expected kernel or auto' \
    "section [afalg_sect]: min_size = -1: $NUMBER" "section [afalg_sect]: min_size.SHA1 = 1k: $NUMBER" \
    'section [afalg_sect]: algorithms: NONSENSE: expected names of algorithms' \
    'section [afalg_sect]: fallback = maybe: expected yes or no' \
    "section [afalg_sect]: max_sockets = many: $NUMBER" \
    'section [afalg_sect]: spare_sockets = 65: expected a number of 0 to 64' \
    'section [afalg_sect]: log = loud: expected none, summary, progress, offers or requests, then :FILE'
# The environment does not hide them.
AFALG_MODE=auto AFALG_LOG=none "$AFALGCTL" check "$FILE" >"$SCRATCH/again" && fail "hidden by the environment"
diff "$SCRATCH/got" "$SCRATCH/again" || fail "the environment changes what is found"

# Sections.
with 'mode = auto' 'module = /nonexistent/afalg.so'
expect 1 'section [afalg_sect]: module = /nonexistent/afalg.so: No such file or directory'
OPENSSL_MODULES=/nonexistent "$AFALGCTL" check "$EXAMPLE" >"$SCRATCH/got" && fail "a missing module is not found"
grep -q 'no module, and /nonexistent/afalg.so: No such file' "$SCRATCH/got" || fail "$(cat "$SCRATCH/got")"
edited '/^\[afalg_sect\]/,/^mode/s/^activate.*//'
expect 1 'section [afalg_sect]: no activate = 1: OpenSSL does not load the provider'
readonly NO_DEFAULT='default is not activated: with other providers named, OpenSSL does not load it'
edited '/^\[default_sect\]/,/^$/s/^activate = 1/activate = 0/'
expect 1 "section [provider_sect]: $NO_DEFAULT"
edited '/^default = /d'
expect 1 "section [provider_sect]: $NO_DEFAULT"
edited 's/^afalg = afalg_sect/kernel = afalg_sect/'
expect 1 'section [provider_sect]: no afalg: OpenSSL does not load the provider'
edited 's/^afalg = afalg_sect/kernel = afalg_sect/; s/^mode.*/identity = afalg\nmdoe = auto/'
expect 1 'section [afalg_sect]: mdoe: unknown key; did you mean mode?'
edited 's/^afalg = afalg_sect/afalg = afalg_section/'
expect 1 'section [provider_sect]: afalg = afalg_section: no such section' \
    'section [provider_sect]: no afalg: OpenSSL does not load the provider'
edited '/^providers = /d'
expect 1 'section [openssl_init]: no providers: OpenSSL does not load the provider'
edited '/^openssl_conf = /d'
expect 1 'section [default]: no openssl_conf: OpenSSL reads no other section'
readonly RANDOM_TAKES="OpenSSL's random generator takes its cipher from afalg; set properties = provider=default"
edited '/^random = /d'
expect 1 "section [openssl_init]: no random: $RANDOM_TAKES"
edited 's/^properties = provider.*/seed = SEED-SRC/'
expect 1 "section [random_sect]: no properties: $RANDOM_TAKES"
edited '/^default_properties/d; /^random = /d'
expect 0 'nothing found'

# What is included counts.
cp "$EXAMPLE" "$SCRATCH/included.cnf"
printf '.include %s\n[afalg_sect]\nmdoe = auto\n' "$SCRATCH/included.cnf" >"$FILE"
expect 1 'section [afalg_sect]: mdoe: unknown key; did you mean mode?'

cannot_be_read() { # PATTERN FILE
    local status=0
    "$AFALGCTL" check "$2" >"$SCRATCH/got" 2>&1 || status=$?
    ((status == 2)) || fail "check $2: status $status"
    grep -Eq "^afalgctl: $2: can't be read: $1" "$SCRATCH/got" || fail "check $2: $(cat "$SCRATCH/got")"
}
cannot_be_read 'no such file' /nonexistent
printf '[x\n' >"$FILE"
cannot_be_read '.*line 1' "$FILE"
