/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CTR, CFB, OFB and ChaCha20: any length at any time. cipher_run() does whole
 * blocks; of a block that is begun, the keystream is kept and used byte by byte.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "cipher.h"

/* Up to here a message is laid out anew to save a request; beyond, copying costs as much. */
#define FILLED_MAX 4096

static OSSL_FUNC_cipher_update_fn stream_update;
static OSSL_FUNC_cipher_final_fn stream_final;

const OSSL_DISPATCH stream_functions[] = {
    CIPHER_COMMON_FUNCTIONS,
    { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))cipher_encrypt_init },
    { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))cipher_decrypt_init },
    { OSSL_FUNC_CIPHER_UPDATE, (void (*)(void))stream_update },
    { OSSL_FUNC_CIPHER_FINAL, (void (*)(void))stream_final },
    { OSSL_FUNC_CIPHER_CIPHER, (void (*)(void))stream_update },
    { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))cipher_set_ctx_params },
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))cipher_settable_ctx_params },
    { 0, NULL },
};

void *stream_new(struct provctx *prov, const struct algorithm *alg)
{
    return cipher_new(prov, alg);
}

/* In CFB and OFB the begun block lives in the IV, as EVP's updated-iv shows it. */
static unsigned char *keystream(struct cipher *c)
{
    return c->alg->mode == MODE_CFB || c->alg->mode == MODE_OFB ? c->iv : c->block;
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
        if (c->alg->mode == MODE_CFB)
            stream[at] = c->encrypting ? out[n] : byte;
    }
    c->blocklen = at % c->alg->blocksize;
    if (stream == c->iv)
        c->software_synced = false;
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
        unsigned char *last = stage + filled - blocksize;

        if (c->alg->mode == MODE_CFB && !c->encrypting)
            memcpy(c->iv, in + len - rest, rest);
        else if (keystream(c) != c->iv)
            memcpy(c->block, last, blocksize);
        if (c->alg->mode == MODE_CFB && !c->encrypting)
            memcpy(c->iv + rest, last + rest, blocksize - rest);
        if (keystream(c) == c->iv)
            c->software_synced = false;
        c->blocklen = rest;
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
        return fail(c->prov, REASON_OUTPUT_TOO_SMALL, "%.*s: room for %zu bytes, needed %zu",
                    algorithm_name_length(c->alg), c->alg->names, outsize, inl);
    if (c->blocklen != 0) {
        size_t used = use_keystream(c, out, in, inl);

        out += used;
        in += used;
        inl -= used;
    }
    if (inl % c->alg->blocksize == 0)
        return cipher_run(c, out, NULL, 0, in, inl);
    return inl <= FILLED_MAX ? run_filled(c, out, in, inl) : run_long(c, out, in, inl);
}

static int stream_final(void *vctx, unsigned char *out, size_t *outl, size_t outsize)
{
    (void)out;
    (void)outsize;
    *outl = 0;
    return cipher_ready(vctx);
}
