/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES key wrap (RFC 3394, SP 800-38F KW). One update is one key.
 *
 * The kernel's kw(aes) returns the first semiblock of a wrapped key in the IV of its
 * request, which AF_ALG has no way to hand out, and compares that of an unwrapped
 * one with the default of RFC 3394, 2.2.3.1. So only unwrapping with that one
 * can be the kernel's; wrapping, and other IVs, are software's.
 */
#include "cipher.h"

#include <openssl/crypto.h>
#include <string.h>

enum {
    SEMIBLOCK = 8,
    KEY_MIN = 2 * SEMIBLOCK, /* RFC 3394, 2: at least two semiblocks */
};

static const unsigned char default_iv[SEMIBLOCK] = {
    0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6
};

void *wrap_new(struct provctx *prov, const struct algorithm *alg)
{
    struct cipher *c = cipher_new(prov, alg);

    if (c != NULL)
        c->padding = false;
    return c;
}

static bool keylen_valid(const struct cipher *c, const OSSL_PARAM params[])
{
    return cipher_check_length(c, params, OSSL_CIPHER_PARAM_KEYLEN, c->alg->keylen,
                               PROV_R_INVALID_KEY_LENGTH);
}

static OSSL_FUNC_cipher_set_ctx_params_fn wrap_set_ctx_params;
static int wrap_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    return keylen_valid(vctx, params) && cipher_take_key(vctx, params);
}

static OSSL_FUNC_cipher_encrypt_init_fn wrap_encrypt_init;
static int wrap_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                             const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return keylen_valid(vctx, params) &&
           cipher_init(vctx, &(struct cipher_init){ true, key, iv, keylen, ivlen, params, true });
}

static OSSL_FUNC_cipher_decrypt_init_fn wrap_decrypt_init;
static int wrap_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                             const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return keylen_valid(vctx, params) &&
           cipher_init(vctx, &(struct cipher_init){ false, key, iv, keylen, ivlen, params, true });
}

/* Lengths for which the default provider answers how long the output will be. */
static bool length_valid(const struct cipher *c, size_t inl)
{
    size_t least = c->encrypting ? SEMIBLOCK : 2 * SEMIBLOCK;

    if (inl % SEMIBLOCK != 0 || inl < least || inl > INT32_MAX)
        return fail(c->backend.prov, PROV_R_INVALID_INPUT_LENGTH,
                    "%.*s: not a whole number of %d bytes: %zu", algorithm_name_length(c->alg),
                    c->alg->names, SEMIBLOCK, inl);
    return true;
}

static int not_authentic(const struct cipher *c, unsigned char *out, size_t outlen)
{
    OPENSSL_cleanse(out, outlen);
    return fail(c->backend.prov, PROV_R_CIPHER_OPERATION_FAILED,
                "%.*s: the wrapped key is not authentic", algorithm_name_length(c->alg),
                c->alg->names);
}

/* The kernel takes the first semiblock of a wrapped key as the request's IV. */
static ssize_t wrap_kernel(struct request *base)
{
    const struct cipher_request *r = (const struct cipher_request *)base;
    struct cipher *c = base->ctx;
    struct cipher_request rest = *r;
    unsigned char iv[SEMIBLOCK], first[SEMIBLOCK];
    ssize_t done;

    memcpy(iv, c->iv, SEMIBLOCK);
    memcpy(first, r->in, SEMIBLOCK);
    memcpy(c->iv, first, SEMIBLOCK);
    rest.in += SEMIBLOCK;
    rest.base.len -= SEMIBLOCK;
    done = cipher_kernel(&rest.base);
    memcpy(c->iv, iv, SEMIBLOCK);
    if (done < 0 && r->out == r->in)
        memcpy(r->out, first, SEMIBLOCK);
    return done;
}

/* With the default IV if none was given, which the software's context can't know. */
static enum outcome wrap_software(struct request *base)
{
    const struct cipher_request *r = (const struct cipher_request *)base;
    struct cipher *c = base->ctx;
    size_t expected = c->encrypting ? base->len + SEMIBLOCK : base->len - SEMIBLOCK;
    unsigned char iv[SEMIBLOCK];
    enum outcome done;

    memcpy(iv, c->iv, SEMIBLOCK);
    if (!c->has_iv)
        memcpy(c->iv, default_iv, SEMIBLOCK);
    done = cipher_software_message(base);
    memcpy(c->iv, iv, SEMIBLOCK);
    if (done == OUTCOME_SOFTWARE && *r->outl == expected)
        return done;
    /* OpenSSL 3.0 to 3.6 report a failed unwrap as success with a length of -1, and an error. */
    if (!c->encrypting)
        OPENSSL_cleanse(r->out, expected);
    return OUTCOME_FAILED;
}

static const struct request_class wrap_class = {
    .kernel = wrap_kernel,
    .software = wrap_software,
    .authenticates = true,
};

static int run(struct cipher *c, unsigned char *out, size_t *outl, size_t outsize,
               const unsigned char *in, size_t inl)
{
    int least = c->encrypting ? KEY_MIN : KEY_MIN + SEMIBLOCK;
    bool default_used = !c->has_iv || memcmp(c->iv, default_iv, SEMIBLOCK) == 0;
    struct cipher_request r = {
        .base = { .class = &wrap_class,
                  .ctx = c,
                  .len = inl,
                  .unfit = c->encrypting || !default_used ? REASON_LENGTH : REASON_NONE },
        .in = in,
        .out = out,
        .outl = outl,
        .outsize = outsize,
    };

    if (!cipher_ready(c))
        return 0;
    if (inl < (size_t)least)
        return fail(c->backend.prov, PROV_R_CIPHER_OPERATION_FAILED,
                    "%.*s: needs %d bytes and more, got %zu", algorithm_name_length(c->alg),
                    c->alg->names, least, inl);
    switch (backend_run(&c->backend, &r.base)) {
    case OUTCOME_KERNEL:
        *outl = inl - SEMIBLOCK;
        return 1;
    case OUTCOME_SOFTWARE:
        return 1;
    case OUTCOME_NOT_AUTHENTIC:
        return not_authentic(c, out, inl - SEMIBLOCK);
    default:
        return 0;
    }
}

static OSSL_FUNC_cipher_update_fn wrap_update;
static int wrap_update(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                       const unsigned char *in, size_t inl)
{
    struct cipher *c = vctx;

    if (inl == 0) {
        *outl = 0;
        return 1;
    }
    if (outsize < inl)
        return cipher_output_too_small(c, outsize, inl);
    if (in == NULL || !length_valid(c, inl))
        return 0;
    if (out == NULL) {
        *outl = c->encrypting ? inl + SEMIBLOCK : inl - SEMIBLOCK;
        return 1;
    }
    return run(c, out, outl, outsize, in, inl);
}

const OSSL_DISPATCH wrap_functions[] = {
    CIPHER_COMMON_FUNCTIONS,
    { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))wrap_encrypt_init },
    { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))wrap_decrypt_init },
    { OSSL_FUNC_CIPHER_UPDATE, (void (*)(void))wrap_update },
    { OSSL_FUNC_CIPHER_FINAL, (void (*)(void))cipher_no_final },
    { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))wrap_set_ctx_params },
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))cipher_settable_ctx_params },
    { 0, NULL },
};
