# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# python3-cryptography's AES-GCM of every length from 200,000 to 220,000 bytes, as apps.python_lengths
# has some of them.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=(python3-cryptography)

run() {
    "$WITH" "$PYTHON" "$HERE/../apps/python_lengths.py" >"$SCRATCH/lengths" || echo failed >"$SCRATCH/lengths"
    sed 's/^/pass /' "$SCRATCH/lengths" >"$RESULTS"
}
