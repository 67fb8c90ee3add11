#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What goes wrong in python3-cryptography is what it knows from the default provider.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

readonly PYTHON=/usr/bin/python3
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

all_modules
with_default "$PYTHON" "$HERE/python_errors.py"
with_afalg "$PYTHON" "$HERE/python_errors.py"
assert_kernel_bytes AES-128-CBC 16
assert_used AES-128-GCM
