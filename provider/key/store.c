/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#ifdef AFALG_HAS_STORE

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyring.h"
#include "provctx.h"
#include "uri.h"

/* What one URI is still to yield. */
struct store {
    struct provctx *prov;
    char *uri;        /* names a single key; NULL: the keys of @serials */
    int32_t *serials; /* owned */
    size_t count, next;
};

static OSSL_FUNC_store_close_fn store_close;
static int store_close(void *vstore)
{
    struct store *s = vstore;

    free(s->uri);
    free(s->serials);
    OPENSSL_free(s);
    return 1;
}

/* The URI's own key, or the keys of the type that it names. False with the error raised. */
static bool collect(struct store *s, const struct key_uri *u, const char *uri)
{
    int error;

    if (u->keyring == NULL || u->name != NULL) {
        s->count = 1;
        s->uri = strdup(uri);
        return s->uri != NULL;
    }
    error = keyring_list(u->keyring, &s->serials, &s->count);
    return error == 0 || fail_code(s->prov, ERR_SYSTEM_FLAG | (unsigned long)-error,
                                   "%s: listing the keyrings of this process", uri);
}

static OSSL_FUNC_store_open_fn store_open;
static void *store_open(void *vprov, const char *uri)
{
    struct key_uri u;
    const char *problem = key_uri_parse(&u, uri);
    struct store *s;
    bool collected;

    if (problem != NULL) {
        fail((struct provctx *)vprov, PROV_R_INVALID_KEY, "%s: %s", uri, problem);
        return NULL;
    }
    s = OPENSSL_zalloc(sizeof(*s));
    if (s != NULL)
        s->prov = vprov;
    collected = s != NULL && collect(s, &u, uri);
    key_uri_free(&u);
    if (collected)
        return s;
    if (s != NULL)
        store_close(s);
    return NULL;
}

static OSSL_FUNC_store_settable_ctx_params_fn store_settable_ctx_params;
static const OSSL_PARAM *store_settable_ctx_params(void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL),
        OSSL_PARAM_END,
    };

    (void)vprov;
    return settable;
}

static OSSL_FUNC_store_set_ctx_params_fn store_set_ctx_params;
static int store_set_ctx_params(void *vstore, const OSSL_PARAM params[])
{
    (void)vstore;
    (void)params;
    return 1;
}

/* OpenSSL has skeymgmt import the object, by the reference alone: its URI. */
static OSSL_FUNC_store_load_fn store_load;
static int store_load(void *vstore, OSSL_CALLBACK *object, void *object_arg,
                      OSSL_PASSPHRASE_CALLBACK *passphrase, void *passphrase_arg)
{
    struct store *s = vstore;
    int type = OSSL_OBJECT_SKEY;
    char serial[64];
    char *uri = s->uri == NULL ? serial : s->uri;
    OSSL_PARAM params[4], *p = params;

    (void)passphrase;
    (void)passphrase_arg;
    if (s->uri == NULL)
        snprintf(serial, sizeof(serial), KEY_URI_SCHEME "serial=%d", s->serials[s->next]);
    s->next++;
    *p++ = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
    *p++ =
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char *)AFALG_SKEY_TYPE, 0);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, uri, strlen(uri));
    *p = OSSL_PARAM_construct_end();
    return object(params, object_arg);
}

static OSSL_FUNC_store_eof_fn store_eof;
static int store_eof(void *vstore)
{
    const struct store *s = vstore;

    return s->next >= s->count;
}

static const OSSL_DISPATCH store_functions[] = {
    { OSSL_FUNC_STORE_OPEN, (void (*)(void))store_open },
    { OSSL_FUNC_STORE_LOAD, (void (*)(void))store_load },
    { OSSL_FUNC_STORE_EOF, (void (*)(void))store_eof },
    { OSSL_FUNC_STORE_CLOSE, (void (*)(void))store_close },
    { OSSL_FUNC_STORE_SET_CTX_PARAMS, (void (*)(void))store_set_ctx_params },
    { OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, (void (*)(void))store_settable_ctx_params },
    { 0, NULL },
};

const OSSL_ALGORITHM store_algorithms[] = {
    { "afalg", "provider=afalg", store_functions, "keys that only the kernel has" },
    { NULL, NULL, NULL, NULL },
};

#endif
