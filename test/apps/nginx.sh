#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock nginx serves files by HTTPS on afalg to a curl on the default provider, and then the other
# way round.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

readonly LARGE=4194304 SMALL=3000 REQUESTS=1000
SOCKET=$SCRATCH/https.sock

# Two workers, as the user of the test; connections end after ten requests.
write_configuration() {
    cat >"$SCRATCH/nginx.conf" <<TEXT
daemon off;
user root;
worker_processes 2;
pid $SCRATCH/nginx.pid;
error_log $SCRATCH/nginx.log;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $SCRATCH/t1;
    proxy_temp_path $SCRATCH/t2;
    fastcgi_temp_path $SCRATCH/t3;
    uwsgi_temp_path $SCRATCH/t4;
    scgi_temp_path $SCRATCH/t5;
    keepalive_requests 10;
    server {
        listen unix:$SOCKET ssl;
        server_name localhost;
        ssl_certificate $SCRATCH/ec.crt;
        ssl_certificate_key $SCRATCH/ec.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        root $SCRATCH/files;
    }
}
TEXT
}

serve() {
    exec nginx -e "$SCRATCH/nginx.log" -c "$SCRATCH/nginx.conf" >"$SCRATCH/output" 2>&1
}

start_nginx() { # WITH
    rm -f "$SOCKET"
    "$1" serve &
    NGINX=$!
    trap 'kill "$NGINX" 2>/dev/null || true; rm -rf "$SCRATCH"' EXIT
    wait_for "$SOCKET" "$NGINX" "$SCRATCH/output"
}

# Lets it end its connections, and its workers leave their reports.
stop_nginx() {
    kill -QUIT "$NGINX"
    wait "$NGINX" || fail "nginx: $(tail -n 5 "$SCRATCH/nginx.log")"
}

fetch() { # WITH CURL_ARGUMENT...
    local with=$1
    shift
    "$with" curl --silent --show-error --no-progress-meter --fail --cacert "$SCRATCH/ec.crt" \
        --unix-socket "$SOCKET" "$@" || fail "curl $*"
}

hash_of() { # FILE...
    openssl dgst -sha256 -r "$@" | cut -d ' ' -f 1 | sort -u
}

download() { # WITH CURL_ARGUMENT...
    fetch "$@" -o "$SCRATCH/got" https://localhost/large
    [[ $(hash_of "$SCRATCH/got") == "$LARGE_HASH" ]] || fail "curl ${*:2}: another file came"
}

# 1,000 requests, at most 8 at a time.
download_many() { # WITH
    mkdir "$SCRATCH/many"
    fetch "$1" --parallel --parallel-max 8 --parallel-immediate \
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
write_configuration

start_nginx with_afalg
download with_default
download with_default --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
download_many with_default
stop_nginx
assert_kernel_bytes AES-256-GCM $((LARGE + REQUESTS * SMALL))
assert_kernel_bytes AES-128-GCM "$LARGE"

rm "$LOG"
start_nginx with_default
download with_afalg
download with_afalg --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
download_many with_afalg
stop_nginx
assert_kernel_bytes AES-256-GCM $((LARGE + REQUESTS * SMALL))
assert_kernel_bytes AES-128-GCM "$LARGE"
