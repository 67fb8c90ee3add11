/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock that the module measures requests by, under which the kernel is always the faster,
 * however busy the machine is: calibration is decided by it alone. The program has to export its
 * symbols.
 */
#ifndef TEST_HW_SCRIPTED_CLOCK_H
#define TEST_HW_SCRIPTED_CLOCK_H

#include <stdbool.h>

/* Puts it in the place of the system's, or takes it out. */
void scripted_clock(bool on);

#endif
