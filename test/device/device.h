/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An offload device that does not exist: drivers of high priority that compute by the kernel's own
 * software, answer from a queue after a service time, and fail or answer wrongly as they are told.
 */
#ifndef AFALG_DEVICE_H
#define AFALG_DEVICE_H

#include <crypto/internal/aead.h>
#include <crypto/internal/hash.h>
#include <crypto/internal/rng.h>
#include <crypto/internal/skcipher.h>
#include <linux/scatterlist.h>
#include <linux/workqueue.h>

/* The wrong answers; see README.md. */
enum device_wrong {
    WRONG_NONE,
    WRONG_EMPTY_HMAC,
    WRONG_CTR_TAIL,
    WRONG_CTR_CARRY,
    WRONG_XTS_PARTIAL,
    WRONG_IV_NOT_WRITTEN,
    WRONG_CCM_LONG_AAD,
    WRONG_GCM_SHORT_TAG,
    WRONG_DECRYPT_IN_PLACE,
    WRONG_UNALIGNED,
    WRONG_PAGE_BORDER,
    WRONG_MIXED_UP,
    WRONG_LOST_STATE,
};

/* What the parameters say now. */
extern enum device_wrong device_wrong;
extern bool device_gone, device_refuse_export;
extern unsigned int device_refuse_keylen;

/* A row of the table, and the driver that is made of it. */
struct device_alg {
    const char *name; /* the kernel's name of the algorithm */
    const char *driver;
    const char *software; /* computes it; NULL: the algorithm itself */
    u32 type;             /* CRYPTO_ALG_TYPE_... */
    bool registered;
    union {
        struct skcipher_alg skcipher;
        struct aead_alg aead;
        struct ahash_alg hash;
        struct rng_alg rng;
    };
};

static inline const char *device_software(const struct device_alg *alg)
{
    return alg->software ? alg->software : alg->name;
}

/* Whether its name begins with @prefix: the mode, "ctr(". */
static inline bool device_is(const struct device_alg *alg, const char *prefix)
{
    return strstarts(device_software(alg), prefix);
}

/* A request in the queue: the first member of each driver's request context. */
struct device_job {
    struct work_struct work;
    struct crypto_async_request *request;
    int (*compute)(struct device_job *job); /* sleeps; 0 or -errno */
    unsigned int bytes;
    bool decrypts; /* somebody needs the output */
    bool overlaps; /* another request was in the device when it came */
};

/* Queues a request, whose @job has compute and bytes. -EINPROGRESS, or why it is refused. */
int device_submit(struct device_job *job, struct crypto_async_request *request);

/* Whether a key of this length is refused. */
static inline bool device_refuses_key(unsigned int keylen)
{
    return device_refuse_keylen != 0 && keylen == device_refuse_keylen;
}

/* Makes @data, the @len bytes that @sg has or is to get, wrong if that is asked for. */
void device_spoil(const struct device_job *job, struct scatterlist *sg, u8 *data, unsigned int len);
/* The same of a decrypted text. */
void device_spoil_in_place(struct scatterlist *src, struct scatterlist *dst, u8 *data,
                           unsigned int len);

/* Complete a row's driver from what software is, and register it. 0 or -errno. */
int device_register_skcipher(struct device_alg *alg, const struct crypto_alg *base);
int device_register_aead(struct device_alg *alg, const struct crypto_alg *base);
int device_register_hash(struct device_alg *alg, const struct crypto_alg *base);

#endif
