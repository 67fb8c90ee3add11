/* SPDX-License-Identifier: Apache-2.0 */
#include "skeymgmt.h"

#ifdef AFALG_HAS_SKEYMGMT

#include <errno.h>
#include <linux/keyctl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyring.h"
#include "provctx.h"
#include "random.h"
#include "uri.h"

enum { GENERATED_MAX = 4096 };

/* What an EVP_SKEY of ours points to; constant once made. */
struct skey {
    struct provctx *prov;
    struct key key;
};

const struct key *skeymgmt_key(const void *keydata)
{
    return &((const struct skey *)keydata)->key;
}

/* --- what all types share --- */

static struct skey *skey_new(struct provctx *prov)
{
    struct skey *skey = OPENSSL_zalloc(sizeof(*skey));

    if (skey != NULL)
        skey->prov = prov;
    return skey;
}

static OSSL_FUNC_skeymgmt_free_fn skey_free;
static void skey_free(void *keydata)
{
    struct skey *skey = keydata;

    if (skey == NULL)
        return;
    key_clear(&skey->key);
    OPENSSL_free(skey);
}

static OSSL_FUNC_skeymgmt_export_fn skey_export;
static int skey_export(void *keydata, int selection, OSSL_CALLBACK *callback, void *arg)
{
    const struct skey *skey = keydata;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_SKEY_PARAM_RAW_BYTES, skey->key.bytes,
                                          skey->key.len),
        OSSL_PARAM_construct_end(),
    };

    if (key_is_opaque(&skey->key))
        return fail(skey->prov, PROV_R_NOT_SUPPORTED,
                    "%s: only the kernel has the key: use it with algorithms of this provider",
                    opaque_key_uri(skey->key.opaque));
    return (selection & OSSL_SKEYMGMT_SELECT_SECRET_KEY) != 0 && callback(params, arg);
}

/* The length of a key to be made. 0 with the error raised if @params have none, or more than
 * @max. */
static size_t generated_length(const struct provctx *prov, const OSSL_PARAM params[], size_t max)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_SKEY_PARAM_KEY_LENGTH);
    size_t len = 0;

    if (p != NULL && OSSL_PARAM_get_size_t(p, &len) && len > 0 && len <= max)
        return len;
    fail(prov, PROV_R_INVALID_KEY_LENGTH,
         OSSL_SKEY_PARAM_KEY_LENGTH ": expected 1 to %zu bytes, "
                                    "got %zu",
         max, len);
    return 0;
}

/* --- keys of bytes --- */

static OSSL_FUNC_skeymgmt_imp_settable_params_fn raw_imp_settable_params;
static const OSSL_PARAM *raw_imp_settable_params(void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_octet_string(OSSL_SKEY_PARAM_RAW_BYTES, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vprov;
    return settable;
}

static OSSL_FUNC_skeymgmt_gen_settable_params_fn raw_gen_settable_params;
static const OSSL_PARAM *raw_gen_settable_params(void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_size_t(OSSL_SKEY_PARAM_KEY_LENGTH, NULL),
        OSSL_PARAM_END,
    };

    (void)vprov;
    return settable;
}

static struct skey *raw_new(struct provctx *prov, const void *bytes, size_t len)
{
    struct skey *skey = skey_new(prov);

    if (skey != NULL && key_set(&skey->key, bytes, len))
        return skey;
    skey_free(skey);
    fail(prov, ERR_R_MALLOC_FAILURE, "no memory for a key of %zu bytes", len);
    return NULL;
}

static bool is_aes_length(size_t len)
{
    return len == 16 || len == 24 || len == 32;
}

static bool any_length(size_t len)
{
    (void)len;
    return true;
}

static void *raw_import(struct provctx *prov, int selection, const OSSL_PARAM params[],
                        bool (*fits)(size_t len))
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_SKEY_PARAM_RAW_BYTES);

    if ((selection & OSSL_SKEYMGMT_SELECT_SECRET_KEY) == 0 || p == NULL ||
        p->data_type != OSSL_PARAM_OCTET_STRING)
        return NULL;
    if (fits(p->data_size))
        return raw_new(prov, p->data, p->data_size);
    fail(prov, PROV_R_INVALID_KEY_LENGTH, "a key of AES has 16, 24 or 32 bytes, this has %zu",
         p->data_size);
    return NULL;
}

static void *raw_generate(struct provctx *prov, const OSSL_PARAM params[], bool (*fits)(size_t len))
{
    unsigned char bytes[GENERATED_MAX];
    size_t len = generated_length(prov, params, sizeof(bytes));
    struct skey *skey = NULL;

    if (len == 0)
        return NULL;
    if (!fits(len))
        fail(prov, PROV_R_INVALID_KEY_LENGTH, "a key of AES has 16, 24 or 32 bytes, not %zu", len);
    else if (provider_random(prov, bytes, len, true))
        skey = raw_new(prov, bytes, len);
    OPENSSL_cleanse(bytes, len);
    return skey;
}

static OSSL_FUNC_skeymgmt_import_fn aes_import, generic_import;
static OSSL_FUNC_skeymgmt_generate_fn aes_generate, generic_generate;

static void *aes_import(void *vprov, int selection, const OSSL_PARAM params[])
{
    return raw_import(vprov, selection, params, is_aes_length);
}

static void *aes_generate(void *vprov, const OSSL_PARAM params[])
{
    return raw_generate(vprov, params, is_aes_length);
}

static void *generic_import(void *vprov, int selection, const OSSL_PARAM params[])
{
    return raw_import(vprov, selection, params, any_length);
}

static void *generic_generate(void *vprov, const OSSL_PARAM params[])
{
    return raw_generate(vprov, params, any_length);
}

/* --- keys that only the kernel has --- */

static OSSL_FUNC_skeymgmt_imp_settable_params_fn opaque_imp_settable_params;
static const OSSL_PARAM *opaque_imp_settable_params(void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)vprov;
    return settable;
}

static OSSL_FUNC_skeymgmt_gen_settable_params_fn opaque_gen_settable_params;
static const OSSL_PARAM *opaque_gen_settable_params(void *vprov)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY, NULL, 0),
        OSSL_PARAM_utf8_string(AFALG_PARAM_KEY_MASTER, NULL, 0),
        OSSL_PARAM_size_t(OSSL_SKEY_PARAM_KEY_LENGTH, NULL),
        OSSL_PARAM_END,
    };

    (void)vprov;
    return settable;
}

/* A text among @params; NULL if there is none. */
static const char *get_text(const OSSL_PARAM params[], const char *name)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, name);
    const char *text = NULL;

    return p != NULL && OSSL_PARAM_get_utf8_string_ptr(p, &text) ? text : NULL;
}

static void *opaque_new(struct provctx *prov, const char *uri)
{
    struct opaque_key *key = opaque_key_find(prov, uri);
    struct skey *skey = key == NULL ? NULL : skey_new(prov);

    if (skey != NULL)
        key_set_opaque(&skey->key, key);
    opaque_key_release(key);
    return skey;
}

/* The URI that our store's loader has given OpenSSL for an object, which is to be freed; NULL if
 * @params have none. */
static char *get_reference(const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_OBJECT_PARAM_REFERENCE);
    const void *uri;
    size_t len;

    return p != NULL && OSSL_PARAM_get_octet_string_ptr(p, &uri, &len) ? strndup(uri, len) : NULL;
}

static OSSL_FUNC_skeymgmt_import_fn opaque_import;
static void *opaque_import(void *vprov, int selection, const OSSL_PARAM params[])
{
    const char *uri = get_text(params, AFALG_PARAM_KEY);
    char *reference = get_reference(params);
    void *skey = NULL;

    (void)selection;
    if (uri == NULL)
        uri = reference;
    if (uri != NULL)
        skey = opaque_new(vprov, uri);
    else
        fail((struct provctx *)vprov, PROV_R_MISSING_KEY,
             "a key of the kernel's is imported by " AFALG_PARAM_KEY ", its URI");
    free(reference);
    return skey;
}

/* Bytes that the kernel makes itself, and wraps by its key @master. Serial or -errno. */
static int32_t make_encrypted(const struct key_uri *u, const char *master, size_t len)
{
    int32_t found = keyring_find_master(master);
    char command[256];
    int n;

    if (found < 0)
        return found;
    n = snprintf(command, sizeof(command), "new %s %zu", master, len);
    return n < (int)sizeof(command)
               ? keyring_add(KEY_SPEC_USER_KEYRING, u->keyring, u->name, command, (size_t)n)
               : -E2BIG;
}

static int32_t make_random(struct provctx *prov, const struct key_uri *u, size_t len)
{
    unsigned char bytes[GENERATED_MAX];
    int32_t serial = -EIO;

    if (provider_random(prov, bytes, len, true))
        serial = keyring_add(KEY_SPEC_USER_KEYRING, u->keyring, u->name, bytes, len);
    OPENSSL_cleanse(bytes, len);
    return serial;
}

static const char *advice_on_adding(int error)
{
    switch (error) {
    case -ENODEV:
        return "this kernel doesn't have the type: is a module missing (modprobe encrypted-keys)?";
    case -ENOKEY:
        return "there is no such master key";
    case -EEXIST:
        return "it has one of this name: unlink that first (keyctl unlink)";
    case -EDQUOT:
        return "the user's quota is used up: see /proc/key-users and kernel.keys.maxbytes";
    default:
        return "an encrypted key takes " AFALG_PARAM_KEY_MASTER " (user:NAME or trusted:NAME), "
               "any other type none";
    }
}

/* Makes a key under the URI's type and description. False with the error raised. */
static bool make_key(struct provctx *prov, const struct key_uri *u, const OSSL_PARAM params[])
{
    const char *master = get_text(params, AFALG_PARAM_KEY_MASTER);
    size_t len = generated_length(prov, params, GENERATED_MAX);
    int32_t serial;

    if (len == 0)
        return false;
    serial = master != NULL ? make_encrypted(u, master, len) : make_random(prov, u, len);
    return serial > 0 || fail_code(prov, ERR_SYSTEM_FLAG | (unsigned long)-serial,
                                   "adding a key of type %s to the user's keyring: %s", u->keyring,
                                   advice_on_adding(serial));
}

static OSSL_FUNC_skeymgmt_generate_fn opaque_generate;
static void *opaque_generate(void *vprov, const OSSL_PARAM params[])
{
    const char *uri = get_text(params, AFALG_PARAM_KEY), *problem;
    struct provctx *prov = vprov;
    struct key_uri u = { 0 };
    bool made;

    problem = uri == NULL ? "it is missing" : key_uri_parse(&u, uri);
    if (problem == NULL && u.name == NULL)
        problem = "a new key is named by keyring and name";
    if (problem != NULL)
        fail(prov, PROV_R_INVALID_KEY, AFALG_PARAM_KEY ": %s", problem);
    made = problem == NULL && make_key(prov, &u, params);
    key_uri_free(&u);
    return made ? opaque_new(prov, uri) : NULL;
}

static OSSL_FUNC_skeymgmt_get_key_id_fn opaque_get_key_id;
static const char *opaque_get_key_id(void *keydata)
{
    return opaque_key_uri(skeymgmt_key(keydata)->opaque);
}

/* --- tables --- */

#define RAW_FUNCTIONS                                                                              \
    { OSSL_FUNC_SKEYMGMT_FREE, (void (*)(void))skey_free },                                        \
        { OSSL_FUNC_SKEYMGMT_EXPORT, (void (*)(void))skey_export },                                \
        { OSSL_FUNC_SKEYMGMT_IMP_SETTABLE_PARAMS, (void (*)(void))raw_imp_settable_params },       \
    {                                                                                              \
        OSSL_FUNC_SKEYMGMT_GEN_SETTABLE_PARAMS, (void (*)(void))raw_gen_settable_params            \
    }

static const OSSL_DISPATCH aes_functions[] = {
    RAW_FUNCTIONS,
    { OSSL_FUNC_SKEYMGMT_IMPORT, (void (*)(void))aes_import },
    { OSSL_FUNC_SKEYMGMT_GENERATE, (void (*)(void))aes_generate },
    { 0, NULL },
};

static const OSSL_DISPATCH generic_functions[] = {
    RAW_FUNCTIONS,
    { OSSL_FUNC_SKEYMGMT_IMPORT, (void (*)(void))generic_import },
    { OSSL_FUNC_SKEYMGMT_GENERATE, (void (*)(void))generic_generate },
    { 0, NULL },
};

static const OSSL_DISPATCH opaque_functions[] = {
    { OSSL_FUNC_SKEYMGMT_FREE, (void (*)(void))skey_free },
    { OSSL_FUNC_SKEYMGMT_EXPORT, (void (*)(void))skey_export },
    { OSSL_FUNC_SKEYMGMT_IMPORT, (void (*)(void))opaque_import },
    { OSSL_FUNC_SKEYMGMT_IMP_SETTABLE_PARAMS, (void (*)(void))opaque_imp_settable_params },
    { OSSL_FUNC_SKEYMGMT_GENERATE, (void (*)(void))opaque_generate },
    { OSSL_FUNC_SKEYMGMT_GEN_SETTABLE_PARAMS, (void (*)(void))opaque_gen_settable_params },
    { OSSL_FUNC_SKEYMGMT_GET_KEY_ID, (void (*)(void))opaque_get_key_id },
    { 0, NULL },
};

const OSSL_ALGORITHM skeymgmt_algorithms[] = {
    { OSSL_SKEY_TYPE_AES, "provider=afalg", aes_functions, "keys of AES, as bytes" },
    { OSSL_SKEY_TYPE_GENERIC, "provider=afalg", generic_functions, "keys, as bytes" },
    { AFALG_SKEY_TYPE, "provider=afalg", opaque_functions, "keys that only the kernel has" },
    { NULL, NULL, NULL, NULL },
};

#endif
