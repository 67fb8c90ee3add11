/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is: its bytes, or one that only the kernel has. */
#ifndef AFALG_KEY_H
#define AFALG_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "opaque.h"

/** A context's key, which owns its bytes and has a reference to an opaque one. */
struct key {
    unsigned char *bytes; /* NULL: none is set, or it is opaque */
    size_t len;           /* may be 0 */
    struct opaque_key *opaque;
};

/** Whether @key is set, to these bytes. Takes a time that depends on the lengths alone. */
bool key_equals(const struct key *key, const void *bytes, size_t len);

/** Replaces what @key was by a copy of @len bytes. False, with @key as it was, if memory is short.
 */
bool key_set(struct key *key, const void *bytes, size_t len);

/** Replaces what @key was by a reference to @opaque. */
void key_set_opaque(struct key *key, struct opaque_key *opaque);

/** Makes @to, which is uninitialised, a copy of @from; false, with @to unset, if memory is short.
 */
bool key_copy(struct key *to, const struct key *from);

/** Wipes and unsets it. */
void key_clear(struct key *key);

static inline bool key_is_set(const struct key *key)
{
    return key->bytes != NULL || key->opaque != NULL;
}

/** Whether no software can have it. */
static inline bool key_is_opaque(const struct key *key)
{
    return key->opaque != NULL;
}

#endif
