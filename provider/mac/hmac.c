/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC (RFC 2104) over any digest of the table. */
#include <openssl/evperr.h>
#include <openssl/params.h>

#include "common.h"

static OSSL_FUNC_mac_settable_ctx_params_fn hmac_settable_ctx_params;

/*
 * libssl sets tls-data-size before it checks the MAC of a CBC record of TLS up to 1.2:
 * the time of the check must then not depend on the record's padding (CVE-2013-0169),
 * which the kernel's HMAC can't promise and OpenSSL's own does.
 */
static bool hmac_beyond_kernel(const struct mac *m)
{
    return m->tls_data_size != 0;
}

static OSSL_PARAM *hmac_software_params(struct mac *m, OSSL_PARAM *p)
{
    if (m->tls_data_size != 0)
        *p++ = OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_TLS_DATA_SIZE, &m->tls_data_size);
    return p;
}

/* Hints to OpenSSL's own HMAC, which it ignores too: only their type counts. */
static bool take_hint(const OSSL_PARAM params[], const char *key)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, key);
    int hint;

    return p == NULL || OSSL_PARAM_get_int(p, &hint);
}

static bool hmac_set_params(struct mac *m, const OSSL_PARAM params[], bool *fresh)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_MAC_PARAM_TLS_DATA_SIZE);

    if (!take_hint(params, OSSL_MAC_PARAM_DIGEST_NOINIT) ||
        !take_hint(params, OSSL_MAC_PARAM_DIGEST_ONESHOT))
        return false;
    if (p == NULL)
        return true;
    if (!OSSL_PARAM_get_size_t(p, &m->tls_data_size))
        return false;
    *fresh = true;
    hash_drop_software(&m->hash); /* OpenSSL's own can't be turned to another kind of message */
    return true;
}

/* EVP_MAC_final() asks for it first: of a MAC without a key, this is the error. */
static size_t hmac_size(const struct mac *m)
{
    if (!key_is_set(&m->hash.backend.key)) {
        fail_code(m->hash.backend.prov, ERR_PACK(ERR_LIB_EVP, 0, EVP_R_MESSAGE_DIGEST_IS_NULL),
                  "HMAC: no key set");
        return 0;
    }
    return m->underlying.alg != NULL ? m->underlying.alg->size
                                     : mac_software_size(m, OSSL_MAC_PARAM_SIZE);
}

/* Of the digest as last set, in use or not, as OpenSSL's own. */
static size_t hmac_block_size(const struct mac *m)
{
    return m->next.alg != NULL ? m->next.alg->blocksize
                               : mac_software_size(m, OSSL_MAC_PARAM_BLOCK_SIZE);
}

static const struct hash_class hmac_hash = {
    .streams = true,
    .collect = HASH_COLLECT_MAC,
    .finish = hash_finish,
    .software_init = mac_software_init,
};

static const struct mac_class hmac_class = {
    .hash = &hmac_hash,
    .context_size = sizeof(struct mac),
    .underlying_param = OSSL_MAC_PARAM_DIGEST,
    .underlying_operation = OSSL_OP_DIGEST,
    .size = hmac_size,
    .block_size = hmac_block_size,
    .beyond_kernel = hmac_beyond_kernel,
    .software_params = hmac_software_params,
    .set_params = hmac_set_params,
};

void *hmac_new(struct provctx *prov, const struct algorithm *alg)
{
    return mac_new(prov, alg, &hmac_class);
}

static const OSSL_PARAM *hmac_settable_ctx_params(void *vmac, void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_PROPERTIES, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, NULL, 0),
        OSSL_PARAM_int(OSSL_MAC_PARAM_DIGEST_NOINIT, NULL),
        OSSL_PARAM_int(OSSL_MAC_PARAM_DIGEST_ONESHOT, NULL),
        OSSL_PARAM_size_t(OSSL_MAC_PARAM_TLS_DATA_SIZE, NULL),
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vmac;
    (void)vprov;
    return settable;
}

const OSSL_DISPATCH hmac_functions[] = {
    MAC_COMMON_FUNCTIONS,
    { OSSL_FUNC_MAC_GETTABLE_CTX_PARAMS, (void (*)(void))mac_gettable_ctx_params },
    { OSSL_FUNC_MAC_GET_CTX_PARAMS, (void (*)(void))mac_get_ctx_params },
    { OSSL_FUNC_MAC_SETTABLE_CTX_PARAMS, (void (*)(void))hmac_settable_ctx_params },
    { 0, NULL },
};
