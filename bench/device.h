/* SPDX-License-Identifier: Apache-2.0 */
/* The device of test/device, which computes by the processor that is measured. */
#ifndef AFALG_BENCH_DEVICE_H
#define AFALG_BENCH_DEVICE_H

#include <stdbool.h>

/**
 * Has the device compute its answers, which are checked, or give none, for which it takes its
 * service time alone, as hardware does. Does nothing if there is no such device.
 */
void device_computes(bool on);

#endif
