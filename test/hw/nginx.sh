#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock nginx, two workers, by openssl.cnf alone on a machine with an offload device: every
# request succeeds with the device, without it, with few descriptors, and when it goes in the middle.
#
# The driver can't be taken from under a live transform: Linux refuses to unload it, and forced off
# by sysfs (measured on 6.1) it goes on with freed memory: recv ends in an oops or ESHUTDOWN, close
# hangs. So it is unloaded at a moment when no connection holds it, and its loss under live ones is
# a fault that strace makes: requests fail with ESHUTDOWN.
# shellcheck source=test/hw/hw.sh
. "$(dirname "${BASH_SOURCE[0]}")/hw.sh"
# shellcheck source=test/apps/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/../apps/server.sh"

SIZES=(16384 65536 1048576)
DESCRIPTORS=1024

make_files() {
    local size
    mkdir "$SCRATCH/files" "$SCRATCH/got"
    for size in "${SIZES[@]}"; do
        head -c "$size" /dev/urandom >"$SCRATCH/files/$size"
    done
}

with_limits() { # COMMAND...
    ulimit -n "$DESCRIPTORS"
    with_afalg "$@"
}

start() {
    rm -f "$LOG"
    start_nginx with_limits
}

# Gets every file so many times, over so many connections at once, and checks what came.
get_files() { # TIMES CONNECTIONS [CURL_OPTION...]
    local times=$1 size names
    names=$(IFS=, && echo "${SIZES[*]},")
    rm -f "$SCRATCH"/got/*
    fetch rsa with_default --parallel --parallel-immediate --parallel-max "$2" "${@:3}" \
        -o "$SCRATCH/got/#1.#2" "https://localhost/{${names%,}}?[1-$times]"
    for size in "${SIZES[@]}"; do
        for ((i = 1; i <= times; i++)); do
            assert_same "$SCRATCH/files/$size" "$SCRATCH/got/$size.$i" "answer $i of $size bytes"
        done
    done
}

# Prints how often software did what the device was meant to do.
fallbacks() {
    sed -n 's/^afalg: AES-128-CBC .* fallbacks=\([0-9]*\).*/\1/p' "$LOG" | awk '{ n += $1 } END { print n + 0 }'
}

assert_fallbacks() {
    (($(fallbacks) > 0)) || fail "nothing fell back to software: $(cat "$LOG")"
}

# --- a load that goes on in the background -------------------------------------

load() {
    until [[ -e $SCRATCH/enough ]]; do
        get_files 1 3
        echo >>"$SCRATCH/rounds"
    done
}

start_load() {
    rm -f "$SCRATCH/enough"
    : >"$SCRATCH/rounds"
    load &
    LOAD=$!
}

# Waits until the load has gone round so many times more.
await_rounds() { # ROUNDS
    local goal=$(($(wc -l <"$SCRATCH/rounds") + $1))
    while (($(wc -l <"$SCRATCH/rounds") < goal)); do
        kill -0 "$LOAD" 2>/dev/null || fail "the load has ended"
        sleep 0.1
    done
}

stop_load() {
    touch "$SCRATCH/enough"
    wait "$LOAD" || fail "a request failed"
}

# --- what may happen ------------------------------------------------------------

# Whoever is faster at records of this length does them; the device was tried by each worker.
as_the_example_has_it() {
    local CONFIG=$SCRATCH/example.cnf
    start
    get_files 2 6
    stop_nginx
    assert_kernel_bytes AES-128-CBC $((3 * 16384))
    (($(fallbacks) == 0)) || fail "software did what the device should: $(cat "$LOG")"
}

with_the_device() {
    local before
    before=$(interrupts)
    start
    get_files 2 6
    stop_nginx
    assert_kernel_bytes AES-128-CBC $((2 * (65536 + 1048576)))
    (($(fallbacks) == 0)) || fail "software did what the device should: $(cat "$LOG")"
    (($(interrupts) - before >= 2 * (4 + 64))) || fail "the device did not do it"
}

# More connections than descriptors that afalg may have: a quarter of the limit.
with_few_descriptors() {
    local DESCRIPTORS=64 SIZES=(65536)
    start
    get_files 33 33 --limit-rate 12k
    stop_nginx
    assert_kernel_bytes AES-128-CBC 1
    assert_fallbacks
}

# Waits for a moment when no connection holds the device.
unload() {
    until rmmod virtio_crypto 2>/dev/null; do
        sleep 0.02
    done
}

without_the_device() {
    unload
    start
    get_files 2 6
    stop_nginx
    assert_unused "without the device"
    modprobe virtio_crypto
}

unloaded_in_the_middle() {
    start
    start_load
    await_rounds 1
    unload
    await_rounds 2
    stop_load
    stop_nginx
    assert_kernel_bytes AES-128-CBC 1
    assert_fallbacks
    modprobe virtio_crypto
}

# Has each worker's device fail from its fifth request on; a worker's only sendmsg is afalg's.
break_device() {
    local workers pid
    mapfile -t workers < <(pgrep -P "$NGINX")
    strace -f -qq -o "$SCRATCH/trace" -e trace=sendmsg \
        -e inject=sendmsg:error=ESHUTDOWN:when=5+ "${workers[@]/#/--attach=}" &
    TRACER=$!
    for pid in "${workers[@]}"; do
        while grep -q '^TracerPid:[[:space:]]*0$' "/proc/$pid/status"; do
            kill -0 "$TRACER" 2>/dev/null || fail "strace has ended"
            sleep 0.1
        done
    done
}

lost_under_live_connections() {
    start
    break_device
    get_files 2 4
    stop_nginx
    wait "$TRACER" || fail "strace"
    grep -q "ESHUTDOWN.*INJECTED" "$SCRATCH/trace" || fail "nothing was lost: $(cat "$SCRATCH/trace")"
    assert_kernel_bytes AES-128-CBC $((4 * 16384))
    assert_fallbacks
}

certificate rsa
make_files
# With min_size the device does every full record, fast or not.
cp "$CONFIG" "$SCRATCH/example.cnf"
sed -i 's/^#\(min_size = 12288\)$/\1/' "$CONFIG"
grep -qx 'min_size = 12288' "$CONFIG" || fail "$AFALG_EXAMPLE does not show min_size"
# Records go through cbc(aes), in pieces of up to 16 KiB. Each file is open once.
configure_nginx rsa <<<'open_file_cache max=8; ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA256;'
if (($# == 0)); then
    set -- as_the_example_has_it with_the_device with_few_descriptors without_the_device \
        unloaded_in_the_middle lost_under_live_connections
fi
for scenario; do
    SECONDS=0
    "$scenario"
    echo "$scenario: no request failed ($SECONDS s)"
    [[ ! -e $LOG ]] || cat "$LOG"
done
