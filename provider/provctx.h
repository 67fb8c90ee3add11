/* SPDX-License-Identifier: Apache-2.0 */
/* An instance of the provider: what every file of provider/ may know. */
#ifndef AFALG_PROVCTX_H
#define AFALG_PROVCTX_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <pthread.h>

#include "afalg/params.h"
#include "afalg/socket.h"
#include "alg_state.h"
#include "settings.h"

struct software_library;
struct query;

/** An instance of the provider, in one library context. */
struct provctx {
    const OSSL_CORE_HANDLE *core;
    OSSL_FUNC_core_get_params_fn *core_get_params;
    OSSL_FUNC_core_get_libctx_fn *core_get_libctx;
    OSSL_FUNC_core_new_error_fn *new_error;
    OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
    OSSL_FUNC_core_vset_error_fn *vset_error;
    struct config config;
    bool registry_held;
    struct alg_state *alg_states;     /* algorithm_count of them, in the table's order */
    pthread_mutex_t lock;             /* guards the two below and the making of software */
    struct query *query;              /* what is offered, once asked */
    struct software_library *library; /* once needed */
};

/** Whether anything is offered at all, in this program and on this kernel. */
static inline bool provider_may_offer(const struct provctx *prov)
{
    return prov->registry_held && !prov->config.excluded;
}

/** The instance's state of an algorithm. */
static inline struct alg_state *provider_alg_state(struct provctx *prov,
                                                   const struct algorithm *alg)
{
    return &prov->alg_states[alg - algorithms];
}

#endif
