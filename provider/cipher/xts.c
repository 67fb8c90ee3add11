/* SPDX-License-Identifier: Apache-2.0 */
/* XTS (IEEE 1619, SP 800-38E): each update is one data unit, all with the init's IV as tweak. */
#include "cipher.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>
#include <strings.h>

enum {
    XTS_BLOCK = 16,
    XTS_UNIT_MAX = XTS_BLOCK << 20, /* bytes, IEEE 1619-2018 */
};

/* SM4-XTS, which has a standard of its own beside IEEE 1619, and takes any key. */
static bool is_gb(const struct algorithm *alg)
{
    return (alg->flags & ALG_XTS_GB) != 0;
}

void *xts_new(struct provctx *prov, const struct algorithm *alg)
{
    struct cipher *c = cipher_new(prov, alg);

    /* OpenSSL's default is GB/T 17964-2021; the kernel only knows IEEE 1619. */
    if (c != NULL)
        c->software_only = is_gb(alg);
    return c;
}

/* Rogaway 2004 ("Efficient Instantiations of Tweakable Blockciphers"): equal halves are weak. */
static bool key_is_weak(const struct cipher *c, const unsigned char *key, size_t keylen)
{
    return key != NULL && keylen == c->alg->keylen && !is_gb(c->alg) &&
           CRYPTO_memcmp(key, key + keylen / 2, keylen / 2) == 0;
}

/* Whether @params (may be NULL) are acceptable, and whether data is only software's with them. */
static bool params_valid(const struct cipher *c, const OSSL_PARAM params[], bool *software_only)
{
    *software_only = c->software_only;
    if (!cipher_check_length(c, params, OSSL_CIPHER_PARAM_KEYLEN, c->alg->keylen, 0))
        return false;
#ifdef OSSL_CIPHER_PARAM_XTS_STANDARD
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_XTS_STANDARD);
    const char *name = p == NULL || p->data_type != OSSL_PARAM_UTF8_STRING ? "" : p->data;

    if (p == NULL || !is_gb(c->alg))
        return true;
    if (strcasecmp(name, "GB") != 0 && strcasecmp(name, "IEEE") != 0)
        return fail(c->backend.prov, PROV_R_FAILED_TO_SET_PARAMETER,
                    "%.*s: xts_standard is GB or IEEE", algorithm_name_length(c->alg),
                    c->alg->names);
    *software_only = strcasecmp(name, "GB") == 0;
#endif
    return true;
}

static OSSL_FUNC_cipher_set_ctx_params_fn xts_set_ctx_params;
static int xts_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct cipher *c = vctx;
    bool software_only;

    if (!params_valid(c, params, &software_only) || !cipher_take_key(c, params))
        return 0;
    c->software_only = software_only;
    return 1;
}

static OSSL_FUNC_cipher_settable_ctx_params_fn xts_settable_ctx_params;
static const OSSL_PARAM *xts_settable_ctx_params(void *vctx, void *prov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
#ifdef OSSL_CIPHER_PARAM_XTS_STANDARD
        OSSL_PARAM_utf8_string(OSSL_CIPHER_PARAM_XTS_STANDARD, NULL, 0),
#endif
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vctx;
    (void)prov;
    return settable;
}

static OSSL_FUNC_cipher_encrypt_init_fn xts_encrypt_init;
static int xts_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                            const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    struct cipher *c = vctx;
    bool software_only;

    if (key_is_weak(c, key, keylen))
        return fail(c->backend.prov, PROV_R_XTS_DUPLICATED_KEYS,
                    "%.*s: the halves of the key are the same", algorithm_name_length(c->alg),
                    c->alg->names);
    if (!params_valid(c, params, &software_only) ||
        !cipher_init(c, &(struct cipher_init){ true, key, iv, keylen, ivlen, params, true }))
        return 0;
    c->software_only = software_only;
    return 1;
}

static OSSL_FUNC_cipher_decrypt_init_fn xts_decrypt_init;
static int xts_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                            const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    struct cipher *c = vctx;
    bool software_only;

    /* What was encrypted under a weak key can still be read, as from the default provider. */
    if (!params_valid(c, params, &software_only) ||
        !cipher_init(c, &(struct cipher_init){ false, key, iv, keylen, ivlen, params, true }))
        return 0;
    c->software_only = software_only;
    return 1;
}

/* What is missing for a data unit, or wrong with it; NULL: nothing. Raises what is too long. */
static const char *unit_error(const struct cipher *c, const unsigned char *out,
                              const unsigned char *in, size_t inl)
{
    if (!key_is_set(&c->backend.key))
        return "init with a key before data";
    if (!c->has_iv)
        return "init with an IV before data";
    if (out == NULL || in == NULL)
        return "a data unit needs input and output";
    if (inl > XTS_UNIT_MAX)
        fail(c->backend.prov, PROV_R_XTS_DATA_UNIT_IS_TOO_LARGE, "%.*s: more than %d bytes",
             algorithm_name_length(c->alg), c->alg->names, XTS_UNIT_MAX);
    return inl < XTS_BLOCK || inl > XTS_UNIT_MAX ? "a data unit has 16 to 16777216 bytes" : NULL;
}

static enum outcome unit_in_software(struct request *r)
{
#ifdef OSSL_CIPHER_PARAM_XTS_STANDARD
    struct cipher *c = r->ctx;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_XTS_STANDARD,
                                         (char *)(uintptr_t)(c->software_only ? "GB" : "IEEE"), 0),
        OSSL_PARAM_construct_end(),
    };

    if (is_gb(c->alg) && (cipher_software(c) == NULL || !c->backend.software->cipher.set_ctx_params(
                                                            c->backend.software_ctx, params)))
        return OUTCOME_FAILED;
#endif
    return cipher_software_message(r);
}

static const struct request_class unit_class = {
    .kernel = cipher_kernel,
    .software = unit_in_software,
    .verify = &cipher_verify_message,
};

/* EVP_Cipher(): of what else unit_error() finds, the default provider raises nothing here. */
static OSSL_FUNC_cipher_cipher_fn xts_cipher;
static int xts_cipher(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                      const unsigned char *in, size_t inl)
{
    struct cipher *c = vctx;
    struct cipher_request r = {
        .base = { .class = &unit_class,
                  .ctx = c,
                  .len = inl,
                  .unfit = c->software_only ? REASON_LENGTH : REASON_NONE },
        .in = in,
        .out = out,
        .outl = outl,
        .outsize = outsize,
    };

    if (unit_error(c, out, in, inl) != NULL)
        return 0;
    if (outsize < inl)
        return cipher_output_too_small(c, outsize, inl);
    *outl = inl;
    return backend_run(&c->backend, &r.base) != OUTCOME_FAILED;
}

static OSSL_FUNC_cipher_update_fn xts_update;
static int xts_update(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                      const unsigned char *in, size_t inl)
{
    const struct cipher *c = vctx;
    const char *error = unit_error(c, out, in, inl);

    if (error == NULL)
        return xts_cipher(vctx, out, outl, outsize, in, inl);
    return fail(c->backend.prov, PROV_R_CIPHER_OPERATION_FAILED, "%.*s: %s, got %zu",
                algorithm_name_length(c->alg), c->alg->names, error, inl);
}

const OSSL_DISPATCH xts_functions[] = {
    CIPHER_COMMON_FUNCTIONS,
    { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))xts_encrypt_init },
    { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))xts_decrypt_init },
    { OSSL_FUNC_CIPHER_UPDATE, (void (*)(void))xts_update },
    { OSSL_FUNC_CIPHER_FINAL, (void (*)(void))cipher_no_final },
    { OSSL_FUNC_CIPHER_CIPHER, (void (*)(void))xts_cipher },
    { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))xts_set_ctx_params },
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))xts_settable_ctx_params },
    { 0, NULL },
};
