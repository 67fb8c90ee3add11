# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The tests of xmlsec1, of the program that is installed. A test is a step of one of them.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=(xmlsec1)
SOURCE=xmlsec1 NEEDED=(tests)

run() {
    local part
    for part in testKeys testDSig testEnc; do
        "$WITH" bash tests/testrun.sh "$PWD/tests/$part.sh" openssl "$PWD/tests" "$(command -v xmlsec1)" der || :
    done >"$SCRATCH/output" 2>&1
    cat "$SCRATCH/output"
    awk '/^[^ -]/ { test = $0 }
        match($0, / +(OK|Fail|Skip)$/) {
            result = $NF == "OK" ? "pass" : tolower($NF)
            step = substr($0, 1, RSTART - 1)
            gsub(/^ +/, "", step)
            print result, test ": " step }' "$SCRATCH/output" >"$RESULTS"
}
