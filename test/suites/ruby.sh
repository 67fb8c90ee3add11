# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Ruby's tests of its openssl extension.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=(ruby)
SOURCE=ruby$(ruby -e 'puts RUBY_VERSION[/\d+\.\d+/]') NEEDED=(tool/lib tool/test test)

run() {
    "$WITH" ruby -I tool/lib test/runner.rb -v test/openssl >"$SCRATCH/output" 2>&1 || :
    cat "$SCRATCH/output"
    awk '/^\[ *[0-9]+\/[0-9]+\] / { test = $0; sub(/^\[[^]]*\] /, "", test); sub(/ =.*/, "", test); result[test] = "pass" }
        named { result[$1] = kind; named = 0 }
        /^ *[0-9]+\) (Failure|Error|Skipped):$/ { kind = /Skipped/ ? "skip" : "fail"; named = 1 }
        END { for (test in result) print result[test], test }' "$SCRATCH/output" >"$RESULTS"
}
