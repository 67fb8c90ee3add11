#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mode = auto with the device of test/device, which does all algorithms:
# device.sh [PARAMETER=VALUE...] [BENCH_OPTION...]
# PARAMETER is one of the device's, see test/device/README.md.
set -euo pipefail
# shellcheck source=bench/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# A real device needs no processor to compute; see bench/device.h. Digests may keep their socket as the
# bare calls do. What is not computed is not right.
SETTINGS=("spare_sockets = 1" "verify = no")
parameters=(latency_us=50 megabytes_per_second=300)
while [[ ${1-} == [a-z]*=* ]]; do
    parameters+=("$1")
    shift
done
device_parameters "${parameters[@]}"
side_by_side device auto "the device of test/device ${parameters[*]}" "$@"
