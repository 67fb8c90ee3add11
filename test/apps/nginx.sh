#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock nginx serves files by HTTPS on afalg to a curl on the default provider, and then the other
# way round.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"
# shellcheck source=test/apps/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

readonly LARGE=4194304 SMALL=3000 REQUESTS=1000
hash_of() { # FILE...
    openssl dgst -sha256 -r "$@" | cut -d ' ' -f 1 | sort -u
}

download() { # WITH CURL_ARGUMENT...
    fetch ec "$@" -o "$SCRATCH/got" https://localhost/large
    [[ $(hash_of "$SCRATCH/got") == "$LARGE_HASH" ]] || fail "curl ${*:2}: another file came"
}

# 1,000 requests, at most 8 at a time.
download_many() { # WITH
    mkdir "$SCRATCH/many"
    fetch ec "$1" --parallel --parallel-max 8 --parallel-immediate \
        -o "$SCRATCH/many/#1" "https://localhost/small?[1-$REQUESTS]"
    [[ $(find "$SCRATCH/many" -type f | wc -l) == "$REQUESTS" ]] || fail "not $REQUESTS answers"
    [[ $(hash_of "$SCRATCH"/many/*) == "$SMALL_HASH" ]] || fail "other answers came"
    rm -r "$SCRATCH/many"
}

certificate ec
mkdir "$SCRATCH/files"
head -c "$LARGE" /dev/urandom >"$SCRATCH/files/large"
head -c "$SMALL" /dev/urandom >"$SCRATCH/files/small"
LARGE_HASH=$(hash_of "$SCRATCH/files/large")
SMALL_HASH=$(hash_of "$SCRATCH/files/small")
# Connections end after ten requests.
configure_nginx ec <<<'keepalive_requests 10; ssl_protocols TLSv1.2 TLSv1.3;'

start_nginx with_afalg
download with_default
download with_default --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
download_many with_default
stop_nginx
assert_kernel_bytes AES-256-GCM $((LARGE + REQUESTS * SMALL))
assert_kernel_bytes AES-128-GCM "$LARGE"

if [[ -n ${CLI_PRELOAD-} ]]; then
    echo "not tried: curl on afalg, as Debian's curl hangs at its start if libasan is preloaded"
    exit
fi
rm "$LOG"
start_nginx with_default
download with_afalg
download with_afalg --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
download_many with_afalg
stop_nginx
assert_kernel_bytes AES-256-GCM $((LARGE + REQUESTS * SMALL))
assert_kernel_bytes AES-128-GCM "$LARGE"
