/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBC with ciphertext stealing (SP 800-38A, addendum). A message is one update.
 *
 * A message of n > 1 blocks, the last of r bytes (1 to 16), becomes C(1) .. C(n-2) and
 * then two pieces: C(n), whole, and r bytes of C(n-1). The kernel's cts gives them in
 * this order, CS3; CS1 is the other one, and CS2 is CS1 if r is 16, else CS3. With r =
 * 16, CS1 is plain CBC: so a message of any length is done in pieces that one request
 * can carry, the last of them by stealing.
 */
#include "cipher.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>
#include <strings.h>

enum { CTS_BLOCK = 16 };

enum cts_mode { CTS_CS1, CTS_CS2, CTS_CS3, CTS_MODES };

static const char *const mode_names[CTS_MODES] = { "CS1", "CS2", "CS3" };

void *cts_new(struct provctx *prov, const struct algorithm *alg)
{
    return cipher_new(prov, alg);
}

/* --- parameters ------------------------------------------------------------- */

/* The mode that @params (may be NULL) ask for, or what it is. */
static bool get_mode(const struct cipher *c, const OSSL_PARAM params[], unsigned *mode)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_CTS_MODE);
    const char *name = p == NULL || p->data_type != OSSL_PARAM_UTF8_STRING ? "" : p->data;

    *mode = c->cts_mode;
    if (p == NULL)
        return true;
    for (*mode = 0; *mode < CTS_MODES; (*mode)++) {
        if (strcasecmp(name, mode_names[*mode]) == 0)
            return true;
    }
    return fail(c->backend.prov, PROV_R_FAILED_TO_SET_PARAMETER,
                "%.*s: cts_mode is CS1, CS2 or CS3", algorithm_name_length(c->alg), c->alg->names);
}

static OSSL_FUNC_cipher_set_ctx_params_fn cts_set_ctx_params;
static int cts_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct cipher *c = vctx;
    unsigned mode;

    if (!get_mode(c, params, &mode) || !cipher_set_ctx_params(c, params))
        return 0;
    c->cts_mode = mode;
    return 1;
}

static OSSL_FUNC_cipher_get_ctx_params_fn cts_get_ctx_params;
static int cts_get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    const struct cipher *c = vctx;
    OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_CTS_MODE);

    if (p != NULL && !OSSL_PARAM_set_utf8_string(p, mode_names[c->cts_mode]))
        return cipher_param_not_set(c, p->key);
    return cipher_get_ctx_params(vctx, params);
}

static OSSL_FUNC_cipher_gettable_ctx_params_fn cts_gettable_ctx_params;
static const OSSL_PARAM *cts_gettable_ctx_params(void *vctx, void *prov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_PADDING, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_NUM, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_IV, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_UPDATED_IV, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vctx;
    (void)prov;
    return gettable;
}

static OSSL_FUNC_cipher_settable_ctx_params_fn cts_settable_ctx_params;
static const OSSL_PARAM *cts_settable_ctx_params(void *vctx, void *prov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_PADDING, NULL),
        OSSL_PARAM_uint(OSSL_CIPHER_PARAM_NUM, NULL),
        OSSL_PARAM_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vctx;
    (void)prov;
    return settable;
}

static OSSL_FUNC_cipher_encrypt_init_fn cts_encrypt_init;
static int cts_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                            const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    struct cipher *c = vctx;
    unsigned mode;

    if (!get_mode(c, params, &mode) ||
        !cipher_init(c, &(struct cipher_init){ true, key, iv, keylen, ivlen, params, false }))
        return 0;
    c->cts_mode = mode;
    return 1;
}

static OSSL_FUNC_cipher_decrypt_init_fn cts_decrypt_init;
static int cts_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                            const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    struct cipher *c = vctx;
    unsigned mode;

    if (!get_mode(c, params, &mode) ||
        !cipher_init(c, &(struct cipher_init){ false, key, iv, keylen, ivlen, params, false }))
        return 0;
    c->cts_mode = mode;
    return 1;
}

/* --- the order of the last two pieces ------------------------------------------ */

/* Whether they are in the other order than the kernel's. */
static bool is_exchanged(enum cts_mode mode, size_t len)
{
    return len > CTS_BLOCK && (mode == CTS_CS1 || (mode == CTS_CS2 && len % CTS_BLOCK == 0));
}

static size_t last_length(size_t len)
{
    return (len - 1) % CTS_BLOCK + 1;
}

/* Where they start. */
static size_t pieces_at(size_t len)
{
    return len > CTS_BLOCK ? len - CTS_BLOCK - last_length(len) : 0;
}

/* Exchanges @first bytes with the @second bytes behind them, each a block at most. */
static void exchange(unsigned char *pieces, size_t first, size_t second)
{
    unsigned char exchanged[2 * CTS_BLOCK];

    memcpy(exchanged, pieces + first, second);
    memcpy(exchanged + second, pieces, first);
    memcpy(pieces, exchanged, first + second);
}

/* C(n) of a ciphertext: the IV of what would follow. */
static const unsigned char *last_block(const unsigned char *ciphertext, size_t len, bool exchanged)
{
    return ciphertext + (exchanged ? len - CTS_BLOCK : pieces_at(len));
}

/* --- messages ------------------------------------------------------------------- */

/* What is left of a message: one request of the kernel's, of base.len bytes, or all in software. */
struct cts_request {
    struct cipher_request r;
    enum cts_mode mode;
    size_t left; /* bytes */
};

static void put_aside_next_iv(const struct cts_request *cts, size_t len, bool exchanged,
                              unsigned char *next_iv)
{
    memcpy(next_iv, last_block(cts->r.in, len, exchanged), CTS_BLOCK);
}

static void move_iv(const struct cts_request *cts, size_t len, bool exchanged,
                    const unsigned char *next_iv)
{
    struct cipher *c = cts->r.base.ctx;

    memcpy(c->iv, c->encrypting ? last_block(cts->r.out, len, exchanged) : next_iv, CTS_BLOCK);
    c->iv_place = IV_HERE; /* software takes one update after an init */
}

/* Decrypts in place, as the pieces have to be exchanged first. */
static ssize_t decrypt_exchanged(const struct cipher_request *r)
{
    struct cipher_request in_place = *r;
    size_t len = r->base.len;
    ssize_t done;

    in_place.in = r->out;
    memmove(r->out, r->in, len);
    exchange(r->out + pieces_at(len), last_length(len), CTS_BLOCK);
    done = cipher_kernel(&in_place.base);
    if (done < 0)
        exchange(r->out + pieces_at(len), CTS_BLOCK, last_length(len));
    return done;
}

static ssize_t cts_kernel(struct request *base)
{
    const struct cts_request *cts = (const struct cts_request *)base;
    const struct cipher *c = base->ctx;
    size_t len = base->len;
    bool exchanged = is_exchanged(len < cts->left ? CTS_CS1 : cts->mode, len);
    unsigned char next_iv[CTS_BLOCK];
    ssize_t done;

    put_aside_next_iv(cts, len, exchanged, next_iv);
    done = exchanged && !c->encrypting ? decrypt_exchanged(&cts->r) : cipher_kernel(base);
    if (done < 0)
        return done;
    if (exchanged && c->encrypting)
        exchange(cts->r.out + pieces_at(len), CTS_BLOCK, last_length(len));
    move_iv(cts, len, exchanged, next_iv);
    return done;
}

static enum outcome cts_software(struct request *base)
{
    const struct cts_request *cts = (const struct cts_request *)base;
    struct cipher *c = base->ctx;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE,
                                         (char *)(uintptr_t)mode_names[cts->mode], 0),
        OSSL_PARAM_construct_end(),
    };
    bool exchanged = is_exchanged(cts->mode, cts->left);
    unsigned char next_iv[CTS_BLOCK];

    base->len = cts->left;
    put_aside_next_iv(cts, base->len, exchanged, next_iv);
    if (cipher_software(c) == NULL ||
        !c->backend.software->cipher.set_ctx_params(c->backend.software_ctx, params) ||
        cipher_software_message(base) != OUTCOME_SOFTWARE)
        return OUTCOME_FAILED;
    move_iv(cts, base->len, exchanged, next_iv);
    return OUTCOME_SOFTWARE;
}

static const struct request_class cts_class = { .kernel = cts_kernel, .software = cts_software };

/* What the next request takes of @len bytes: all, or whole blocks that leave more than one. */
static size_t next_piece(size_t len)
{
    if (len <= AFALG_SKCIPHER_MAX)
        return len;
    return len - AFALG_SKCIPHER_MAX > CTS_BLOCK ? AFALG_SKCIPHER_MAX
                                                : AFALG_SKCIPHER_MAX - CTS_BLOCK;
}

static int run(struct cipher *c, enum cts_mode mode, unsigned char *out, const unsigned char *in,
               size_t len)
{
    size_t outl;
    struct cts_request cts = {
        .r = { .base = { .class = &cts_class, .ctx = c },
               .in = in,
               .out = out,
               .outl = &outl,
               .outsize = len },
        .mode = mode,
        .left = len,
    };

    while (cts.left > 0) {
        cts.r.base.len = next_piece(cts.left);
        if (backend_run(&c->backend, &cts.r.base) == OUTCOME_FAILED)
            return 0;
        cts.r.in += cts.r.base.len;
        cts.r.out += cts.r.base.len;
        cts.r.outsize -= cts.r.base.len;
        cts.left -= cts.r.base.len;
    }
    return 1;
}

/* Of a message that is too short or not the first, the default provider raises nothing. */
static OSSL_FUNC_cipher_update_fn cts_update;
static int cts_update(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                      const unsigned char *in, size_t inl)
{
    struct cipher *c = vctx;

    if (inl < CTS_BLOCK)
        return 0;
    if (outsize < inl)
        return cipher_output_too_small(c, outsize, inl);
    if (out != NULL) {
        if (c->updated || !cipher_ready(c) || !run(c, c->cts_mode, out, in, inl))
            return 0;
        c->updated = true;
    }
    *outl = inl;
    return 1;
}

/* EVP_Cipher() of this cipher is plain CBC in the default provider, of any number of calls. */
static OSSL_FUNC_cipher_cipher_fn cts_cipher;
static int cts_cipher(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                      const unsigned char *in, size_t inl)
{
    struct cipher *c = vctx;

    if (!cipher_ready(c))
        return 0;
    if (outsize < inl)
        return cipher_output_too_small(c, outsize, inl);
    if (inl % CTS_BLOCK != 0)
        return cipher_wrong_length(c);
    *outl = inl;
    return run(c, CTS_CS1, out, in, inl);
}

const OSSL_DISPATCH cts_functions[] = {
    { OSSL_FUNC_CIPHER_FREECTX, (void (*)(void))cipher_free } CIPHER_SKEY_FUNCTIONS,
    { OSSL_FUNC_CIPHER_DUPCTX, (void (*)(void))cipher_dup },
    { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))cts_encrypt_init },
    { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))cts_decrypt_init },
    { OSSL_FUNC_CIPHER_UPDATE, (void (*)(void))cts_update },
    { OSSL_FUNC_CIPHER_FINAL, (void (*)(void))cipher_no_final },
    { OSSL_FUNC_CIPHER_CIPHER, (void (*)(void))cts_cipher },
    { OSSL_FUNC_CIPHER_GETTABLE_PARAMS, (void (*)(void))cipher_gettable_params },
    { OSSL_FUNC_CIPHER_GET_CTX_PARAMS, (void (*)(void))cts_get_ctx_params },
    { OSSL_FUNC_CIPHER_GETTABLE_CTX_PARAMS, (void (*)(void))cts_gettable_ctx_params },
    { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))cts_set_ctx_params },
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))cts_settable_ctx_params },
    { 0, NULL },
};
