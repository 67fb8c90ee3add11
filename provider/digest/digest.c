/* SPDX-License-Identifier: Apache-2.0 */
/* EVP_MD: a hash without a key. */
#include "digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "hash.h"
#include "params.h"

struct digest {
    struct hash hash; /* the first, as its class gets the digest from it */
    size_t size;      /* bytes; less than the row's if an application has shortened it */
};

static OSSL_FUNC_digest_freectx_fn digest_free;
static OSSL_FUNC_digest_dupctx_fn digest_dup;
static OSSL_FUNC_digest_init_fn digest_init;
static OSSL_FUNC_digest_update_fn digest_update;
static OSSL_FUNC_digest_final_fn digest_final;
static OSSL_FUNC_digest_gettable_params_fn digest_gettable_params;
static OSSL_FUNC_digest_init_fn variable_length_init;
static OSSL_FUNC_digest_set_ctx_params_fn variable_length_set_ctx_params;
static OSSL_FUNC_digest_settable_ctx_params_fn variable_length_settable_ctx_params;
static OSSL_FUNC_digest_get_ctx_params_fn variable_length_get_ctx_params;
static OSSL_FUNC_digest_gettable_ctx_params_fn variable_length_gettable_ctx_params;
static OSSL_FUNC_digest_init_fn ssl3_init;
static OSSL_FUNC_digest_set_ctx_params_fn ssl3_set_ctx_params;
static OSSL_FUNC_digest_settable_ctx_params_fn ssl3_settable_ctx_params;

static const struct algorithm *row_of(const struct digest *d)
{
    return d->hash.backend.alg_state->alg;
}

static bool digest_software_init(struct hash *h)
{
    struct digest *d = (struct digest *)h;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_size_t(OSSL_DIGEST_PARAM_SIZE, &d->size),
        OSSL_PARAM_construct_end(),
    };

    return h->backend.software->digest.init(h->backend.software_ctx,
                                            row_of(d)->flags & ALG_VARIABLE_LENGTH ? params : NULL);
}

static const struct hash_class digest_class = {
    .streams = true,
    .collect = HASH_COLLECT_DIGEST,
    .finish = hash_finish,
    .software_init = digest_software_init,
};

/* --- life --- */

static void digest_destroy(struct digest *d)
{
    hash_cleanup(&d->hash);
    OPENSSL_free(d);
}

/* A context that was freed, with its socket; NULL if there is none. */
static struct digest *spare_take(struct alg_state *state)
{
    struct digest *d = NULL;

    for (size_t i = 0; d == NULL && i < state->spare_count; i++)
        d = atomic_exchange(&state->spares[i], NULL);
    return d;
}

static bool spare_keep(struct alg_state *state, struct digest *d)
{
    for (size_t i = 0; i < state->spare_count; i++) {
        void *none = NULL;

        if (atomic_compare_exchange_strong(&state->spares[i], &none, d))
            return true;
    }
    return false;
}

void digest_drop_spares(struct alg_state *state)
{
    struct digest *d;

    while ((d = spare_take(state)) != NULL)
        digest_destroy(d);
}

void *digest_new(struct provctx *prov, const struct algorithm *alg)
{
    struct digest *d = spare_take(provider_alg_state(prov, alg));

    if (d == NULL) {
        d = OPENSSL_malloc(sizeof(*d));
        if (d == NULL)
            return NULL;
        hash_setup(&d->hash, &digest_class, prov, alg);
    }
    d->size = alg->size;
    return d;
}

static void digest_free(void *vctx)
{
    struct digest *d = vctx;

    if (d == NULL || (d->hash.backend.alg_state->spare_count > 0 && hash_reset(&d->hash) &&
                      spare_keep(d->hash.backend.alg_state, d)))
        return;
    digest_destroy(d);
}

static void *digest_dup(void *vctx)
{
    struct digest *from = vctx;
    struct digest *to = OPENSSL_memdup(from, sizeof(*from));

    if (to == NULL || hash_dup(&to->hash, &from->hash))
        return to;
    OPENSSL_free(to);
    return NULL;
}

/* --- a message --- */

static int digest_init(void *vctx, const OSSL_PARAM params[])
{
    struct digest *d = vctx;

    (void)params;
    hash_restart(&d->hash);
    return 1;
}

static int digest_update(void *vctx, const unsigned char *in, size_t inl)
{
    struct digest *d = vctx;

    return hash_update(&d->hash, in, inl);
}

/* Of too small a buffer the default provider raises nothing, but for BLAKE2b. */
static int too_small(const struct digest *d, size_t room)
{
    return (row_of(d)->flags & ALG_VARIABLE_LENGTH) != 0 &&
           fail(d->hash.backend.prov, PROV_R_INVALID_DIGEST_SIZE,
                "%.*s: %zu bytes for a digest of %zu", algorithm_name_length(row_of(d)),
                row_of(d)->names, room, d->size);
}

static int digest_final(void *vctx, unsigned char *out, size_t *outl, size_t outsz)
{
    struct digest *d = vctx;

    if (outsz < d->size)
        return too_small(d, outsz);
    if (!hash_final(&d->hash, out, d->size))
        return 0;
    backend_drop_software(&d->hash.backend); /* a context may idle long before its next message */
    *outl = d->size;
    return 1;
}

/* --- the row's parameters --- */

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

int digest_get_params(const struct algorithm *alg, OSSL_PARAM params[])
{
    return params_set_size(params, OSSL_DIGEST_PARAM_BLOCK_SIZE, alg->blocksize) &&
           params_set_size(params, OSSL_DIGEST_PARAM_SIZE, alg->size) &&
           params_set_int(params, OSSL_DIGEST_PARAM_XOF, false) &&
           params_set_int(params, OSSL_DIGEST_PARAM_ALGID_ABSENT,
                          (alg->flags & ALG_ALGID_ABSENT) != 0);
}

/*
 * --- BLAKE2b of any length ---
 *
 * OpenSSL 3.2 and later let an application ask for a digest of fewer bytes, which is
 * another hash, not a shorter piece of the same. The kernel has that for some lengths
 * under other names; it is rare enough to be left to software, if that knows it.
 */

static const struct software *software_of(const struct digest *d)
{
    return software_find(d->hash.backend.prov, d->hash.backend.alg_state);
}

static bool has_variable_length(const struct digest *d)
{
    return software_of(d) != NULL && software_of(d)->digest.settable_ctx_params != NULL;
}

/* OpenSSL before 3.2 has neither of these two functions, and EVP then fails without an error. */
static int variable_length_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct digest *d = vctx;
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_DIGEST_PARAM_SIZE);
    size_t size;

    if (!has_variable_length(d))
        return 0;
    if (p == NULL)
        return 1;
    if (!OSSL_PARAM_get_size_t(p, &size))
        return fail(d->hash.backend.prov, PROV_R_FAILED_TO_GET_PARAMETER,
                    "%.*s: its size is no number", algorithm_name_length(row_of(d)),
                    row_of(d)->names);
    if (size == 0 || size > row_of(d)->size)
        return fail(d->hash.backend.prov, PROV_R_INVALID_DIGEST_SIZE,
                    "%.*s: its size is 1 to %zu bytes, got %zu", algorithm_name_length(row_of(d)),
                    row_of(d)->names, row_of(d)->size, size);
    d->size = size;
    return 1;
}

static int variable_length_init(void *vctx, const OSSL_PARAM params[])
{
    struct digest *d = vctx;

    if (params != NULL && has_variable_length(d) && !variable_length_set_ctx_params(d, params))
        return 0;
    hash_restart(&d->hash);
    return d->size == row_of(d)->size || hash_start_software(&d->hash, REASON_LENGTH);
}

static int variable_length_get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    const struct digest *d = vctx;

    if (!has_variable_length(d))
        return 0;
    return params_set_size(params, OSSL_DIGEST_PARAM_SIZE, d->size) ||
           fail(d->hash.backend.prov, PROV_R_FAILED_TO_SET_PARAMETER, "%.*s: no room for its size",
                algorithm_name_length(row_of(d)), row_of(d)->names);
}

/* What software has is what there is: OpenSSL asks without a context. */
static const struct software *variable_length_software(void *vprov)
{
    const struct algorithm *alg = algorithms;

    while (alg->operation != OSSL_OP_DIGEST || !(alg->flags & ALG_VARIABLE_LENGTH))
        alg++;
    return software_find(vprov, provider_alg_state(vprov, alg));
}

static const OSSL_PARAM *variable_length_settable_ctx_params(void *vctx, void *vprov)
{
    const struct software *s = variable_length_software(vprov);

    (void)vctx;
    return s == NULL || s->digest.settable_ctx_params == NULL
               ? NULL
               : s->digest.settable_ctx_params(NULL, s->provctx);
}

static const OSSL_PARAM *variable_length_gettable_ctx_params(void *vctx, void *vprov)
{
    const struct software *s = variable_length_software(vprov);

    (void)vctx;
    return s == NULL || s->digest.gettable_ctx_params == NULL
               ? NULL
               : s->digest.gettable_ctx_params(NULL, s->provctx);
}

/* --- SSL 3.0's CertificateVerify: RFC 6101, section 5.6.8 --- */

enum { SSL3_SECRET = 48, SSL3_PAD = 40 }; /* bytes */

/* Adds the secret and its padding. */
static bool ssl3_add(struct digest *d, const unsigned char *secret, int pad)
{
    unsigned char padding[SSL3_PAD];

    memset(padding, pad, sizeof(padding));
    return hash_update(&d->hash, secret, SSL3_SECRET) &&
           hash_update(&d->hash, padding, sizeof(padding));
}

/* Ends the inner hash, of the handshake's messages, and begins the outer one with it. */
static bool ssl3_nest(struct digest *d, const unsigned char *secret)
{
    unsigned char inner[EVP_MAX_MD_SIZE];
    bool nested = ssl3_add(d, secret, 0x36) && hash_final(&d->hash, inner, d->size) &&
                  ssl3_add(d, secret, 0x5c) && hash_update(&d->hash, inner, d->size);

    OPENSSL_cleanse(inner, sizeof(inner));
    return nested;
}

/* The default provider raises nothing of a wrong length, and ignores a wrong type. */
static int ssl3_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_DIGEST_PARAM_SSL3_MS);

    if (p == NULL || p->data_type != OSSL_PARAM_OCTET_STRING)
        return 1;
    return p->data_size == SSL3_SECRET && ssl3_nest(vctx, p->data);
}

static int ssl3_init(void *vctx, const OSSL_PARAM params[])
{
    return digest_init(vctx, NULL) && ssl3_set_ctx_params(vctx, params);
}

static const OSSL_PARAM *ssl3_settable_ctx_params(void *vctx, void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_octet_string(OSSL_DIGEST_PARAM_SSL3_MS, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vctx;
    (void)vprov;
    return settable;
}

/* No copyctx: it returns nothing, and a running state's clone can fail. */
#define DIGEST_COMMON_FUNCTIONS                                                                    \
    { OSSL_FUNC_DIGEST_FREECTX, (void (*)(void))digest_free },                                     \
        { OSSL_FUNC_DIGEST_DUPCTX, (void (*)(void))digest_dup },                                   \
        { OSSL_FUNC_DIGEST_UPDATE, (void (*)(void))digest_update },                                \
        { OSSL_FUNC_DIGEST_FINAL, (void (*)(void))digest_final },                                  \
    {                                                                                              \
        OSSL_FUNC_DIGEST_GETTABLE_PARAMS, (void (*)(void))digest_gettable_params                   \
    }

const OSSL_DISPATCH digest_functions[] = {
    DIGEST_COMMON_FUNCTIONS,
    { OSSL_FUNC_DIGEST_INIT, (void (*)(void))digest_init },
    { 0, NULL },
};

const OSSL_DISPATCH variable_length_digest_functions[] = {
    DIGEST_COMMON_FUNCTIONS,
    { OSSL_FUNC_DIGEST_INIT, (void (*)(void))variable_length_init },
    { OSSL_FUNC_DIGEST_SET_CTX_PARAMS, (void (*)(void))variable_length_set_ctx_params },
    { OSSL_FUNC_DIGEST_SETTABLE_CTX_PARAMS, (void (*)(void))variable_length_settable_ctx_params },
    { OSSL_FUNC_DIGEST_GET_CTX_PARAMS, (void (*)(void))variable_length_get_ctx_params },
    { OSSL_FUNC_DIGEST_GETTABLE_CTX_PARAMS, (void (*)(void))variable_length_gettable_ctx_params },
    { 0, NULL },
};

const OSSL_DISPATCH ssl3_digest_functions[] = {
    DIGEST_COMMON_FUNCTIONS,
    { OSSL_FUNC_DIGEST_INIT, (void (*)(void))ssl3_init },
    { OSSL_FUNC_DIGEST_SET_CTX_PARAMS, (void (*)(void))ssl3_set_ctx_params },
    { OSSL_FUNC_DIGEST_SETTABLE_CTX_PARAMS, (void (*)(void))ssl3_settable_ctx_params },
    { 0, NULL },
};
