#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mode = kernel against the bare system calls: kernel.sh [BENCH_OPTION...]
set -euo pipefail
# shellcheck source=bench/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# The bare calls keep their socket from one message to the next, and so may afalg's digests.
SETTINGS=("spare_sockets = 1")
side_by_side kernel kernel "user-mode Linux" "$@"
