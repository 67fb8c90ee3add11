#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mode = auto with an offload device, on a processor without AES: auto.sh [BENCH_OPTION...]
set -euo pipefail
# shellcheck source=bench/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

side_by_side auto auto virtio-crypto "$@"
