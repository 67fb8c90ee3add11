#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whatever an application frees after OpenSSL's own clean-up, or never, it ends well.
# usage: cleanup.sh PROGRAM [VALGRIND]   with it, by afalg under valgrind, which may not find anything
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

by_valgrind() { # COMMAND...
    with_afalg "$VALGRIND" -q --error-exitcode=1 "$@"
}

readonly PROGRAM=$1 VALGRIND=${2-}
ways=(with_default with_afalg) moments=(before atexit destructor thread never)
# Under valgrind a program takes many seconds.
[[ -z $VALGRIND ]] || ways=(by_valgrind) moments=(atexit destructor thread)
for way in "${ways[@]}"; do
    for moment in "${moments[@]}"; do
        for own in '' own; do
            "$way" "$PROGRAM" "$moment" $own || fail "$way, $moment $own: status $?"
        done
    done
done
assert_kernel_bytes SHA2-256 70000
