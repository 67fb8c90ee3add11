#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# openssl.cnf.example adds to the system's openssl.cnf and takes nothing from it.
# usage: example.sh EXAMPLE AFALGCTL
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly EXAMPLE=$1 AFALGCTL=$2

with() { # CONFIGURATION OPENSSL_ARGUMENT...
    OPENSSL_CONF=$1 LD_PRELOAD=${CLI_PRELOAD-} openssl "${@:2}"
}

# Prints the extensions' names of a certificate that is made with the configuration.
extensions() { # CONFIGURATION
    with "$1" req -x509 -newkey rsa:2048 -noenc -keyout /dev/null -subj /CN=localhost 2>/dev/null |
        openssl x509 -noout -text | grep -o 'X509v3 .*:'
}

# The distribution's own file.
if [[ -e /etc/ssl/openssl.cnf ]]; then
    extensions "$EXAMPLE" >"$SCRATCH/got"
    extensions /etc/ssl/openssl.cnf >"$SCRATCH/expected"
    grep -q 'Basic Constraints' "$SCRATCH/got" || fail "no extensions: $(cat "$SCRATCH/got")"
    assert_same "$SCRATCH/expected" "$SCRATCH/got" "extensions"
fi
with "$EXAMPLE" list -providers | grep -qx '  afalg' || fail "afalg is not loaded"

"$AFALGCTL" check "$EXAMPLE" || fail "afalgctl check finds something"

# A file with all that an administrator may have there, and ends in another section.
cat >"$SCRATCH/system.cnf" <<'TEXT'
openssl_conf = openssl_init
config_diagnostics = 1
[openssl_init]
providers = provider_sect
ssl_conf = ssl_sect
[provider_sect]
base = base_sect
[base_sect]
activate = 1
[ssl_sect]
system_default = system_default_sect
[system_default_sect]
Ciphersuites = TLS_AES_128_GCM_SHA256
TEXT
sed "s|^\.include .*|.include $SCRATCH/system.cnf|" "$EXAMPLE" >"$SCRATCH/openssl.cnf"
for provider in afalg base default; do
    with "$SCRATCH/openssl.cnf" list -providers | grep -qx "  $provider" || fail "no provider $provider"
done
[[ $(with "$SCRATCH/openssl.cnf" ciphers -s -tls1_3) == TLS_AES_128_GCM_SHA256 ]] || fail "ssl_conf is lost"
# A module that is not there disturbs nobody.
OPENSSL_MODULES=$SCRATCH with "$SCRATCH/openssl.cnf" dgst -sha256 /dev/null >/dev/null ||
    fail "fails without the module"
grep -qx 'nodejs_conf = openssl_init' "$EXAMPLE" || fail "nothing for Node.js"
