/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the ciphers that are no AEAD. */
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "cipher.h"
#include "params.h"
#include "random.h"

/* EVP's block size: what update deals in, 1 for a mode that takes any length. */
static size_t evp_block_size(const struct algorithm *alg)
{
    return mode_traits[alg->mode].blocks ? alg->blocksize : 1;
}

int cipher_get_params(const struct algorithm *alg, OSSL_PARAM params[])
{
    const struct mode_traits *traits = &mode_traits[alg->mode];

    return params_set_uint(params, OSSL_CIPHER_PARAM_MODE, traits->evp_mode) &&
           params_set_size(params, OSSL_CIPHER_PARAM_KEYLEN, alg->keylen) &&
           params_set_size(params, OSSL_CIPHER_PARAM_IVLEN, alg->ivlen) &&
           params_set_size(params, OSSL_CIPHER_PARAM_BLOCK_SIZE, evp_block_size(alg)) &&
           params_set_int(params, OSSL_CIPHER_PARAM_AEAD, traits->aead != NULL) &&
           params_set_int(params, OSSL_CIPHER_PARAM_CUSTOM_IV, traits->custom_iv) &&
           params_set_int(params, OSSL_CIPHER_PARAM_CTS, traits->steals) &&
           params_set_int(params, OSSL_CIPHER_PARAM_TLS1_MULTIBLOCK, 0) &&
#ifdef OSSL_CIPHER_PARAM_ENCRYPT_THEN_MAC
           params_set_int(params, OSSL_CIPHER_PARAM_ENCRYPT_THEN_MAC, 0) &&
#endif
           params_set_int(params, OSSL_CIPHER_PARAM_HAS_RAND_KEY, (alg->flags & ALG_RANDKEY) != 0);
}

const OSSL_PARAM *cipher_gettable_params(void *prov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_MODE, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_BLOCK_SIZE, NULL),
        OSSL_PARAM_int(OSSL_CIPHER_PARAM_AEAD, NULL),
        OSSL_PARAM_int(OSSL_CIPHER_PARAM_CUSTOM_IV, NULL),
        OSSL_PARAM_int(OSSL_CIPHER_PARAM_CTS, NULL),
        OSSL_PARAM_int(OSSL_CIPHER_PARAM_TLS1_MULTIBLOCK, NULL),
        OSSL_PARAM_int(OSSL_CIPHER_PARAM_HAS_RAND_KEY, NULL),
#ifdef OSSL_CIPHER_PARAM_ENCRYPT_THEN_MAC
        OSSL_PARAM_int(OSSL_CIPHER_PARAM_ENCRYPT_THEN_MAC, NULL),
#endif
        OSSL_PARAM_END,
    };

    (void)prov;
    return gettable;
}

const OSSL_PARAM *cipher_gettable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_PADDING, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_NUM, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_IV, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_UPDATED_IV, NULL, 0),
        OSSL_PARAM_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_RANDOM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return gettable;
}

int cipher_param_not_set(const struct cipher *c, const char *key)
{
    return fail(c->backend.prov, PROV_R_FAILED_TO_SET_PARAMETER,
                "%.*s: %s: too small, or of another type", algorithm_name_length(c->alg),
                c->alg->names, key);
}

/* Callers ask for these bytes in two ways: copied, or by a pointer into the context. */
static int get_octets(OSSL_PARAM *p, const void *value, size_t len)
{
    return p->data_type == OSSL_PARAM_OCTET_PTR ? OSSL_PARAM_set_octet_ptr(p, value, len)
                                                : OSSL_PARAM_set_octet_string(p, value, len);
}

/* A key of DES has odd parity in every byte (FIPS 46-3); half of all random keys' bytes don't. */
static void set_odd_parity(unsigned char *key, size_t len)
{
    for (size_t i = 0; i < len; i++)
        key[i] = (unsigned char)((key[i] & 0xfe) | ((__builtin_popcount(key[i] & 0xfeu) & 1) ^ 1));
}

/* libcrypto passes a size of 0, whatever the buffer: EVP_CIPHER_CTX_rand_key() has none. */
static int get_random_key(const struct cipher *c, OSSL_PARAM *p)
{
    size_t len = c->alg->keylen;

    if ((c->alg->flags & ALG_RANDKEY) == 0)
        return 1;
    if ((p->data_size != 0 && p->data_size < len) ||
        !provider_random(c->backend.prov, p->data, len, true))
        return fail(c->backend.prov, PROV_R_FAILED_TO_GENERATE_KEY,
                    "%.*s: no %zu random bytes, or a buffer of only %zu",
                    algorithm_name_length(c->alg), c->alg->names, len, p->data_size);
    set_odd_parity(p->data, len);
    p->return_size = len;
    return 1;
}

/*
 * With a pointer to it, the IV is the application's as well: EVP_CIPHER_CTX_iv_noconst(). But for
 * ChaCha20: what is written there has no effect on the default provider's.
 */
static int get_updated_iv(struct cipher *c, OSSL_PARAM *p)
{
    if (p->data_type == OSSL_PARAM_OCTET_PTR && mode_traits[c->alg->mode].counts_outside_iv)
        return 1;
    cipher_fetch_iv(c);
    if (p->data_type == OSSL_PARAM_OCTET_PTR) {
        c->iv_lent = true;
        cipher_pass_set_up(c);
    }
    return get_octets(p, c->iv, c->alg->ivlen);
}

static int get_value(struct cipher *c, OSSL_PARAM *p)
{
    if (param_is(p, OSSL_CIPHER_PARAM_IVLEN))
        return OSSL_PARAM_set_size_t(p, c->alg->ivlen);
    if (param_is(p, OSSL_CIPHER_PARAM_IV))
        return get_octets(p, c->initial_iv, c->alg->ivlen);
    if (param_is(p, OSSL_CIPHER_PARAM_UPDATED_IV))
        return get_updated_iv(c, p);
    if (param_is(p, OSSL_CIPHER_PARAM_TLS_MAC))
        return OSSL_PARAM_set_octet_ptr(p, c->has_tls_mac ? c->tls_mac : NULL, c->tls_macsize);
    if (param_is(p, OSSL_CIPHER_PARAM_PADDING))
        return OSSL_PARAM_set_uint(p, c->padding);
    if (param_is(p, OSSL_CIPHER_PARAM_NUM))
        return OSSL_PARAM_set_uint(p,
                                   mode_traits[c->alg->mode].keystream ? (unsigned)c->blocklen : 0);
    return !param_is(p, OSSL_CIPHER_PARAM_KEYLEN) || OSSL_PARAM_set_size_t(p, c->alg->keylen);
}

static int get_param(void *vctx, OSSL_PARAM *p)
{
    struct cipher *c = vctx;

    if (param_is(p, OSSL_CIPHER_PARAM_RANDOM_KEY))
        return get_random_key(c, p);
    return get_value(c, p) || cipher_param_not_set(c, p->key);
}

int cipher_get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    struct cipher *c = vctx;

    backend_count_pending(&c->backend);
    return params_get(c, params, get_param);
}

const OSSL_PARAM *cipher_settable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_PADDING, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_NUM, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_USE_BITS, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_TLS_VERSION, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_TLS_MAC_SIZE, NULL),
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return settable;
}

static int bad_parameter(const struct cipher *c, const char *key, const char *problem)
{
    return fail(c->backend.prov, PROV_R_FAILED_TO_GET_PARAMETER, "%.*s: %s %s",
                algorithm_name_length(c->alg), c->alg->names, key, problem);
}

/* An unsigned parameter. 1: as it was, or *@value is new. */
static int get_uint(const struct cipher *c, const OSSL_PARAM params[], const char *key,
                    unsigned *value)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, key);

    return p == NULL || OSSL_PARAM_get_uint(p, value) ||
           bad_parameter(c, key, "is no unsigned integer");
}

/* The same of a length. */
static int get_size(const struct cipher *c, const OSSL_PARAM params[], const char *key,
                    size_t *value)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, key);

    return p == NULL || OSSL_PARAM_get_size_t(p, value) || bad_parameter(c, key, "is no length");
}

int cipher_check_length(const struct cipher *c, const OSSL_PARAM params[], const char *key,
                        size_t length, int reason)
{
    size_t value = length;

    if (!get_size(c, params, key, &value))
        return 0;
    if (value == length || reason == 0)
        return value == length;
    return fail(c->backend.prov, reason, "%.*s: %s must be %zu, got %zu",
                algorithm_name_length(c->alg), c->alg->names, key, length, value);
}

int cipher_params_parse(const struct cipher *c, const OSSL_PARAM params[], struct cipher_params *p)
{
    unsigned ignored;

    *p = (struct cipher_params){ .padding = c->padding,
                                 .tls_version = c->tls_version,
                                 .tls_mac_size = c->tls_macsize };
    p->num_given = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_NUM) != NULL;
    if (!get_uint(c, params, OSSL_CIPHER_PARAM_PADDING, &p->padding) ||
        !get_uint(c, params, OSSL_CIPHER_PARAM_USE_BITS, &ignored) ||
        !get_uint(c, params, OSSL_CIPHER_PARAM_TLS_VERSION, &p->tls_version) ||
        !get_size(c, params, OSSL_CIPHER_PARAM_TLS_MAC_SIZE, &p->tls_mac_size) ||
        !get_uint(c, params, OSSL_CIPHER_PARAM_NUM, &p->num))
        return 0;
    if (p->tls_mac_size > sizeof(c->tls_mac))
        return bad_parameter(c, OSSL_CIPHER_PARAM_TLS_MAC_SIZE, "is longer than any MAC");
    /* OpenSSL before 3.5 takes any: a keystream would be used of which nothing is known. */
    if (p->num >= evp_block_size(c->alg))
        return bad_parameter(c, OSSL_CIPHER_PARAM_NUM, "is not less than the block size");
    return 1;
}

void cipher_params_apply(struct cipher *c, const struct cipher_params *p)
{
    c->padding = p->padding != 0;
    c->tls_version = p->tls_version;
    c->tls_macsize = (uint8_t)p->tls_mac_size;
    if (c->tls_version != 0)
        c->blocklen = 0;
    if (p->num_given && mode_traits[c->alg->mode].keystream)
        c->blocklen = p->num;
}

/* What software has of the message in progress goes with the key. */
static void before_opaque_key(struct cipher *c)
{
    cipher_fetch_iv(c);
    c->iv_place = IV_HERE;
    cipher_pass_end(c);
}

bool cipher_set_opaque_key(struct cipher *c, struct opaque_key *key)
{
    before_opaque_key(c);
    return backend_set_opaque_key(&c->backend, key, c->alg->keylen);
}

bool cipher_take_key(struct cipher *c, const OSSL_PARAM params[])
{
    if (OSSL_PARAM_locate_const(params, AFALG_PARAM_KEY) == NULL)
        return true;
    before_opaque_key(c);
    return backend_take_key(&c->backend, params, c->alg->keylen);
}

int cipher_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct cipher_params p;

    if (!cipher_params_parse(vctx, params, &p) || !cipher_take_key(vctx, params))
        return 0;
    cipher_params_apply(vctx, &p);
    return 1;
}
