/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GMAC (NIST SP 800-38D): GCM of a message that is all AAD and has no text. The
 * kernel takes it whole, as any AEAD message; software has what is longer.
 */
#include <openssl/params.h>
#include <string.h>

#include "common.h"

enum {
    GMAC_SIZE = 16,
    GMAC_KERNEL_IV = 12, /* the only IV length of the kernel's gcm(aes) */
    GMAC_IV_MAX = 128,   /* what OpenSSL's GCM takes */
};

struct gmac {
    struct mac mac;
    unsigned char iv[GMAC_IV_MAX]; /* mac.ivlen bytes of it */
};

static OSSL_FUNC_mac_gettable_params_fn gmac_gettable_params;
static OSSL_FUNC_mac_get_params_fn gmac_get_params;
static OSSL_FUNC_mac_settable_ctx_params_fn gmac_settable_ctx_params;

static int gmac_finish(struct hash *h, unsigned char *out, size_t size)
{
    const struct gmac *g = (const struct gmac *)h;
    struct iovec in = { .iov_base = h->buffer, .iov_len = h->collected };
    /* The kernel gives the AAD back: to where it came from. */
    struct iovec result[] = { in, { .iov_base = out, .iov_len = size } };
    struct afalg_request r = {
        .op = AFALG_ENCRYPT,
        .iv = g->iv,
        .ivlen = g->mac.ivlen,
        .aadlen = h->collected,
        .in = &in,
        .nin = 1,
        .out = result,
        .nout = 2,
    };
    ssize_t done = afalg_aead(&h->backend.socket, &r);

    return done < 0 ? (int)done : 0;
}

static size_t gmac_size(const struct mac *m)
{
    (void)m;
    return GMAC_SIZE;
}

static bool gmac_beyond_kernel(const struct mac *m)
{
    return m->ivlen != 0 && m->ivlen != GMAC_KERNEL_IV;
}

static OSSL_PARAM *gmac_software_params(struct mac *m, OSSL_PARAM *p)
{
    struct gmac *g = (struct gmac *)m;

    *p = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, g->iv, m->ivlen);
    return p + 1;
}

static bool gmac_set_params(struct mac *m, const OSSL_PARAM params[], bool *fresh)
{
    struct gmac *g = (struct gmac *)m;
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_MAC_PARAM_IV);

    if (p == NULL)
        return true;
    if (p->data_type != OSSL_PARAM_OCTET_STRING)
        return false;
    if (p->data == NULL || p->data_size == 0 || p->data_size > sizeof(g->iv))
        return fail(m->hash.backend.prov, PROV_R_INVALID_IV_LENGTH,
                    "GMAC: an iv of %zu bytes, not of 1 to %zu", p->data_size, sizeof(g->iv));
    memcpy(g->iv, p->data, p->data_size);
    m->ivlen = p->data_size;
    m->iv_used = false;
    *fresh = true;
    return true;
}

static const struct hash_class gmac_hash = {
    .finish = gmac_finish,
    .software_init = mac_software_init,
};

static const struct mac_class gmac_class = {
    .hash = &gmac_hash,
    .context_size = sizeof(struct gmac),
    .underlying_param = OSSL_MAC_PARAM_CIPHER,
    .underlying_operation = OSSL_OP_CIPHER,
    .key_length_error = ERR_PACK(ERR_LIB_PROV, 0, PROV_R_INVALID_KEY_LENGTH),
    .needs_iv = true,
    .size = gmac_size,
    .beyond_kernel = gmac_beyond_kernel,
    .software_params = gmac_software_params,
    .set_params = gmac_set_params,
};

void *gmac_new(struct provctx *prov, const struct algorithm *alg)
{
    return mac_new(prov, alg, &gmac_class);
}

static const OSSL_PARAM *gmac_gettable_params(void *vprov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_size_t(OSSL_MAC_PARAM_SIZE, NULL),
        OSSL_PARAM_END,
    };

    (void)vprov;
    return gettable;
}

static int gmac_get_params(OSSL_PARAM params[])
{
    OSSL_PARAM *size = OSSL_PARAM_locate(params, OSSL_MAC_PARAM_SIZE);

    return size == NULL || OSSL_PARAM_set_size_t(size, GMAC_SIZE);
}

static const OSSL_PARAM *gmac_settable_ctx_params(void *vmac, void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_CIPHER, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_PROPERTIES, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_MAC_PARAM_IV, NULL, 0),
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vmac;
    (void)vprov;
    return settable;
}

const OSSL_DISPATCH gmac_functions[] = {
    MAC_COMMON_FUNCTIONS,
    { OSSL_FUNC_MAC_GETTABLE_PARAMS, (void (*)(void))gmac_gettable_params },
    { OSSL_FUNC_MAC_GET_PARAMS, (void (*)(void))gmac_get_params },
    { OSSL_FUNC_MAC_SETTABLE_CTX_PARAMS, (void (*)(void))gmac_settable_ctx_params },
    { 0, NULL },
};
