#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The commands of doc/keys.md, in its order.
# usage: keys_doc.sh AFALGCTL DOCUMENT
# shellcheck source=test/cli/keys.sh
. "$(dirname "${BASH_SOURCE[0]}")/keys.sh"

[[ ${AFALG_KERNEL-} != host ]] || skip "the commands put keys into root's own keyring"
[[ -n $KEY_SERIALS ]] || skip "this kernel takes no keys of the keyring"
mkdir "$SCRATCH/bin" "$SCRATCH/work"
ln -s "$1" "$SCRATCH/bin/afalgctl"
export PATH=$SCRATCH/bin:$PATH
awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on' "$2" >"$SCRATCH/commands"
(($(wc -l <"$SCRATCH/commands") > 50)) || fail "$2 has no commands"
cd "$SCRATCH/work"
bash -euo pipefail -x "$SCRATCH/commands" >"$SCRATCH/log" 2>&1 || fail "doc/keys.md: $(tail -n 20 "$SCRATCH/log")"
