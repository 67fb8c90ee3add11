/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of the device of test/device, as its README.md has them. */
#ifndef TEST_HW_PARAMETERS_H
#define TEST_HW_PARAMETERS_H

/* Sets one, from the next request on. Ends the program if the device doesn't take the value. */
void parameter_set(const char *name, const char *value);

/* Reads one that is a number. Ends the program if it can't be read. */
unsigned parameter_read(const char *name);

/* Sets all to what they are when the module is loaded: a device that is right, and fast. */
void parameters_reset(void);

/* The same, as cmocka's teardown. */
int parameters_teardown(void **state);

#endif
