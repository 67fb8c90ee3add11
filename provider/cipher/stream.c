/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CTR, CFB, OFB and ChaCha20: any length at any time. cipher_run() does whole
 * blocks; of a block that is begun, the keystream is kept and used byte by byte.
 */
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "cipher.h"

/* Up to here a message is laid out anew to save a request; beyond, copying costs as much. */
#define FILLED_MAX 4096

static OSSL_FUNC_cipher_update_fn stream_update;
static OSSL_FUNC_cipher_final_fn stream_final;
static OSSL_FUNC_cipher_encrypt_init_fn chacha20_encrypt_init;
static OSSL_FUNC_cipher_decrypt_init_fn chacha20_decrypt_init;
static OSSL_FUNC_cipher_set_ctx_params_fn chacha20_set_ctx_params;
static OSSL_FUNC_cipher_settable_ctx_params_fn chacha20_settable_ctx_params;

#define STREAM_COMMON_FUNCTIONS                                                                    \
    CIPHER_COMMON_FUNCTIONS, { OSSL_FUNC_CIPHER_UPDATE, (void (*)(void))stream_update },           \
        { OSSL_FUNC_CIPHER_FINAL, (void (*)(void))stream_final },                                  \
    {                                                                                              \
        OSSL_FUNC_CIPHER_CIPHER, (void (*)(void))stream_update                                     \
    }

const OSSL_DISPATCH stream_functions[] = {
    STREAM_COMMON_FUNCTIONS,
    { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))cipher_encrypt_init },
    { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))cipher_decrypt_init },
    { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))cipher_set_ctx_params },
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))cipher_settable_ctx_params },
    { 0, NULL },
};

const OSSL_DISPATCH chacha20_functions[] = {
    STREAM_COMMON_FUNCTIONS,
    { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))chacha20_encrypt_init },
    { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))chacha20_decrypt_init },
    { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))chacha20_set_ctx_params },
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))chacha20_settable_ctx_params },
    { 0, NULL },
};

void *stream_new(struct provctx *prov, const struct algorithm *alg)
{
    return cipher_new(prov, alg);
}

void *chacha20_new(struct provctx *prov, const struct algorithm *alg)
{
    return cipher_new(prov, alg);
}

/* In CFB and OFB the begun block lives in the IV, as EVP's updated-iv shows it. */
static unsigned char *keystream(struct cipher *c)
{
    return mode_traits[c->alg->mode].keystream_in_iv ? c->iv : c->block;
}

/* Uses up to @len bytes of the begun block, from byte c->blocklen on; returns how many. */
static size_t use_keystream(struct cipher *c, unsigned char *out, const unsigned char *in,
                            size_t len)
{
    unsigned char *stream = keystream(c);
    size_t at = c->blocklen, n = 0;

    for (; at < c->alg->blocksize && n < len; at++, n++) {
        unsigned char byte = in[n];

        out[n] = byte ^ stream[at];
        if (mode_traits[c->alg->mode].feedback)
            stream[at] = c->encrypting ? out[n] : byte;
    }
    /* For what a block that is used up is remembered: see chacha20_init(). */
    c->blocklen = mode_traits[c->alg->mode].counts_outside_iv ? at : at % c->alg->blocksize;
    if (stream == c->iv)
        c->iv_place = IV_HERE;
    return n;
}

/* Begins a block: zeros through the cipher are its keystream, in all modes and directions. */
static int begin_block(struct cipher *c)
{
    unsigned char zeros[CIPHER_BLOCK_MAX] = { 0 };
    unsigned char stream[CIPHER_BLOCK_MAX];
    int ok = cipher_run(c, stream, NULL, 0, zeros, c->alg->blocksize);

    memcpy(keystream(c), stream, c->alg->blocksize);
    OPENSSL_cleanse(stream, sizeof(stream));
    return ok;
}

/* Of a last block, of which @rest bytes @in were data and the others zeros, @last is the output. */
static void keep_begun(struct cipher *c, const unsigned char *in, const unsigned char *last,
                       size_t rest)
{
    unsigned char *stream = keystream(c);

    memcpy(stream + rest, last + rest, c->alg->blocksize - rest);
    if (mode_traits[c->alg->mode].feedback && !c->encrypting)
        memcpy(stream, in, rest);
    if (stream == c->iv)
        c->iv_place = IV_HERE;
    c->blocklen = rest;
}

/*
 * A short message that does not end with a block, in one request: zeros fill it up
 * and come back as the rest of the last block's keystream.
 */
static int run_filled(struct cipher *c, unsigned char *out, const unsigned char *in, size_t len)
{
    unsigned char stage[FILLED_MAX + CIPHER_BLOCK_MAX];
    size_t blocksize = c->alg->blocksize;
    size_t rest = len % blocksize;
    size_t filled = len - rest + blocksize;
    int ok;

    memcpy(stage, in, len);
    memset(stage + len, 0, filled - len);
    ok = cipher_run(c, stage, NULL, 0, stage, filled);
    if (ok) {
        keep_begun(c, in + len - rest, stage + filled - blocksize, rest);
        memcpy(out, stage, len);
    }
    OPENSSL_cleanse(stage, filled);
    return ok;
}

static int run_long(struct cipher *c, unsigned char *out, const unsigned char *in, size_t len)
{
    size_t rest = len % c->alg->blocksize;

    if (!cipher_run(c, out, NULL, 0, in, len - rest) || !begin_block(c))
        return 0;
    use_keystream(c, out + len - rest, in + len - rest, rest);
    return 1;
}

static int stream_update(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                         const unsigned char *in, size_t inl)
{
    struct cipher *c = vctx;

    if (!cipher_ready(c))
        return 0;
    *outl = inl;
    if (inl == 0)
        return 1;
    if (outsize < inl)
        return cipher_output_too_small(c, outsize, inl);
    if (c->blocklen != 0) {
        size_t used = use_keystream(c, out, in, inl);

        out += used;
        in += used;
        inl -= used;
        if (inl == 0)
            return 1;
        c->blocklen = 0;
    }
    if (inl % c->alg->blocksize == 0)
        return cipher_run(c, out, NULL, 0, in, inl);
    return inl <= FILLED_MAX ? run_filled(c, out, in, inl) : run_long(c, out, in, inl);
}

/* All output was given by the updates. */
static int stream_final(void *vctx, unsigned char *out, size_t *outl, size_t outsize)
{
    (void)out;
    (void)outsize;
    *outl = 0;
    return cipher_ready(vctx);
}

/* --- ChaCha20's own ways, as the default provider has them --- */

/* The counter of the block before: of the IV, the first two words (see run.c). */
static void step_back(unsigned char *iv)
{
    for (size_t i = 0; i < 8 && iv[i]-- == 0; i++)
        ;
}

/* Lengths may be set, to what they are. */
static bool lengths_valid(const struct cipher *c, const OSSL_PARAM params[])
{
    return cipher_check_length(c, params, OSSL_CIPHER_PARAM_KEYLEN, c->alg->keylen,
                               PROV_R_INVALID_KEY_LENGTH) &&
           cipher_check_length(c, params, OSSL_CIPHER_PARAM_IVLEN, c->alg->ivlen,
                               PROV_R_INVALID_IV_LENGTH);
}

/* Without an IV, an init goes on within the begun block; with a new key it begins it again. */
static int chacha20_init(struct cipher *c, const struct cipher_init *init)
{
    size_t used = c->blocklen;

    if (!lengths_valid(c, init->params) || !cipher_init(c, init))
        return 0;
    if (init->iv == NULL && init->key == NULL)
        c->blocklen = used;
    else if (init->iv == NULL && used != 0)
        step_back(c->iv);
    return 1;
}

static int chacha20_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                                 const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return chacha20_init(vctx, &(struct cipher_init){ true, key, iv, keylen, ivlen, params, true });
}

static int chacha20_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                                 const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return chacha20_init(vctx,
                         &(struct cipher_init){ false, key, iv, keylen, ivlen, params, true });
}

static int chacha20_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    return lengths_valid(vctx, params) && cipher_take_key(vctx, params);
}

static const OSSL_PARAM *chacha20_settable_ctx_params(void *ctx, void *prov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)prov;
    return settable;
}
