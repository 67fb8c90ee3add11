# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# python3-cryptography's own tests, of the package that is installed.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=(python3-cryptography python3-cryptography-vectors python3-pytest python3-pretend python3-iso8601
    python3-tz python3-hypothesis)
SOURCE=python-cryptography

run() {
    rm -rf src
    "$WITH" "$PYTHON" -m pytest -q -p no:cacheprovider --junit-xml "$SCRATCH/junit.xml" tests || :
    junit_results "$SCRATCH/junit.xml"
}
