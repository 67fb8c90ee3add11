/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration: the provider's section of openssl.cnf, and the environment. */
#ifndef AFALG_CONFIG_H
#define AFALG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct provctx;

/** Reads the provider's section. False, with the error raised, if a value makes no sense. */
bool config_read(struct provctx *prov);

/**
 * The URI of the key that @bytes stand for, by the configuration's key.HEX. NULL if they are a key
 * themselves.
 */
const char *config_stand_in(const struct provctx *prov, const void *bytes, size_t len);

#endif
