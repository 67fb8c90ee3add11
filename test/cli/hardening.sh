#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The built files have what makes a fault in them harder to exploit.
# usage: hardening.sh FILE...
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

has() { # READELF_OPTION PATTERN WHAT
    LC_ALL=C readelf -W "$1" "$file" >"$SCRATCH/elf"
    grep -Eq -- "$2" "$SCRATCH/elf" || fail "$file: no $3"
}

for file; do
    has --file-header 'Type: +DYN' "position-independent code"
    has --program-headers '^ *GNU_RELRO' "relocations that become read-only"
    has --dynamic 'BIND_NOW|FLAGS_1.*NOW' "binding at load"
    has --program-headers '^ *GNU_STACK .* RW +0x' "stack that is not executable"
    has --dyn-syms '__stack_chk_fail' "check of the stack"
    has --dyn-syms '__[a-z]+_chk' "check of buffers"
done
