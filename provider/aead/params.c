/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of AEAD contexts. */
#include <openssl/params.h>
#include <string.h>

#include "aead.h"
#include "params.h"

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

/* EVP_CIPHER_CTX_set_key_length() fails by itself if the key's length is not listed. */
static const OSSL_PARAM settable[] = {
    OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
    OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, NULL),
    OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_AAD, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV, NULL, 0),
    OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
    OSSL_PARAM_END,
};

const OSSL_PARAM *aead_settable_ctx_params_keylen(void *ctx, void *prov)
{
    (void)ctx;
    (void)prov;
    return settable;
}

const OSSL_PARAM *aead_settable_ctx_params(void *ctx, void *prov)
{
    (void)ctx;
    (void)prov;
    return settable + 1;
}

static int bad(const struct aead *a, int reason, const char *key, size_t len)
{
    const struct algorithm *alg = a->backend.alg_state->alg;

    return fail(a->backend.prov, reason, "%.*s: %s of %zu bytes", algorithm_name_length(alg),
                alg->names, key, len);
}

/* --- get --- */

int aead_copy_tag(struct aead *a, OSSL_PARAM *p)
{
    return OSSL_PARAM_set_octet_string(p, a->tag.bytes, p->data_size) ||
           bad(a, PROV_R_FAILED_TO_SET_PARAMETER, p->key, p->data_size);
}

/* An IV that GCM has to make is made when it is asked for, from OpenSSL 4.0 on; default raises
 * nothing if there is none. */
static int get_iv(struct aead *a, OSSL_PARAM *p)
{
    if (a->mode->iv.any && a->state == AEAD_NO_IV && !(aead_by_openssl_4() && aead_generate_iv(a)))
        return 0;
    if (p->data_type == OSSL_PARAM_OCTET_PTR)
        return OSSL_PARAM_set_octet_ptr(p, a->iv.next, a->iv.len);
    if (p->data != NULL && p->data_size < a->iv.len)
        return bad(a, PROV_R_INVALID_IV_LENGTH, p->key, a->iv.len);
    return OSSL_PARAM_set_octet_string(p, a->iv.next, a->iv.len);
}

static int get_generated_iv(struct aead *a, OSSL_PARAM *p)
{
    if (!a->mode->tls->invocations)
        return 1;
    return p->data != NULL && p->data_type == OSSL_PARAM_OCTET_STRING &&
           aead_tls_generate_iv(a, p->data, p->data_size);
}

static int get_size(const struct aead *a, OSSL_PARAM *p, size_t size)
{
    return OSSL_PARAM_set_size_t(p, size) ||
           bad(a, PROV_R_FAILED_TO_SET_PARAMETER, p->key, p->data_size);
}

static int get_param(void *vctx, OSSL_PARAM *p)
{
    struct aead *a = vctx;

    if (param_is(p, OSSL_CIPHER_PARAM_IVLEN))
        return get_size(a, p, a->iv.len);
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_TAG))
        return a->mode->get_tag(a, p);
    if (param_is(p, OSSL_CIPHER_PARAM_IV) || param_is(p, OSSL_CIPHER_PARAM_UPDATED_IV))
        return get_iv(a, p);
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_TLS1_GET_IV_GEN))
        return get_generated_iv(a, p);
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_TLS1_AAD_PAD))
        return get_size(a, p, a->tls.pad);
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_TAGLEN))
        return get_size(a, p, a->tag.len);
    if (param_is(p, OSSL_CIPHER_PARAM_KEYLEN))
        return get_size(a, p, a->backend.alg_state->alg->keylen);
#ifdef OSSL_CIPHER_PARAM_AEAD_IV_GENERATED
    /* 1 if GCM made the IV of the last message itself; asked from OpenSSL 3.4 on. */
    if (param_is(p, OSSL_CIPHER_PARAM_AEAD_IV_GENERATED))
        return OSSL_PARAM_set_uint(p, a->iv.generated);
#endif
    return 1;
}

int aead_get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    return params_get(vctx, params, get_param);
}

/* --- set --- */

/* All that is asked for, checked before anything of it is done. */
struct changes {
    const OSSL_PARAM *tag, *tls_aad, *fixed, *invocation; /* NULL: not asked for */
    size_t taglen, ivlen;                                 /* as they will be */
};

/* Default's GCM gets the tag by OSSL_PARAM_get_octet_string(), which may raise more. */
static bool is_tag(const struct aead *a, const OSSL_PARAM *p)
{
    unsigned char tag[AEAD_TAG_MAX];
    void *bytes = tag;

    return a->mode->tag.settable ? p->data_type == OSSL_PARAM_OCTET_STRING
                                 : OSSL_PARAM_get_octet_string(p, &bytes, sizeof(tag), NULL);
}

static int check_tag(const struct aead *a, struct changes *c)
{
    const OSSL_PARAM *p = c->tag;

    if (p == NULL)
        return 1;
    if (!is_tag(a, p))
        return bad(a, PROV_R_FAILED_TO_GET_PARAMETER, p->key, p->data_size);
    if (!a->mode->tag.valid(p->data_size))
        return bad(a, a->mode->errors.taglen, p->key, p->data_size);
    if (p->data != NULL && a->encrypting)
        return fail(a->backend.prov, a->mode->errors.sealing, "%s: not when encrypting", p->key);
    c->taglen = p->data_size;
    return 1;
}

static int check_ivlen(const struct aead *a, const OSSL_PARAM *p, struct changes *c)
{
    if (p == NULL)
        return 1;
    if (!OSSL_PARAM_get_size_t(p, &c->ivlen))
        return bad(a, PROV_R_FAILED_TO_GET_PARAMETER, p->key, p->data_size);
    return (c->ivlen >= a->mode->iv.min && c->ivlen <= a->mode->iv.max) ||
           bad(a, PROV_R_INVALID_IV_LENGTH, p->key, c->ivlen);
}

static int check_keylen(const struct aead *a, const OSSL_PARAM *p)
{
    size_t len;

    if (p == NULL || (!a->mode->keylen_settable && p->data_type != OSSL_PARAM_UNSIGNED_INTEGER))
        return 1;
    if (!OSSL_PARAM_get_size_t(p, &len))
        return bad(a, PROV_R_FAILED_TO_GET_PARAMETER, p->key, p->data_size);
    return len == a->backend.alg_state->alg->keylen ||
           bad(a, PROV_R_INVALID_KEY_LENGTH, p->key, len);
}

static int check_octets(const struct aead *a, const OSSL_PARAM *p)
{
    return p == NULL || (p->data != NULL && p->data_type == OSSL_PARAM_OCTET_STRING) ||
           bad(a, PROV_R_FAILED_TO_GET_PARAMETER, p->key, p->data_size);
}

static int check(const struct aead *a, const OSSL_PARAM params[], struct changes *c)
{
    *c = (struct changes){
        .tag = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_TAG),
        .tls_aad = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_TLS1_AAD),
        .fixed = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED),
        .invocation = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV),
        .taglen = a->tag.len,
        .ivlen = a->iv.len,
    };
    if (!check_tag(a, c) ||
        !check_ivlen(a, OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_IVLEN), c) ||
        !check_keylen(a, OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_KEYLEN)) ||
        !check_octets(a, c->tls_aad) || !check_octets(a, c->fixed))
        return 0;
    return c->tls_aad == NULL ||
           aead_tls_has_aad(a, c->tls_aad->data, c->tls_aad->data_size, c->taglen) ||
           bad(a, a->mode->tls->aad_reason, c->tls_aad->key, c->tls_aad->data_size);
}

/* An IV of the length before is none any more. */
static void set_ivlen(struct aead *a, size_t len)
{
    if (len == a->iv.len)
        return;
    a->iv.len = len;
    if (a->state != AEAD_NO_IV && a->state != AEAD_RECORD)
        aead_end_message(a, a->mode->sets_length && a->mode->next(a) == AEAD_READY ? AEAD_NO_IV
                                                                                   : AEAD_FAILED);
}

static bool take_key(struct aead *a, const OSSL_PARAM params[])
{
    if (OSSL_PARAM_locate_const(params, AFALG_PARAM_KEY) == NULL)
        return true;
    aead_begin_key(a);
    return backend_take_key(&a->backend, params, a->backend.alg_state->alg->keylen);
}

/* Default raises nothing for a wrong invocation field. */
static int set_tls(struct aead *a, const struct changes *c)
{
    if (c->tls_aad != NULL)
        aead_tls_set_aad(a, c->tls_aad->data, c->taglen);
    if (c->fixed != NULL && !a->mode->tls->set_fixed(a, c->fixed->data, c->fixed->data_size))
        return bad(a, a->mode->tls->fixed_reason, c->fixed->key, c->fixed->data_size);
    return c->invocation == NULL || !a->mode->tls->invocations ||
           (c->invocation->data != NULL &&
            aead_tls_set_invocation(a, c->invocation->data, c->invocation->data_size));
}

int aead_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct aead *a = vctx;
    struct changes c;

    if (params == NULL)
        return 1;
    if (!check(a, params, &c))
        return 0;
    if (c.tag != NULL && c.tag->data != NULL) {
        memcpy(a->tag.bytes, c.tag->data, c.taglen);
        a->has_tag = true;
    }
    a->tag.len = c.taglen;
    set_ivlen(a, c.ivlen);
    return take_key(a, params) && set_tls(a, &c);
}
