// SPDX-License-Identifier: GPL-2.0
/* Hashes, keyed or not. */
#include <crypto/scatterwalk.h>
#include <linux/slab.h>

#include "device.h"

enum hash_op {
    OP_INITS = 1, /* begins a message */
    OP_DATA = 2,
    OP_ENDS = 4,
};

struct hash_job {
    struct device_job job;
    enum hash_op op;
    bool updated;               /* the message has data */
    struct shash_desc software; /* the last member: its state follows */
};

static const struct device_alg *row_of(struct crypto_ahash *tfm)
{
    return container_of(__crypto_ahash_alg(tfm->base.__crt_alg), struct device_alg, hash);
}

static struct crypto_shash *software_of(struct crypto_ahash *tfm)
{
    return *(struct crypto_shash **)crypto_ahash_ctx(tfm);
}

static int set_key(struct crypto_ahash *tfm, const u8 *key, unsigned int keylen)
{
    return device_refuses_key(keylen) ? -EINVAL
                                      : crypto_shash_setkey(software_of(tfm), key, keylen);
}

static int begin(struct ahash_request *req)
{
    struct hash_job *job = ahash_request_ctx(req);

    job->updated = false;
    job->software.tfm = software_of(crypto_ahash_reqtfm(req));
    return crypto_shash_init(&job->software);
}

static int update(struct ahash_request *req)
{
    struct hash_job *job = ahash_request_ctx(req);
    u8 *data = kmalloc(max(req->nbytes, 1U), GFP_KERNEL);
    int error = 0;

    if (!data)
        return -ENOMEM;
    scatterwalk_map_and_copy(data, req->src, 0, req->nbytes, 0);
    device_spoil(&job->job, req->src, data, req->nbytes);
    if (device_wrong == WRONG_LOST_STATE && job->updated)
        error = crypto_shash_init(&job->software);
    if (!error)
        error = crypto_shash_update(&job->software, data, req->nbytes);
    job->updated |= req->nbytes > 0;
    kfree_sensitive(data);
    return error;
}

static int end(struct ahash_request *req)
{
    struct hash_job *job = ahash_request_ctx(req);
    struct crypto_ahash *tfm = crypto_ahash_reqtfm(req);
    int error = crypto_shash_final(&job->software, req->result);

    if (device_wrong == WRONG_EMPTY_HMAC && !job->updated && device_is(row_of(tfm), "hmac("))
        memset(req->result, 0, crypto_ahash_digestsize(tfm));
    return error;
}

static int compute(struct device_job *base)
{
    struct hash_job *job = container_of(base, struct hash_job, job);
    struct ahash_request *req = ahash_request_cast(base->request);
    int error = 0;

    if (job->op & OP_INITS)
        error = begin(req);
    if (!error && job->op & OP_DATA && req->nbytes > 0)
        error = update(req);
    if (!error && job->op & OP_ENDS)
        error = end(req);
    return error;
}

static int submit(struct ahash_request *req, enum hash_op op)
{
    struct hash_job *job = ahash_request_ctx(req);

    job->job = (struct device_job){
        .compute = compute,
        .bytes = op & OP_DATA ? req->nbytes : 0,
    };
    job->op = op;
    return device_submit(&job->job, &req->base);
}

static int submit_update(struct ahash_request *req)
{
    return submit(req, OP_DATA);
}

static int submit_final(struct ahash_request *req)
{
    return submit(req, OP_ENDS);
}

static int submit_finup(struct ahash_request *req)
{
    return submit(req, OP_DATA | OP_ENDS);
}

static int submit_digest(struct ahash_request *req)
{
    return submit(req, OP_INITS | OP_DATA | OP_ENDS);
}

static int export_state(struct ahash_request *req, void *out)
{
    struct hash_job *job = ahash_request_ctx(req);

    return device_refuse_export ? -ENOSYS : crypto_shash_export(&job->software, out);
}

static int import_state(struct ahash_request *req, const void *in)
{
    struct hash_job *job = ahash_request_ctx(req);

    if (device_refuse_export)
        return -ENOSYS;
    job->updated = true;
    job->software.tfm = software_of(crypto_ahash_reqtfm(req));
    return crypto_shash_import(&job->software, in);
}

static int init_tfm(struct crypto_ahash *tfm)
{
    struct crypto_shash **software = crypto_ahash_ctx(tfm);

    if (device_gone)
        return -ENODEV;
    *software = crypto_alloc_shash(device_software(row_of(tfm)), 0, 0);
    if (IS_ERR(*software))
        return PTR_ERR(*software);
    crypto_ahash_set_reqsize(tfm, sizeof(struct hash_job) + crypto_shash_descsize(*software));
    return 0;
}

static void exit_tfm(struct crypto_ahash *tfm)
{
    crypto_free_shash(software_of(tfm));
}

int device_register_hash(struct device_alg *alg, const struct crypto_alg *base)
{
    struct crypto_shash *software = crypto_alloc_shash(device_software(alg), 0, 0);

    if (IS_ERR(software))
        return PTR_ERR(software);
    alg->hash = (struct ahash_alg){
		.init = begin,
		.update = submit_update,
		.final = submit_final,
		.finup = submit_finup,
		.digest = submit_digest,
		.export = export_state,
		.import = import_state,
		.setkey = crypto_shash_get_flags(software) & CRYPTO_TFM_NEED_KEY ? set_key : NULL,
		.init_tfm = init_tfm,
		.exit_tfm = exit_tfm,
		.halg = {
			.digestsize = crypto_shash_digestsize(software),
			.statesize = crypto_shash_statesize(software),
			.base = *base,
		},
	};
    alg->hash.halg.base.cra_blocksize = crypto_shash_blocksize(software);
    alg->hash.halg.base.cra_ctxsize = sizeof(software);
    crypto_free_shash(software);
    return crypto_register_ahash(&alg->hash);
}
