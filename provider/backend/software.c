/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/software.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

/* A library context that only holds the providers of software. */
struct software_library {
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *provider;
};

/* The provider that a query like "provider=fips,..." names; "default" if it names none. */
static void provider_named(const char *query, char *name, size_t size)
{
    static const char key[] = "provider=";
    const char *at = strstr(query, key);
    size_t len;

    at = at == NULL ? "default" : at + strlen(key);
    len = strcspn(at, ", ");
    if (len >= size)
        len = size - 1;
    memcpy(name, at, len);
    name[len] = '\0';
}

/* Called with the lock held. */
static struct software_library *library_get(struct provctx *prov)
{
    struct software_library *library = prov->library;
    char name[64];

    if (library != NULL)
        return library;
    library = calloc(1, sizeof(*library));
    if (library == NULL)
        return NULL;
    provider_named(prov->config.software, name, sizeof(name));
    library->libctx = OSSL_LIB_CTX_new();
    if (library->libctx != NULL &&
        (prov->config.software_config == NULL ||
         OSSL_LIB_CTX_load_config(library->libctx, prov->config.software_config)))
        library->provider = OSSL_PROVIDER_load(library->libctx, name);
    prov->library = library;
    return library;
}

static void *fetch(OSSL_LIB_CTX *libctx, int operation, const char *name, const char *query)
{
    switch (operation) {
    case OSSL_OP_CIPHER:
        return EVP_CIPHER_fetch(libctx, name, query);
    case OSSL_OP_DIGEST:
        return EVP_MD_fetch(libctx, name, query);
    default:
        return EVP_MAC_fetch(libctx, name, query);
    }
}

static void release(int operation, void *method)
{
    switch (operation) {
    case OSSL_OP_CIPHER:
        EVP_CIPHER_free(method);
        break;
    case OSSL_OP_DIGEST:
        EVP_MD_free(method);
        break;
    default:
        EVP_MAC_free(method);
    }
}

static const OSSL_PROVIDER *method_provider(int operation, void *method)
{
    switch (operation) {
    case OSSL_OP_CIPHER:
        return EVP_CIPHER_get0_provider(method);
    case OSSL_OP_DIGEST:
        return EVP_MD_get0_provider(method);
    default:
        return EVP_MAC_get0_provider(method);
    }
}

static void (*function(const OSSL_DISPATCH *functions, int id))(void)
{
    while (functions->function_id != 0 && functions->function_id != id)
        functions++;
    return functions->function_id == 0 ? NULL : functions->function;
}

#define FUNCTION(type, id) (type *)function(f, id)

static void take_cipher(struct software *s, const OSSL_DISPATCH *f)
{
    s->newctx = FUNCTION(OSSL_FUNC_cipher_newctx_fn, OSSL_FUNC_CIPHER_NEWCTX);
    s->freectx = FUNCTION(OSSL_FUNC_cipher_freectx_fn, OSSL_FUNC_CIPHER_FREECTX);
    s->dupctx = FUNCTION(OSSL_FUNC_cipher_dupctx_fn, OSSL_FUNC_CIPHER_DUPCTX);
    s->cipher = (struct software_cipher){
        .encrypt_init = FUNCTION(OSSL_FUNC_cipher_encrypt_init_fn, OSSL_FUNC_CIPHER_ENCRYPT_INIT),
        .decrypt_init = FUNCTION(OSSL_FUNC_cipher_decrypt_init_fn, OSSL_FUNC_CIPHER_DECRYPT_INIT),
        .update = FUNCTION(OSSL_FUNC_cipher_update_fn, OSSL_FUNC_CIPHER_UPDATE),
        .final = FUNCTION(OSSL_FUNC_cipher_final_fn, OSSL_FUNC_CIPHER_FINAL),
        .get_ctx_params =
            FUNCTION(OSSL_FUNC_cipher_get_ctx_params_fn, OSSL_FUNC_CIPHER_GET_CTX_PARAMS),
        .set_ctx_params =
            FUNCTION(OSSL_FUNC_cipher_set_ctx_params_fn, OSSL_FUNC_CIPHER_SET_CTX_PARAMS),
    };
}

static void take_digest(struct software *s, const OSSL_DISPATCH *f)
{
    s->newctx = FUNCTION(OSSL_FUNC_digest_newctx_fn, OSSL_FUNC_DIGEST_NEWCTX);
    s->freectx = FUNCTION(OSSL_FUNC_digest_freectx_fn, OSSL_FUNC_DIGEST_FREECTX);
    s->dupctx = FUNCTION(OSSL_FUNC_digest_dupctx_fn, OSSL_FUNC_DIGEST_DUPCTX);
    s->hash = (struct software_hash){
        .update = FUNCTION(OSSL_FUNC_digest_update_fn, OSSL_FUNC_DIGEST_UPDATE),
        .final = FUNCTION(OSSL_FUNC_digest_final_fn, OSSL_FUNC_DIGEST_FINAL),
    };
    s->digest = (struct software_digest){
        .init = FUNCTION(OSSL_FUNC_digest_init_fn, OSSL_FUNC_DIGEST_INIT),
        .gettable_ctx_params =
            FUNCTION(OSSL_FUNC_digest_gettable_ctx_params_fn, OSSL_FUNC_DIGEST_GETTABLE_CTX_PARAMS),
        .settable_ctx_params =
            FUNCTION(OSSL_FUNC_digest_settable_ctx_params_fn, OSSL_FUNC_DIGEST_SETTABLE_CTX_PARAMS),
    };
}

static void take_mac(struct software *s, const OSSL_DISPATCH *f)
{
    s->newctx = FUNCTION(OSSL_FUNC_mac_newctx_fn, OSSL_FUNC_MAC_NEWCTX);
    s->freectx = FUNCTION(OSSL_FUNC_mac_freectx_fn, OSSL_FUNC_MAC_FREECTX);
    s->dupctx = FUNCTION(OSSL_FUNC_mac_dupctx_fn, OSSL_FUNC_MAC_DUPCTX);
    s->hash = (struct software_hash){
        .update = FUNCTION(OSSL_FUNC_mac_update_fn, OSSL_FUNC_MAC_UPDATE),
        .final = FUNCTION(OSSL_FUNC_mac_final_fn, OSSL_FUNC_MAC_FINAL),
    };
    s->mac = (struct software_mac){
        .init = FUNCTION(OSSL_FUNC_mac_init_fn, OSSL_FUNC_MAC_INIT),
        .get_ctx_params = FUNCTION(OSSL_FUNC_mac_get_ctx_params_fn, OSSL_FUNC_MAC_GET_CTX_PARAMS),
        .set_ctx_params = FUNCTION(OSSL_FUNC_mac_set_ctx_params_fn, OSSL_FUNC_MAC_SET_CTX_PARAMS),
    };
}

static void take_functions(struct software *s, int operation, const OSSL_DISPATCH *functions)
{
    if (operation == OSSL_OP_CIPHER)
        take_cipher(s, functions);
    else if (operation == OSSL_OP_DIGEST)
        take_digest(s, functions);
    else
        take_mac(s, functions);
}

/* The dispatch table that @provider has for @name. */
static const OSSL_DISPATCH *find_functions(const OSSL_PROVIDER *provider, int operation,
                                           const char *name)
{
    int no_cache = 0;
    const OSSL_ALGORITHM *list = OSSL_PROVIDER_query_operation(provider, operation, &no_cache);

    while (list != NULL && list->algorithm_names != NULL) {
        if (algorithm_named(list->algorithm_names, name))
            return list->implementation;
        list++;
    }
    return NULL;
}

/* Called with the lock held. */
static struct software *software_make(struct provctx *prov, const struct algorithm *alg)
{
    struct software_library *library = library_get(prov);
    struct software *s = calloc(1, sizeof(*s));
    const OSSL_DISPATCH *functions = NULL;
    char name[64];

    snprintf(name, sizeof(name), "%.*s", algorithm_name_length(alg), alg->names);
    if (s == NULL || library == NULL || library->provider == NULL)
        goto none;
    s->method = fetch(library->libctx, alg->operation, name, prov->config.software);
    if (s->method != NULL)
        functions =
            find_functions(method_provider(alg->operation, s->method), alg->operation, name);
    if (functions == NULL)
        goto none;
    s->provctx = OSSL_PROVIDER_get0_provider_ctx(method_provider(alg->operation, s->method));
    take_functions(s, alg->operation, functions);
    return s;
none:
    if (s != NULL)
        release(alg->operation, s->method);
    free(s);
    return NULL;
}

const struct software *software_find(struct provctx *prov, struct alg_state *state)
{
    const struct software *s = atomic_load_explicit(&state->software, memory_order_acquire);

    if (s != NULL)
        return s;
    ERR_set_mark();
    pthread_mutex_lock(&prov->lock);
    s = atomic_load_explicit(&state->software, memory_order_relaxed);
    if (s == NULL) {
        s = software_make(prov, state->alg);
        atomic_store_explicit(&state->software, s, memory_order_release);
    }
    pthread_mutex_unlock(&prov->lock);
    ERR_pop_to_mark();
    return s;
}

void software_free(struct provctx *prov)
{
    for (size_t i = 0; i < algorithm_count; i++) {
        struct software *s = (struct software *)(uintptr_t)prov->alg_states[i].software;

        if (s == NULL)
            continue;
        release(algorithms[i].operation, s->method);
        free(s);
    }
    if (prov->library == NULL)
        return;
    OSSL_PROVIDER_unload(prov->library->provider);
    OSSL_LIB_CTX_free(prov->library->libctx);
    free(prov->library);
}
