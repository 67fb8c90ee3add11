/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of GCM and ChaCha20-Poly1305: AAD and text in any number of pieces. */
#include <errno.h>
#include <openssl/crypto.h>

#include "aead.h"

size_t aead_stream_ivlen(const struct aead *a)
{
    return a->iv.len;
}

/* Encrypting, the tag is computed whole and cut by the caller. */
size_t aead_stream_taglen(const struct aead *a)
{
    return a->encrypting ? AEAD_TAG_MAX : a->tag.len;
}

bool aead_stream_has_taglen(size_t len)
{
    return len >= 1 && len <= AEAD_TAG_MAX;
}

const unsigned char *aead_stream_kernel_iv(const struct aead *a, unsigned char *room, size_t *len)
{
    (void)room;
    *len = AEAD_NONCE_LEN;
    return a->iv.nonce;
}

enum aead_state aead_stream_next(const struct aead *a)
{
    (void)a;
    return AEAD_READY;
}

enum outcome aead_stream_software_message(struct aead *a, const struct aead_piece *text)
{
    if (text->len > 0 && !aead_software_update(a, text))
        return OUTCOME_FAILED;
    return aead_software_final(a);
}

/* True if the message can go on, with its nonce fixed; else *@missing is what is missing. */
static bool ready(struct aead *a, const char **missing)
{
    if (!key_is_set(&a->backend.key))
        *missing = "init with a key before data";
    else if (a->state == AEAD_DONE || a->state == AEAD_FAILED || a->state == AEAD_RECORD)
        *missing = "the message is over: init with a new IV";
    else if (a->state == AEAD_NO_IV && !aead_generate_iv(a))
        *missing = "init with an IV before data";
    else
        return true;
    return false;
}

/* From here on software does the message. */
static int start_software(struct aead *a, enum aead_state state)
{
    if (!aead_software_start(a, a->has_tag ? &a->tag : NULL))
        return 0;
    aead_buffer_clear_text(&a->buffer);
    a->state = state;
    return 1;
}

/* The same since the kernel can't, for @why. */
static int fall_back(struct aead *a, enum aead_state state, enum reason why, int error)
{
    return backend_fall_back(&a->backend, why, error) && start_software(a, state);
}

static int add_aad(struct aead *a, const struct aead_piece *aad)
{
    enum reason unfit;

    if (a->state == AEAD_WHOLE || a->state == AEAD_STREAM_TEXT)
        return aead_refuse(a, "AAD after text");
    if (a->state == AEAD_STREAM_AAD)
        return aead_software_update(a, aad);
    unfit = aead_unfit(a, aad->len);
    if (unfit != REASON_NONE)
        return fall_back(a, AEAD_STREAM_AAD, unfit, 0) && aead_software_update(a, aad);
    a->state = AEAD_AAD;
    return aead_buffer_aad(a, aad->in, aad->len);
}

/* A wrong tag: perhaps it is that of a longer message, whose rest is still to come. */
static int wrong_tag(struct aead *a, const struct aead_piece *text)
{
    if (backend_may_fall_back(&a->backend))
        return fall_back(a, AEAD_STREAM_TEXT, REASON_STREAM, -EBADMSG) &&
               aead_software_next(a, text);
    aead_end_message(a, AEAD_FAILED);
    return aead_refuse(a,
                       key_is_opaque(&a->backend.key)
                           ? "not authentic, or a message in several pieces, which no software "
                             "can do with this key"
                           : "not authentic, or a message in several pieces: set fallback = yes");
}

static enum outcome begin_in_software(struct request *r)
{
    struct aead *a = r->ctx;

    return start_software(a, AEAD_STREAM_TEXT) &&
                   aead_software_update(a, ((const struct aead_request *)r)->text)
               ? OUTCOME_SOFTWARE
               : OUTCOME_FAILED;
}

static const struct request_class first_piece_class = {
    .kernel = aead_kernel,
    .software = begin_in_software,
    .verify = &aead_verify,
    .authenticates = true,
};

/* The first piece of text, taken for the whole. */
static int first_piece(struct aead *a, const struct aead_piece *text)
{
    bool tag_missing = !a->encrypting && !a->has_tag;
    struct aead_request r = {
        .base = { .class = &first_piece_class,
                  .unfit = tag_missing ? REASON_STREAM : aead_unfit(a, 0) },
        .text = text,
    };

    aead_request_tag(a);
    aead_request_begin(a, &r);
    switch (backend_run(&a->backend, &r.base)) {
    case OUTCOME_KERNEL:
        a->state = AEAD_WHOLE;
        return 1;
    case OUTCOME_SOFTWARE:
        return 1;
    case OUTCOME_NOT_AUTHENTIC:
        return wrong_tag(a, text);
    default:
        return 0;
    }
}

/* Software repeats the text that the kernel took for the whole. */
static int repeat(struct aead *a)
{
    struct aead_buffer *b = &a->buffer;
    const size_t len = b->len - b->aadlen;
    const struct aead_piece text = { b->data + b->aadlen, b->data + b->aadlen, len };
    int done;

    if (!backend_fall_back(&a->backend, REASON_STREAM, 0) || !aead_software_start(a, NULL))
        return 0;
    done = aead_software_next(a, &text);
    aead_buffer_clear_text(b);
    if (done)
        a->state = AEAD_STREAM_TEXT;
    return done;
}

static int add_text(struct aead *a, const struct aead_piece *text)
{
    switch (a->state) {
    case AEAD_READY:
    case AEAD_AAD:
        return first_piece(a, text);
    case AEAD_WHOLE:
        if (!a->encrypting) /* its tag was right: what follows can't belong to it */
            return aead_refuse(a, "data behind a message whose tag was right");
        return repeat(a) && aead_software_next(a, text);
    default:
        a->state = AEAD_STREAM_TEXT;
        return aead_software_next(a, text);
    }
}

/* After final, OpenSSL 4.0's ChaCha20-Poly1305 refuses even no data, and raises nothing. */
int aead_stream_update(struct aead *a, const struct aead_piece *piece)
{
    const char *missing;

    if (a->mode != &aead_gcm && a->state == AEAD_DONE && aead_by_openssl_4())
        return 0;
    if (piece->len == 0)
        return 1;
    if (!ready(a, &missing)) /* after a record that failed, default expects another one */
        return !(a->mode->errors.quiet && a->state == AEAD_FAILED) && aead_refuse(a, missing);
    if (piece->in == NULL)
        return aead_refuse(a, "no input");
    return piece->out == NULL ? add_aad(a, piece) : add_text(a, piece);
}

int aead_stream_begin(struct aead *a)
{
    const char *missing;

    if (ready(a, &missing))
        return 1;
    if (a->state == AEAD_RECORD)
        aead_end_message(a, AEAD_FAILED);
    return aead_refuse(a, missing);
}

/* The tag may have been set again since it was verified. */
static bool verified(const struct aead *a)
{
    return a->encrypting || (a->tag.len <= a->request.len &&
                             CRYPTO_memcmp(a->tag.bytes, a->request.bytes, a->tag.len) == 0);
}

/* A message without text goes to the kernel only now. */
static bool finish(struct aead *a)
{
    static unsigned char nothing[1];
    const struct aead_piece no_text = { nothing, nothing, 0 };

    if (a->state == AEAD_WHOLE)
        return verified(a);
    aead_request_tag(a);
    return aead_done(a->state == AEAD_STREAM_AAD || a->state == AEAD_STREAM_TEXT
                         ? aead_software_final(a)
                         : aead_message(a, &no_text));
}

/*
 * Default raises nothing for a wrong tag, nor for a message that is over. For a missing tag it does
 * from OpenSSL 4.0 on; before, it accepts ChaCha20-Poly1305 without.
 */
int aead_stream_final(struct aead *a)
{
    const char *missing;
    bool done;

    if (a->mode != &aead_gcm && aead_lacks_tag(a) && aead_by_openssl_4())
        return aead_refuse_without_tag(a);
    if (!ready(a, &missing)) {
        if (a->state == AEAD_RECORD)
            aead_end_message(a, AEAD_FAILED);
        return 0;
    }
    if (aead_lacks_tag(a) && a->mode != &aead_gcm) /* by default the message is over with it */
        aead_end_message(a, AEAD_FAILED);
    if (aead_lacks_tag(a))
        return (!a->mode->errors.quiet_without_tag || aead_by_openssl_4()) &&
               aead_refuse_without_tag(a);
    done = finish(a);
    aead_end_message(a, done ? AEAD_DONE : AEAD_FAILED);
    return done;
}
