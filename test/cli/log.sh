#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each line of the log's file is one write, so that those of many processes don't mix.
# shellcheck source=test/cli/cli.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli.sh"

# A leak check does not work under strace.
ASAN_OPTIONS=detect_leaks=0 AFALG_LOG=$LOG LD_PRELOAD=${CLI_PRELOAD-} strace -f -s 512 -e trace=write -o "$SCRATCH/calls" \
    openssl enc -provider afalg -provider default -propquery provider=afalg -aes-128-cbc -md sha256 \
    -k password -in "$(data_of 4096)" -out "$SCRATCH/out"
lines=$(wc -l <"$LOG")
((lines > 1)) || fail "the log has no lines of several algorithms: $(cat "$LOG")"
writes=$(grep -Ec 'write\([0-9]+, "afalg: [^\\]*\\n", ' "$SCRATCH/calls") || true
((writes == lines)) || fail "$writes writes of a line, not $lines: $(grep afalg: "$SCRATCH/calls")"

# With "requests", a line for each: kernel or software, and why software.
log_of_requests() { # MIN_SIZE
    write_config 'mode = kernel' "min_size.AES-128-CBC = $1"
    rm -f "$LOG"
    OPENSSL_CONF=$SCRATCH/openssl.cnf AFALG_LOG=requests:$LOG LD_PRELOAD=${CLI_PRELOAD-} \
        openssl enc -propquery '?provider=afalg' -aes-128-cbc -K 00112233445566778899aabbccddeeff \
        -iv 00112233445566778899aabbccddeeff -in "$(data_of 4096)" -out "$SCRATCH/out"
    grep '^afalg.*AES-128-CBC ' "$LOG" | sed -e 's/^afalg\[[0-9]*\]/afalg[PID]/' -e 's/ driver=[^ ]*//'
}

# 4,096 bytes, and what is left of them with their padding.
diff <(log_of_requests 0) - <<'EOF' || fail "log = requests without min_size"
afalg: AES-128-CBC offered
afalg[PID]: AES-128-CBC 4096 bytes: kernel
afalg[PID]: AES-128-CBC 16 bytes: kernel
afalg: AES-128-CBC kernel=2/4112 software=0/0 fallbacks=0
EOF
diff <(log_of_requests 64) - <<'EOF' || fail "log = requests with min_size"
afalg: AES-128-CBC offered
afalg[PID]: AES-128-CBC 4096 bytes: kernel
afalg[PID]: AES-128-CBC 16 bytes: software (shorter than min_size)
afalg: AES-128-CBC kernel=1/4096 software=1/16 fallbacks=0 preferred=1,min_size:1
EOF
