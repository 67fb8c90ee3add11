/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software: another provider's implementation of the same algorithm, in a library
 * context of our own, called by its own dispatch functions without EVP between.
 */
#ifndef AFALG_SOFTWARE_H
#define AFALG_SOFTWARE_H

#include "provctx.h"

struct software_cipher {
    OSSL_FUNC_cipher_encrypt_init_fn *encrypt_init;
    OSSL_FUNC_cipher_decrypt_init_fn *decrypt_init;
    OSSL_FUNC_cipher_update_fn *update;
    OSSL_FUNC_cipher_final_fn *final;
    OSSL_FUNC_cipher_get_ctx_params_fn *get_ctx_params;
    OSSL_FUNC_cipher_set_ctx_params_fn *set_ctx_params;
};

/* What OpenSSL gives digests and MACs with the same arguments. */
struct software_hash {
    OSSL_FUNC_mac_update_fn *update;
    OSSL_FUNC_mac_final_fn *final;
};

struct software_digest {
    OSSL_FUNC_digest_init_fn *init;
    OSSL_FUNC_digest_gettable_ctx_params_fn *gettable_ctx_params; /* NULL: it has none */
    OSSL_FUNC_digest_settable_ctx_params_fn *settable_ctx_params; /* NULL: it has none */
};

struct software_mac {
    OSSL_FUNC_mac_init_fn *init;
    OSSL_FUNC_mac_get_ctx_params_fn *get_ctx_params;
    OSSL_FUNC_mac_set_ctx_params_fn *set_ctx_params;
};

/** The implementation of one algorithm; lives as long as the provider. */
struct software {
    void *provctx; /* the other provider's, for newctx */
    void *method;  /* what keeps it loaded: an EVP_CIPHER, EVP_MD or EVP_MAC */
    void *(*newctx)(void *provctx);
    void (*freectx)(void *ctx);
    void *(*dupctx)(void *ctx); /* NULL: it has none */
    union {
        struct software_cipher cipher;
        struct {
            struct software_hash hash;
            union {
                struct software_digest digest;
                struct software_mac mac;
            };
        };
    };
};

/**
 * The software of an algorithm, found on first use by the configuration's property query.
 * Thread-safe. @return NULL, with nothing raised, if there is none
 */
const struct software *software_find(struct provctx *prov, struct alg_state *state);

/** Frees the software of all algorithms, and the library context. */
void software_free(struct provctx *prov);

#endif
