#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock openssl on a machine without an offload device: nothing is offered, the log says why
# where it is asked, and the default provider does all the work.
# shellcheck source=test/hw/hw.sh
. "$(dirname "${BASH_SOURCE[0]}")/hw.sh"

encrypt() { # WITH
    "$1" openssl enc -aes-128-cbc -K "$KEY" -iv "$KEY" -in "$SCRATCH/data" -out "$SCRATCH/$1"
}

[[ ${AFALG_KERNEL-} != host ]] || skip "this machine may have an offload device"

AFALG_LOG=offers:$LOG with_afalg openssl list -verbose -cipher-algorithms -digest-algorithms \
    -mac-algorithms >"$SCRATCH/all"
! grep '@ afalg$' "$SCRATCH/all" || fail "there is no hardware, but these are offered"
for name in AES-128-CBC AES-256-GCM SHA2-256 HMAC; do
    (($(grep -c "^afalg: $name not offered: no .*\$" "$LOG") == 1)) ||
        fail "the log does not say once why $name is not offered: $(cat "$LOG")"
done
! grep -v ' not offered: no ' "$LOG" || fail "the log says something else"

rm "$LOG"
head -c 1000000 /dev/zero >"$SCRATCH/data"
encrypt with_default
encrypt with_afalg 2>"$SCRATCH/errors"
assert_same "$SCRATCH/with_default" "$SCRATCH/with_afalg" "1000000 bytes"
[[ ! -s $SCRATCH/errors ]] || fail "$(cat "$SCRATCH/errors")"
assert_unused "without hardware"
