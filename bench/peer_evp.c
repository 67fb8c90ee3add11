/* SPDX-License-Identifier: Apache-2.0 */
/* The two providers, each in a library context of its own: afalg and default. */
#include "bench.h"

#include <afalg/params.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static OSSL_LIB_CTX *afalg_library, *default_library;
static OSSL_PROVIDER *afalg_provider;

struct evp_state {
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *cipher_ctx;
    EVP_MD *md;
    EVP_MD_CTX *md_ctx;
    EVP_MAC *mac;
    EVP_MAC_CTX *mac_ctx;
};

static bool knows_all(const struct work *work)
{
    (void)work;
    return true;
}

static bool cipher_once(struct session *session)
{
    struct evp_state *state = session->state;
    int len;

    return EVP_EncryptUpdate(state->cipher_ctx, session->buffers->out, &len, session->buffers->in,
                             (int)session->size) == 1;
}

/* As libssl does it for a record of TLS 1.3. */
static bool aead_once(struct session *session)
{
    EVP_CIPHER_CTX *ctx = ((struct evp_state *)session->state)->cipher_ctx;
    struct buffers *b = session->buffers;
    int len;

    buffers_next_iv(b);
    return EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, b->iv) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &len, buffers_aad(b), AAD_SIZE) == 1 &&
           EVP_EncryptUpdate(ctx, b->out, &len, b->in, (int)session->size) == 1 &&
           EVP_EncryptFinal_ex(ctx, b->out + session->size, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, b->out + session->size) == 1;
}

static bool digest_once(struct session *session)
{
    EVP_MD_CTX *ctx = ((struct evp_state *)session->state)->md_ctx;

    return EVP_DigestInit_ex2(ctx, NULL, NULL) == 1 &&
           EVP_DigestUpdate(ctx, session->buffers->in, session->size) == 1 &&
           EVP_DigestFinal_ex(ctx, session->buffers->out, NULL) == 1;
}

static bool mac_once(struct session *session)
{
    EVP_MAC_CTX *ctx = ((struct evp_state *)session->state)->mac_ctx;
    size_t len;

    return EVP_MAC_init(ctx, NULL, 0, NULL) == 1 &&
           EVP_MAC_update(ctx, session->buffers->in, session->size) == 1 &&
           EVP_MAC_final(ctx, session->buffers->out, &len, DIGEST_SIZE) == 1;
}

/* Whether what was fetched comes from the provider that is to be measured. */
static bool is_of(const OSSL_PROVIDER *provider, const struct session *session)
{
    const char *name = OSSL_PROVIDER_get0_name(provider);

    if (strcmp(name, session->peer->name) == 0)
        return true;
    fprintf(stderr, "%s was fetched from %s, not %s\n", session->work->name, name,
            session->peer->name);
    return false;
}

static bool open_cipher(struct session *session, OSSL_LIB_CTX *library, const char *query)
{
    struct evp_state *state = session->state;

    session->once = session->work->kind == KIND_AEAD ? aead_once : cipher_once;
    state->cipher = EVP_CIPHER_fetch(library, session->work->name, query);
    state->cipher_ctx = EVP_CIPHER_CTX_new();
    return state->cipher != NULL && is_of(EVP_CIPHER_get0_provider(state->cipher), session) &&
           EVP_EncryptInit_ex2(state->cipher_ctx, state->cipher, session->buffers->key,
                               session->buffers->iv, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(state->cipher_ctx, 0) == 1;
}

static bool open_digest(struct session *session, OSSL_LIB_CTX *library, const char *query)
{
    struct evp_state *state = session->state;

    session->once = digest_once;
    state->md = EVP_MD_fetch(library, session->work->name, query);
    state->md_ctx = EVP_MD_CTX_new();
    return state->md != NULL && is_of(EVP_MD_get0_provider(state->md), session) &&
           EVP_DigestInit_ex2(state->md_ctx, state->md, NULL) == 1;
}

static bool open_mac(struct session *session, OSSL_LIB_CTX *library, const char *query)
{
    struct evp_state *state = session->state;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    session->once = mac_once;
    state->mac = EVP_MAC_fetch(library, "HMAC", query);
    if (state->mac == NULL || !is_of(EVP_MAC_get0_provider(state->mac), session))
        return false;
    state->mac_ctx = EVP_MAC_CTX_new(state->mac);
    return EVP_MAC_init(state->mac_ctx, session->buffers->key, session->work->keylen, params) == 1;
}

static bool open_session(struct session *session, OSSL_LIB_CTX *library, const char *query)
{
    bool done = false;

    session->state = calloc(1, sizeof(struct evp_state));
    if (session->state == NULL)
        return false;
    switch (session->work->kind) {
    case KIND_CIPHER:
    case KIND_AEAD:
        done = open_cipher(session, library, query);
        break;
    case KIND_DIGEST:
        done = open_digest(session, library, query);
        break;
    case KIND_MAC:
        done = open_mac(session, library, query);
        break;
    }
    if (!done)
        ERR_print_errors_fp(stderr);
    return done;
}

static bool afalg_open(struct session *session)
{
    return open_session(session, afalg_library, "provider=afalg");
}

static bool default_open(struct session *session)
{
    return open_session(session, default_library, "provider=default");
}

static void close_session(struct session *session)
{
    struct evp_state *state = session->state;

    if (state == NULL)
        return;
    EVP_CIPHER_CTX_free(state->cipher_ctx);
    EVP_CIPHER_free(state->cipher);
    EVP_MD_CTX_free(state->md_ctx);
    EVP_MD_free(state->md);
    EVP_MAC_CTX_free(state->mac_ctx);
    EVP_MAC_free(state->mac);
    free(state);
}

static unsigned long long afalg_kernel_requests(void)
{
    uint64_t requests = 0;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint64(AFALG_PARAM_KERNEL_REQUESTS, &requests),
        OSSL_PARAM_construct_end(),
    };

    OSSL_PROVIDER_get_params(afalg_provider, params);
    return requests;
}

bool peer_evp_begin(const char *config)
{
    afalg_library = OSSL_LIB_CTX_new();
    default_library = OSSL_LIB_CTX_new();
    if (OSSL_LIB_CTX_load_config(afalg_library, config) == 1) {
        afalg_provider = OSSL_PROVIDER_load(afalg_library, "afalg");
        if (afalg_provider != NULL)
            return true;
    }
    ERR_print_errors_fp(stderr);
    return false;
}

void peer_evp_end(void)
{
    OSSL_PROVIDER_unload(afalg_provider);
    OSSL_LIB_CTX_free(afalg_library);
    OSSL_LIB_CTX_free(default_library);
}

const struct peer peer_afalg = {
    .name = "afalg",
    .knows = knows_all,
    .open = afalg_open,
    .close = close_session,
    .kernel_requests = afalg_kernel_requests,
};

const struct peer peer_default = {
    .name = "default",
    .knows = knows_all,
    .open = default_open,
    .close = close_session,
};
