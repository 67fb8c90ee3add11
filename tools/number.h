/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers on the command line. */
#ifndef AFALGCTL_NUMBER_H
#define AFALGCTL_NUMBER_H

#include <stdbool.h>

/** Whether @text is a decimal number of @least to @most, which then is *number. */
bool number_parse(const char *text, long long least, long long most, long long *number);

#endif
