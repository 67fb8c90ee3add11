/* SPDX-License-Identifier: Apache-2.0 */
/* The device of test/device, which computes by the processor that is measured. */
#ifndef AFALG_BENCH_DEVICE_H
#define AFALG_BENCH_DEVICE_H

#include <stdbool.h>

/**
 * Switches the device's computation on or off. Without it a request costs the processor nothing, as
 * with hardware, and its output is not written. Does nothing if there is no such device.
 */
void device_computes(bool on);

#endif
