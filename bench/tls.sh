#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# nginx with an offload device, on afalg in auto and on default in turn:
# tls.sh PROCESSOR [--runs=N] [--control] [--check]
# PROCESSOR is the emulated one, as qemu's -cpu has it.
set -euo pipefail
# shellcheck source=bench/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
SCRATCH=$(mktemp -d)

# Pairs of servers, each a process of its own: where code and data come to lie differs. In each
# run they are new ones.
PAIRS=16
RUNS=4
FIRST_PORT=4430

# For afalg's servers; with --control they have default alone, too.
SETTINGS_FILE=$SCRATCH/afalg.cnf

# The files that both servers serve.
make_files() {
    mkdir "$SCRATCH/files"
    head -c 1024 /dev/urandom >"$SCRATCH/files/1KiB"
    head -c 65536 /dev/urandom >"$SCRATCH/files/64KiB"
    head -c 10485760 /dev/urandom >"$SCRATCH/files/10MiB"
}

# The certificate has an RSA key: the suites take no other.
make_certificate() {
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=bench -days 2 \
        -keyout "$SCRATCH/key.pem" -out "$SCRATCH/cert.pem" 2>/dev/null
}

nginx_configuration() { # NAME PORT
    cat <<TEXT
user root;
worker_processes 1;
pid $SCRATCH/$1.pid;
error_log $SCRATCH/$1.log;
events {}
http {
    access_log off;
    sendfile off;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    server {
        listen 127.0.0.1:$2 ssl;
        ssl_certificate $SCRATCH/cert.pem;
        ssl_certificate_key $SCRATCH/key.pem;
        ssl_protocols TLSv1.2;
        ssl_ciphers AES128-SHA:AES128-SHA256;
        root $SCRATCH/files;
    }
}
TEXT
}

start_server() { # NAME PORT OPENSSL_CONF
    nginx_configuration "$1" "$2" >"$SCRATCH/$1.conf"
    OPENSSL_CONF=$3 nginx -c "$SCRATCH/$1.conf"
}

# Starts a pair of servers after the other, and sets PORTS to their ports.
start_servers() {
    local pair port=$FIRST_PORT
    PORTS=()
    for ((pair = 0; pair < PAIRS; pair++)); do
        start_server "afalg$pair" "$port" "$SETTINGS_FILE"
        start_server "default$pair" $((port + 1)) /dev/null
        PORTS+=("$port" $((port + 1)))
        port=$((port + 2))
    done
}

# Ends a server, and with it writes afalg's summary of its requests.
stop_server() { # NAME
    local pid
    [[ -s $SCRATCH/$1.pid ]] || return 0
    pid=$(<"$SCRATCH/$1.pid")
    kill -QUIT "$pid"
    while [[ -e /proc/$pid ]]; do
        sleep 0.1
    done
    cat "$SCRATCH/$1.log"
}

# References to the device's driver: one more for each open socket.
device_references() {
    awk '/^driver/ { device = $3 == "virtio_crypto_aes_cbc" } device && /^refcnt/ { print $3 }' \
        /proc/crypto
}

# Prints what a cipher or MAC costs in software at the size of a full record, in seconds per GB.
software_cost() { # TITLE SPEED_OPTION...
    local title=$1
    shift
    openssl speed -elapsed -seconds 1 -bytes 16384 "$@" 2>/dev/null |
        awk -v title="$title" 'END { printf "  %-12s %8.2f s/GB\n", title, 1e6 / $NF }'
}

what_software_costs() {
    echo "in software, of all that:"
    software_cost AES-128-CBC -evp aes-128-cbc
    software_cost HMAC-SHA1 -hmac sha1
    software_cost HMAC-SHA256 -hmac sha256
}

stop_servers() {
    local pair
    for ((pair = 0; pair < PAIRS; pair++)); do
        stop_server "afalg$pair"
        stop_server "default$pair"
    done
}

run_servers() {
    start_servers
    "$PROGRAMS/tls" "$SCRATCH/files" "$SCRATCH/pairs" "${PORTS[@]}"
    device_references >"$SCRATCH/references"
    stop_servers
}

# What the processes of afalg gave the kernel, and how many did so.
summary() {
    echo "references to the device's driver: $(<"$SCRATCH/references")"
    sed 's/ software=[^ ]*//' "$SCRATCH/summary" | sort | uniq -c
}

main() { # PROCESSOR [OPTION...]
    local results=$RESULTS/tls-${1%%,*}.tsv check=() option status=0 run
    shift
    for option; do
        case $option in
        --runs=*) RUNS=${option#*=} ;;
        --control) SETTINGS_FILE=/dev/null results=${results%.tsv}-control.tsv ;;
        *) check=("$option") ;;
        esac
    done
    trap 'stop_servers; rm -rf "$SCRATCH"' EXIT
    ip link set lo up
    make_files
    make_certificate
    configuration auto "log = summary:$SCRATCH/summary" >"$SCRATCH/afalg.cnf"
    : >"$SCRATCH/summary"
    for ((run = 0; run < RUNS; run++)); do
        run_servers
    done
    "$PROGRAMS/tls_report" "$SCRATCH/pairs" "$results" "${check[@]}" || status=$?
    what_software_costs
    summary
    echo "figures: $results"
    exit "$status"
}

main "$@"
