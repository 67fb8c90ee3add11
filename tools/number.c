/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <errno.h>
#include <stdlib.h>

bool number_parse(const char *text, long long least, long long most, long long *number)
{
    char *end;

    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && *text != '\0' && *end == '\0' && *number >= least && *number <= most;
}
