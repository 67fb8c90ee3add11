/* SPDX-License-Identifier: Apache-2.0 */
/* Running programs that use libcrypto. */
#ifndef AFALGCTL_SERVICES_H
#define AFALGCTL_SERVICES_H

/**
 * Prints those that this user may look at, this process aside: services of systemd by their names,
 * other programs by the names of their executables, with their process ids. They have read
 * openssl.cnf when they started.
 */
void services_print(void);

#endif
