#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `openssl cms` and `openssl smime` with 3DES, whose key the provider makes: afalg and default each
# open what the other has encrypted.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly BYTES=5000
DATA=$(data_of $BYTES)
readonly DATA KEY=$SCRATCH/key.pem CERTIFICATE=$SCRATCH/certificate.pem
cat >"$SCRATCH/request.cnf" <<'END'
[req]
distinguished_name = name
[name]
END
by_default req -x509 -config "$SCRATCH/request.cnf" -newkey rsa:2048 -nodes -subj /CN=recipient \
    -keyout "$KEY" -out "$CERTIFICATE" 2>"$SCRATCH/err"

# Everything from afalg that it has: neither command takes a query for all that it does.
by_afalg_first() { # SUBCOMMAND ARGUMENT...
    local subcommand=$1
    shift
    rm -f "$LOG"
    AFALG_LOG=$LOG LD_PRELOAD=${CLI_PRELOAD-} openssl "$subcommand" \
        -provider afalg -provider default -propquery '?provider=afalg' "$@"
}

opens() { # BY SUBCOMMAND FILE WHAT
    "$1" "$2" -decrypt -binary -in "$3" -inform DER -inkey "$KEY" -recip "$CERTIFICATE" \
        -out "$SCRATCH/text"
    assert_same "$DATA" "$SCRATCH/text" "$4"
}

for subcommand in cms smime; do
    by_afalg_first "$subcommand" -encrypt -binary -des3 -in "$DATA" -outform DER \
        -out "$SCRATCH/ours" "$CERTIFICATE"
    assert_kernel_did DES-EDE3-CBC $BYTES
    by_default "$subcommand" -encrypt -binary -des3 -in "$DATA" -outform DER \
        -out "$SCRATCH/default" "$CERTIFICATE"
    opens by_default "$subcommand" "$SCRATCH/ours" "$subcommand: sealed by afalg"
    opens by_afalg_first "$subcommand" "$SCRATCH/default" "$subcommand: opened by afalg"
    assert_kernel_did DES-EDE3-CBC $BYTES
done
