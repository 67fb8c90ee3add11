/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of TLS 1.2: libssl gives the fixed part of the IV once, and with each
 * record its AAD; one update is then the whole record, in place. GCM (RFC 5288)
 * and CCM (RFC 6655) carry 8 bytes of the IV in front of the text; ChaCha20-Poly1305
 * (RFC 7905) makes it of the sequence number, with which the AAD begins.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "aead.h"
#include "random.h"

enum {
    FIXED_LEN = 4,    /* RFC 5288: salt */
    EXPLICIT_LEN = 8, /* and nonce_explicit */
};

/* Of a record when @taglen is set: only CCM's varies. */
static size_t record_taglen(const struct aead *a, size_t taglen)
{
    return a->mode->sets_length ? taglen : AEAD_TAG_MAX;
}

/* The AAD's last two bytes are a length: the record's is given, the text's is authenticated. */
static size_t record_length(const unsigned char *aad)
{
    return (size_t)aad[AEAD_TLS_AAD_LEN - 2] << 8 | aad[AEAD_TLS_AAD_LEN - 1];
}

static size_t around_text(const struct aead *a, size_t taglen)
{
    return a->mode->tls->explicit_len + (a->encrypting ? 0 : record_taglen(a, taglen));
}

bool aead_tls_has_aad(const struct aead *a, const unsigned char *aad, size_t len, size_t taglen)
{
    return len == AEAD_TLS_AAD_LEN && record_length(aad) >= around_text(a, taglen);
}

void aead_tls_set_aad(struct aead *a, const unsigned char *aad, size_t taglen)
{
    size_t text = record_length(aad) - around_text(a, taglen);

    memcpy(a->tls.aad, aad, AEAD_TLS_AAD_LEN);
    a->tls.aad[AEAD_TLS_AAD_LEN - 2] = (unsigned char)(text >> 8);
    a->tls.aad[AEAD_TLS_AAD_LEN - 1] = (unsigned char)text;
    a->tls.pad = record_taglen(a, taglen);
    aead_end_message(a, AEAD_RECORD);
}

int aead_tls_generate_iv(struct aead *a, unsigned char *out, size_t len)
{
    unsigned char *counter = a->iv.next + a->iv.len;

    if (!a->iv.counts || !key_is_set(&a->backend.key))
        return 0;
    if (len == 0 || len > a->iv.len)
        len = a->iv.len;
    aead_new_message(a);
    memcpy(out, a->iv.next + a->iv.len - len, len);
    for (int i = 0; i < 8 && ++*--counter == 0; i++)
        ;
    return 1;
}

int aead_tls_set_invocation(struct aead *a, const unsigned char *in, size_t len)
{
    if (!a->iv.counts || !key_is_set(&a->backend.key) || a->encrypting || len > a->iv.len)
        return 0;
    memcpy(a->iv.next + a->iv.len - len, in, len);
    aead_new_message(a);
    return 1;
}

/* --- GCM --- */

/* At least 4 bytes fixed, at least 8 left (SP 800-38D, 8.2.1); all of it as length -1. */
static int gcm_set_fixed(struct aead *a, const unsigned char *fixed, size_t len)
{
    if (len == (size_t)-1)
        len = a->iv.len;
    else if (len < FIXED_LEN || len > a->iv.len || a->iv.len - len < EXPLICIT_LEN)
        return 0;
    if (a->encrypting && len < a->iv.len &&
        !provider_random(a->backend.prov, a->iv.next + len, a->iv.len - len, false))
        return 0;
    memcpy(a->iv.next, fixed, len);
    a->iv.counts = true;
    aead_new_message(a);
    return 1;
}

static int gcm_nonce(struct aead *a, unsigned char *record)
{
    return a->encrypting ? aead_tls_generate_iv(a, record, EXPLICIT_LEN)
                         : aead_tls_set_invocation(a, record, EXPLICIT_LEN);
}

/* --- CCM and ChaCha20-Poly1305 --- */

static int set_fixed(struct aead *a, const unsigned char *fixed, size_t len, size_t expected)
{
    if (len != expected)
        return 0;
    memcpy(a->iv.next, fixed, len);
    memcpy(a->iv.nonce, fixed, len);
    aead_abandon_message(a);
    return 1;
}

static int ccm_set_fixed(struct aead *a, const unsigned char *fixed, size_t len)
{
    return set_fixed(a, fixed, len, FIXED_LEN);
}

/*
 * Encrypting, the explicit part is the sequence number; the nonce is what is given when the IV is
 * asked for. The lengths have to be those of the key.
 */
static int ccm_nonce(struct aead *a, unsigned char *record)
{
    if (a->encrypting)
        memcpy(record, a->tls.aad, EXPLICIT_LEN);
    memcpy(a->iv.next + FIXED_LEN, record, EXPLICIT_LEN);
    memcpy(a->iv.nonce, a->iv.next, FIXED_LEN + EXPLICIT_LEN);
    return a->iv.len >= a->ccm.ivlen && a->tag.len == a->ccm.taglen;
}

static int chacha20_poly1305_set_fixed(struct aead *a, const unsigned char *fixed, size_t len)
{
    return set_fixed(a, fixed, len, AEAD_NONCE_LEN);
}

static int chacha20_poly1305_nonce(struct aead *a, unsigned char *record)
{
    (void)record;
    memcpy(a->iv.nonce, a->iv.next, AEAD_NONCE_LEN);
    for (size_t i = 0; i < 8; i++)
        a->iv.nonce[4 + i] ^= a->tls.aad[i];
    return 1;
}

const struct aead_tls_traits aead_tls_gcm = {
    .explicit_len = EXPLICIT_LEN,
    .invocations = true,
    .in_place = true,
    .aad_reason = PROV_R_INVALID_AAD,
    .fixed_reason = PROV_R_FAILED_TO_GET_PARAMETER,
    .set_fixed = gcm_set_fixed,
    .nonce = gcm_nonce,
};

const struct aead_tls_traits aead_tls_ccm = {
    .explicit_len = EXPLICIT_LEN,
    .in_place = true,
    .aad_reason = PROV_R_INVALID_DATA,
    .fixed_reason = PROV_R_INVALID_IV_LENGTH,
    .set_fixed = ccm_set_fixed,
    .nonce = ccm_nonce,
};

const struct aead_tls_traits aead_tls_chacha20_poly1305 = {
    .aad_reason = PROV_R_INVALID_DATA,
    .fixed_reason = PROV_R_INVALID_IV_LENGTH,
    .set_fixed = chacha20_poly1305_set_fixed,
    .nonce = chacha20_poly1305_nonce,
};

/* --- the record --- */

/* Seals or opens @record's text of @len bytes, with its tag behind it. */
static enum outcome seal_or_open(struct aead *a, const struct aead_piece *record, size_t len)
{
    size_t front = a->mode->tls->explicit_len;
    const struct aead_piece text = { record->out + front, record->in + front, len };
    enum outcome outcome;

    a->request.len = a->tls.pad;
    if (!a->encrypting)
        memcpy(a->request.bytes, text.in + len, a->tls.pad);
    outcome = aead_message(a, &text);
    if (aead_done(outcome) && a->encrypting)
        memcpy(text.out + len, a->request.bytes, a->tls.pad);
    return outcome;
}

int aead_tls_record(struct aead *a, const struct aead_piece *record, size_t *outl)
{
    const struct aead_tls_traits *tls = a->mode->tls;
    size_t around = tls->explicit_len + a->tls.pad;
    enum outcome outcome = OUTCOME_FAILED;
    const char *wrong = NULL;

    if (!key_is_set(&a->backend.key) || record->in == NULL || record->out == NULL)
        wrong = "a TLS record needs a key, input and output";
    else if (tls->in_place && record->in != record->out)
        wrong = "a TLS record is done in place";
    else if (record->len < around ||
             (!tls->in_place && record->len != record_length(a->tls.aad) + around))
        wrong = "a TLS record of another length than announced";
    else if (!tls->nonce(a, record->out))
        wrong = "no IV for a TLS record, or other lengths than with the key";
    else if (aead_buffer_aad(a, a->tls.aad, AEAD_TLS_AAD_LEN))
        outcome = seal_or_open(a, record, record->len - around);
    if (aead_done(outcome))
        *outl = a->encrypting ? record->len : record->len - around;
    else if (outcome == OUTCOME_NOT_AUTHENTIC)
        wrong = "not authentic";
    /* CCM's refuses a final, as default's does. */
    aead_end_message(a, aead_done(outcome) && !a->mode->sets_length ? AEAD_DONE : AEAD_FAILED);
    if (wrong != NULL && !a->mode->errors.quiet)
        aead_refuse(a, wrong);
    return aead_done(outcome);
}
