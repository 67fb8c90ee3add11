#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Many threads on the device of test/device, with one engine and with four, and on the kernel's
# software: threads.sh [OPTION_OF_THREADS...]
set -euo pipefail
# shellcheck source=bench/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# What the device takes for a request: so it is waited for as hardware is, and costs the processor nothing.
readonly SERVICE=(latency_us=200 computes=N)

STATUS=0

measure() { # TITLE OPTION...
    "$PROGRAMS/bench_threads" --config "$RESULTS/threads.cnf" --output "$RESULTS/threads.tsv" --title "$@" || STATUS=1
}

# A driver goes once the last socket that used it is gone.
unload_device() {
    until rmmod afalg_device 2>/dev/null; do
        sleep 0.1
    done
}

# The bare calls keep their socket from one message to the next, and so may the digests of all threads.
configuration kernel "fallback = no" "spare_sockets = 16" >"$RESULTS/threads.cnf"
printf 'driver\talgorithm\tsize\tthreads\tafalg MB/s\tbare MB/s\tafalg/bare\tlower quartile\tupper quartile\tstandard error\n' \
    >"$RESULTS/threads.tsv"
device_parameters "${SERVICE[@]}" engines=1
measure "device, 1 engine" "$@"
device_parameters engines=4
measure "device, 4 engines" "$@"
unload_device
measure "the kernel's software" "$@"
echo "figures: $RESULTS/threads.tsv"
exit "$STATUS"
