#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The table in doc/algorithms.md is the one of `afalgctl table`. With --repair: makes it so.
# usage: algorithms_table.sh [--repair] ALGORITHMS.md AFALGCTL
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly BEGIN='<!-- algorithms -->' END='<!-- /algorithms -->'

# Prints the page with the table between the markers.
with_table() { # ALGORITHMS.md AFALGCTL
    sed "/^$BEGIN\$/q" "$1"
    "$2" table
    sed -n "\\|^$END\$|,\$p" "$1"
}

repair=""
if [[ $1 == --repair ]]; then
    repair=1
    shift
fi
for marker in "$BEGIN" "$END"; do
    (($(grep -cxF "$marker" "$1") == 1)) || fail "$1 has not one line $marker"
done
with_table "$1" "$2" >"$SCRATCH/algorithms.md"
if [[ -n $repair ]]; then
    cat "$SCRATCH/algorithms.md" >"$1"
elif ! diff "$1" "$SCRATCH/algorithms.md"; then
    fail "$1 has another table; repair it by: bash test/cli/algorithms_table.sh --repair $*"
fi
