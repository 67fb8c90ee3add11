#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What ./dev matrix runs in a guest: builds the project with the tools of the guest's Debian and
# tests it on the guest's kernel.
# usage: matrix-guest.sh PROJECT BUILD_DIRECTORY
set -euo pipefail

echo "matrix: Linux $(uname -r), $(openssl version | cut -d ' ' -f 1,2), $(gcc --version | head -n 1)"
cmake -S "$1" -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$2" >/dev/null
ctest --test-dir "$2" --output-on-failure -LE "^(hw|device)$"
