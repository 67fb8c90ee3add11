# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An nginx that serves SCRATCH/files by HTTPS, and a curl that asks it; sourced after apps.sh.

SOCKET=$SCRATCH/https.sock
NGINX=

# Configures workers, as the user of the test, with more lines of "http" from standard input.
configure_nginx() { # CERTIFICATE [WORKERS [CONNECTIONS_OF_EACH]]
    cat >"$SCRATCH/nginx.conf" <<TEXT
daemon off;
user root;
worker_processes ${2:-2};
pid $SCRATCH/nginx.pid;
error_log $SCRATCH/nginx.log;
events { worker_connections ${3:-48}; }
http {
    access_log off;
    client_body_temp_path $SCRATCH/t1;
    proxy_temp_path $SCRATCH/t2;
    fastcgi_temp_path $SCRATCH/t3;
    uwsgi_temp_path $SCRATCH/t4;
    scgi_temp_path $SCRATCH/t5;
    $(cat)
    server {
        listen unix:$SOCKET ssl;
        server_name localhost;
        ssl_certificate $SCRATCH/$1.crt;
        ssl_certificate_key $SCRATCH/$1.key;
        root $SCRATCH/files;
    }
}
TEXT
}

serve() {
    exec nginx -e "$SCRATCH/nginx.log" -c "$SCRATCH/nginx.conf" >"$SCRATCH/output" 2>&1
}

start_nginx() { # COMMAND...
    rm -f "$SOCKET"
    "$@" serve &
    NGINX=$!
    trap 'kill "$NGINX" 2>/dev/null || true; rm -rf "$SCRATCH"' EXIT
    wait_for "$SOCKET" "$NGINX" "$SCRATCH/output"
}

# Lets it end its connections, and its workers leave their reports; none of them may have crashed.
stop_nginx() {
    kill -QUIT "$NGINX"
    wait "$NGINX" || fail "nginx: $(tail -n 5 "$SCRATCH/nginx.log")"
    ! grep -E '\[(alert|crit|emerg)\]' "$SCRATCH/nginx.log" || fail "nginx is not content"
}

fetch() { # CERTIFICATE WITH CURL_ARGUMENT...
    "$2" curl --silent --show-error --no-progress-meter --fail --cacert "$SCRATCH/$1.crt" \
        --unix-socket "$SOCKET" "${@:3}" || fail "curl ${*:3}: status $?"
}
