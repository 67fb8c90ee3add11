/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that stand for a key which only the kernel has, in programs that know nothing but bytes. */
#ifndef AFALG_KEY_STAND_IN_H
#define AFALG_KEY_STAND_IN_H

#include <stddef.h>

struct provctx;

/**
 * The URI of the key that @bytes stand for, by the configuration's key.HEX. NULL if they are a key
 * themselves.
 */
const char *key_stand_in(const struct provctx *prov, const void *bytes, size_t len);

#endif
