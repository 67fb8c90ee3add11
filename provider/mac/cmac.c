/* SPDX-License-Identifier: Apache-2.0 */
/* CMAC (NIST SP 800-38B) over the ciphers that the table has in CBC mode. */
#include <openssl/evperr.h>
#include <openssl/params.h>

#include "common.h"

static OSSL_FUNC_mac_settable_ctx_params_fn cmac_settable_ctx_params;

/* Of the MAC, and of its block: the cipher's block. */
static size_t cmac_size(const struct mac *m)
{
    return m->underlying.alg != NULL ? m->underlying.alg->blocksize
                                     : mac_software_size(m, OSSL_MAC_PARAM_SIZE);
}

static const struct hash_class cmac_hash = {
    .streams = true,
    .collect = HASH_COLLECT_MAC,
    .finish = hash_finish,
    .software_init = mac_software_init,
};

static const struct mac_class cmac_class = {
    .hash = &cmac_hash,
    .context_size = sizeof(struct mac),
    .underlying_param = OSSL_MAC_PARAM_CIPHER,
    .underlying_operation = OSSL_OP_CIPHER,
    .unkeyed_void = true,
    .size = cmac_size,
    .block_size = cmac_size,
    .key_length_error = ERR_PACK(ERR_LIB_EVP, 0, EVP_R_INVALID_KEY_LENGTH),
};

void *cmac_new(struct provctx *prov, const struct algorithm *alg)
{
    return mac_new(prov, alg, &cmac_class);
}

static const OSSL_PARAM *cmac_settable_ctx_params(void *vmac, void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_CIPHER, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_PROPERTIES, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, NULL, 0),
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vmac;
    (void)vprov;
    return settable;
}

const OSSL_DISPATCH cmac_functions[] = {
    MAC_COMMON_FUNCTIONS,
    { OSSL_FUNC_MAC_GETTABLE_CTX_PARAMS, (void (*)(void))mac_gettable_ctx_params },
    { OSSL_FUNC_MAC_GET_CTX_PARAMS, (void (*)(void))mac_get_ctx_params },
    { OSSL_FUNC_MAC_SETTABLE_CTX_PARAMS, (void (*)(void))cmac_settable_ctx_params },
    { 0, NULL },
};
