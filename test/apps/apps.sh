# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of applications share; each sources it first. The applications know nothing of
# afalg: openssl.cnf.example (AFALG_EXAMPLE) gives it to them, with mode = kernel.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/cli.sh"

CONFIG=$SCRATCH/openssl.cnf
sed "s|^mode *=.*|mode = kernel\nlog = summary:$LOG|" "$AFALG_EXAMPLE" >"$CONFIG"
grep -q '^mode = kernel$' "$CONFIG" || fail "$AFALG_EXAMPLE sets no mode"

# Runs a command with afalg configured. Its counters are added to LOG when it ends. With a sanitized
# module, what an application leaks is its own affair.
with_afalg() { # COMMAND...
    OPENSSL_CONF=$CONFIG LD_PRELOAD=${CLI_PRELOAD-} ASAN_OPTIONS=detect_leaks=0 "$@"
}

# Runs a command without afalg.
with_default() { # COMMAND...
    "$@"
}

# True if afalg offers a cipher on this kernel.
offered() { # NAME
    with_afalg openssl list -cipher-algorithms >"$SCRATCH/ciphers"
    grep -qi "$1.*@ afalg" "$SCRATCH/ciphers"
}

# Prints the bytes of ALGORITHM that WHO (kernel, software) did, by all processes that left a report.
bytes_by() { # WHO ALGORITHM
    local file=$LOG
    [[ -e $file ]] || file=/dev/null
    sed -n "s|^afalg: $2 .*$1=[0-9]*/\([0-9]*\).*|\1|p" "$file" | awk '{ n += $1 } END { print n + 0 }'
}

# Fails unless the kernel did at least BYTES of ALGORITHM.
assert_kernel_bytes() { # ALGORITHM BYTES
    local bytes
    bytes=$(bytes_by kernel "$1")
    ((bytes >= $2)) || fail "the kernel did $bytes bytes of $1, not $2: $(cat "$LOG")"
}

# Fails unless afalg was asked for ALGORITHM: in pieces that AF_ALG can't take, it is software's.
assert_used() { # ALGORITHM
    grep -q "^afalg: $1 " "$LOG" || fail "afalg was not asked for $1: $(cat "$LOG")"
}

# Fails unless afalg did nothing.
assert_unused() { # WHAT
    [[ ! -e $LOG ]] || fail "$1: afalg was used: $(cat "$LOG")"
}

# Makes OPENSSL_MODULES a directory that has OpenSSL's own modules too: python3-cryptography wants the legacy one.
all_modules() {
    mkdir "$SCRATCH/modules"
    ln -s "$OPENSSL_MODULES"/afalg.so "$(openssl version -m | cut -d '"' -f 2)"/*.so "$SCRATCH/modules"
    export OPENSSL_MODULES=$SCRATCH/modules
}

# Makes a certificate and key in SCRATCH/KIND.pem, by the default provider.
certificate() { # KIND(rsa|ec) [MORE_NAMES]
    local options=(-newkey rsa:2048)
    [[ $1 == rsa ]] || options=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
    openssl req -x509 -nodes "${options[@]}" -subj /CN=localhost -days 2 \
        -addext "subjectAltName=DNS:localhost${2:+,$2}" -config <(echo '[req]
distinguished_name = name
[name]') -keyout "$SCRATCH/$1.key" -out "$SCRATCH/$1.crt" 2>/dev/null
    cat "$SCRATCH/$1.crt" "$SCRATCH/$1.key" >"$SCRATCH/$1.pem"
}

# Waits until the process PID, whose output goes to OUTPUT, has made a file or socket.
wait_for() { # PATH PID OUTPUT
    while kill -0 "$2" 2>/dev/null; do
        [[ ! -e $1 ]] || return 0
        sleep 0.05
    done
    fail "no $(basename "$1"): $(tail -n 5 "$3")"
}
