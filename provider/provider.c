/* SPDX-License-Identifier: Apache-2.0 */
/* The entry point, and the provider's own dispatch table. */
#include "provctx.h"

#include <openssl/params.h>
#include <stdlib.h>

#include "backend/software.h"
#include "config.h"
#include "digest/digest.h"
#include "key/key_socket.h"
#include "query.h"
#include "report.h"

static OSSL_FUNC_provider_teardown_fn provider_teardown;
static OSSL_FUNC_provider_gettable_params_fn provider_gettable_params;
static OSSL_FUNC_provider_get_params_fn provider_get_params;
static OSSL_FUNC_provider_self_test_fn provider_self_test;

static const OSSL_PARAM *provider_gettable_params(void *vprov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, NULL, 0),
        OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL),
        OSSL_PARAM_uint64(AFALG_PARAM_KERNEL_REQUESTS, NULL),
        OSSL_PARAM_uint64(AFALG_PARAM_KERNEL_BYTES, NULL),
        OSSL_PARAM_uint64(AFALG_PARAM_SOFTWARE_REQUESTS, NULL),
        OSSL_PARAM_uint64(AFALG_PARAM_SOFTWARE_BYTES, NULL),
        OSSL_PARAM_uint64(AFALG_PARAM_FALLBACKS, NULL),
        OSSL_PARAM_uint64(AFALG_PARAM_SOCKETS, NULL),
        OSSL_PARAM_utf8_string(AFALG_PARAM_REPORT, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vprov;
    return gettable;
}

static int set_text(OSSL_PARAM params[], const char *key, const char *value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, key);

    return p == NULL || OSSL_PARAM_set_utf8_ptr(p, value);
}

static int provider_get_params(void *vprov, OSSL_PARAM params[])
{
    OSSL_PARAM *status = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);

    return set_text(params, OSSL_PROV_PARAM_NAME, "Linux kernel crypto (AF_ALG)") &&
           set_text(params, OSSL_PROV_PARAM_VERSION, AFALG_VERSION) &&
           set_text(params, OSSL_PROV_PARAM_BUILDINFO, "afalg " AFALG_VERSION) &&
           (status == NULL || OSSL_PARAM_set_int(status, 1)) && report_params(vprov, params);
}

/* The kernel tests each algorithm itself before it hands it out. */
static int provider_self_test(void *vprov)
{
    (void)vprov;
    return 1;
}

static void alg_states_free(struct alg_state *states)
{
    for (size_t i = 0; states != NULL && i < algorithm_count; i++) {
        digest_drop_spares(&states[i]);
        free(states[i].spares);
        free(states[i].kernel.calibration);
        free(states[i].mac_kernel.calibration);
        free(states[i].driver);
        free(states[i].mac_bind_name);
    }
    free(states);
}

static void provider_free(struct provctx *prov)
{
    query_free(prov->query);
    software_free(prov);
    alg_states_free(prov->alg_states);
    if (prov->registry_held)
        afalg_registry_release();
    pthread_mutex_destroy(&prov->lock);
    free(prov->config.log_file);
    key_sockets_free(prov->config.key_sockets);
    free(prov);
}

static void provider_teardown(void *vprov)
{
    report_log(vprov);
    provider_free(vprov);
}

static const OSSL_DISPATCH provider_functions[] = {
    { OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))provider_teardown },
    { OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (void (*)(void))provider_gettable_params },
    { OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))provider_get_params },
    { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))provider_query },
    { OSSL_FUNC_PROVIDER_SELF_TEST, (void (*)(void))provider_self_test },
    { 0, NULL },
};

static void take_upcalls(struct provctx *prov, const OSSL_DISPATCH *in)
{
    for (; in->function_id != 0; in++) {
        switch (in->function_id) {
        case OSSL_FUNC_CORE_GET_PARAMS:
            prov->core_get_params = OSSL_FUNC_core_get_params(in);
            break;
        case OSSL_FUNC_CORE_GET_LIBCTX:
            prov->core_get_libctx = OSSL_FUNC_core_get_libctx(in);
            break;
        case OSSL_FUNC_CORE_NEW_ERROR:
            prov->new_error = OSSL_FUNC_core_new_error(in);
            break;
        case OSSL_FUNC_CORE_SET_ERROR_DEBUG:
            prov->set_error_debug = OSSL_FUNC_core_set_error_debug(in);
            break;
        case OSSL_FUNC_CORE_VSET_ERROR:
            prov->vset_error = OSSL_FUNC_core_vset_error(in);
            break;
        default:
            break;
        }
    }
}

static struct provctx *provider_new(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *upcalls)
{
    struct provctx *prov = calloc(1, sizeof(*prov));

    if (prov == NULL)
        return NULL;
    prov->core = core;
    take_upcalls(prov, upcalls);
    pthread_mutex_init(&prov->lock, NULL);
    prov->alg_states = calloc(algorithm_count, sizeof(*prov->alg_states));
    if (prov->alg_states != NULL && config_read(prov)) {
        /* Without it nothing is offered, and nothing else is the worse for it. */
        prov->registry_held = afalg_registry_hold() == 0;
        query_at_load(prov);
        return prov;
    }
    provider_free(prov);
    return NULL;
}

__attribute__((visibility("default"))) OSSL_provider_init_fn OSSL_provider_init;

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                       const OSSL_DISPATCH **out, void **provctx)
{
    struct provctx *prov = provider_new(handle, in);

    if (prov == NULL)
        return 0;
    *provctx = prov;
    *out = provider_functions;
    return 1;
}
