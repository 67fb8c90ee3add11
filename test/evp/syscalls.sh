#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts the system calls of each step of syscalls.c by strace, and compares them with what the step
# says it may take. Memory is the C library's affair and is not counted.
#
#     syscalls.sh PROGRAM
set -euo pipefail

trace=$(mktemp)
trap 'rm -f "$trace"' EXIT

# Leaks can't be looked for in a program that is traced.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -qq -s 100 -o "$trace" "$1"

awk '
    function judge(  ok) {
        if (relation != "=" && relation != "<")
            return
        ok = relation == "=" ? count == limit : count <= limit
        printf "%-40s %2d system calls, %s %d: %s\n", what, count,
            relation == "=" ? "exactly" : "at most", limit, ok ? "ok" : "FAILED:" calls
        steps++
        failures += !ok
    }
    /^write\(-1, "/ {
        if (counting)
            judge()
        split($0, quoted, "\"")
        split(quoted[2], word, " ")
        relation = word[1]
        limit = word[2]
        what = substr(quoted[2], length(relation " " limit " ") + 1)
        counting = counting || relation == "!"
        count = 0
        calls = ""
        next
    }
    /^(mmap|munmap|mremap|mprotect|madvise|brk|futex)\(/ || !/^[a-z0-9_]+\(/ { next }
    {
        count++
        calls = calls "\n        " $0
    }
    END {
        printf "%d steps, %d failed\n", steps, failures
        exit failures > 0 || steps == 0
    }
' "$trace"
