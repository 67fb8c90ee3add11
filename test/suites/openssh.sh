# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# OpenSSH's regress, of the programs that are installed.
# shellcheck disable=SC2034 # for suites.sh
PACKAGES=(openssh-server openssh-tests make sudo)

run() {
    mkdir -p /run/sshd
    "$WITH" timeout 6000 /usr/lib/openssh/regress/run-tests "$SCRATCH/regress" -k file-tests t-exec \
        >"$SCRATCH/output" 2>&1 || :
    cat "$SCRATCH/output"
    sed -n 's/^ok \(.*\)/pass \1/p; s/^failed \(.*\)/fail \1/p' "$SCRATCH/output" >"$RESULTS"
}
