#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each line of the log's file is one write, so that those of many processes don't mix.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

AFALG_LOG=$LOG LD_PRELOAD=${CLI_PRELOAD-} strace -f -s 512 -e trace=write -o "$SCRATCH/calls" \
    openssl enc -provider afalg -provider default -propquery provider=afalg -aes-128-cbc -md sha256 \
    -k password -in "$(data_of 4096)" -out "$SCRATCH/out"
lines=$(wc -l <"$LOG")
((lines > 1)) || fail "the log has no lines of several algorithms: $(cat "$LOG")"
writes=$(grep -Ec 'write\([0-9]+, "afalg: [^\\]*\\n", ' "$SCRATCH/calls") || true
((writes == lines)) || fail "$writes writes of a line, not $lines: $(grep afalg: "$SCRATCH/calls")"
