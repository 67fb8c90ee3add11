#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock nginx by openssl.cnf alone, with every class of algorithms in hardware: AES-GCM of TLS 1.3
# and 1.2, CBC with its HMAC, and a device that goes and comes back under live connections.
# shellcheck source=test/hw/hw.sh
. "$(dirname "${BASH_SOURCE[0]}")/hw.sh"
# shellcheck source=test/hw/nginx_load.sh
. "$(dirname "${BASH_SOURCE[0]}")/nginx_load.sh"

readonly ALGORITHM=AES-128-GCM CERTIFICATE=ec PARAMETERS=/sys/module/afalg_device/parameters
# shellcheck disable=SC2034 # for nginx_load.sh
SIZES=(16384 65536)
# Of the larger file, so many full records.
readonly TIMES=2 RECORDS=4

# By the device's account.
get_by_device() { # CURL_OPTION...
    local before
    before=$(<"$PARAMETERS/requests")
    get_files "$TIMES" 4 "$@"
    (($(<"$PARAMETERS/requests") - before >= TIMES * RECORDS)) || fail "$*: the device did not do it"
    echo "$*: no request failed"
}

# By the provider's.
with_the_device() {
    local bytes=$((TIMES * RECORDS * 16384))
    start
    get_by_device --tlsv1.3
    get_by_device --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
    get_by_device --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-SHA256
    stop_nginx
    assert_kernel_bytes AES-128-GCM $((2 * bytes))
    assert_kernel_bytes AES-128-CBC "$bytes"
    assert_kernel_bytes HMAC "$bytes"
    assert_no_fallbacks
}

gone_in_the_middle() {
    start
    start_load
    await_rounds 1
    echo Y >"$PARAMETERS/gone"
    await_rounds 2
    echo N >"$PARAMETERS/gone"
    await_rounds 1
    stop_load
    stop_nginx
    assert_kernel_bytes "$ALGORITHM" 1
    assert_fallbacks
    echo "gone: no request failed"
}

certificate "$CERTIFICATE"
make_files
set_min_size
configure_nginx "$CERTIFICATE" <<'TEXT'
    open_file_cache max=8;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256;
TEXT
with_the_device
gone_in_the_middle
