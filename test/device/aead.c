// SPDX-License-Identifier: GPL-2.0
/* AEAD. */
#include <crypto/scatterwalk.h>
#include <linux/slab.h>

#include "device.h"

enum { IV_MAX = 16, LONG_AAD = 0xff00 /* from here on CCM writes its length in six bytes */ };

struct aead_job {
    struct device_job job;
    bool encrypt;
};

static const struct device_alg *row_of(struct crypto_aead *tfm)
{
    return container_of(crypto_aead_alg(tfm), struct device_alg, aead);
}

static struct crypto_aead *software_of(struct crypto_aead *tfm)
{
    return *(struct crypto_aead **)crypto_aead_ctx(tfm);
}

static int set_key(struct crypto_aead *tfm, const u8 *key, unsigned int keylen)
{
    struct crypto_aead *software = software_of(tfm);

    if (device_refuses_key(keylen))
        return -EINVAL;
    crypto_aead_clear_flags(software, CRYPTO_TFM_REQ_MASK);
    crypto_aead_set_flags(software, crypto_aead_get_flags(tfm) & CRYPTO_TFM_REQ_MASK);
    return crypto_aead_setkey(software, key, keylen);
}

static int set_authsize(struct crypto_aead *tfm, unsigned int authsize)
{
    return crypto_aead_setauthsize(software_of(tfm), authsize);
}

/* In place: @data has the AAD, the text and the tag, or room for it. */
static int run_software(struct crypto_aead *software, const struct aead_request *of, bool encrypt,
                        u8 *data, unsigned int len)
{
    struct aead_request *request = aead_request_alloc(software, GFP_KERNEL);
    struct scatterlist sg;
    u8 iv[IV_MAX];
    int error;

    if (!request)
        return -ENOMEM;
    memcpy(iv, of->iv, crypto_aead_ivsize(software));
    sg_init_one(&sg, data, len);
    aead_request_set_callback(request, CRYPTO_TFM_REQ_MAY_SLEEP, NULL, NULL);
    aead_request_set_crypt(request, &sg, &sg, of->cryptlen, iv);
    aead_request_set_ad(request, of->assoclen);
    error = encrypt ? crypto_aead_encrypt(request) : crypto_aead_decrypt(request);
    aead_request_free(request);
    return error;
}

/* Such a device seals and opens by the same wrong tag. */
static bool has_wrong_tag(struct aead_request *req)
{
    struct crypto_aead *tfm = crypto_aead_reqtfm(req);
    const struct device_alg *alg = row_of(tfm);

    return (device_wrong == WRONG_CCM_LONG_AAD && device_is(alg, "ccm(") &&
            req->assoclen >= LONG_AAD) ||
           (device_wrong == WRONG_GCM_SHORT_TAG && device_is(alg, "gcm(") &&
            crypto_aead_authsize(tfm) < crypto_aead_maxauthsize(tfm));
}

static int compute(struct device_job *job)
{
    struct aead_request *req = aead_request_cast(job->request);
    struct crypto_aead *tfm = crypto_aead_reqtfm(req);
    bool encrypt = container_of(job, struct aead_job, job)->encrypt;
    unsigned int taglen = crypto_aead_authsize(tfm), given = req->assoclen + req->cryptlen;
    unsigned int yields = encrypt ? given + taglen : given - taglen;
    unsigned int len = max(given, yields);
    u8 *data = kmalloc(max(len, 1U), GFP_KERNEL);
    int error;

    if (!data)
        return -ENOMEM;
    scatterwalk_map_and_copy(data, req->src, 0, given, 0);
    if (!encrypt && has_wrong_tag(req))
        data[given - 1] ^= 1;
    error = run_software(software_of(tfm), req, encrypt, data, len);
    if (!error) {
        if (encrypt && has_wrong_tag(req))
            data[yields - 1] ^= 1;
        if (!encrypt)
            device_spoil_in_place(req->src, req->dst, data, yields);
        device_spoil(job, req->dst, data, yields);
        scatterwalk_map_and_copy(data, req->dst, 0, yields, 1);
    }
    kfree_sensitive(data);
    return error;
}

static int submit(struct aead_request *req, bool encrypt)
{
    struct aead_job *job = aead_request_ctx(req);

    *job = (struct aead_job){
        .job = { .compute = compute, .bytes = req->assoclen + req->cryptlen, .decrypts = !encrypt },
        .encrypt = encrypt,
    };
    return device_submit(&job->job, &req->base);
}

static int encrypt(struct aead_request *req)
{
    return submit(req, true);
}

static int decrypt(struct aead_request *req)
{
    return submit(req, false);
}

static int init_tfm(struct crypto_aead *tfm)
{
    struct crypto_aead **software = crypto_aead_ctx(tfm);

    if (device_gone)
        return -ENODEV;
    *software = crypto_alloc_aead(device_software(row_of(tfm)), 0, CRYPTO_ALG_ASYNC);
    if (IS_ERR(*software))
        return PTR_ERR(*software);
    crypto_aead_set_reqsize(tfm, sizeof(struct aead_job));
    return 0;
}

static void exit_tfm(struct crypto_aead *tfm)
{
    crypto_free_aead(software_of(tfm));
}

int device_register_aead(struct device_alg *alg, const struct crypto_alg *base)
{
    struct crypto_aead *software = crypto_alloc_aead(device_software(alg), 0, CRYPTO_ALG_ASYNC);

    if (IS_ERR(software))
        return PTR_ERR(software);
    alg->aead = (struct aead_alg){
        .setkey = set_key,
        .setauthsize = set_authsize,
        .encrypt = encrypt,
        .decrypt = decrypt,
        .init = init_tfm,
        .exit = exit_tfm,
        .ivsize = crypto_aead_ivsize(software),
        .maxauthsize = crypto_aead_maxauthsize(software),
        .chunksize = crypto_aead_chunksize(software),
        .base = *base,
    };
    alg->aead.base.cra_blocksize = crypto_aead_blocksize(software);
    alg->aead.base.cra_ctxsize = sizeof(software);
    crypto_free_aead(software);
    return crypto_register_aead(&alg->aead);
}
