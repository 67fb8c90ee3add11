#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# afalgctl tells what the provider does, and refuses what it doesn't know.
# usage: afalgctl.sh AFALGCTL NO_SOCKETS
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

readonly AFALGCTL=$1 NO_SOCKETS=$2

# Fails unless afalgctl ends with the status, and what it prints to standard output and standard
# error matches the pattern.
check() { # STATUS PATTERN ARGUMENT...
    local wanted=$1 pattern=$2 status=0
    shift 2
    "$AFALGCTL" "$@" >"$SCRATCH/out" 2>&1 || status=$?
    ((status == wanted)) || fail "afalgctl $*: status $status, not $wanted: $(cat "$SCRATCH/out")"
    grep -Eq -- "$pattern" "$SCRATCH/out" || fail "afalgctl $*: no '$pattern' in $(cat "$SCRATCH/out")"
}

check_usage() {
    local command
    check 0 '^usage: afalgctl COMMAND' --help
    check 0 '^afalgctl [0-9]+\.[0-9]+' --version
    for command in check disable enable list status table tune; do
        check 0 "^usage: afalgctl $command" "$command" --help
        check 2 'unknown or incomplete option: --nonsense' "$command" --nonsense
        [[ $command == @(check|disable|enable) ]] || check 2 'unexpected argument: nonsense' "$command" nonsense
    done
    check 2 'unexpected argument: nonsense' check /dev/null nonsense
    check 0 '^usage: afalgctl bench' bench --help
    check 2 'unknown or wrong option: --nonsense' bench --nonsense
    check 2 'unknown or wrong option: --seconds=0' bench --seconds=0
    check 2 'NONSENSE: no such algorithm' bench AES-128-CBC NONSENSE
    check 2 'no such algorithm or driver' bench AES-128-CBC --driver=nonsense
    check 0 '^usage: afalgctl test' test --help
    check 2 'unknown or wrong option: --nonsense' test --nonsense
    check 2 'unknown or wrong option: --case=lenght=1' test --driver=sha256-generic --case=lenght=1
    check 2 'no such driver' test NONSENSE
    check 2 'no command'
    check 2 'no such command: nonsense' nonsense
    check 2 'option: --hardware' list --hardware
    check 2 'option: --hardware' table --hardware=driver
    check 2 'not a list of names' "list" --hardware=$'driver\nmode = kernel'
    check 1 'NONSENSE: expected names of algorithms' list --algorithms=NONSENSE
}

# Fails unless openssl lists the same names of afalg's as afalgctl does in mode = kernel.
check_list() { # OPENSSL_LIST_OPTION NAME_PATTERN
    by_afalg list "$1" | tr '[:lower:]' '[:upper:]' |
        sed -nE "s/.*\b($2)\b.* @ AFALG.*/\1/p" | sort -u >"$SCRATCH/expected"
    "$AFALGCTL" list | awk '$2 == "yes" { print $1 }' | grep -xE "$2" | sort -u >"$SCRATCH/got"
    [[ -s $SCRATCH/expected ]] || fail "openssl list $1 has nothing of afalg's"
    diff "$SCRATCH/expected" "$SCRATCH/got" || fail "afalgctl list is not openssl list $1"
}

check_usage
check 0 '^AF_ALG +yes' status
check 0 '^kernel +'"$(uname -r)" status
check 0 '^OpenSSL +'"$(openssl version | cut -d' ' -f1,2)"' ' status
check 0 '^CVE-2026-31431 +(not )?fixed, by the version [0-9.]+' status
check 0 '^kTLS +(no|(loaded|not loaded, but there); gcm\(aes\) is [^ ]+)$' status
check 0 '^openssl.cnf +/dev/null: does not name afalg' status
check 0 '^\| AES-128-CBC, AES-192-CBC, AES-256-CBC \| cbc\(aes\) \| skcipher \| 16, 24, 32 \| 16 \|' table
check 0 '^sha256-[a-z0-9]+ +sha256 +[0-9]+  right$' test SHA2-256
check 0 '"verdict":"right"' test --json SHA2-256
# Its driver's name differs from kernel to kernel.
by_afalg dgst -sha256 /dev/null >"$SCRATCH/out"
driver=$(sed -n '/^name *: sha256$/{n;s/^driver *: //p;q}' /proc/crypto)
check 0 ': right$' test --driver="$driver" --case=len=17,in=3,cut=5,seed=3
check 0 'no algorithm has a hardware driver' test
check_list -cipher-algorithms 'AES-[0-9]*-(CBC|CTR|GCM|XTS)'
check_list -digest-algorithms 'SHA2-[0-9]*|MD5'
driver=$("$AFALGCTL" list --algorithms=SHA256 | awk '$1 == "SHA2-256" { print $5 }')
grep -q "^driver *: $driver\$" /proc/crypto || fail "no driver $driver in /proc/crypto"
# On a terminal of 80 columns no line is longer.
script -qec "stty cols 80; $AFALGCTL list" /dev/null </dev/null | tr -d '\r' >"$SCRATCH/terminal"
(($(wc -l <"$SCRATCH/terminal") > 80)) || fail "afalgctl list on a terminal: $(cat "$SCRATCH/terminal")"
! grep -E '^.{81}' "$SCRATCH/terminal" || fail "afalgctl list is wider than its terminal"
# What counts as hardware is offered in auto, and measured.
check 0 '^SHA2-256 +yes +yes +yes ' list --algorithms=SHA256 --hardware="$driver"
check 0 '^min_size.SHA2-256 = [0-9]+$' tune --algorithms=SHA256 --hardware="$driver"
check 0 'no algorithm has a hardware driver' tune --algorithms=SHA256 --hardware="-$driver"

# As JSON the same is said.
json() { # PYTHON_EXPRESSION_OF_it ARGUMENT...
    "$AFALGCTL" "${@:2}" | python3 -c "import json, sys
it = json.load(sys.stdin)
sys.exit(0 if $1 else 1)" || fail "afalgctl ${*:2}: not so: $1"
}
json 'it["AF_ALG"] == {"value": "yes", "advice": None}' status --json
json 'it["OpenSSL"]["value"].startswith("OpenSSL ")' status --json
json 'it == [{"algorithm": "SHA2-256", "kernel": True, "auto": False, "hardware": "no", "driver": "'"$driver"'",
    "reason": it[0]["reason"]}] and "hardware" in it[0]["reason"]' list --algorithms=SHA256 --json
json 'list(it) == ["SHA2-256"]' tune --algorithms=SHA256 --hardware="$driver" --json
json 'it == {}' tune --algorithms=SHA256 --hardware="-$driver" --json
# What is measured are the kernel's requests, of the driver that is asked for.
speeds='(it[0]["algorithm"] == "SHA2-256" and it[0]["driver"] == "'$driver'" and len(it) == 1 and it[0]["hardware"] is False
    and [size["bytes"] for size in it[0]["sizes"]] == [16, 256, 1024, 4096, 16384, 65536]
    and it[0]["kernel_requests"] >= sum(1 + size["kernel"]["requests"] for size in it[0]["sizes"])
    and all(side["requests"] > 0 and side["MB/s"] > 0 and side["CPU s/GB"] >= 0
            for size in it[0]["sizes"] for side in (size["software"], size["kernel"])))'
json "$speeds" bench sha256 --json
json '[row["algorithm"] for row in it] == ["SHA2-256"]' bench --driver="$driver" --json
json '[row["algorithm"] for row in it] == ["AES-128-GCM", "HMAC:SHA2-256"]' bench HMAC:SHA256 AES-128-GCM --json
"$NO_SOCKETS" "$AFALGCTL" bench >"$SCRATCH/out" 2>&1 && fail "bench without sockets"
grep -qx 'afalgctl: the provider offers nothing here: socket(AF_ALG): Operation not permitted; see afalgctl status' \
    "$SCRATCH/out" || fail "bench without sockets: $(cat "$SCRATCH/out")"
# Without privilege. Progress is a terminal's.
setpriv --reuid=65534 --regid=65534 --clear-groups "$AFALGCTL" bench AES-128-CBC >"$SCRATCH/table" 2>"$SCRATCH/err" ||
    fail "bench without privilege: $(cat "$SCRATCH/err")"
grep -Eqx 'AES-128-CBC by [^ ]+' "$SCRATCH/table" || fail "bench AES-128-CBC: $(cat "$SCRATCH/table")"
(($(grep -Ecx '  (software|kernel) +([0-9.]+ +){6}[0-9.]+' "$SCRATCH/table") == 2)) || fail "bench AES-128-CBC: $(cat "$SCRATCH/table")"
[[ ! -s $SCRATCH/err ]] || fail "bench without a terminal: $(cat "$SCRATCH/err")"
script -qec "$AFALGCTL bench AES-128-CBC >/dev/null" /dev/null </dev/null >"$SCRATCH/terminal" || fail "bench on a terminal"
grep -q 'AES-128-CBC, 65536 bytes' "$SCRATCH/terminal" || fail "no progress on a terminal: $(cat "$SCRATCH/terminal")"
# Colours are a terminal's.
script -qec "env -u NO_COLOR $AFALGCTL status" /dev/null </dev/null >"$SCRATCH/terminal" || fail "status on a terminal"
grep -q $'\e\\[1mAF_ALG' "$SCRATCH/terminal" || fail "no colours on a terminal"
"$AFALGCTL" status >"$SCRATCH/pipe"
! grep -q $'\e' "$SCRATCH/pipe" || fail "colours in a pipe"
