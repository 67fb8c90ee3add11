# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# nginx by openssl.cnf alone under a load of curl's, for hardware: sourced after hw.sh. What its requests
# are made of is ALGORITHM, and its certificate of the kind CERTIFICATE.
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

# From now on the device does every full record, fast or not; CONFIG has been as the example is.
set_min_size() {
    sed -i 's/^#\(min_size = 12288\)$/\1/' "$CONFIG"
    grep -qx 'min_size = 12288' "$CONFIG" || fail "$AFALG_EXAMPLE does not show min_size"
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
    fetch "$CERTIFICATE" with_default --parallel --parallel-immediate --parallel-max "$2" "${@:3}" \
        -o "$SCRATCH/got/#1.#2" "https://localhost/{${names%,}}?[1-$times]"
    for size in "${SIZES[@]}"; do
        for ((i = 1; i <= times; i++)); do
            assert_same "$SCRATCH/files/$size" "$SCRATCH/got/$size.$i" "answer $i of $size bytes"
        done
    done
}

# Prints how often software did what the device was meant to do.
fallbacks() {
    sed -n 's/^afalg: '"$ALGORITHM"' .* fallbacks=\([0-9]*\).*/\1/p' "$LOG" | awk '{ n += $1 } END { print n + 0 }'
}

assert_no_fallbacks() {
    (($(fallbacks) == 0)) || fail "software did what the device should: $(cat "$LOG")"
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
