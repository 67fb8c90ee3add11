/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AFALGCTL_PRIVILEGE_H
#define AFALGCTL_PRIVILEGE_H

#include <stdbool.h>

/**
 * Makes this process one of @user, a name or number, with that user's groups (NULL: stays what it
 * is); with @all also takes its capabilities away for good, and sets no_new_privs.
 * @return false, with the reason on standard error; the process may have changed by half then
 */
bool privilege_drop(const char *user, bool all);

#endif
