/* SPDX-License-Identifier: Apache-2.0 */
/* CCM (NIST SP 800-38C): the lengths of nonce and tag go before the key, that of the text before
 * any AAD, AAD and text come in one piece each. */
#include "aead.h"

static bool has_taglen(size_t len)
{
    return len >= 4 && len <= AEAD_TAG_MAX && len % 2 == 0;
}

static size_t ccm_ivlen(const struct aead *a)
{
    return a->ccm.ivlen;
}

static size_t ccm_taglen(const struct aead *a)
{
    return a->ccm.taglen;
}

static const unsigned char *ccm_kernel_iv(const struct aead *a, unsigned char *room, size_t *len)
{
    *len = 16;
    memset(room, 0, *len);
    room[0] = (unsigned char)(14 - a->ccm.ivlen); /* RFC 3610: L - 1 */
    memcpy(room + 1, a->iv.nonce, a->ccm.ivlen);
    return room;
}

/* In default an announced length outlives an init, until a tag is fetched or verified. */
static enum aead_state ccm_next(const struct aead *a)
{
    switch (a->state) {
    case AEAD_NO_IV:
    case AEAD_READY:
        return AEAD_READY;
    case AEAD_DONE:
        return a->ccm.tag_pending ? AEAD_NEEDS_LENGTH : AEAD_READY;
    default:
        return AEAD_NEEDS_LENGTH;
    }
}

static int set_length(struct aead *a, size_t len)
{
    if (a->state == AEAD_AAD)
        return aead_refuse(a, "the text's length goes before the AAD");
    a->ccm.length = len;
    a->state = AEAD_LENGTH;
    return 1;
}

static int add_aad(struct aead *a, const struct aead_piece *aad)
{
    if (aad->len == 0)
        return 1;
    if (a->state != AEAD_LENGTH)
        return aead_refuse(a, a->state == AEAD_AAD ? "AAD comes in one piece"
                                                   : "the text's length goes before the AAD");
    a->state = AEAD_AAD;
    return aead_buffer_aad(a, aad->in, aad->len);
}

static bool lengths_as_keyed(const struct aead *a)
{
    return a->iv.len >= a->ccm.ivlen && (a->encrypting || a->tag.len == a->ccm.taglen);
}

/* As aead_message(). */
static enum outcome seal_or_open(struct aead *a, const struct aead_piece *text)
{
    enum outcome outcome;
    bool done;

    aead_request_tag(a);
    outcome = aead_message(a, text);
    done = aead_done(outcome);
    a->has_tag = false;
    a->ccm.tag_pending = done && a->encrypting;
    if (a->ccm.tag_pending)
        memcpy(a->tag.bytes, a->request.bytes, sizeof(a->tag.bytes));
    aead_end_message(a, done ? AEAD_DONE : AEAD_FAILED);
    return outcome;
}

/* Text that was not announced sets_length itself, even if it is refused then, as in default. */
static int add_text(struct aead *a, const struct aead_piece *text)
{
    enum outcome outcome;

    if (a->state == AEAD_READY && !set_length(a, text->len))
        return 0;
    if (aead_lacks_tag(a)) {
        if (aead_by_openssl_4())
            aead_refuse_without_tag(a);
        return aead_refuse(a, "set the tag before the text");
    }
    if (a->state == AEAD_NEEDS_LENGTH || a->ccm.length != text->len) {
        aead_end_message(a, AEAD_FAILED);
        return aead_refuse(a, "the text's length is not the one announced");
    }
    if (!lengths_as_keyed(a))
        return aead_refuse(a, "set the lengths of tag and IV before the key");
    outcome = seal_or_open(a, text);
    return outcome == OUTCOME_NOT_AUTHENTIC ? aead_refuse(a, "not authentic") : aead_done(outcome);
}

static int ccm_update(struct aead *a, const struct aead_piece *piece)
{
    if (!key_is_set(&a->backend.key))
        return aead_refuse(a, "init with a key before data");
    if (a->state == AEAD_RECORD)
        return aead_refuse(a, "a TLS record is not empty");
    if (piece->in == NULL && piece->out != NULL)
        return 1;
    if (a->state == AEAD_NO_IV || a->state == AEAD_DONE || a->state == AEAD_FAILED)
        return aead_refuse(a, "init with a new IV before data");
    if (piece->out != NULL)
        return add_text(a, piece);
    return piece->in == NULL ? set_length(a, piece->len) : add_aad(a, piece);
}

/* The text is empty, unless another length was announced. */
static int final_without_text(struct aead *a)
{
    static unsigned char nothing[1];
    const struct aead_piece no_text = { nothing, nothing, 0 };

    if (a->state == AEAD_READY)
        set_length(a, 0);
    if (aead_lacks_tag(a))
        return aead_by_openssl_4() && aead_refuse_without_tag(a);
    if (a->ccm.length == 0 && lengths_as_keyed(a))
        return aead_done(seal_or_open(a, &no_text));
    aead_end_message(a, AEAD_FAILED);
    return 0;
}

/* Default raises nothing, but for a missing tag from OpenSSL 4.0 on. */
static int ccm_final(struct aead *a)
{
    if (!key_is_set(&a->backend.key))
        return 0;
    switch (a->state) {
    case AEAD_READY:
    case AEAD_LENGTH:
    case AEAD_AAD:
        return final_without_text(a);
    case AEAD_NO_IV:
        return a->encrypting;
    default:
        return a->state == AEAD_DONE;
    }
}

/* The text's length, then all AAD, then all text. */
static enum outcome ccm_software_message(struct aead *a, const struct aead_piece *text)
{
    const struct aead_piece length = { NULL, NULL, text->len };
    const struct aead_piece aad = { NULL, a->buffer.data, a->buffer.aadlen };
    bool done = aead_software_update(a, &length) &&
                (aad.len == 0 || aead_software_update(a, &aad)) && aead_software_update(a, text) &&
                (!a->encrypting || aead_software_tag(a));

    return done ? OUTCOME_SOFTWARE : OUTCOME_FAILED;
}

/* The message is over with it. Default raises nothing for a wrong length. */
static int ccm_get_tag(struct aead *a, OSSL_PARAM *p)
{
    if (!a->encrypting || !a->ccm.tag_pending)
        return fail(a->backend.prov, PROV_R_TAG_NOT_SET, "%s: not before the text", p->key);
    if (p->data_size != a->ccm.taglen)
        return 0;
    a->ccm.tag_pending = false;
    return aead_copy_tag(a, p);
}

const struct aead_mode aead_ccm = {
    .iv.len = 7,
    .iv.min = 7,
    .iv.max = 13,
    .tag.len = 12,
    .begin = AEAD_NO_IV,
    .sets_length = true,
    .tag.settable = true,
    .errors.taglen = PROV_R_INVALID_TAG_LENGTH,
    .errors.sealing = PROV_R_TAG_NOT_NEEDED,
    .tag.valid = has_taglen,
    .tag.kernel_has = has_taglen,
    .iv.used = ccm_ivlen,
    .tag.used = ccm_taglen,
    .kernel_iv = ccm_kernel_iv,
    .next = ccm_next,
    .update = ccm_update,
    .final = ccm_final,
    .software_message = ccm_software_message,
    .get_tag = ccm_get_tag,
    .tls = &aead_tls_ccm,
};
