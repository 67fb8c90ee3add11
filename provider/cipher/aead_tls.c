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

static int bad(const struct aead *a, const char *what)
{
    return fail(a->prov, PROV_R_FAILED_TO_SET_PARAMETER, "%.*s: %s", algorithm_name_length(a->alg),
                a->alg->names, what);
}

static size_t explicit_len(const struct aead *a)
{
    return a->alg->mode == MODE_CHACHA20_POLY1305 ? 0 : AEAD_TLS_EXPLICIT_LEN;
}

static size_t record_taglen(const struct aead *a)
{
    return a->alg->mode == MODE_CCM ? a->taglen : AEAD_TAG_MAX;
}

/* The AAD's last two bytes are a length: the record's is given, the text's is authenticated. */
int aead_tls_set_aad(struct aead *a, const unsigned char *aad, size_t len)
{
    size_t around = explicit_len(a) + (a->encrypting ? 0 : record_taglen(a));
    size_t text;

    if (len != AEAD_TLS_AAD_LEN)
        return bad(a, "TLS AAD has 13 bytes");
    text = (size_t)aad[len - 2] << 8 | aad[len - 1];
    if (text < around)
        return bad(a, "TLS record too short");
    text -= around;
    memcpy(a->tls_aad, aad, len);
    a->tls_aad[len - 2] = (unsigned char)(text >> 8);
    a->tls_aad[len - 1] = (unsigned char)text;
    a->tls_aad_pad = record_taglen(a);
    a->tls_record = true;
    return 1;
}

/* GCM: at least 4 bytes fixed, at least 8 left (SP 800-38D, 8.2.1); all of it as length -1. */
static int set_gcm_fixed(struct aead *a, const unsigned char *fixed, size_t len)
{
    size_t rest;

    if (len == (size_t)-1)
        len = a->ivlen;
    else if (len < AEAD_TLS_FIXED_LEN || len > a->ivlen || a->ivlen - len < 8)
        return bad(a, OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED);
    memcpy(a->iv, fixed, len);
    rest = a->ivlen - len;
    if (a->encrypting && rest > 0 && !provider_random(a->prov, a->iv + len, rest, false))
        return bad(a, "no random bytes for the IV");
    a->tls_iv_generated = a->has_iv = true;
    aead_use_iv(a);
    a->state = AEAD_START;
    return 1;
}

int aead_tls_set_fixed(struct aead *a, const unsigned char *fixed, size_t len)
{
    size_t expected = a->alg->mode == MODE_CCM ? AEAD_TLS_FIXED_LEN : AEAD_NONCE_LEN;

    if (a->alg->mode == MODE_GCM)
        return set_gcm_fixed(a, fixed, len);
    if (len != expected)
        return bad(a, OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED);
    memcpy(a->iv, fixed, len);
    aead_use_iv(a);
    return 1;
}

int aead_tls_generate_iv(struct aead *a, unsigned char *out, size_t len)
{
    unsigned char *counter = a->iv + a->ivlen;

    if (!a->tls_iv_generated || !a->has_key)
        return bad(a, OSSL_CIPHER_PARAM_AEAD_TLS1_GET_IV_GEN);
    if (len == 0 || len > a->ivlen)
        len = a->ivlen;
    aead_use_iv(a);
    memcpy(out, a->iv + a->ivlen - len, len);
    for (int i = 0; i < 8 && ++*--counter == 0; i++)
        ;
    a->state = AEAD_START;
    return 1;
}

int aead_tls_set_invocation(struct aead *a, const unsigned char *in, size_t len)
{
    if (!a->tls_iv_generated || !a->has_key || a->encrypting || len > a->ivlen)
        return bad(a, OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV);
    memcpy(a->iv + a->ivlen - len, in, len);
    aead_use_iv(a);
    a->state = AEAD_START;
    return 1;
}

/* The record's nonce; encrypting with GCM or CCM, its explicit part is written to the record. */
static int record_nonce(struct aead *a, unsigned char *record)
{
    switch (a->alg->mode) {
    case MODE_GCM:
        return a->encrypting ? aead_tls_generate_iv(a, record, AEAD_TLS_EXPLICIT_LEN)
                             : aead_tls_set_invocation(a, record, AEAD_TLS_EXPLICIT_LEN);
    case MODE_CCM:
        if (a->encrypting) /* the sequence number */
            memcpy(record, a->tls_aad, AEAD_TLS_EXPLICIT_LEN);
        memcpy(a->nonce, a->iv, AEAD_TLS_FIXED_LEN);
        memcpy(a->nonce + AEAD_TLS_FIXED_LEN, record, AEAD_TLS_EXPLICIT_LEN);
        return 1;
    default:
        memcpy(a->nonce, a->iv, AEAD_NONCE_LEN);
        for (size_t i = 0; i < 8; i++)
            a->nonce[4 + i] ^= a->tls_aad[i];
        return 1;
    }
}

int aead_tls_record(struct aead *a, unsigned char *record, size_t *outl, size_t len)
{
    size_t front = explicit_len(a), taglen = record_taglen(a);
    unsigned char tag[AEAD_TAG_MAX];
    unsigned char *text = record + front;
    size_t textlen;

    a->tls_record = false;
    if (!a->has_key || record == NULL || len < front + taglen)
        return bad(a, "TLS record too short, or no key");
    textlen = len - front - taglen;
    a->taglen = taglen;
    aead_forget(a);
    if (!record_nonce(a, record) || !aead_keep_aad(a, a->tls_aad, AEAD_TLS_AAD_LEN))
        return 0;
    if (!a->encrypting)
        memcpy(tag, text + textlen, taglen);
    if (!aead_message(a, text, text, textlen, tag))
        return fail(a->prov, PROV_R_CIPHER_OPERATION_FAILED, "%.*s: the TLS record is refused",
                    algorithm_name_length(a->alg), a->alg->names);
    if (a->encrypting)
        memcpy(text + textlen, tag, taglen);
    *outl = a->encrypting ? len : textlen;
    a->state = AEAD_FINISHED;
    return 1;
}
