# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of the command line share; each sources it first.
set -euo pipefail

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
# The provider's counters after the last by_afalg.
LOG=$SCRATCH/log

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Ends the test as one that this kernel can't run.
skip() {
    echo "SKIPPED: $*"
    exit 77
}

# Writes $SCRATCH/openssl.cnf, in which the provider's section has these lines.
write_config() { # LINE...
    cat >"$SCRATCH/openssl.cnf" <<TEXT
openssl_conf = init
[init]
providers = providers
[providers]
default = default_sect
afalg = afalg_sect
[default_sect]
activate = 1
[afalg_sect]
activate = 1
$(printf '%s\n' "$@")
TEXT
}

by_default() { # OPENSSL_ARGUMENT...
    openssl "$@"
}

# Runs an openssl command that can take its algorithms from afalg only.
by_afalg() { # SUBCOMMAND ARGUMENT...
    local subcommand=$1
    shift
    rm -f "$LOG"
    AFALG_LOG=$LOG LD_PRELOAD=${CLI_PRELOAD-} openssl "$subcommand" \
        -provider afalg -provider default -propquery provider=afalg "$@"
}

# Fails unless the kernel did at least BYTES of ALGORITHM in the last by_afalg, and software none.
assert_kernel_did() { # ALGORITHM BYTES
    local work
    work=$(sed -n "s|^afalg: $1 .* kernel=[1-9][0-9]*/\([0-9]*\) software=0/0 .*|\1|p" "$LOG")
    ((${work:--1} >= $2)) || fail "the kernel did not do $2 bytes of $1: $(cat "$LOG")"
}

# Fails unless the files are the same.
assert_same() { # FILE FILE WHAT
    cmp -s "$1" "$2" || fail "$3: afalg and default differ"
}

# Fails unless the openssl command fails by afalg with exactly one entry of the error queue on
# standard error, which matches the pattern, and nothing on standard output.
assert_one_error() { # PATTERN OPENSSL_ARGUMENT...
    local pattern=$1
    shift
    if by_afalg "$@" >"$SCRATCH/out" 2>"$SCRATCH/err"; then
        fail "succeeded: openssl $*"
    fi
    [[ ! -s $SCRATCH/out ]] || fail "output in spite of the error: openssl $*"
    if (($(grep -c ':error:' "$SCRATCH/err") != 1)) ||
        ! grep ':error:' "$SCRATCH/err" | grep -Eq "$pattern"; then
        fail "openssl $*: expected one error line with '$pattern', got: $(cat "$SCRATCH/err")"
    fi
}

# Makes a file of so many bytes, different for each length, and prints its name.
data_of() { # BYTES
    local file=$SCRATCH/data.$1
    [[ -e $file ]] || head -c "$1" /dev/zero | by_default enc -aes-128-ctr \
        -K "$(printf '%032x' "$1")" -iv 00000000000000000000000000000000 -out "$file"
    echo "$file"
}
