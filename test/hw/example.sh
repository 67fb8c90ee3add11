#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock openssl on a machine with an offload device: the device does what is not under min_size,
# software the rest, and the log says so.
# shellcheck source=test/hw/hw.sh
. "$(dirname "${BASH_SOURCE[0]}")/hw.sh"

readonly SIZE=1048576 # a whole number of its pieces

# The log names the driver of what is offered, and why the rest isn't.
check_offers() {
    AFALG_LOG=offers:$LOG with_afalg openssl list -cipher-algorithms -verbose >"$SCRATCH/ciphers"
    for bits in 128 192 256; do
        grep -q "^afalg: AES-$bits-CBC offered, hardware: $DRIVER\$" "$LOG" ||
            fail "AES-$bits-CBC is not reported as hardware: $(cat "$LOG")"
    done
    grep -q '^afalg: AES-128-CTR not offered: no hardware driver for it$' "$LOG" ||
        fail "the log does not say why AES-128-CTR is not offered: $(cat "$LOG")"
    (($(grep -c '@ afalg$' "$SCRATCH/ciphers") == 3)) ||
        fail "not three ciphers are offered: $(grep '@ afalg' "$SCRATCH/ciphers")"
}

# openssl enc gives its cipher 4096 bytes at a time.
encrypt() { # WITH
    "$1" openssl enc -aes-128-cbc -K "$KEY" -iv "$KEY" -in "$SCRATCH/data" -out "$SCRATCH/$1"
}

# Encrypts by afalg; sets GIVEN to how many interrupts the device gave meanwhile.
encrypt_by_afalg() {
    local before
    rm -f "$LOG"
    before=$(interrupts)
    encrypt with_afalg
    GIVEN=$(($(interrupts) - before))
    assert_same "$SCRATCH/with_default" "$SCRATCH/with_afalg" "$SIZE bytes"
}

check_offers
head -c "$SIZE" /dev/zero >"$SCRATCH/data"
encrypt with_default
encrypt_by_afalg
(($(bytes_by software AES-128-CBC) == SIZE + 16)) || fail "software did not do it: $(cat "$LOG")"
((GIVEN == 0)) || fail "the device gave $GIVEN interrupts"
sed -i 's/^#\(min_size.AES-128-CBC = 4096\)$/\1/' "$CONFIG"
encrypt_by_afalg
assert_kernel_bytes AES-128-CBC "$SIZE"
grep -q "^afalg: AES-128-CBC driver=$DRIVER kernel=256/$SIZE software=1/16 fallbacks=0 preferred=1,min_size:1\$" "$LOG" ||
    fail "$(cat "$LOG")"
((GIVEN >= 256)) || fail "256 requests, but the device gave $GIVEN interrupts"
