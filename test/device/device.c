// SPDX-License-Identifier: GPL-2.0
/* The table of drivers, the parameters, and the queue that answers. */
#include <linux/delay.h>
#include <linux/module.h>

#include "device.h"

enum { PRIORITY = 5000 };

/* --- the table --- */

#define CIPHER(name, driver)                                                                       \
    {                                                                                              \
        name, driver, NULL, CRYPTO_ALG_TYPE_SKCIPHER                                               \
    }
#define AEAD(name, driver)                                                                         \
    {                                                                                              \
        name, driver, NULL, CRYPTO_ALG_TYPE_AEAD                                                   \
    }
#define HASH(name, driver)                                                                         \
    {                                                                                              \
        name, driver, NULL, CRYPTO_ALG_TYPE_AHASH                                                  \
    }

static struct device_alg algs[] = {
    CIPHER("ecb(aes)", "device-ecb-aes"),
    CIPHER("cbc(aes)", "device-cbc-aes"),
    CIPHER("ctr(aes)", "device-ctr-aes"),
    CIPHER("xts(aes)", "device-xts-aes"),
    CIPHER("cbc(des3_ede)", "device-cbc-des3"),
    { "cbc(paes)", "device-cbc-paes", "cbc(aes)", CRYPTO_ALG_TYPE_SKCIPHER },
    AEAD("gcm(aes)", "device-gcm-aes"),
    AEAD("ccm(aes)", "device-ccm-aes"),
    AEAD("authenc(hmac(sha256),cbc(aes))", "device-authenc-sha256-cbc-aes"),
    HASH("sha1", "device-sha1"),
    HASH("sha256", "device-sha256"),
    HASH("sha512", "device-sha512"),
    HASH("sha3-256", "device-sha3-256"),
    HASH("hmac(sha1)", "device-hmac-sha1"),
    HASH("hmac(sha256)", "device-hmac-sha256"),
    HASH("cmac(aes)", "device-cmac-aes"),
    { "stdrng", "device-rng", NULL, CRYPTO_ALG_TYPE_RNG },
};

/* --- parameters --- */

static struct workqueue_struct *queue;
static DECLARE_WAIT_QUEUE_HEAD(released);

static unsigned int engines = 1;

static int set_engines(const char *value, const struct kernel_param *param)
{
    int error = param_set_uint_minmax(value, param, 1, WQ_MAX_ACTIVE);

    if (!error && queue)
        workqueue_set_max_active(queue, engines);
    return error;
}

static const struct kernel_param_ops engines_ops = { .set = set_engines, .get = param_get_uint };
module_param_cb(engines, &engines_ops, &engines, 0644);
MODULE_PARM_DESC(engines, "requests that are worked on at once");

static unsigned int latency_us;
module_param(latency_us, uint, 0644);
MODULE_PARM_DESC(latency_us, "what each request takes, whatever its length");

static unsigned int megabytes_per_second;
module_param(megabytes_per_second, uint, 0644);
MODULE_PARM_DESC(megabytes_per_second, "of an engine, beside the latency; 0: as fast as software");

static bool computes = true;
module_param(computes, bool, 0644);
MODULE_PARM_DESC(computes, "unset: encrypts and hashes without an output, at no cost");

static unsigned int max_request;
module_param(max_request, uint, 0644);
MODULE_PARM_DESC(max_request, "longer requests are refused (EINVAL), in bytes; 0: none");

static unsigned int fail_every;
module_param(fail_every, uint, 0644);
MODULE_PARM_DESC(fail_every, "every so many requests one fails; 0: none");

static unsigned int fail_errno = EIO;
module_param(fail_errno, uint, 0644);
MODULE_PARM_DESC(fail_errno, "what it fails with");

static unsigned int late_every;
module_param(late_every, uint, 0644);
MODULE_PARM_DESC(late_every, "every so many requests one is late; 0: none");

static unsigned int late_us;
module_param(late_us, uint, 0644);
MODULE_PARM_DESC(late_us, "by how much it is late");

static bool hold;

static int set_hold(const char *value, const struct kernel_param *param)
{
    int error = param_set_bool(value, param);

    wake_up_all(&released);
    return error;
}

static const struct kernel_param_ops hold_ops = { .set = set_hold, .get = param_get_bool };
module_param_cb(hold, &hold_ops, &hold, 0644);
MODULE_PARM_DESC(hold, "no request is answered until this is unset");

bool device_refuse_export;
module_param_named(refuse_export, device_refuse_export, bool, 0644);
MODULE_PARM_DESC(refuse_export, "a running hash can't be copied (ENOSYS)");

unsigned int device_refuse_keylen;
module_param_named(refuse_keylen, device_refuse_keylen, uint, 0644);
MODULE_PARM_DESC(refuse_keylen, "keys of so many bytes are refused (EINVAL); 0: none");

bool device_gone;
module_param_named(gone, device_gone, bool, 0644);
MODULE_PARM_DESC(gone, "every request and every new transform fails with ENODEV");

enum device_wrong device_wrong;

static const char *const wrong_names[] = {
    [WRONG_NONE] = "none",
    [WRONG_EMPTY_HMAC] = "empty_hmac",
    [WRONG_CTR_TAIL] = "ctr_tail",
    [WRONG_CTR_CARRY] = "ctr_carry",
    [WRONG_XTS_PARTIAL] = "xts_partial",
    [WRONG_IV_NOT_WRITTEN] = "iv_not_written",
    [WRONG_CCM_LONG_AAD] = "ccm_long_aad",
    [WRONG_GCM_SHORT_TAG] = "gcm_short_tag",
    [WRONG_DECRYPT_IN_PLACE] = "decrypt_in_place",
    [WRONG_UNALIGNED] = "unaligned",
    [WRONG_PAGE_BORDER] = "page_border",
    [WRONG_MIXED_UP] = "mixed_up",
    [WRONG_LOST_STATE] = "lost_state",
};

static int set_wrong(const char *value, const struct kernel_param *param)
{
    int found = sysfs_match_string(wrong_names, value);

    if (found < 0)
        return found;
    device_wrong = found;
    return 0;
}

static int get_wrong(char *buffer, const struct kernel_param *param)
{
    return sysfs_emit(buffer, "%s\n", wrong_names[device_wrong]);
}

static const struct kernel_param_ops wrong_ops = { .set = set_wrong, .get = get_wrong };
module_param_cb(wrong, &wrong_ops, NULL, 0644);
MODULE_PARM_DESC(wrong, "the one wrong answer that it gives, or none");

static atomic_t requests, in_device, in_work;

static int get_count(char *buffer, const struct kernel_param *param)
{
    return sysfs_emit(buffer, "%u\n", (unsigned int)atomic_read(param->arg));
}

static const struct kernel_param_ops count_ops = { .get = get_count };
module_param_cb(requests, &count_ops, &requests, 0444);
MODULE_PARM_DESC(requests, "answered since it was loaded");
module_param_cb(in_device, &count_ops, &in_device, 0444);
MODULE_PARM_DESC(in_device, "requests that are not answered yet");
module_param_cb(in_work, &count_ops, &in_work, 0444);
MODULE_PARM_DESC(in_work, "of these, those that an engine has begun");

/* --- wrong answers --- */

void device_spoil(const struct device_job *job, struct scatterlist *sg, u8 *data, unsigned int len)
{
    if (len == 0)
        return;
    if ((device_wrong == WRONG_UNALIGNED && sg->offset % 4 != 0) ||
        (device_wrong == WRONG_MIXED_UP && job->overlaps))
        data[len - 1] ^= 1;
    /* A block that begins in one segment and ends in the next. */
    if (device_wrong == WRONG_PAGE_BORDER && sg->length < len && sg->length % 16 != 0)
        data[len - 1] ^= 1;
}

void device_spoil_in_place(struct scatterlist *src, struct scatterlist *dst, u8 *data,
                           unsigned int len)
{
    if (device_wrong == WRONG_DECRYPT_IN_PLACE && len > 0 && sg_page(src) == sg_page(dst) &&
        src->offset == dst->offset)
        data[len - 1] ^= 1;
}

/* --- the queue --- */

/* Waits until a request's service time is over. 0, or as it fails. */
static int serve(u64 begin, unsigned int bytes)
{
    unsigned int number = atomic_inc_return(&requests);
    u64 until = begin + (u64)latency_us * NSEC_PER_USEC, now;

    if (megabytes_per_second)
        until += div_u64((u64)bytes * 1000, megabytes_per_second);
    if (late_every && number % late_every == 0)
        until += (u64)late_us * NSEC_PER_USEC;
    for (now = ktime_get_ns(); now < until; now = ktime_get_ns())
        fsleep(max_t(u64, div_u64(until - now, NSEC_PER_USEC), 1));
    return fail_every && number % fail_every == 0 ? -(int)fail_errno : 0;
}

/* A request that fails has overwritten its output all the same. */
static void work_on(struct work_struct *work)
{
    struct device_job *job = container_of(work, struct device_job, work);
    struct crypto_async_request *request = job->request;
    u64 begin = ktime_get_ns();
    int computed, served;

    atomic_inc(&in_work);
    wait_event(released, !READ_ONCE(hold));
    computed = computes || job->decrypts ? job->compute(job) : 0;
    served = serve(begin, job->bytes);
    atomic_dec(&in_work);
    atomic_dec(&in_device);
    /* Completion runs as from an interrupt; the job is gone after it. */
    local_bh_disable();
    crypto_request_complete(request, served ? served : computed);
    local_bh_enable();
}

int device_submit(struct device_job *job, struct crypto_async_request *request)
{
    if (device_gone)
        return -ENODEV;
    if (max_request && job->bytes > max_request)
        return -EINVAL;
    job->request = request;
    job->overlaps = atomic_inc_return(&in_device) > 1;
    INIT_WORK(&job->work, work_on);
    queue_work(queue, &job->work);
    return -EINPROGRESS;
}

/* --- random numbers, which the kernel takes at once --- */

static int rng_generate(struct crypto_rng *tfm, const u8 *src, unsigned int slen, u8 *dst,
                        unsigned int dlen)
{
    get_random_bytes(dst, dlen);
    return device_gone ? -ENODEV : serve(ktime_get_ns(), dlen);
}

static int rng_seed(struct crypto_rng *tfm, const u8 *seed, unsigned int slen)
{
    return 0;
}

static int register_rng(struct device_alg *alg, const struct crypto_alg *base)
{
    alg->rng = (struct rng_alg){ .generate = rng_generate, .seed = rng_seed, .base = *base };
    return crypto_register_rng(&alg->rng);
}

/* --- life --- */

static int register_alg(struct device_alg *alg)
{
    struct crypto_alg base = {
        .cra_priority = PRIORITY,
        .cra_flags = CRYPTO_ALG_ASYNC | CRYPTO_ALG_ALLOCATES_MEMORY | CRYPTO_ALG_KERN_DRIVER_ONLY,
        .cra_module = THIS_MODULE,
    };

    strscpy(base.cra_name, alg->name, sizeof(base.cra_name));
    strscpy(base.cra_driver_name, alg->driver, sizeof(base.cra_driver_name));
    switch (alg->type) {
    case CRYPTO_ALG_TYPE_SKCIPHER:
        return device_register_skcipher(alg, &base);
    case CRYPTO_ALG_TYPE_AEAD:
        return device_register_aead(alg, &base);
    case CRYPTO_ALG_TYPE_AHASH:
        return device_register_hash(alg, &base);
    default:
        return register_rng(alg, &base);
    }
}

static void unregister_alg(struct device_alg *alg)
{
    switch (alg->type) {
    case CRYPTO_ALG_TYPE_SKCIPHER:
        crypto_unregister_skcipher(&alg->skcipher);
        break;
    case CRYPTO_ALG_TYPE_AEAD:
        crypto_unregister_aead(&alg->aead);
        break;
    case CRYPTO_ALG_TYPE_AHASH:
        crypto_unregister_ahash(&alg->hash);
        break;
    default:
        crypto_unregister_rng(&alg->rng);
    }
}

static void device_exit(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++)
        if (algs[i].registered)
            unregister_alg(&algs[i]);
    destroy_workqueue(queue);
}

static int __init device_init(void)
{
    int error = 0;

    queue = alloc_workqueue("afalg_device", WQ_UNBOUND | WQ_MEM_RECLAIM, engines);
    if (!queue)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_SIZE(algs) && !error; i++) {
        error = register_alg(&algs[i]);
        if (error)
            pr_err("afalg_device: %s: %d\n", algs[i].driver, error);
        algs[i].registered = !error;
    }
    if (error)
        device_exit();
    return error;
}

module_init(device_init);
module_exit(device_exit);
MODULE_DESCRIPTION("An offload device for tests: right, slow, failing or wrong as it is told");
MODULE_LICENSE("GPL");
