// SPDX-License-Identifier: GPL-2.0
/* Ciphers, and the one whose keys are blobs: "AFDV", and behind it the key, each byte XOR 0x5a. */
#include <asm/unaligned.h>
#include <crypto/scatterwalk.h>
#include <linux/slab.h>

#include "device.h"

static const char blob_magic[4] = "AFDV";
enum { BLOB_MASK = 0x5a, IV_MAX = 16, COUNTER_BLOCK = 16 };

struct skcipher_job {
    struct device_job job;
    bool encrypt;
};

static const struct device_alg *row_of(struct crypto_skcipher *tfm)
{
    return container_of(crypto_skcipher_alg(tfm), struct device_alg, skcipher);
}

static struct crypto_skcipher *software_of(struct crypto_skcipher *tfm)
{
    return *(struct crypto_skcipher **)crypto_skcipher_ctx(tfm);
}

static int set_key(struct crypto_skcipher *tfm, const u8 *key, unsigned int keylen)
{
    struct crypto_skcipher *software = software_of(tfm);

    if (device_refuses_key(keylen))
        return -EINVAL;
    crypto_skcipher_clear_flags(software, CRYPTO_TFM_REQ_MASK);
    crypto_skcipher_set_flags(software, crypto_skcipher_get_flags(tfm) & CRYPTO_TFM_REQ_MASK);
    return crypto_skcipher_setkey(software, key, keylen);
}

static int set_blob(struct crypto_skcipher *tfm, const u8 *blob, unsigned int len)
{
    u8 key[32];
    int error;

    if (len < sizeof(blob_magic) || len > sizeof(blob_magic) + sizeof(key) ||
        memcmp(blob, blob_magic, sizeof(blob_magic)) != 0)
        return -EINVAL;
    len -= sizeof(blob_magic);
    for (unsigned int i = 0; i < len; i++)
        key[i] = blob[sizeof(blob_magic) + i] ^ BLOB_MASK;
    error = set_key(tfm, key, len);
    memzero_explicit(key, sizeof(key));
    return error;
}

/* In place; @iv moves on. */
static int run_software(struct crypto_skcipher *software, bool encrypt, u8 *data, unsigned int len,
                        u8 *iv)
{
    struct skcipher_request *request = skcipher_request_alloc(software, GFP_KERNEL);
    struct scatterlist sg;
    int error;

    if (!request)
        return -ENOMEM;
    sg_init_one(&sg, data, len);
    skcipher_request_set_callback(request, CRYPTO_TFM_REQ_MAY_SLEEP, NULL, NULL);
    skcipher_request_set_crypt(request, &sg, &sg, len, iv);
    error = encrypt ? crypto_skcipher_encrypt(request) : crypto_skcipher_decrypt(request);
    skcipher_request_free(request);
    return error;
}

/* A counter of 32 bits: what it wraps to is not carried. */
static int run_without_carry(struct crypto_skcipher *software, bool encrypt, u8 *data,
                             unsigned int len, u8 *iv)
{
    u32 counter = get_unaligned_be32(iv + 12);
    u64 until_wrap = ((1ULL << 32) - counter) * COUNTER_BLOCK;
    unsigned int first = min_t(u64, len, until_wrap);
    u8 begin[IV_MAX];
    int error;

    memcpy(begin, iv, sizeof(begin));
    error = run_software(software, encrypt, data, first, iv);
    if (error || first < until_wrap)
        return error;
    memcpy(iv, begin, 12);
    return first == len ? 0 : run_software(software, encrypt, data + first, len - first, iv);
}

static void spoil(const struct device_alg *alg, struct skcipher_request *req, u8 *data)
{
    struct skcipher_job *job = skcipher_request_ctx(req);
    unsigned int tail = req->cryptlen % COUNTER_BLOCK;

    if ((device_wrong == WRONG_CTR_TAIL && device_is(alg, "ctr(")) ||
        (device_wrong == WRONG_XTS_PARTIAL && device_is(alg, "xts(")))
        memset(data + req->cryptlen - tail, 0, tail);
    if (!job->encrypt)
        device_spoil_in_place(req->src, req->dst, data, req->cryptlen);
    device_spoil(&job->job, req->dst, data, req->cryptlen);
}

static int compute(struct device_job *job)
{
    struct skcipher_request *req = skcipher_request_cast(job->request);
    struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
    bool encrypt = container_of(job, struct skcipher_job, job)->encrypt;
    bool no_carry = device_wrong == WRONG_CTR_CARRY && device_is(row_of(tfm), "ctr(");
    u8 *data = kmalloc(max(req->cryptlen, 1U), GFP_KERNEL);
    u8 iv[IV_MAX];
    int error;

    if (!data)
        return -ENOMEM;
    scatterwalk_map_and_copy(data, req->src, 0, req->cryptlen, 0);
    if (crypto_skcipher_ivsize(tfm))
        memcpy(iv, req->iv, crypto_skcipher_ivsize(tfm));
    error = (no_carry ? run_without_carry : run_software)(software_of(tfm), encrypt, data,
                                                          req->cryptlen, iv);
    if (!error) {
        spoil(row_of(tfm), req, data);
        scatterwalk_map_and_copy(data, req->dst, 0, req->cryptlen, 1);
        if (crypto_skcipher_ivsize(tfm) && device_wrong != WRONG_IV_NOT_WRITTEN)
            memcpy(req->iv, iv, crypto_skcipher_ivsize(tfm));
    }
    kfree_sensitive(data);
    return error;
}

static int submit(struct skcipher_request *req, bool encrypt)
{
    struct skcipher_job *job = skcipher_request_ctx(req);

    *job = (struct skcipher_job){
        .job = { .compute = compute, .bytes = req->cryptlen, .decrypts = !encrypt },
        .encrypt = encrypt,
    };
    return device_submit(&job->job, &req->base);
}

static int encrypt(struct skcipher_request *req)
{
    return submit(req, true);
}

static int decrypt(struct skcipher_request *req)
{
    return submit(req, false);
}

static int init_tfm(struct crypto_skcipher *tfm)
{
    struct crypto_skcipher **software = crypto_skcipher_ctx(tfm);

    if (device_gone)
        return -ENODEV;
    *software = crypto_alloc_skcipher(device_software(row_of(tfm)), 0, CRYPTO_ALG_ASYNC);
    if (IS_ERR(*software))
        return PTR_ERR(*software);
    crypto_skcipher_set_reqsize(tfm, sizeof(struct skcipher_job));
    return 0;
}

static void exit_tfm(struct crypto_skcipher *tfm)
{
    crypto_free_skcipher(software_of(tfm));
}

int device_register_skcipher(struct device_alg *alg, const struct crypto_alg *base)
{
    struct crypto_skcipher *software =
        crypto_alloc_skcipher(device_software(alg), 0, CRYPTO_ALG_ASYNC);
    bool blobs = alg->software != NULL;

    if (IS_ERR(software))
        return PTR_ERR(software);
    alg->skcipher = (struct skcipher_alg){
        .setkey = blobs ? set_blob : set_key,
        .encrypt = encrypt,
        .decrypt = decrypt,
        .init = init_tfm,
        .exit = exit_tfm,
        .min_keysize = crypto_skcipher_min_keysize(software),
        .max_keysize = crypto_skcipher_max_keysize(software),
        .ivsize = crypto_skcipher_ivsize(software),
        .chunksize = crypto_skcipher_chunksize(software),
        .base = *base,
    };
    if (blobs) {
        alg->skcipher.min_keysize += sizeof(blob_magic);
        alg->skcipher.max_keysize += sizeof(blob_magic);
    }
    alg->skcipher.base.cra_blocksize = crypto_skcipher_blocksize(software);
    alg->skcipher.base.cra_ctxsize = sizeof(software);
    crypto_free_skcipher(software);
    return crypto_register_skcipher(&alg->skcipher);
}
