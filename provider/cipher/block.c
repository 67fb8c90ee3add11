/* SPDX-License-Identifier: Apache-2.0 */
/* ECB and CBC: partial blocks, padding (PKCS #7, RFC 5652 6.3) and TLS records. */
#include <openssl/crypto.h>
#include <string.h>

#include "cipher.h"

static OSSL_FUNC_cipher_encrypt_init_fn block_encrypt_init;
static OSSL_FUNC_cipher_decrypt_init_fn block_decrypt_init;
static OSSL_FUNC_cipher_set_ctx_params_fn block_set_ctx_params;
static OSSL_FUNC_cipher_update_fn block_update;
static OSSL_FUNC_cipher_final_fn block_final;
static OSSL_FUNC_cipher_cipher_fn block_cipher;

const OSSL_DISPATCH block_functions[] = {
    CIPHER_COMMON_FUNCTIONS,
    { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))block_encrypt_init },
    { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))block_decrypt_init },
    { OSSL_FUNC_CIPHER_UPDATE, (void (*)(void))block_update },
    { OSSL_FUNC_CIPHER_FINAL, (void (*)(void))block_final },
    { OSSL_FUNC_CIPHER_CIPHER, (void (*)(void))block_cipher },
    { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))block_set_ctx_params },
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))cipher_settable_ctx_params },
    { 0, NULL },
};

void *block_new(struct provctx *prov, const struct algorithm *alg)
{
    return cipher_new(prov, alg);
}

static int block_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    int ok = cipher_set_ctx_params(vctx, params);

    cipher_pass_set_up(vctx);
    return ok;
}

static int block_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                              const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    int ok =
        cipher_init(vctx, &(struct cipher_init){ true, key, iv, keylen, ivlen, params, false });

    cipher_pass_set_up(vctx);
    return ok;
}

static int block_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                              const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    int ok =
        cipher_init(vctx, &(struct cipher_init){ false, key, iv, keylen, ivlen, params, false });

    cipher_pass_set_up(vctx);
    return ok;
}

/*
 * How much of the bytes held and @inl new ones can be done now: whole blocks, but
 * when decrypting with padding never the last one, which may be padded.
 */
static size_t whole_blocks(const struct cipher *c, size_t inl)
{
    size_t blocksize = c->alg->blocksize;
    size_t total = c->blocklen + inl;
    size_t whole = total & ~(blocksize - 1); /* a power of two */

    if (!c->encrypting && c->padding && whole == total && whole > 0)
        whole -= blocksize;
    return whole;
}

/* An update with bytes held, before it or after it, or of a size that the kernel may want. */
static int update_blocks(struct cipher *c, unsigned char *out, size_t *outl, size_t outsize,
                         const unsigned char *in, size_t inl)
{
    unsigned char held[CIPHER_BLOCK_MAX];
    size_t heldlen = c->blocklen, whole = whole_blocks(c, inl), taken;

    if (outsize < whole)
        return cipher_output_too_small(c, outsize, whole);
    *outl = whole;
    if (heldlen == 0 && whole == inl)
        return cipher_run(c, out, NULL, 0, in, inl);
    if (whole == 0) {
        if (inl > 0)
            memcpy(c->block + heldlen, in, inl);
        c->blocklen += inl;
        return 1;
    }
    /* The rest is put aside first: in place, the output may run over it. */
    taken = whole - heldlen;
    memcpy(held, c->block, heldlen);
    c->blocklen = inl - taken;
    memcpy(c->block, in + taken, c->blocklen);
    return cipher_run(c, out, held, heldlen, in, taken);
}

/* An update that software's context takes as it is. */
__attribute__((hot)) static int pass_through(struct cipher *c, unsigned char *out, size_t *outl,
                                             size_t outsize, const unsigned char *in, size_t inl)
{
    struct pending *pending = &c->backend.pending;

    c->iv_place = IV_IN_SOFTWARE;
    pending->requests++;
    pending->bytes += inl;
    if (inl > c->software.pass_limit) {
        pending->calibrated++;
        if (++c->software.pass_longer == BACKEND_SKIPPED)
            c->software.pass_max = c->software.pass_limit;
    }
    return c->software.update(c->backend.software_ctx, out, outl, outsize, in, inl);
}

__attribute__((hot)) static int block_update(void *vctx, unsigned char *out, size_t *outl,
                                             size_t outsize, const unsigned char *in, size_t inl)
{
    struct cipher *c = vctx;

    /* inl - 1 is huge if inl is 0. */
    if (inl - 1 < c->software.pass_max && ((inl & c->software.pass_rest) | c->blocklen) == 0)
        return pass_through(c, out, outl, outsize, in, inl);
    if (!cipher_ready(c))
        return 0;
    if (c->tls_version == 0)
        return update_blocks(c, out, outl, outsize, in, inl);
    if (in == NULL || in != out || !c->padding)
        return fail(c->backend.prov, PROV_R_CIPHER_OPERATION_FAILED,
                    "%.*s: a TLS record is done in place, with padding",
                    algorithm_name_length(c->alg), c->alg->names);
    return cipher_record(c, out, outl, outsize, inl);
}

static int final_encrypt(struct cipher *c, unsigned char *out, size_t *outl, size_t outsize)
{
    size_t blocksize = c->alg->blocksize;
    size_t pad = blocksize - c->blocklen;

    *outl = 0;
    if (!c->padding && c->blocklen == 0)
        return 1;
    if (!c->padding)
        return cipher_wrong_length(c);
    if (outsize < blocksize)
        return cipher_output_too_small(c, outsize, blocksize);
    memset(c->block + c->blocklen, (int)pad, pad);
    c->blocklen = 0;
    *outl = blocksize;
    return cipher_run(c, out, NULL, 0, c->block, blocksize);
}

/* The length without padding, or the block's and one more if the padding is wrong. */
static size_t unpadded(const unsigned char *block, size_t blocksize)
{
    size_t pad = block[blocksize - 1];

    if (pad == 0 || pad > blocksize)
        return blocksize + 1;
    for (size_t i = blocksize - pad; i < blocksize; i++) {
        if (block[i] != pad)
            return blocksize + 1;
    }
    return blocksize - pad;
}

static int final_decrypt(struct cipher *c, unsigned char *out, size_t *outl, size_t outsize)
{
    size_t blocksize = c->alg->blocksize;
    unsigned char plain[CIPHER_BLOCK_MAX];
    size_t len;

    *outl = 0;
    if (!c->padding && c->blocklen == 0)
        return 1;
    if (c->blocklen != blocksize)
        return cipher_wrong_length(c);
    if (!cipher_run(c, plain, NULL, 0, c->block, blocksize))
        return 0;
    len = c->padding ? unpadded(plain, blocksize) : blocksize;
    if (len <= blocksize && outsize >= len) {
        memcpy(out, plain, len);
        *outl = len;
        c->blocklen = 0;
    }
    OPENSSL_cleanse(plain, sizeof(plain));
    if (len > blocksize)
        return fail(c->backend.prov, PROV_R_BAD_DECRYPT, "%.*s: wrong key, or damaged data",
                    algorithm_name_length(c->alg), c->alg->names);
    return outsize >= len || cipher_output_too_small(c, outsize, len);
}

static int block_final(void *vctx, unsigned char *out, size_t *outl, size_t outsize)
{
    struct cipher *c = vctx;

    if (!cipher_ready(c))
        return 0;
    if (c->tls_version != 0)
        return fail(c->backend.prov, PROV_R_CIPHER_OPERATION_FAILED,
                    "%.*s: TLS records have no final", algorithm_name_length(c->alg),
                    c->alg->names);
    return c->encrypting ? final_encrypt(c, out, outl, outsize)
                         : final_decrypt(c, out, outl, outsize);
}

/* EVP_Cipher(): whole blocks, nothing held, no padding. */
static int block_cipher(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                        const unsigned char *in, size_t inl)
{
    struct cipher *c = vctx;

    if (!cipher_ready(c))
        return 0;
    if (outsize < inl)
        return cipher_output_too_small(c, outsize, inl);
    if (inl % c->alg->blocksize != 0)
        return cipher_wrong_length(c);
    *outl = inl;
    return cipher_run(c, out, NULL, 0, in, inl);
}
