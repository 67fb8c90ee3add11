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
    a->request.len = a->mode->tag.used(a);
}

static bool kernel_has_ivlen(const struct aead *a)
{
    size_t len = a->mode->iv.used(a);

    return a->mode->iv.any ? len == AEAD_NONCE_LEN
                           : len >= a->mode->iv.min && len <= a->mode->iv.max;
}

/* Decrypting, a tag that is not there yet may have any length. */
static bool kernel_has_taglen(const struct aead *a)
{
    return (!a->encrypting && !a->has_tag && a->state != AEAD_RECORD) ||
           a->mode->tag.kernel_has(a->state == AEAD_RECORD ? a->request.len : a->mode->tag.used(a));
}

enum reason aead_unfit(const struct aead *a, size_t aadlen)
{
    if (!kernel_has_ivlen(a) || !kernel_has_taglen(a))
        return REASON_LENGTH;
    return aadlen <= AAD_MAX - a->buffer.aadlen ? REASON_NONE : REASON_SIZE;
}

/* --- the kernel --- */

/* What is buffered is sent, with the tag behind it when decrypting. */
static inline __attribute__((always_inline)) ssize_t send_message(struct aead *a,
                                                                  const struct iovec *to, int nto)
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

    return afalg_aead(&a->backend.socket, &r);
}

/* The AAD comes back to where it is buffered. */
static inline __attribute__((always_inline)) ssize_t send_long(struct aead *a,
                                                               const struct aead_piece *text)
{
    struct iovec to[3] = { { a->buffer.data, a->buffer.aadlen },
                           { text->out, text->len },
                           { a->request.bytes, a->request.len } };

    return send_message(a, to, a->encrypting ? 3 : 2);
}

/* One segment is cheaper to the kernel than three, and to copy from. */
static inline __attribute__((always_inline)) ssize_t send_short(struct aead *a,
                                                                const struct aead_piece *text)
{
    unsigned char answer[SHORT_MAX + AEAD_TAG_MAX];
    const struct aead_buffer *b = &a->buffer;
    size_t taglen = a->encrypting ? a->request.len : 0;
    struct iovec to = { answer, b->len + taglen };
    ssize_t done = send_message(a, &to, 1);

    if (done >= 0 && text->len > 0)
        memcpy(text->out, answer + b->aadlen, text->len);
    if (done >= 0)
        memcpy(a->request.bytes, answer + b->len, taglen);
    /* A failed one may have left the text. */
    if (!a->encrypting || done < 0)
        explicit_bzero(answer, b->len); /* OPENSSL_cleanse is slow for long data */
    return done;
}

static bool fits(struct aead *a, size_t textlen)
{
    size_t whole = a->buffer.aadlen + textlen + AEAD_TAG_MAX;

    return whole <= SHORT_MAX || afalg_aead_fits(&a->backend.socket, whole, whole);
}

/* In place the text is laid back. */
static void restore_text(const struct aead *a, const struct aead_piece *text)
{
    if (text->in == text->out && text->len > 0)
        memcpy(text->out, a->buffer.data + a->buffer.aadlen, text->len);
    else
        OPENSSL_cleanse(text->out, text->len);
}

ssize_t aead_kernel(struct request *base)
{
    const struct aead_piece *text = ((const struct aead_request *)base)->text;
    struct aead *a = base->ctx;
    ssize_t done;

    if (!fits(a, text->len))
        return -EMSGSIZE;
    aead_buffer_clear_text(&a->buffer);
    if (!aead_buffer_add(&a->buffer, text->in, text->len))
        return -ENOMEM;
    done = a->buffer.len <= SHORT_MAX ? send_short(a, text) : send_long(a, text);
    if (done >= 0)
        return (ssize_t)a->buffer.len;
    restore_text(a, text);
    return done;
}

/* --- one message --- */

void aead_request_begin(struct aead *a, struct aead_request *r)
{
    r->base.ctx = a;
    r->base.len = r->text->len;
    backend_set_authsize(&a->backend, a->request.len == AEAD_TAG_MAX ? 0 : (uint8_t)a->request.len);
}

static enum outcome message_in_software(struct request *base)
{
    struct aead *a = base->ctx;
    enum outcome done = OUTCOME_FAILED;

    if (aead_software_start(a, &a->request))
        done = a->mode->software_message(a, ((const struct aead_request *)base)->text);
    backend_drop_software(&a->backend);
    return done;
}

static const struct request_class message_class = {
    .kernel = aead_kernel,
    .software = message_in_software,
    .verify = &aead_verify,
    .authenticates = true,
};

enum outcome aead_message(struct aead *a, const struct aead_piece *text)
{
    struct aead_request r = {
        .base = { .class = &message_class, .unfit = aead_unfit(a, 0) },
        .text = text,
    };
    enum outcome done;

    aead_request_begin(a, &r);
    done = backend_run(&a->backend, &r.base);
    if (!aead_done(done) && text->len > 0)
        OPENSSL_cleanse(text->out, text->len);
    aead_buffer_clear_text(&a->buffer);
    return done;
}
