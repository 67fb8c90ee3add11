# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# PHP's tests of its openssl functions.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=(php-cli)
SOURCE=php$(php -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;') NEEDED=(run-tests.php ext/openssl/tests)

run() {
    NO_INTERACTION=1 TEST_PHP_JUNIT=$SCRATCH/junit.xml \
        "$WITH" php run-tests.php -q -p "$(command -v php)" ext/openssl/tests || :
    junit_results "$SCRATCH/junit.xml"
}
