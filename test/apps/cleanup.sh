#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whatever an application frees after OpenSSL's own clean-up, or never, it ends well.
# usage: cleanup.sh PROGRAM
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

for who in with_default with_afalg; do
    for moment in before atexit destructor thread never; do
        for own in '' own; do
            "$who" "$1" "$moment" $own || fail "$who, $moment $own: status $?"
        done
    done
done
assert_kernel_bytes SHA2-256 70000
