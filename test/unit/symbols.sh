#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Names that the libraries and the module bring into a program: the libraries' all begin with
# afalg_, and the module has the one that OpenSSL asks for.
#
#     symbols.sh MODULE LIBRARY...
set -euo pipefail

# Prints the names that nm finds, but what a sanitizer adds.
defined() { # NM_OPTION... FILE
    nm -g --defined-only "$@" | awk 'NF == 3 && $3 !~ /^_*(asan|odr|ubsan|tsan)_/ { print $3 }' | sort -u
}

module=$1
shift
foreign=$(for library; do defined "$library"; done | grep -v '^afalg_' || :)
exported=$(defined -D "$module")
[[ -z $foreign ]] || printf 'not prefixed: %s\n' "${foreign//$'\n'/ }"
[[ $exported == OSSL_provider_init ]] || printf 'the module exports: %s\n' "${exported//$'\n'/ }"
[[ -z $foreign && $exported == OSSL_provider_init ]]
