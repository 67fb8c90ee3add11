/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of AEAD contexts. */
#include <openssl/params.h>
#include <string.h>

#include "aead.h"

const OSSL_PARAM *aead_gettable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_TAGLEN, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_IV, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_UPDATED_IV, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_TLS1_AAD_PAD, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_GET_IV_GEN, NULL, 0),
#ifdef OSSL_CIPHER_PARAM_AEAD_IV_GENERATED
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_AEAD_IV_GENERATED, NULL),
#endif
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return gettable;
}

const OSSL_PARAM *aead_settable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_AAD, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return settable;
}

static int bad_length(const struct aead *a, int reason, const char *key, size_t len)
{
    return fail(a->prov, reason, "%.*s: %s of %zu bytes", algorithm_name_length(a->alg),
                a->alg->names, key, len);
}

/* --- get --- */

static int get_iv(const struct aead *a, OSSL_PARAM *p)
{
    if (!a->has_iv && a->alg->mode == MODE_GCM)
        return fail(a->prov, PROV_R_INVALID_STATE, "%s", p->key);
    if (p->data_type == OSSL_PARAM_OCTET_PTR)
        return OSSL_PARAM_set_octet_ptr(p, a->iv, a->ivlen);
    return OSSL_PARAM_set_octet_string(p, a->iv, a->ivlen) ||
           bad_length(a, PROV_R_INVALID_IV_LENGTH, p->key, a->ivlen);
}

/* The tag of an encrypted message, or as much of it as there is room for. */
static int get_tag(struct aead *a, OSSL_PARAM *p)
{
    bool ccm = a->alg->mode == MODE_CCM;

    /* ChaCha20-Poly1305 in the default provider gives the last message's, or zeros. */
    if (!a->encrypting || (!a->has_tag && a->alg->mode != MODE_CHACHA20_POLY1305))
        return fail(a->prov, PROV_R_TAG_NOT_SET, "no tag before the message's end");
    if (p->data_size == 0 || p->data_size > AEAD_TAG_MAX || (ccm && p->data_size != a->ccm_taglen))
        return bad_length(a, PROV_R_INVALID_TAG_LENGTH, "tag", p->data_size);
    if (ccm) /* the message is over */
        a->has_tag = a->has_iv = a->ccm_length_set = false;
    return OSSL_PARAM_set_octet_string(p, a->tag, p->data_size);
}

static int get_generated_iv(struct aead *a, OSSL_PARAM *p)
{
    if (p->data == NULL || p->data_type != OSSL_PARAM_OCTET_STRING)
        return 0;
    return aead_tls_generate_iv(a, p->data, p->data_size);
}

static int get_param(void *vctx, OSSL_PARAM *p)
{
    struct aead *a = vctx;

    if (param_is(p, OSSL_CIPHER_PARAM_IVLEN))
        return OSSL_PARAM_set_size_t(p, a->ivlen);
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_TAG))
        return get_tag(a, p);
    if (param_is(p, OSSL_CIPHER_PARAM_IV) || param_is(p, OSSL_CIPHER_PARAM_UPDATED_IV))
        return get_iv(a, p);
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_TLS1_GET_IV_GEN))
        return get_generated_iv(a, p);
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_TLS1_AAD_PAD))
        return OSSL_PARAM_set_size_t(p, a->tls_aad_pad);
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_TAGLEN))
        return OSSL_PARAM_set_size_t(p, a->taglen);
    if (param_is(p, OSSL_CIPHER_PARAM_KEYLEN))
        return OSSL_PARAM_set_size_t(p, a->alg->keylen);
#ifdef OSSL_CIPHER_PARAM_AEAD_IV_GENERATED
    /* 1 where GCM made the IV of the last message itself; asked from OpenSSL 3.4 on. */
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_IV_GENERATED))
        return OSSL_PARAM_set_uint(p, a->iv_generated);
#endif
    return 1;
}

int aead_get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    return params_get(vctx, params, get_param);
}

/* --- set --- */

static bool is_taglen(const struct aead *a, size_t len)
{
    if (a->alg->mode == MODE_CCM)
        return len >= 4 && len <= AEAD_TAG_MAX && len % 2 == 0;
    return len >= 1 && len <= AEAD_TAG_MAX;
}

/* A tag to be checked; without data, only its length. */
static int set_tag(struct aead *a, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_TAG);
    void *tag = a->tag;
    size_t len;

    if (p == NULL)
        return 1;
    if (!is_taglen(a, p->data_size))
        return bad_length(a, PROV_R_INVALID_TAG_LENGTH, "tag", p->data_size);
    if (p->data == NULL && a->alg->mode != MODE_GCM) {
        a->taglen = p->data_size;
        return 1;
    }
    if (a->encrypting)
        return fail(a->prov, PROV_R_INVALID_TAG_LENGTH, "a tag is not set when encrypting");
    if (!OSSL_PARAM_get_octet_string(p, &tag, sizeof(a->tag), &len))
        return 0;
    a->taglen = len;
    a->has_tag = true;
    return 1;
}

static bool is_ivlen(const struct aead *a, size_t len)
{
    switch (a->alg->mode) {
    case MODE_GCM:
        return len >= 1 && len <= AEAD_IV_MAX;
    case MODE_CCM:
        return len >= 7 && len <= 13;
    default:
        return len == AEAD_NONCE_LEN;
    }
}

static int set_ivlen(struct aead *a, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_IVLEN);
    size_t len;

    if (p == NULL)
        return 1;
    if (!OSSL_PARAM_get_size_t(p, &len) || !is_ivlen(a, len))
        return bad_length(a, PROV_R_INVALID_IV_LENGTH, "IV", p->data_size);
    if (a->ivlen != len)
        a->has_iv = false;
    a->ivlen = len;
    return 1;
}

static int set_keylen(struct aead *a, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_KEYLEN);
    size_t len;

    if (p == NULL)
        return 1;
    return (OSSL_PARAM_get_size_t(p, &len) && len == a->alg->keylen) ||
           bad_length(a, PROV_R_INVALID_KEY_LENGTH, "key", len);
}

typedef int set_octets_fn(struct aead *a, const unsigned char *data, size_t len);

static int set_octets(struct aead *a, const OSSL_PARAM params[], const char *key,
                      set_octets_fn *set)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, key);

    if (p == NULL)
        return 1;
    if (p->data == NULL || p->data_type != OSSL_PARAM_OCTET_STRING)
        return fail(a->prov, PROV_R_FAILED_TO_SET_PARAMETER, "%s", key);
    return set(a, p->data, p->data_size);
}

int aead_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct aead *a = vctx;

    if (params == NULL)
        return 1;
    return set_tag(a, params) && set_ivlen(a, params) && set_keylen(a, params) &&
           set_octets(a, params, OSSL_CIPHER_PARAM_AEAD_TLS1_AAD, aead_tls_set_aad) &&
           set_octets(a, params, OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, aead_tls_set_fixed) &&
           set_octets(a, params, OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV, aead_tls_set_invocation);
}
