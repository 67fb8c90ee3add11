#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# afalgctl test finds nothing in a right device, and on the one of test/device each wrong answer,
# which it names.
set -euo pipefail

readonly PARAMETERS=/sys/module/afalg_device/parameters
AFALGCTL=$1

fail() {
    echo "${BASH_SOURCE[0]}: $*" >&2
    exit 1
}

# decrypt_in_place is missing: the kernels of today copy what AF_ALG gets, so that no driver has input
# and output in one place.
# What is wrong, an algorithm in which it is, the property that shows it.
readonly WRONG="
empty_hmac        hmac(sha256)  empty
ctr_tail          ctr(aes)      lengths
ctr_carry         ctr(aes)      counter
xts_partial       xts(aes)      lengths
iv_not_written    cbc(aes)      chaining
iv_not_written    ctr(aes)      chaining
ccm_long_aad      ccm(aes)      aad
gcm_short_tag     gcm(aes)      tags
unaligned         cbc(aes)      alignment
unaligned         sha1          alignment
page_border       cbc(aes)      borders
page_border       sha256        borders
mixed_up          gcm(aes)      threads
lost_state        sha256        pieces"

# The verdict in the table, of all drivers or of the algorithms given.
verdicts() { # [NAME...]
    "$AFALGCTL" test "$@" >"$OUTPUT" || true
    sed -n 's/^[^ ]* *[^ ]* *[0-9][0-9]*  //p' "$OUTPUT"
}

check_right() {
    [[ $(verdicts | sed 's/; out of reach: in-place$//' | sort -u) == right ]] || fail "the right device is not right: $(cat "$OUTPUT")"
}

# The command in the report shows it too; once the device is right, it doesn't.
check_repeat() { # WRONG
    local command
    command=$(sed -n 's/^  repeat with: afalgctl //p' "$OUTPUT" | head -n 1)
    # shellcheck disable=SC2086 # the arguments
    ! "$AFALGCTL" $command >/dev/null || fail "$1: not repeated by $command"
    echo none >"$PARAMETERS/wrong"
    echo 0 >"$PARAMETERS/latency_us"
    # shellcheck disable=SC2086
    "$AFALGCTL" $command >/dev/null || fail "$1: $command finds something in the right device"
}

check_wrong() { # WRONG ALGORITHM PROPERTY
    local verdict
    echo "$1" >"$PARAMETERS/wrong"
    # So that requests of several threads are there at once.
    [[ $1 != mixed_up ]] || echo 3000 >"$PARAMETERS/latency_us"
    verdict=$(verdicts "$2")
    echo "$1 $2: $verdict"
    verdict=${verdict%; out of reach*}
    [[ ", ${verdict#WRONG: }," == *", $3,"* ]] || fail "$1 in $2 is not named: $(cat "$OUTPUT")"
    check_repeat "$1"
}

OUTPUT=$(mktemp)
trap 'rm -f "$OUTPUT"' EXIT
check_right
[[ -d $PARAMETERS ]] || exit 0
while read -r wrong algorithm property; do
    [[ -z $wrong ]] || check_wrong "$wrong" "$algorithm" "$property"
done <<<"$WRONG"
