/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is: its bytes. */
#ifndef AFALG_KEY_H
#define AFALG_KEY_H

#include <stdbool.h>
#include <stddef.h>

/** A context's key, which owns its bytes. */
struct key {
    unsigned char *bytes; /* NULL: none is set */
    size_t len;           /* may be 0 */
};

/** Whether @key is set, to these bytes. Takes a time that depends on the lengths alone. */
bool key_equals(const struct key *key, const void *bytes, size_t len);

/** Replaces what @key was by a copy of @len bytes. False, with @key as it was, if memory is short.
 */
bool key_set(struct key *key, const void *bytes, size_t len);

/** Makes @to, which is uninitialised, a copy of @from; false, with @to unset, if memory is short.
 */
bool key_copy(struct key *to, const struct key *from);

/** Wipes and unsets it. */
void key_clear(struct key *key);

static inline bool key_is_set(const struct key *key)
{
    return key->bytes != NULL;
}

#endif
