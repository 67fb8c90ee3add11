/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's own engine "afalg" (removed in 4.0): AES-CBC only. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bench.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine_state {
    ENGINE *engine;
    EVP_CIPHER_CTX *ctx;
};

static bool knows_cbc(const struct work *work)
{
    return strcmp(work->kernel_name, "cbc(aes)") == 0;
}

static bool engine_once(struct session *session)
{
    struct engine_state *state = session->state;
    int len;

    return EVP_EncryptUpdate(state->ctx, session->buffers->out, &len, session->buffers->in,
                             (int)session->size) == 1;
}

static bool engine_open(struct session *session)
{
    struct engine_state *state = calloc(1, sizeof(*state));
    bool done;

    session->state = state;
    session->once = engine_once;
    if (state == NULL)
        return false;
    ENGINE_load_dynamic();
    state->engine = ENGINE_by_id("afalg");
    state->ctx = EVP_CIPHER_CTX_new();
    done = state->engine != NULL && ENGINE_init(state->engine) == 1 &&
           EVP_EncryptInit_ex(state->ctx, EVP_aes_128_cbc(), state->engine, session->buffers->key,
                              session->buffers->iv) == 1 &&
           EVP_CIPHER_CTX_set_padding(state->ctx, 0) == 1;
    if (!done)
        ERR_print_errors_fp(stderr);
    return done;
}

static void engine_close(struct session *session)
{
    struct engine_state *state = session->state;

    if (state == NULL)
        return;
    EVP_CIPHER_CTX_free(state->ctx);
    if (state->engine != NULL) {
        ENGINE_finish(state->engine);
        ENGINE_free(state->engine);
    }
    free(state);
}

const struct peer peer_engine = {
    .name = "afalg engine",
    .knows = knows_cbc,
    .open = engine_open,
    .close = engine_close,
};
