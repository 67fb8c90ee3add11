#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ssh-keygen encrypts a private key on afalg, and opens one, by openssl.cnf alone.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/apps.sh"

# One round of the key derivation: it is not what is tested.
generate() { # WITH FILE OPTION...
    local with=$1 file=$2
    shift 2
    "$with" ssh-keygen -q -t ed25519 -a 1 -N "pass phrase" -C comment -f "$file" "$@"
}

public_key() { # WITH FILE
    "$1" ssh-keygen -y -P "pass phrase" -f "$2" | cut -d ' ' -f 1-2
}

check() { # ALGORITHM OPTION...
    local algorithm=$1
    shift
    rm -f "$SCRATCH"/key* "$LOG"
    generate with_afalg "$SCRATCH/key" "$@"
    assert_kernel_bytes "$algorithm" 100
    [[ $(public_key with_default "$SCRATCH/key") == "$(cut -d ' ' -f 1-2 "$SCRATCH/key.pub")" ]] ||
        fail "$algorithm: the default provider reads another key"
    rm -f "$SCRATCH"/key* "$LOG"
    generate with_default "$SCRATCH/key" "$@"
    [[ $(public_key with_afalg "$SCRATCH/key") == "$(cut -d ' ' -f 1-2 "$SCRATCH/key.pub")" ]] ||
        fail "$algorithm: afalg reads another key"
    assert_kernel_bytes "$algorithm" 100
}

# Not the default, aes256-ctr: from OpenSSH 10 on that is code of its own.
check AES-256-CBC -Z aes256-cbc
check AES-256-GCM -Z aes256-gcm@openssh.com
check AES-128-CBC -t ecdsa -m PEM
