# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Perl's IO::Socket::SSL.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=(libio-socket-ssl-perl)
SOURCE=libio-socket-ssl-perl

run() {
    export PERL5LIB=$PWD
    perl_tests t/*.t
}
