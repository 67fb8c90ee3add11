/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is offered: asked of the kernel once, about all operations, and kept for the
 * provider's life. A sandbox that the process enters later must find nothing left to ask.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "error.h"
#include "key/key_socket.h"
#include "key/skeymgmt.h"
#include "key/store.h"
#include "mac/mac.h"
#include "provctx.h"
#include "query.h"
#include "report.h"

enum { OPERATIONS = OSSL_OP_RAND + 1 };

struct query {
    bool probed; /* the kernel has been asked, and its answer is kept */
    OSSL_ALGORITHM *lists[OPERATIONS];
    OSSL_DISPATCH **functions; /* one table per algorithm, if it is offered */
};

/* What is needed to ask the kernel. */
struct probing {
    struct provctx *prov;
    struct afalg_probe *probe;
};

static const char property_software[] = "provider=afalg," AFALG_PROPERTY_HARDWARE "=no";
static const char property_hardware[] = "provider=afalg," AFALG_PROPERTY_HARDWARE "=yes";

/* Bytes of the word at @list. A comma in parentheses is a part of it: gcm_base(ctr(aes),ghash). */
static size_t word_length(const char *list)
{
    size_t len = 0;
    int depth = 0;

    while (list[len] != '\0' && (depth > 0 || strchr(", \t", list[len]) == NULL)) {
        depth += (list[len] == '(') - (list[len] == ')');
        len++;
    }
    return len;
}

/* 1 or 0 if the configuration's list has driver or -driver; -1 if it has neither. */
static int override(const char *list, const char *driver)
{
    size_t want = strlen(driver);

    while (list != NULL && *(list += strspn(list, ", \t")) != '\0') {
        size_t len = word_length(list);
        bool minus = *list == '-';
        const char *word = list + minus;

        if (len - minus == want && strncmp(word, driver, want) == 0)
            return !minus;
        list += len;
    }
    return -1;
}

/* Whether @name's driver is hardware; its name goes to @driver unless that is NULL. */
static bool is_hardware(const struct probing *p, const char *type, const char *name, char *driver)
{
    const struct afalg_drivers *drivers = afalg_probe_drivers(p->probe);
    struct afalg_driver found;
    int decided;

    if (drivers == NULL || afalg_drivers_find(drivers, type, name, &found) != 0)
        return false;
    if (driver != NULL)
        strcpy(driver, found.driver);
    decided = override(p->prov->config.hardware, found.driver);
    return decided < 0 ? found.hardware : decided == 1;
}

/*
 * Whether the kernel does @name in this mode. In auto only hardware counts, and it is bound by
 * @driver, its driver's name: a kernel that hands no hardware out (7.2 and later) then says so,
 * whereas the algorithm's name would get another driver. In mode = kernel nothing is bound, which
 * would load modules that were not asked for; what can't be bound at the first request is
 * software's. A transient error refuses nothing. @return why not, or NULL
 */
static const char *unavailable_reason(const struct probing *p, const char *type, const char *name,
                                      const char *driver)
{
    bool automatic = p->prov->config.automatic;
    int error;

    if (automatic && driver == NULL)
        return "no hardware driver for it";
    if (automatic || p->prov->config.binds)
        error = afalg_probe_bind(p->probe, type, automatic ? driver : name);
    else
        error = afalg_probe_possible(p->probe, type, name);
    if (error == -ENOENT)
        return automatic ? "the kernel does not hand its hardware out"
                         : "the kernel does not have it";
    return error == 0 || afalg_error_is_transient(error) ? NULL : strerror(-error);
}

static bool has_key_socket(const struct provctx *prov, const char *type, const char *name)
{
    struct key_socket found;

    for (char **list = prov->config.key_sockets; list != NULL && *list != NULL; list++) {
        if (key_socket_find(strchr(*list, '=') + 1, type, name, &found) == 0)
            return true;
    }
    return false;
}

/*
 * What is unavailable for keys of bytes may be offered for those that only the kernel has: if a
 * launcher has left a socket of it, even where sockets are forbidden, or by the configuration.
 */
static bool offered_for_keys(const struct probing *p, const char *type, const char *name)
{
    return has_key_socket(p->prov, type, name) ||
           (p->prov->config.keys && afalg_probe_possible(p->probe, type, name) == 0);
}

static void pin_driver(struct alg_state *state, const char *driver)
{
    state->driver = strdup(driver);
    if (state->driver == NULL)
        state->unavailable_reason = strerror(ENOMEM);
    else
        state->bind_name = state->driver;
    if (state->calibrates)
        state->kernel.calibration = calibration_new();
}

static void probe_algorithm(const struct probing *p, struct alg_state *state)
{
    const struct algorithm *alg = state->alg;
    const struct alg_state *above = state - 1;
    char driver[AFALG_NAME_MAX];

    if (state != p->prov->alg_states && above->alg->kernel == alg->kernel && above->enabled &&
        above->bind_name == state->bind_name && !p->prov->config.automatic) {
        state->unavailable_reason = above->unavailable_reason; /* AES-192 is as AES-128 is */
        state->hardware = above->hardware;
        state->kernel.keys_only = above->kernel.keys_only;
    } else {
        state->hardware = is_hardware(p, alg->type, state->bind_name, driver);
        state->unavailable_reason =
            unavailable_reason(p, alg->type, state->bind_name, state->hardware ? driver : NULL);
        if (p->prov->config.binds) /* which has brought the driver in */
            state->hardware = is_hardware(p, alg->type, state->bind_name, NULL);
    }
    if (state->unavailable_reason == NULL && p->prov->config.automatic)
        pin_driver(state, driver);
    if (state->unavailable_reason != NULL && alg->operation == OSSL_OP_CIPHER &&
        offered_for_keys(p, alg->type, alg->kernel)) {
        state->unavailable_reason = NULL;
        state->kernel.keys_only = true;
    }
    report_alg_state(p->prov, state);
}

static void probe_mac(const struct probing *p, struct alg_state *state)
{
    char name[AFALG_NAME_MAX], driver[AFALG_NAME_MAX];
    struct provctx *prov = p->prov;
    const char *type;

    state->unavailable_reason = "no MAC of its kind";
    for (size_t i = 0; i < algorithm_count; i++) {
        struct alg_state *underlying = &prov->alg_states[i];
        bool hardware;

        if (!mac_kernel_name(state->alg, underlying->alg, &type, name, sizeof(name)))
            continue;
        hardware = prov->config.automatic && is_hardware(p, type, name, driver);
        underlying->mac_kernel.type = type;
        underlying->mac_unavailable_reason =
            unavailable_reason(p, type, name, hardware ? driver : NULL);
        if (underlying->mac_unavailable_reason != NULL && offered_for_keys(p, type, name)) {
            underlying->mac_unavailable_reason = NULL;
            underlying->mac_kernel.keys_only = true;
        }
        if (underlying->mac_unavailable_reason != NULL)
            continue;
        underlying->mac_bind_name = strdup(name);
        if (underlying->mac_bind_name == NULL) {
            underlying->mac_unavailable_reason = "memory is short";
            continue;
        }
        state->unavailable_reason = NULL;
        if (state->calibrates && !underlying->mac_kernel.keys_only)
            underlying->mac_kernel.calibration = calibration_new();
    }
    report_alg_state(prov, state);
}

static void probe_algorithms(const struct probing *p)
{
    for (size_t i = 0; i < algorithm_count; i++) {
        struct alg_state *state = &p->prov->alg_states[i];

        if (!state->enabled)
            continue;
        if (state->alg->operation == OSSL_OP_MAC)
            probe_mac(p, state);
        else
            probe_algorithm(p, state);
    }
}

/*
 * Asks the kernel about every row. False if it could not be asked for a reason that may
 * pass: then nothing is noted, and it can be asked again.
 */
static bool probe_kernel(struct provctx *prov)
{
    struct probing probing = { .prov = prov, .probe = afalg_probe_new() };
    int error;

    if (probing.probe == NULL)
        return false;
    error =
        prov->config.automatic ? afalg_probe_read(probing.probe) : afalg_probe_open(probing.probe);
    if (!afalg_error_is_transient(error))
        probe_algorithms(&probing);
    afalg_probe_free(probing.probe);
    return !afalg_error_is_transient(error);
}

static size_t count_functions(const OSSL_DISPATCH *list)
{
    size_t n = 0;

    while (list[n].function_id != 0)
        n++;
    return n;
}

/* OpenSSL numbers newctx and get_params differently for each operation. */
static void own_functions(const struct algorithm *alg, int *newctx, int *get_params)
{
    *get_params = 0;
    switch (alg->operation) {
    case OSSL_OP_CIPHER:
        *newctx = OSSL_FUNC_CIPHER_NEWCTX;
        *get_params = OSSL_FUNC_CIPHER_GET_PARAMS;
        break;
    case OSSL_OP_DIGEST:
        *newctx = OSSL_FUNC_DIGEST_NEWCTX;
        *get_params = OSSL_FUNC_DIGEST_GET_PARAMS;
        break;
    case OSSL_OP_MAC:
        *newctx = OSSL_FUNC_MAC_NEWCTX;
        break;
    default:
        *newctx = OSSL_FUNC_RAND_NEWCTX;
        break;
    }
}

static OSSL_DISPATCH *make_functions(const struct algorithm *alg)
{
    size_t n = count_functions(alg->functions);
    OSSL_DISPATCH *list = calloc(n + 3, sizeof(*list));
    int newctx, get_params;

    if (list == NULL)
        return NULL;
    own_functions(alg, &newctx, &get_params);
    memcpy(list, alg->functions, n * sizeof(*list));
    list[n++] = (OSSL_DISPATCH){ newctx, alg->newctx };
    if (get_params != 0)
        list[n++] = (OSSL_DISPATCH){ get_params, alg->get_params };
    return list;
}

static OSSL_ALGORITHM *make_list(struct provctx *prov, int operation)
{
    OSSL_ALGORITHM *list = calloc(algorithm_count + 1, sizeof(*list));
    size_t n = 0;

    for (size_t i = 0; list != NULL && i < algorithm_count; i++) {
        const struct alg_state *state = &prov->alg_states[i];

        if (state->unavailable_reason != NULL || state->alg->operation != operation)
            continue;
        prov->query->functions[i] = make_functions(state->alg);
        if (prov->query->functions[i] == NULL)
            continue;
        list[n++] = (OSSL_ALGORITHM){
            .algorithm_names = state->alg->names,
            .property_definition = state->hardware ? property_hardware : property_software,
            .implementation = prov->query->functions[i],
        };
    }
    return list;
}

#ifdef AFALG_HAS_SKEYMGMT
/* Keys as objects are of use with an algorithm alone. */
static bool offers_keyed(const struct provctx *prov)
{
    for (size_t i = 0; i < algorithm_count; i++) {
        const struct alg_state *state = &prov->alg_states[i];

        if (state->unavailable_reason == NULL &&
            (state->alg->operation == OSSL_OP_CIPHER || state->alg->operation == OSSL_OP_MAC))
            return true;
    }
    return false;
}
#endif

static struct query *query_new(void)
{
    struct query *query = calloc(1, sizeof(*query));

    if (query == NULL)
        return NULL;
    query->functions = calloc(algorithm_count, sizeof(*query->functions));
    if (query->functions != NULL)
        return query;
    free(query);
    return NULL;
}

void query_free(struct query *query)
{
    if (query == NULL)
        return;
    for (size_t i = 0; i < algorithm_count; i++)
        free(query->functions[i]);
    for (int i = 0; i < OPERATIONS; i++)
        free(query->lists[i]);
    free(query->functions);
    free(query);
}

/* Called with the lock held. Whether the kernel has been asked. */
static bool query_probe(struct provctx *prov)
{
    if (prov->query == NULL)
        prov->query = query_new();
    if (prov->query == NULL)
        return false;
    if (!prov->query->probed)
        prov->query->probed = probe_kernel(prov);
    return prov->query->probed;
}

void query_at_load(struct provctx *prov)
{
    if (prov->config.automatic && provider_may_offer(prov))
        query_probe(prov);
}

/* Called with the lock held. */
static const OSSL_ALGORITHM *query_locked(struct provctx *prov, int operation, int *no_cache)
{
    *no_cache = !query_probe(prov);
    if (*no_cache)
        return NULL;
#ifdef AFALG_HAS_SKEYMGMT
    if (operation == OSSL_OP_SKEYMGMT)
        return offers_keyed(prov) ? skeymgmt_algorithms : NULL;
#endif
#ifdef AFALG_HAS_STORE
    if (operation == OSSL_OP_STORE)
        return offers_keyed(prov) ? store_algorithms : NULL;
#endif
    if (prov->query->lists[operation] == NULL)
        prov->query->lists[operation] = make_list(prov, operation);
    return prov->query->lists[operation];
}

static bool is_ours(int operation)
{
    switch (operation) {
    case OSSL_OP_CIPHER:
    case OSSL_OP_DIGEST:
    case OSSL_OP_MAC:
    case OSSL_OP_RAND:
#ifdef AFALG_HAS_SKEYMGMT
    case OSSL_OP_SKEYMGMT:
#endif
#ifdef AFALG_HAS_STORE
    case OSSL_OP_STORE:
#endif
        return true;
    default:
        return false;
    }
}

const OSSL_ALGORITHM *provider_query(void *vprov, int operation, int *no_cache)
{
    struct provctx *prov = vprov;
    const OSSL_ALGORITHM *list;

    *no_cache = 0;
    if (!provider_may_offer(prov))
        return NULL;
    if (!is_ours(operation))
        return NULL;
    pthread_mutex_lock(&prov->lock);
    list = query_locked(prov, operation, no_cache);
    pthread_mutex_unlock(&prov->lock);
    return list;
}
