#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a suite in a guest and writes lines "RESULT TEST": pass, fail, skip.
# usage: run.sh NAME with_default|with_afalg FILES MODULES RESULTS
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export OPENSSL_CONF=/etc/ssl/openssl.cnf OPENSSL_MODULES=$4 AFALG_EXAMPLE=$HERE/../../openssl.cnf.example
# Memory that is mapped and unmapped for every buffer costs user-mode Linux a hundred times its use.
export MALLOC_MMAP_THRESHOLD_=100000000 MALLOC_TRIM_THRESHOLD_=100000000
# shellcheck source=test/apps/apps.sh
. "$HERE/../apps/apps.sh"

# shellcheck disable=SC2034 # for the suites
readonly WITH=$2 RESULTS=$5 PYTHON=/usr/bin/python3

# Writes the results of a JUnit file.
junit_results() { # FILE
    "$PYTHON" "$HERE/junit.py" "$1" >>"$RESULTS"
}

# Runs Perl tests; a file is a test.
perl_tests() { # FILE...
    local file
    for file; do
        if "$WITH" timeout 300 perl "$file"; then
            echo "pass $file" >>"$RESULTS"
        else
            echo "fail $file" >>"$RESULTS"
        fi
    done
}

all_modules
rm -f "$RESULTS"
NEEDED=(.)
# shellcheck source=/dev/null
. "$HERE/$1.sh"
# In memory: tests write beside themselves.
mkdir "$SCRATCH/files"
cd "$SCRATCH/files" || exit
[[ -z $3 ]] || tar -C "$3" -c "${NEEDED[@]}" | tar -x
run
[[ $WITH == with_default || -s $LOG ]] || fail "afalg was not used"
[[ ! -e $LOG ]] || sort "$LOG" | uniq -c | sort -n | tail -n 30
