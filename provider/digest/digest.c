/* SPDX-License-Identifier: Apache-2.0 */
/* EVP_MD: a hash without a key, whose context is the hash itself. */
#include "digest.h"

#include <openssl/crypto.h>
#include <openssl/params.h>

#include "hash.h"

static OSSL_FUNC_digest_freectx_fn digest_free;
static OSSL_FUNC_digest_dupctx_fn digest_dup;
static OSSL_FUNC_digest_init_fn digest_init;
static OSSL_FUNC_digest_update_fn digest_update;
static OSSL_FUNC_digest_final_fn digest_final;
static OSSL_FUNC_digest_gettable_params_fn digest_gettable_params;

static bool digest_software_init(struct hash *h)
{
    return h->software.found->digest.init(h->software.ctx, NULL);
}

static const struct hash_class digest_class = {
    .type = "hash",
    .streams = true,
    .finish = hash_finish,
    .software_init = digest_software_init,
};

void *digest_new(struct provctx *prov, const struct algorithm *alg)
{
    struct hash *h = OPENSSL_malloc(sizeof(*h));

    if (h != NULL)
        hash_setup(h, &digest_class, prov, alg);
    return h;
}

static void digest_free(void *vctx)
{
    struct hash *h = vctx;

    if (h == NULL)
        return;
    hash_cleanup(h);
    OPENSSL_free(h);
}

static void *digest_dup(void *vctx)
{
    const struct hash *from = vctx;
    struct hash *to = OPENSSL_memdup(from, sizeof(*from));

    if (to == NULL || hash_dup(to, from))
        return to;
    OPENSSL_free(to);
    return NULL;
}

static int digest_init(void *vctx, const OSSL_PARAM params[])
{
    (void)params;
    hash_restart(vctx);
    return 1;
}

static int digest_update(void *vctx, const unsigned char *in, size_t inl)
{
    return hash_update(vctx, in, inl);
}

static int digest_final(void *vctx, unsigned char *out, size_t *outl, size_t outsz)
{
    struct hash *h = vctx;
    const struct algorithm *alg = h->offer->alg;

    if (outsz < alg->size)
        return fail(h->prov, REASON_OUTPUT_TOO_SMALL, "%.*s: %zu bytes for a digest of %zu",
                    algorithm_name_length(alg), alg->names, outsz, alg->size);
    if (!hash_final(h, out, alg->size))
        return 0;
    *outl = alg->size;
    return 1;
}

static const OSSL_PARAM *digest_gettable_params(void *vprov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_size_t(OSSL_DIGEST_PARAM_BLOCK_SIZE, NULL),
        OSSL_PARAM_size_t(OSSL_DIGEST_PARAM_SIZE, NULL),
        OSSL_PARAM_int(OSSL_DIGEST_PARAM_XOF, NULL),
        OSSL_PARAM_int(OSSL_DIGEST_PARAM_ALGID_ABSENT, NULL),
        OSSL_PARAM_END,
    };

    (void)vprov;
    return gettable;
}

static bool set_size(OSSL_PARAM params[], const char *key, size_t value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, key);

    return p == NULL || OSSL_PARAM_set_size_t(p, value);
}

static bool set_flag(OSSL_PARAM params[], const char *key, bool value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, key);

    return p == NULL || OSSL_PARAM_set_int(p, value);
}

int digest_get_params(const struct algorithm *alg, OSSL_PARAM params[])
{
    return set_size(params, OSSL_DIGEST_PARAM_BLOCK_SIZE, alg->blocksize) &&
           set_size(params, OSSL_DIGEST_PARAM_SIZE, alg->size) &&
           set_flag(params, OSSL_DIGEST_PARAM_XOF, false) &&
           set_flag(params, OSSL_DIGEST_PARAM_ALGID_ABSENT, (alg->flags & ALG_ALGID_ABSENT) != 0);
}

/* No copyctx: it returns nothing, and a running state's clone can fail. */
const OSSL_DISPATCH digest_functions[] = {
    { OSSL_FUNC_DIGEST_FREECTX, (void (*)(void))digest_free },
    { OSSL_FUNC_DIGEST_DUPCTX, (void (*)(void))digest_dup },
    { OSSL_FUNC_DIGEST_INIT, (void (*)(void))digest_init },
    { OSSL_FUNC_DIGEST_UPDATE, (void (*)(void))digest_update },
    { OSSL_FUNC_DIGEST_FINAL, (void (*)(void))digest_final },
    { OSSL_FUNC_DIGEST_GETTABLE_PARAMS, (void (*)(void))digest_gettable_params },
    { 0, NULL },
};
