#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An nginx on afalg, whose one worker may have 1024 descriptors, serves others while 300 clients are in
# the middle of their handshakes. Its certificate is so long that the hashes of these are in the
# kernel until max_sockets, a quarter of the descriptors, is reached.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"
# shellcheck source=test/apps/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

readonly CLIENTS=300 NAMES=250 LENGTH=4500
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

certificate ec "$(seq -s , -f 'DNS:host%g.example' "$NAMES")"
mkdir "$SCRATCH/files"
head -c 1000 /dev/urandom >"$SCRATCH/files/small"
configure_nginx ec 1 500 <<<'ssl_protocols TLSv1.2 TLSv1.3;'

ulimit -n 1024
start_nginx with_afalg
/usr/bin/python3 "$HERE/half_open.py" "$SOCKET" "$SCRATCH/ec.crt" "$SCRATCH/files/small" "$CLIENTS" ||
    fail "nginx: $(tail -n 5 "$SCRATCH/nginx.log")"
stop_nginx
assert_kernel_bytes SHA2-384 $((200 * LENGTH))
grep -q '[=,]open:' "$LOG" || fail "max_sockets was not reached: $(cat "$LOG")"
