/* SPDX-License-Identifier: Apache-2.0 */
/* libkcapi, by its one-shot functions, which choose how the data gets to the kernel. */
#include "bench.h"

#include <kcapi.h>
#include <stdio.h>

static bool knows_all(const struct work *work)
{
    (void)work;
    return true;
}

static bool cipher_once(struct session *session)
{
    struct buffers *b = session->buffers;

    return kcapi_cipher_encrypt(session->state, b->in, session->size, b->iv, b->out, session->size,
                                KCAPI_ACCESS_HEURISTIC) == (ssize_t)session->size;
}

/* The message in one piece, AAD first: libkcapi has no other one-shot interface. */
static bool aead_once(struct session *session)
{
    struct buffers *b = session->buffers;
    size_t inlen = AAD_SIZE + session->size, outlen = inlen + TAG_SIZE;

    buffers_next_iv(b);
    return kcapi_aead_encrypt(session->state, buffers_aad(b), inlen, b->iv, b->out - AAD_SIZE,
                              outlen, KCAPI_ACCESS_HEURISTIC) == (ssize_t)outlen;
}

static bool hash_once(struct session *session)
{
    struct buffers *b = session->buffers;

    return kcapi_md_digest(session->state, b->in, session->size, b->out, DIGEST_SIZE) ==
           DIGEST_SIZE;
}

static int open_handle(struct session *session, struct kcapi_handle **handle)
{
    const struct work *work = session->work;
    const unsigned char *key = session->buffers->key;
    int error;

    switch (work->kind) {
    case KIND_CIPHER:
        session->once = cipher_once;
        error = kcapi_cipher_init(handle, work->kernel_name, 0);
        return error != 0 ? error : kcapi_cipher_setkey(*handle, key, (uint32_t)work->keylen);
    case KIND_AEAD:
        session->once = aead_once;
        error = kcapi_aead_init(handle, work->kernel_name, 0);
        if (error == 0)
            error = kcapi_aead_setkey(*handle, key, (uint32_t)work->keylen);
        if (error == 0)
            error = kcapi_aead_settaglen(*handle, TAG_SIZE);
        if (error == 0)
            kcapi_aead_setassoclen(*handle, AAD_SIZE);
        return error;
    default:
        session->once = hash_once;
        error = kcapi_md_init(handle, work->kernel_name, 0);
        if (error == 0 && work->keylen > 0)
            error = kcapi_md_setkey(*handle, key, (uint32_t)work->keylen);
        return error;
    }
}

static bool kcapi_open(struct session *session)
{
    struct kcapi_handle *handle = NULL;
    int error = open_handle(session, &handle);

    session->state = handle;
    if (error != 0)
        fprintf(stderr, "libkcapi: %s: error %d\n", session->work->kernel_name, error);
    return error == 0;
}

static void kcapi_close(struct session *session)
{
    if (session->state == NULL)
        return;
    switch (session->work->kind) {
    case KIND_CIPHER:
        kcapi_cipher_destroy(session->state);
        break;
    case KIND_AEAD:
        kcapi_aead_destroy(session->state);
        break;
    default:
        kcapi_md_destroy(session->state);
        break;
    }
}

const struct peer peer_kcapi = {
    .name = "libkcapi",
    .knows = knows_all,
    .open = kcapi_open,
    .close = kcapi_close,
};
