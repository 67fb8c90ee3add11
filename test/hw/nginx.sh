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
# shellcheck source=test/hw/nginx_load.sh
. "$(dirname "${BASH_SOURCE[0]}")/nginx_load.sh"

readonly ALGORITHM=AES-128-CBC CERTIFICATE=rsa

# --- what may happen ------------------------------------------------------------

# Whoever is faster at records of this length does them; the device was tried by each worker.
as_the_example_has_it() {
    local CONFIG=$SCRATCH/example.cnf
    start
    get_files 2 6
    stop_nginx
    assert_kernel_bytes "$ALGORITHM" $((3 * 16384))
    assert_no_fallbacks
}

with_the_device() {
    local before
    before=$(interrupts)
    start
    get_files 2 6
    stop_nginx
    assert_kernel_bytes "$ALGORITHM" $((2 * (65536 + 1048576)))
    assert_no_fallbacks
    (($(interrupts) - before >= 2 * (4 + 64))) || fail "the device did not do it"
}

# More connections than descriptors that afalg may have: a quarter of the limit.
with_few_descriptors() {
    local DESCRIPTORS=64 SIZES=(65536)
    start
    get_files 33 33 --limit-rate 12k
    stop_nginx
    assert_kernel_bytes "$ALGORITHM" 1
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
    assert_kernel_bytes "$ALGORITHM" 1
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
    assert_kernel_bytes "$ALGORITHM" $((4 * 16384))
    assert_fallbacks
}

certificate "$CERTIFICATE"
make_files
cp "$CONFIG" "$SCRATCH/example.cnf"
set_min_size
# Records go through cbc(aes), in pieces of up to 16 KiB. Each file is open once.
configure_nginx "$CERTIFICATE" <<<'open_file_cache max=8; ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA256;'
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
