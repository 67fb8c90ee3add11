# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Perl's Net::SSLeay.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=(libnet-ssleay-perl libtest-exception-perl libtest-warn-perl libtest-nowarnings-perl)
SOURCE=libnet-ssleay-perl

run() {
    export PERL5LIB=$PWD/inc:$PWD/t/lib
    perl_tests t/local/*.t
}
