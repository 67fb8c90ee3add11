/* SPDX-License-Identifier: Apache-2.0 */
/* What HMAC, CMAC and GMAC share: a key, and a digest or cipher that they are made of. */
#ifndef AFALG_MAC_COMMON_H
#define AFALG_MAC_COMMON_H

#include "digest/hash.h"
#include "key/skeymgmt.h"
#include "mac.h"

enum {
    MAC_UNDERLYING_MAX = 64, /* an OpenSSL name, with its end */
};

struct mac;

/** What the MACs differ in. */
struct mac_class {
    const struct hash_class *hash;
    size_t context_size;          /* of what begins with a struct mac */
    const char *underlying_param; /* OSSL_MAC_PARAM_DIGEST or OSSL_MAC_PARAM_CIPHER */
    int underlying_operation;
    /* The code of the error if the key has not the cipher's length; 0: any length will do. */
    unsigned long key_length_error;
    bool needs_iv;     /* a fresh one for each message */
    bool unkeyed_void; /* default copies no context without a key; a refused one is none */
    /** Bytes of the MAC, and of its block; 0 before the key is set, as OpenSSL's own. */
    size_t (*size)(const struct mac *m);
    size_t (*block_size)(const struct mac *m);
    /** Whether only software can do the message that begins. */
    bool (*beyond_kernel)(const struct mac *m);
    /** Lays the class's own parameters for software at @p; returns what follows them. */
    OSSL_PARAM *(*software_params)(struct mac *m, OSSL_PARAM *p);
    /** Takes the class's own parameters. *@fresh: a message begins. False with the error raised. */
    bool (*set_params)(struct mac *m, const OSSL_PARAM params[], bool *fresh);
};

/** The digest or cipher that a MAC is made of. */
struct mac_underlying {
    char name[MAC_UNDERLYING_MAX]; /* OpenSSL's; empty: none */
    const struct algorithm *alg;   /* NULL: not in our table, or not fit for it */
};

struct mac {
    struct hash hash; /* the first, as its class gets the MAC from it */
    const struct mac_class *class;
    struct mac_underlying next;       /* as last set */
    struct mac_underlying underlying; /* in use: that of when the key was set */
    bool ended;                       /* no message until the next init */

    size_t tls_data_size; /* HMAC; see hmac.c */
    size_t ivlen;         /* GMAC; see gmac.c */
    bool iv_used;
};

void *mac_new(struct provctx *prov, const struct algorithm *alg, const struct mac_class *class);
OSSL_FUNC_mac_freectx_fn mac_free;
OSSL_FUNC_mac_dupctx_fn mac_dup;
OSSL_FUNC_mac_init_fn mac_init;
OSSL_FUNC_mac_update_fn mac_update;
OSSL_FUNC_mac_final_fn mac_final;
OSSL_FUNC_mac_set_ctx_params_fn mac_set_ctx_params;
OSSL_FUNC_mac_get_ctx_params_fn mac_get_ctx_params;
OSSL_FUNC_mac_gettable_ctx_params_fn mac_gettable_ctx_params;

#ifdef AFALG_HAS_SKEYMGMT
OSSL_FUNC_mac_init_skey_fn mac_init_skey;
#define MAC_SKEY_FUNCTIONS                                                                         \
    ,                                                                                              \
    {                                                                                              \
        OSSL_FUNC_MAC_INIT_SKEY, (void (*)(void))mac_init_skey                                     \
    }
#else
#define MAC_SKEY_FUNCTIONS
#endif

/* The dispatch entries that all have in common. */
#define MAC_COMMON_FUNCTIONS                                                                       \
    { OSSL_FUNC_MAC_FREECTX, (void (*)(void))mac_free },                                           \
        { OSSL_FUNC_MAC_DUPCTX, (void (*)(void))mac_dup },                                         \
        { OSSL_FUNC_MAC_INIT, (void (*)(void))mac_init },                                          \
        { OSSL_FUNC_MAC_UPDATE, (void (*)(void))mac_update },                                      \
        { OSSL_FUNC_MAC_FINAL, (void (*)(void))mac_final },                                        \
        { OSSL_FUNC_MAC_SET_CTX_PARAMS, (void (*)(void))mac_set_ctx_params } MAC_SKEY_FUNCTIONS

/** A size that only the software's context knows; 0 if there is none. */
size_t mac_software_size(const struct mac *m, const char *param);

/** hash_class.software_init of every MAC: starts with the same key, or gives it the new one. */
bool mac_software_init(struct hash *h);

#endif
