#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# squid reads a configuration with a certificate and ends: it frees its SSL_CTX after OpenSSL's own
# clean-up.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

certificate rsa
cat >"$SCRATCH/squid.conf" <<TEXT
https_port 127.0.0.1:3129 tls-cert=$SCRATCH/rsa.crt tls-key=$SCRATCH/rsa.key
pid_filename $SCRATCH/pid
cache_log $SCRATCH/cache.log
coredump_dir $SCRATCH
visible_hostname localhost
TEXT
# squid 7 ends without that clean-up, and so without a summary.
sed -i 's/^log = summary/log = progress/' "$CONFIG"
for runner in with_default with_afalg; do
    "$runner" squid -k parse -f "$SCRATCH/squid.conf" 2>"$SCRATCH/output" ||
        fail "$runner: status $?: $(cat "$SCRATCH/output")"
    grep -q '/CN=localhost' "$SCRATCH/output" || fail "no TLS: $(cat "$SCRATCH/output")"
done
grep -Eq '^afalg\[[0-9]+\]: SHA1 kernel=[1-9]' "$LOG" || fail "the kernel did no SHA1: $(cat "$LOG")"
