# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# CPython's own tests of hashlib, hmac and ssl.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=("libpython$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')-testsuite")

run() {
    "$WITH" "$PYTHON" -m test -v --timeout 600 --junit-xml "$SCRATCH/junit.xml" test_hashlib test_hmac test_ssl || :
    junit_results "$SCRATCH/junit.xml"
}
