# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of keys share; each sources it first, with its arguments. They run in a session
# keyring of their own, which ends with them.
if [[ -z ${AFALG_TEST_KEYRING-} ]]; then
    AFALG_TEST_KEYRING=1 exec keyctl session - bash "$0" "$@"
fi
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

# Whether this kernel's AF_ALG takes keys of the keyring: from Linux 6.2 on.
KEY_SERIALS=
if printf '%s\n' 6.2 "$(uname -r)" | sort -V -C; then
    # shellcheck disable=SC2034 # for the tests
    KEY_SERIALS=1
fi

# Fails unless a command ends with the status, and its output matches the pattern.
check() { # STATUS PATTERN COMMAND...
    local wanted=$1 pattern=$2 status=0
    shift 2
    "$@" >"$SCRATCH/out" 2>&1 || status=$?
    ((status == wanted)) || fail "$*: status $status, not $wanted: $(cat "$SCRATCH/out")"
    grep -Eq -- "$pattern" "$SCRATCH/out" || fail "$*: no '$pattern' in $(cat "$SCRATCH/out")"
}

# The same of an error: one line, with no bytes of the key.
check_error() { # STATUS PATTERN COMMAND...
    check "$@"
    (($(wc -l <"$SCRATCH/out") == 1)) || fail "${*:3}: more than a line: $(cat "$SCRATCH/out")"
}

# Prints so many bytes of a key, different for each length.
key_of() { # BYTES
    printf "%$1s" "$(printf '%s' {a..z} "$1" {A..Z})" | tail -c "$1"
}

hex() {
    od -An -v -tx1 | tr -d ' \n'
}
