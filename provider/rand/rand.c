/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EVP_RAND over the kernel's random number generators.
 *
 * Each context is a generator of its own, in a socket of its own. The kernel seeds it
 * from its own pool when ALG_SET_KEY comes, and mixes in the bytes that this carries:
 * personalisation, entropy, additional input, or none at all (a DRBG that never gets
 * the option refuses to generate, EINVAL, measured). An open socket takes the
 * option no more (EBUSY, measured), so a reseed is a new socket, and so is the first
 * use in a child after fork, which never shares its parent's. jitterentropy_rng
 * measures anew all the time and ignores what it is given.
 *
 * There is no software behind it: what can't come from the kernel is an error, as
 * the caller has asked for this generator and must not get another one instead.
 */
#include "rand.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "backend/backend.h"

enum {
    RAND_STRENGTH = 256,      /* bits: of every DRBG of the table, and of the pool behind them */
    RAND_MAX_REQUEST = 65536, /* bytes: SP 800-90A's limit for a DRBG; EVP cuts what is longer */
};

struct rand {
    struct backend backend; /* its key is the seed while a generator is opened */
    int state;              /* EVP_RAND_STATE_... */
    unsigned reseeds;       /* a DRBG that has us for a parent reseeds when this moves */
    bool locking;
    pthread_mutex_t lock; /* if locking */
};

static OSSL_FUNC_rand_freectx_fn rand_free;
static OSSL_FUNC_rand_instantiate_fn rand_instantiate;
static OSSL_FUNC_rand_uninstantiate_fn rand_uninstantiate;
static OSSL_FUNC_rand_generate_fn rand_generate;
static OSSL_FUNC_rand_reseed_fn rand_reseed;
static OSSL_FUNC_rand_get_seed_fn rand_get_seed;
static OSSL_FUNC_rand_clear_seed_fn rand_clear_seed;
static OSSL_FUNC_rand_enable_locking_fn rand_enable_locking;
static OSSL_FUNC_rand_lock_fn rand_lock;
static OSSL_FUNC_rand_unlock_fn rand_unlock;
static OSSL_FUNC_rand_gettable_ctx_params_fn rand_gettable_ctx_params;
static OSSL_FUNC_rand_get_ctx_params_fn rand_get_ctx_params;
static OSSL_FUNC_rand_verify_zeroization_fn rand_verify_zeroization;

/* The parent is not asked for a seed: the kernel has a better one. */
void *rand_new(struct provctx *prov, const struct algorithm *alg, void *parent,
               const OSSL_DISPATCH *parent_calls)
{
    struct rand *r = OPENSSL_zalloc(sizeof(*r));

    (void)parent;
    (void)parent_calls;
    if (r == NULL)
        return NULL;
    backend_init(&r->backend, prov, alg);
    r->state = EVP_RAND_STATE_UNINITIALISED;
    return r;
}

static void rand_free(void *vrand)
{
    struct rand *r = vrand;

    if (r == NULL)
        return;
    backend_free(&r->backend);
    if (r->locking)
        pthread_mutex_destroy(&r->lock);
    OPENSSL_free(r);
}

/* --- seeding --- */

static const char *name_of(const struct rand *r)
{
    return r->backend.alg_state->alg->names;
}

static bool not_instantiated(const struct rand *r)
{
    return fail(r->backend.prov, PROV_R_NOT_INSTANTIATED, "%s: instantiate it first", name_of(r));
}

static bool check_strength(const struct rand *r, unsigned strength)
{
    return strength <= RAND_STRENGTH ||
           fail(r->backend.prov, PROV_R_INSUFFICIENT_DRBG_STRENGTH,
                "%s: a strength of %u bits, more than its %d", name_of(r), strength, RAND_STRENGTH);
}

/* A new generator, seeded from the kernel's pool, @a and @b. */
static bool rand_seed(struct rand *r, const unsigned char *a, size_t alen, const unsigned char *b,
                      size_t blen)
{
    unsigned char *seed = OPENSSL_secure_malloc(alen + blen + 1);
    int error;

    if (seed == NULL)
        return fail(r->backend.prov, ERR_R_MALLOC_FAILURE, "%s: no memory for the seed",
                    name_of(r));
    if (alen > 0)
        memcpy(seed, a, alen);
    if (blen > 0)
        memcpy(seed + alen, b, blen);
    afalg_socket_close(&r->backend.socket);
    error = key_set(&r->backend.key, seed, alen + blen) ? backend_open(&r->backend) : -ENOMEM;
    /* Another generator, after a fork or a failure, is seeded by the kernel alone. */
    key_set(&r->backend.key, "", 0);
    OPENSSL_secure_clear_free(seed, alen + blen + 1);
    if (error != 0)
        return fail_kernel(r->backend.prov, r->backend.alg_state->alg, "seeding", error);
    r->reseeds++;
    return true;
}

static int rand_instantiate(void *vrand, unsigned strength, int prediction_resistance,
                            const unsigned char *pstr, size_t pstr_len, const OSSL_PARAM params[])
{
    struct rand *r = vrand;

    (void)prediction_resistance; /* the seed is fresh anyway */
    (void)params;
    if (!check_strength(r, strength))
        return 0;
    if (r->state == EVP_RAND_STATE_READY)
        return fail(r->backend.prov, PROV_R_ALREADY_INSTANTIATED, "%s: instantiated already",
                    name_of(r));
    r->state = rand_seed(r, pstr, pstr_len, NULL, 0) ? EVP_RAND_STATE_READY : EVP_RAND_STATE_ERROR;
    return r->state == EVP_RAND_STATE_READY;
}

static int rand_uninstantiate(void *vrand)
{
    struct rand *r = vrand;

    afalg_socket_close(&r->backend.socket);
    r->state = EVP_RAND_STATE_UNINITIALISED;
    return 1;
}

static int rand_reseed(void *vrand, int prediction_resistance, const unsigned char *ent,
                       size_t ent_len, const unsigned char *addin, size_t addin_len)
{
    struct rand *r = vrand;

    (void)prediction_resistance; /* the seed is fresh anyway */
    if (r->state != EVP_RAND_STATE_READY)
        return not_instantiated(r);
    return rand_seed(r, ent, ent_len, addin, addin_len);
}

/* --- random bytes --- */

struct rand_request {
    struct request base; /* base.len: bytes */
    unsigned char *out;
};

static ssize_t rand_kernel(struct request *base)
{
    struct rand *r = base->ctx;
    int error = afalg_rng_read(&r->backend.socket, ((struct rand_request *)base)->out, base->len);

    return error == 0 ? (ssize_t)base->len : error;
}

static const struct request_class rand_class = { .kernel = rand_kernel };

static bool rand_read(struct rand *r, unsigned char *out, size_t len)
{
    struct rand_request read = {
        .base = { .class = &rand_class, .ctx = r, .len = len },
        .out = out,
    };

    if (backend_run(&r->backend, &read.base) == OUTCOME_KERNEL)
        return true;
    OPENSSL_cleanse(out, len);
    return false;
}

/* The kernel's request has no place for additional input: it goes into a new seed. */
static int rand_generate(void *vrand, unsigned char *out, size_t outlen, unsigned strength,
                         int prediction_resistance, const unsigned char *addin, size_t addin_len)
{
    struct rand *r = vrand;

    if (r->state != EVP_RAND_STATE_READY)
        return not_instantiated(r);
    if (!check_strength(r, strength))
        return 0;
    if ((prediction_resistance || addin_len > 0) && !rand_seed(r, addin, addin_len, NULL, 0))
        return 0;
    return rand_read(r, out, outlen);
}

/*
 * The seed of a DRBG that has us for a parent. Additional input only tells such
 * DRBGs apart, which one generator's output does by itself.
 * @return its length, at least @entropy bits; 0 with the error raised
 */
static size_t rand_get_seed(void *vrand, unsigned char **buffer, int entropy, size_t min_len,
                            size_t max_len, int prediction_resistance, const unsigned char *adin,
                            size_t adin_len)
{
    struct rand *r = vrand;
    size_t len = entropy > 0 ? ((size_t)entropy + 7) / 8 : 0;
    unsigned char *seed;

    (void)adin;
    (void)adin_len;
    if (len < min_len)
        len = min_len;
    if (len > max_len || len == 0)
        return (size_t)fail(r->backend.prov, PROV_R_INVALID_INPUT_LENGTH,
                            "%s: a seed of %zu bytes, more than %zu", name_of(r), len, max_len);
    seed = OPENSSL_secure_malloc(len);
    if (seed == NULL)
        return (size_t)fail(r->backend.prov, ERR_R_MALLOC_FAILURE, "%s: no memory for a seed",
                            name_of(r));
    if (rand_generate(r, seed, len, 0, prediction_resistance, NULL, 0)) {
        *buffer = seed;
        return len;
    }
    OPENSSL_secure_clear_free(seed, len);
    return 0;
}

static void rand_clear_seed(void *vrand, unsigned char *buffer, size_t len)
{
    (void)vrand;
    OPENSSL_secure_clear_free(buffer, len);
}

/* --- locking: OpenSSL calls it round everything else --- */

static int rand_enable_locking(void *vrand)
{
    struct rand *r = vrand;

    if (!r->locking)
        r->locking = pthread_mutex_init(&r->lock, NULL) == 0;
    return r->locking || fail(r->backend.prov, ERR_R_MALLOC_FAILURE, "%s: no lock", name_of(r));
}

static int rand_lock(void *vrand)
{
    struct rand *r = vrand;

    return !r->locking || pthread_mutex_lock(&r->lock) == 0;
}

static void rand_unlock(void *vrand)
{
    struct rand *r = vrand;

    if (r->locking)
        pthread_mutex_unlock(&r->lock);
}

/* --- parameters --- */

static const OSSL_PARAM *rand_gettable_ctx_params(void *vrand, void *vprov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
        OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
        OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
        OSSL_PARAM_uint(OSSL_DRBG_PARAM_RESEED_COUNTER, NULL),
        OSSL_PARAM_END,
    };

    (void)vrand;
    (void)vprov;
    return gettable;
}

static int rand_get_ctx_params(void *vrand, OSSL_PARAM params[])
{
    const struct rand *r = vrand;
    OSSL_PARAM *state = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
    OSSL_PARAM *strength = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
    OSSL_PARAM *max = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
    OSSL_PARAM *reseeds = OSSL_PARAM_locate(params, OSSL_DRBG_PARAM_RESEED_COUNTER);

    return (state == NULL || OSSL_PARAM_set_int(state, r->state)) &&
           (strength == NULL || OSSL_PARAM_set_uint(strength, RAND_STRENGTH)) &&
           (max == NULL || OSSL_PARAM_set_size_t(max, RAND_MAX_REQUEST)) &&
           (reseeds == NULL || OSSL_PARAM_set_uint(reseeds, r->reseeds));
}

/* The state was never here; the kernel wiped it when the socket was closed. */
static int rand_verify_zeroization(void *vrand)
{
    const struct rand *r = vrand;

    return r->backend.socket.fd < 0;
}

const OSSL_DISPATCH rand_functions[] = {
    { OSSL_FUNC_RAND_FREECTX, (void (*)(void))rand_free },
    { OSSL_FUNC_RAND_INSTANTIATE, (void (*)(void))rand_instantiate },
    { OSSL_FUNC_RAND_UNINSTANTIATE, (void (*)(void))rand_uninstantiate },
    { OSSL_FUNC_RAND_GENERATE, (void (*)(void))rand_generate },
    { OSSL_FUNC_RAND_RESEED, (void (*)(void))rand_reseed },
    { OSSL_FUNC_RAND_GET_SEED, (void (*)(void))rand_get_seed },
    { OSSL_FUNC_RAND_CLEAR_SEED, (void (*)(void))rand_clear_seed },
    { OSSL_FUNC_RAND_ENABLE_LOCKING, (void (*)(void))rand_enable_locking },
    { OSSL_FUNC_RAND_LOCK, (void (*)(void))rand_lock },
    { OSSL_FUNC_RAND_UNLOCK, (void (*)(void))rand_unlock },
    { OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, (void (*)(void))rand_gettable_ctx_params },
    { OSSL_FUNC_RAND_GET_CTX_PARAMS, (void (*)(void))rand_get_ctx_params },
    { OSSL_FUNC_RAND_VERIFY_ZEROIZATION, (void (*)(void))rand_verify_zeroization },
    { 0, NULL },
};
