/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for what a provider has to generate itself. */
#ifndef AFALG_RANDOM_H
#define AFALG_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

struct provctx;

/**
 * Random bytes from the generator of the library context that the provider was loaded into,
 * which is the one that the application has configured: for nonces and IVs, or
 * with @private for keys. False, with that generator's error raised.
 */
bool provider_random(const struct provctx *prov, unsigned char *out, size_t len, bool private);

#endif
