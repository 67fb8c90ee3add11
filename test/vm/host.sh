# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The machine's own kernel as test kernel; see run.sh.

need_host() {
    if ! host_has_af_alg; then
        die "this machine's kernel has no AF_ALG with cbc(aes): use --kernel=uml or --kernel=qemu"
    fi
}

boot_host() { # RUN
    supervise bash "$1/command"
}
