/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock that the module measures requests by: what the kernel and software take is as the test
 * says, however busy the machine is, so calibration is decided by it alone. The program has to
 * export its symbols.
 */
#ifndef TEST_HW_SCRIPTED_CLOCK_H
#define TEST_HW_SCRIPTED_CLOCK_H

/* Puts it in the place of the system's: a request takes so many nanoseconds. */
void scripted_clock(long kernel, long software);

/* Takes it out again. */
void system_clock(void);

#endif
