# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # for those that source this file
# What the scripts of this room share; each sources it first. Here afalg is as openssl.cnf.example
# (AFALG_EXAMPLE) has it, mode = auto, and writes its log.
# shellcheck source=test/apps/apps.sh
. "$(dirname "${BASH_SOURCE[0]}")/../apps/apps.sh"

sed "s|^mode *= *auto\$|&\nlog = summary:$LOG|" "$AFALG_EXAMPLE" >"$CONFIG"
grep -q '^log = summary:' "$CONFIG" || fail "$AFALG_EXAMPLE is not mode = auto"

readonly DRIVER=virtio_crypto_aes_cbc
readonly KEY=000102030405060708090a0b0c0d0e0f

# Prints how many interrupts the device has given since the machine started; 0 without a device.
interrupts() {
    local device
    device=$(find /sys/bus/virtio/drivers/virtio_crypto -name 'virtio[0-9]*' -printf '%f-' 2>/dev/null || :)
    awk -v device="${device:-none-}" 'index($0, device) {
        for (i = 2; $i ~ /^[0-9]+$/; i++) sum += $i } END { print sum + 0 }' /proc/interrupts
}
