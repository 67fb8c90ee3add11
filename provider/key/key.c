/* SPDX-License-Identifier: Apache-2.0 */
#include "key.h"

#include <openssl/crypto.h>
#include <string.h>

bool key_equals(const struct key *key, const void *bytes, size_t len)
{
    return key->bytes != NULL && key->len == len && CRYPTO_memcmp(key->bytes, bytes, len) == 0;
}

bool key_set(struct key *key, const void *bytes, size_t len)
{
    unsigned char *copy = OPENSSL_malloc(len == 0 ? 1 : len);

    if (copy == NULL)
        return false;
    memcpy(copy, bytes, len);
    key_clear(key);
    *key = (struct key){ .bytes = copy, .len = len };
    return true;
}

void key_set_opaque(struct key *key, struct opaque_key *opaque)
{
    opaque_key_hold(opaque);
    key_clear(key);
    key->opaque = opaque;
}

bool key_copy(struct key *to, const struct key *from)
{
    *to = (struct key){ 0 };
    if (key_is_opaque(from))
        key_set_opaque(to, from->opaque);
    return from->bytes == NULL || key_set(to, from->bytes, from->len);
}

void key_clear(struct key *key)
{
    OPENSSL_clear_free(key->bytes, key->len);
    opaque_key_release(key->opaque);
    *key = (struct key){ 0 };
}
