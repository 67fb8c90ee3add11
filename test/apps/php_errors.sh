#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# PHP hands OpenSSL's errors to its scripts, by code and text.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 |
    openssl pkcs8 -topk8 -v2 aes-128-cbc -passout pass:right -out "$SCRATCH/key.pem"

expected=$(with_default php "$HERE/php_errors.php" "$SCRATCH/key.pem")
[[ $expected == refused*error:* ]] || fail "by default: $expected"
seen=$(with_afalg php "$HERE/php_errors.php" "$SCRATCH/key.pem")
[[ $seen == "$expected" ]] || fail "$seen instead of $expected"
assert_used AES-128-CBC
