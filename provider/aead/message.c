/* SPDX-License-Identifier: Apache-2.0 */
/* A message's beginning and end, what is buffered of it, and how it is refused. */
#include <openssl/crypto.h>
#include <string.h>

#include "aead.h"

/* A buffer no larger than this stays for the context's next message. */
#define BUFFER_IDLE_MAX 256

int aead_refuse(const struct aead *a, const char *what)
{
    const struct algorithm *alg = a->backend.alg_state->alg;

    return fail(a->backend.prov, PROV_R_CIPHER_OPERATION_FAILED, "%.*s: %s",
                algorithm_name_length(alg), alg->names, what);
}

int aead_refuse_without_tag(const struct aead *a)
{
    const struct algorithm *alg = a->backend.alg_state->alg;

    return fail(a->backend.prov, PROV_R_TAG_NOT_SET, "%.*s: set the tag before it is verified",
                algorithm_name_length(alg), alg->names);
}

bool aead_by_openssl_4(void)
{
    return OPENSSL_version_major() >= 4;
}

/* --- the buffer --- */

static bool buffer_grow(struct aead_buffer *b, size_t needed)
{
    size_t size = needed < 2 * b->size ? 2 * b->size : needed;
    unsigned char *data;

    if (size < 64)
        size = 64;
    data = OPENSSL_malloc(size);
    if (data == NULL)
        return false;
    if (b->data != NULL) {
        memcpy(data, b->data, b->len);
        explicit_bzero(b->data, b->len);
        OPENSSL_free(b->data);
    }
    b->data = data;
    b->size = size;
    return true;
}

bool aead_buffer_add(struct aead_buffer *b, const void *data, size_t len)
{
    if (len == 0)
        return true;
    if (len > b->size - b->len && !buffer_grow(b, b->len + len))
        return false;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return true;
}

bool aead_buffer_aad(struct aead *a, const void *aad, size_t len)
{
    if (!aead_buffer_add(&a->buffer, aad, len))
        return fail(a->backend.prov, ERR_R_MALLOC_FAILURE, "no memory for %zu bytes of AAD",
                    a->buffer.len + len);
    a->buffer.aadlen = a->buffer.len;
    return true;
}

void aead_buffer_clear_text(struct aead_buffer *b)
{
    if (b->len > b->aadlen)
        explicit_bzero(b->data + b->aadlen, b->len - b->aadlen);
    b->len = b->aadlen;
}

/* Wipes all of it, and frees it unless it is short. */
static void buffer_clear(struct aead_buffer *b)
{
    b->aadlen = 0;
    aead_buffer_clear_text(b);
    if (b->size <= BUFFER_IDLE_MAX)
        return;
    OPENSSL_free(b->data);
    *b = (struct aead_buffer){ 0 };
}

void aead_buffer_free(struct aead_buffer *b)
{
    buffer_clear(b);
    OPENSSL_free(b->data);
}

/* --- the message --- */

void aead_end_message(struct aead *a, enum aead_state state)
{
    buffer_clear(&a->buffer);
    backend_drop_software(&a->backend);
    a->state = state;
}

void aead_new_message(struct aead *a)
{
    memcpy(a->iv.nonce, a->iv.next, a->iv.len);
    if (a->state != AEAD_RECORD || a->mode->starts_with_key)
        aead_end_message(a, a->mode->next(a));
}

void aead_abandon_message(struct aead *a)
{
    if (aead_in_progress(a) && a->state != AEAD_RECORD)
        aead_end_message(a, a->mode->next(a) == AEAD_NEEDS_LENGTH ? AEAD_NEEDS_LENGTH : AEAD_DONE);
}

void aead_begin_key(struct aead *a)
{
    a->ccm.taglen = a->tag.len;
    a->ccm.ivlen = a->iv.len;
    if (a->ccm.tag_pending && a->state == AEAD_DONE)
        a->state = AEAD_FAILED; /* its length still counts */
    a->ccm.tag_pending = false;
    if (a->mode->starts_with_key)
        aead_new_message(a);
    else
        aead_abandon_message(a);
}
