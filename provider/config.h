/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration: the provider's section of openssl.cnf, and the environment. */
#ifndef AFALG_CONFIG_H
#define AFALG_CONFIG_H

#include <stdbool.h>

struct provctx;

/** Reads the provider's section. False, with the error raised, if a value makes no sense. */
bool config_read(struct provctx *prov);

#endif
