/* SPDX-License-Identifier: Apache-2.0 */
/* One AEAD message: by the kernel, or by software. */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "aead.h"

/* Up to so many bytes, a page of text with its AAD, the answer is received in one piece. */
#define SHORT_MAX (4096 + 256)

/* So much AAD is buffered at most, without having asked a socket what it takes. */
#define AAD_MAX ((size_t)262144)

void aead_request_tag(struct aead *a)
{
    if (!a->encrypting)
        a->request = a->tag;
    a->request.len = a->mode->taglen_used(a);
}

static bool kernel_has_ivlen(const struct aead *a)
{
    size_t len = a->mode->ivlen_used(a);

    return a->mode->any_ivlen ? len == AEAD_NONCE_LEN
                              : len >= a->mode->ivlen_min && len <= a->mode->ivlen_max;
}

/* Decrypting, a tag that is not there yet may have any length. */
static bool kernel_has_taglen(const struct aead *a)
{
    return (!a->encrypting && !a->has_tag && a->state != AEAD_RECORD) ||
           a->mode->kernel_has_taglen(a->state == AEAD_RECORD ? a->request.len
                                                              : a->mode->taglen_used(a));
}

bool aead_kernel_can(const struct aead *a, size_t aadlen, enum fallback *why)
{
    *why = FALLBACK_LENGTH;
    if (!kernel_has_ivlen(a) || !kernel_has_taglen(a))
        return false;
    *why = FALLBACK_SIZE;
    return aadlen <= AAD_MAX - a->buffer.aadlen;
}

bool aead_fallback(struct aead *a, enum fallback why, int error)
{
    return backend_fallback(a->prov, a->alg_state, why, why == FALLBACK_SIZE ? -EMSGSIZE : error);
}

/* --- the kernel --- */

static int open_socket(struct aead *a)
{
    const struct algorithm *alg = a->alg_state->alg;
    size_t authsize = a->request.len == AEAD_TAG_MAX ? 0 : a->request.len;

    if (a->socket_authsize != authsize)
        afalg_socket_close(&a->socket);
    a->socket_authsize = authsize;
    return backend_open(a->alg_state, &a->socket, alg->type, NULL, a->key, alg->keylen, authsize);
}

/* What is buffered is sent, with the tag behind it when decrypting. */
static ssize_t request(struct aead *a, const struct iovec *to, int nto)
{
    struct iovec from[2] = { { a->buffer.data, a->buffer.len },
                             { a->request.bytes, a->request.len } };
    unsigned char room[16];
    size_t ivlen;
    const unsigned char *iv = a->mode->kernel_iv(a, room, &ivlen);
    struct afalg_request r = {
        .op = a->encrypting ? AFALG_ENCRYPT : AFALG_DECRYPT,
        .iv = iv,
        .ivlen = ivlen,
        .aadlen = a->buffer.aadlen,
        .in = from,
        .nin = a->encrypting ? 1 : 2,
        .out = to,
        .nout = nto,
    };

    return afalg_aead(&a->socket, &r);
}

/* The AAD comes back to where it is buffered. */
static ssize_t request_long(struct aead *a, const struct aead_piece *text)
{
    struct iovec to[3] = { { a->buffer.data, a->buffer.aadlen },
                           { text->out, text->len },
                           { a->request.bytes, a->request.len } };

    return request(a, to, a->encrypting ? 3 : 2);
}

/* One segment is cheaper to the kernel than three, and to copy from. */
static ssize_t request_short(struct aead *a, const struct aead_piece *text)
{
    unsigned char answer[SHORT_MAX + AEAD_TAG_MAX];
    const struct aead_buffer *b = &a->buffer;
    size_t taglen = a->encrypting ? a->request.len : 0;
    struct iovec to = { answer, b->len + taglen };
    ssize_t done = request(a, &to, 1);

    if (done >= 0 && text->len > 0)
        memcpy(text->out, answer + b->aadlen, text->len);
    if (done >= 0)
        memcpy(a->request.bytes, answer + b->len, taglen);
    /* A failed one may have left the text. */
    if (!a->encrypting || done < 0)
        explicit_bzero(answer, b->len); /* OPENSSL_cleanse is slow for long data */
    return done;
}

/* Opens the socket for a message with @len bytes of text: 0, or -errno if it can't carry it. */
static int open_for(struct aead *a, size_t len)
{
    size_t whole = a->buffer.aadlen + len + AEAD_TAG_MAX;
    int error = open_socket(a);

    if (error != 0 || whole <= SHORT_MAX)
        return error;
    return afalg_aead_fits(&a->socket, whole, whole) ? 0 : -EMSGSIZE;
}

/* A second time, with a new socket: some kernels fail one with EBUSY for no reason. */
static ssize_t request_twice(struct aead *a, const struct aead_piece *text)
{
    ssize_t done = 0;

    for (int attempt = 0; attempt < 2; attempt++) {
        done = open_socket(a);
        if (done != 0)
            break;
        done = (a->buffer.len <= SHORT_MAX ? request_short : request_long)(a, text);
        if (done >= 0 || done == -EBADMSG || done == -EMSGSIZE)
            break;
    }
    return backend_outcome(a->prov, a->alg_state, &a->alg_state->kernel, done);
}

int aead_kernel(struct aead *a, const struct aead_piece *text)
{
    ssize_t done = open_for(a, text->len);

    if (done != 0)
        return (int)backend_outcome(a->prov, a->alg_state, &a->alg_state->kernel, done);
    aead_buffer_clear_text(&a->buffer);
    if (!aead_buffer_add(a, text->in, text->len))
        return -ENOMEM;
    done = request_twice(a, text);
    if (done >= 0) {
        backend_count_kernel(a->alg_state, a->buffer.len);
        return 0;
    }
    if (text->in == text->out && text->len > 0)
        memcpy(text->out, a->buffer.data + a->buffer.aadlen, text->len);
    else
        OPENSSL_cleanse(text->out, text->len);
    return (int)done;
}

/* --- one message --- */

static int message_in_software(struct aead *a, const struct aead_piece *text)
{
    int done = aead_software_start(a, &a->request) ? a->mode->software_message(a, text) : 0;

    aead_software_drop(a);
    return done;
}

/* As aead_message(), or NEEDS_SOFTWARE. */
enum { NEEDS_SOFTWARE = -2 };

static int message_in_kernel(struct aead *a, const struct aead_piece *text)
{
    enum fallback why;
    int error = 0;

    if (aead_kernel_can(a, 0, &why)) {
        why = FALLBACK_REQUEST;
        error = aead_kernel(a, text);
        if (error == 0)
            return 1;
        if (error == -EBADMSG)
            return AEAD_NOT_AUTHENTIC;
    }
    return aead_fallback(a, why, error) ? NEEDS_SOFTWARE : 0;
}

int aead_message(struct aead *a, const struct aead_piece *text)
{
    struct sample sample;
    bool kernel = backend_choose(a->alg_state, &a->alg_state->kernel, text->len, &sample);
    int done = kernel ? message_in_kernel(a, text) : NEEDS_SOFTWARE;

    if (done == NEEDS_SOFTWARE) {
        done = message_in_software(a, text);
        kernel = false;
    }
    if (done == 1)
        backend_done(&sample, kernel);
    else if (text->len > 0)
        OPENSSL_cleanse(text->out, text->len);
    aead_buffer_clear_text(&a->buffer);
    return done;
}
