/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of afalgctl status. */
#ifndef AFALGCTL_STATUS_H
#define AFALGCTL_STATUS_H

#include "facts.h"

/** The kernel's version, and which of its rules apply to this process. */
void status_kernel(struct facts *facts);

/** OpenSSL, the module, and the configuration in force. */
void status_openssl(struct facts *facts);

#endif
