#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock openssl s_server and s_client by openssl.cnf alone, each on afalg and on default.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

readonly SIZE=1048576
SOCKET=$SCRATCH/tls.sock

# Serves one connection, in the directory of the file, and ends.
serve() { # OPTION...
    cd "$SCRATCH" || exit
    exec openssl s_server -unix "$SOCKET" -unlink -naccept 1 -WWW -quiet \
        -cert rsa.pem -key rsa.pem "$@" </dev/null >"$SCRATCH/server" 2>&1
}

# Leaves the body of the answer in SCRATCH/body.
get() { # WITH OPTION...
    local with=$1
    shift
    printf 'GET /data HTTP/1.0\r\n\r\n' >"$SCRATCH/request"
    "$with" openssl s_client -unix "$SOCKET" -quiet -ign_eof -servername localhost \
        -verify_return_error -CAfile "$SCRATCH/rsa.crt" "$@" \
        <"$SCRATCH/request" >"$SCRATCH/answer" 2>"$SCRATCH/client" ||
        fail "s_client $*: $(cat "$SCRATCH/client")"
    tail -c "$SIZE" "$SCRATCH/answer" >"$SCRATCH/body"
}

# The file from a server to a client; the kernel must have done it on each side that has afalg.
connect() { # SERVER CLIENT ALGORITHM OPTION...
    local server=$1 client=$2 algorithm=$3 with pid ends=0
    shift 3
    rm -f "$SOCKET" "$LOG"
    "$server" serve "$@" &
    pid=$!
    wait_for "$SOCKET" "$pid" "$SCRATCH/server"
    get "$client" "$@"
    wait "$pid" || fail "s_server $*: $(cat "$SCRATCH/server")"
    assert_same "$SCRATCH/data" "$SCRATCH/body" "$server to $client, $*"
    for with in "$server" "$client"; do
        [[ $with == with_default ]] || ends=$((ends + 1))
    done
    assert_kernel_bytes "$algorithm" $((ends * SIZE))
}

everywhere() { # ALGORITHM OPTION...
    connect with_afalg with_afalg "$@"
    connect with_afalg with_default "$@"
    connect with_default with_afalg "$@"
}

certificate rsa
head -c "$SIZE" /dev/urandom >"$SCRATCH/data"
everywhere AES-256-GCM -tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384
everywhere AES-128-CCM -tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256
everywhere ChaCha20-Poly1305 -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256
everywhere AES-128-GCM -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
everywhere AES-256-CBC -tls1_2 -cipher ECDHE-RSA-AES256-SHA384
everywhere AES-128-CBC -tls1_2 -cipher AES128-SHA:@SECLEVEL=0
