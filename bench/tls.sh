#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# nginx with an offload device, on afalg in auto, on default, and with gcm on default with kTLS, in turn:
# tls.sh PROCESSOR cbc|gcm [--runs=N] [--groups=N] [--control] [--check]
# PROCESSOR is the emulated one, as qemu's -cpu has it. cbc is for virtio-crypto, gcm for the device of
# test/device.
set -euo pipefail
# shellcheck source=bench/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
SCRATCH=$(mktemp -d)

# Groups of servers, each a process of its own: where code and data come to lie differs. In each
# run they are new ones.
GROUPS_OF_SERVERS=16
RUNS=4
FIRST_PORT=4430

# For afalg's servers; with --control they have default alone, too.
SETTINGS_FILE=$SCRATCH/afalg.cnf

# The servers of a group, in tls's order, and the suites that they are asked for.
SERVERS=(afalg default)
SUITES=AES128-SHA,AES128-SHA256
DRIVER=virtio_crypto_aes_cbc
LINES=()

# How long the device of test/device takes for a request.
SERVICE=(latency_us=50 megabytes_per_second=300)

with_gcm() {
    modprobe tls
    SERVERS=(afalg default kTLS)
    SUITES=ECDHE-RSA-AES128-GCM-SHA256,TLS_AES_128_GCM_SHA256
    DRIVER=device-gcm-aes
    # The device computes only what is checked (bench/device.h), so verification would fail.
    LINES=("verify = no")
    device_parameters "${SERVICE[@]}"
}

# The files that all servers serve.
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

# What makes a server one with kTLS.
ktls_lines() { # SERVER
    if [[ $1 == kTLS ]]; then
        echo "sendfile on; ssl_conf_command Options KTLS;"
    else
        echo "sendfile off;"
    fi
}

nginx_configuration() { # NAME PORT SERVER
    cat <<TEXT
user root;
worker_processes 1;
pid $SCRATCH/$1.pid;
error_log $SCRATCH/$1.log;
events {}
http {
    access_log off;
    $(ktls_lines "$3")
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    server {
        listen 127.0.0.1:$2 ssl;
        ssl_certificate $SCRATCH/cert.pem;
        ssl_certificate_key $SCRATCH/key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ${SUITES//,/:};
        root $SCRATCH/files;
    }
}
TEXT
}

start_server() { # NAME PORT SERVER
    local settings=/dev/null
    [[ $3 != afalg ]] || settings=$SETTINGS_FILE
    nginx_configuration "$@" >"$SCRATCH/$1.conf"
    OPENSSL_CONF=$settings nginx -c "$SCRATCH/$1.conf"
}

# Starts a group of servers after the other, and sets PORTS to their ports.
start_servers() {
    local group server port=$FIRST_PORT
    PORTS=()
    for ((group = 0; group < GROUPS_OF_SERVERS; group++)); do
        for server in "${SERVERS[@]}"; do
            start_server "$server$group" "$port" "$server"
            PORTS+=("$port")
            port=$((port + 1))
        done
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
    awk -v driver="$DRIVER" '/^driver/ { device = $3 == driver } device && /^refcnt/ { print $3 }' \
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
    if [[ $SUITES == *GCM* ]]; then
        software_cost AES-128-GCM -evp aes-128-gcm
    else
        software_cost AES-128-CBC -evp aes-128-cbc
        software_cost HMAC-SHA1 -hmac sha1
        software_cost HMAC-SHA256 -hmac sha256
    fi
}

stop_servers() {
    local group server
    for ((group = 0; group < GROUPS_OF_SERVERS; group++)); do
        for server in "${SERVERS[@]}"; do
            stop_server "$server$group"
        done
    done
}

# --- whether kTLS and the device are used ----------------------------------------

device_requests() {
    cat /sys/module/afalg_device/parameters/requests
}

# Prints how many connections have sent their records by kTLS since the kernel was started.
ktls_connections() {
    awk '$1 == "TlsTxSw" || $1 == "TlsTxDevice" { n += $2 } END { print n + 0 }' /proc/net/tls_stat
}

# Prints what one answer of a server took: of 64 KiB, four full records and a short one or two.
look_at_server() { # SERVER PORT TLS_OPTION
    local connections requests
    connections=$(ktls_connections) requests=$(device_requests)
    printf 'GET /64KiB HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n' |
        openssl s_client -quiet "$3" -connect "127.0.0.1:$2" 2>/dev/null | wc -c >"$SCRATCH/answer"
    echo "  $1, $3: $(<"$SCRATCH/answer") bytes, kTLS connections: $(($(ktls_connections) - connections))," \
        "requests to the device: $(($(device_requests) - requests))"
}

# Of each server of the first group, while nothing else is asked.
look_at_servers() {
    local i version
    echo "an answer of 64 KiB:"
    device_parameters computes=Y
    for i in "${!SERVERS[@]}"; do
        for version in -tls1_2 -tls1_3; do
            look_at_server "${SERVERS[i]}" "${PORTS[i]}" "$version"
        done
    done
}

run_servers() {
    start_servers
    "$PROGRAMS/tls" "$SCRATCH/files" "$SCRATCH/groups" "$SUITES" "${#SERVERS[@]}" "${PORTS[@]}"
    device_references >"$SCRATCH/references"
    [[ $SUITES != *GCM* ]] || look_at_servers >"$SCRATCH/look"
    stop_servers
}

# What the processes of afalg gave the kernel, and how many did so.
summary() {
    echo "references to the device's driver: $(<"$SCRATCH/references")"
    sed 's/ software=[^ ]*//' "$SCRATCH/summary" | sort | uniq -c
}

main() { # PROCESSOR cbc|gcm [OPTION...]
    local results=$RESULTS/tls-$2-${1%%,*}.tsv check=() option status=0 run
    [[ $2 != gcm ]] || with_gcm
    shift 2
    for option; do
        case $option in
        --runs=*) RUNS=${option#*=} ;;
        --groups=*) GROUPS_OF_SERVERS=${option#*=} ;;
        --control) SETTINGS_FILE=/dev/null results=${results%.tsv}-control.tsv ;;
        *) check=("$option") ;;
        esac
    done
    trap 'stop_servers; rm -rf "$SCRATCH"' EXIT
    ip link set lo up
    make_files
    make_certificate
    configuration auto "log = summary:$SCRATCH/summary" "${LINES[@]}" >"$SCRATCH/afalg.cnf"
    : >"$SCRATCH/summary"
    for ((run = 0; run < RUNS; run++)); do
        run_servers
    done
    "$PROGRAMS/tls_report" "$SCRATCH/groups" "$results" "${check[@]}" || status=$?
    what_software_costs
    summary
    [[ ! -e $SCRATCH/look ]] || cat "$SCRATCH/look"
    echo "figures: $results"
    exit "$status"
}

main "$@"
