/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_MAX = 64,
    IV_MAX = 16,
    AAD_LENGTH = 13, /* that of a TLS 1.2 record */
};

struct worker {
    const struct algorithm *alg;
    EVP_CIPHER_CTX *cipher;
    EVP_MD_CTX *digest;
    EVP_MD *digest_method;
    EVP_MAC_CTX *mac;
    unsigned char iv[IV_MAX];
    unsigned char *in, *out;
};

bool worker_knows(const struct algorithm *alg)
{
    return alg->mode != MODE_WRAP && alg->operation != OSSL_OP_RAND;
}

static void row_name(const struct algorithm *alg, char *name, size_t size)
{
    snprintf(name, size, "%.*s", algorithm_name_length(alg), alg->names);
}

/* Bytes that all differ: XTS and 3DES refuse keys whose parts are equal. */
static void fill_key(unsigned char key[KEY_MAX])
{
    for (int i = 0; i < KEY_MAX; i++)
        key[i] = (unsigned char)(2 * i + 1);
}

static bool cipher_setup(struct worker *w, OSSL_LIB_CTX *libctx, const char *query)
{
    unsigned char key[KEY_MAX];
    EVP_CIPHER *cipher;
    char name[64];
    bool ok;

    row_name(w->alg, name, sizeof(name));
    fill_key(key);
    cipher = EVP_CIPHER_fetch(libctx, name, query);
    w->cipher = EVP_CIPHER_CTX_new();
    ok = cipher != NULL && w->cipher != NULL &&
         EVP_EncryptInit_ex2(w->cipher, cipher, key, w->iv, NULL) &&
         EVP_CIPHER_CTX_set_padding(w->cipher, 0);
    EVP_CIPHER_free(cipher);
    return ok;
}

static bool digest_setup(struct worker *w, OSSL_LIB_CTX *libctx, const char *query)
{
    char name[64];

    row_name(w->alg, name, sizeof(name));
    w->digest_method = EVP_MD_fetch(libctx, name, query);
    w->digest = EVP_MD_CTX_new();
    return w->digest_method != NULL && w->digest != NULL;
}

static bool mac_setup(struct worker *w, OSSL_LIB_CTX *libctx, const struct algorithm *inner,
                      const char *query)
{
    bool by_digest = inner->operation == OSSL_OP_DIGEST;
    unsigned char key[KEY_MAX];
    char name[64], inner_name[64];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(by_digest ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER,
                                         inner_name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac;
    bool ok;

    row_name(w->alg, name, sizeof(name));
    row_name(inner, inner_name, sizeof(inner_name));
    fill_key(key);
    mac = EVP_MAC_fetch(libctx, name, query);
    w->mac = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    ok = w->mac != NULL && EVP_MAC_CTX_set_params(w->mac, params) &&
         EVP_MAC_init(w->mac, key, by_digest ? 32 : inner->keylen, NULL);
    EVP_MAC_free(mac);
    return ok;
}

static bool setup(struct worker *w, OSSL_LIB_CTX *libctx, const struct algorithm *inner,
                  const char *query)
{
    switch (w->alg->operation) {
    case OSSL_OP_CIPHER:
        return cipher_setup(w, libctx, query);
    case OSSL_OP_DIGEST:
        return digest_setup(w, libctx, query);
    default:
        return mac_setup(w, libctx, inner, query);
    }
}

struct worker *worker_new(OSSL_LIB_CTX *libctx, const struct algorithm *alg,
                          const struct algorithm *inner, const char *query, size_t max)
{
    struct worker *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->alg = alg;
    w->in = calloc(1, max);
    w->out = malloc(max + EVP_MAX_MD_SIZE);
    if (w->in != NULL && w->out != NULL && setup(w, libctx, inner, query))
        return w;
    worker_free(w);
    return NULL;
}

void worker_free(struct worker *w)
{
    if (w == NULL)
        return;
    EVP_CIPHER_CTX_free(w->cipher);
    EVP_MD_CTX_free(w->digest);
    EVP_MD_free(w->digest_method);
    EVP_MAC_CTX_free(w->mac);
    free(w->in);
    free(w->out);
    free(w);
}

static bool is_aead(const struct algorithm *alg)
{
    return alg->mode == MODE_GCM || alg->mode == MODE_CCM || alg->mode == MODE_CHACHA20_POLY1305;
}

/* CCM wants the length of the text before the AAD. */
static bool aead_begin(struct worker *w, size_t len)
{
    static const unsigned char aad[AAD_LENGTH];
    int n;

    return (w->alg->mode != MODE_CCM || EVP_EncryptUpdate(w->cipher, NULL, &n, NULL, (int)len)) &&
           EVP_EncryptUpdate(w->cipher, NULL, &n, aad, sizeof(aad));
}

static bool cipher_run(struct worker *w, size_t len)
{
    bool aead = is_aead(w->alg);
    int n;

    return EVP_EncryptInit_ex2(w->cipher, NULL, NULL, w->alg->ivlen == 0 ? NULL : w->iv, NULL) &&
           (!aead || aead_begin(w, len)) &&
           EVP_EncryptUpdate(w->cipher, w->out, &n, w->in, (int)len) &&
           (!aead || EVP_EncryptFinal_ex(w->cipher, w->out + n, &n));
}

static bool digest_run(struct worker *w, size_t len)
{
    unsigned n;

    return EVP_DigestInit_ex2(w->digest, w->digest_method, NULL) &&
           EVP_DigestUpdate(w->digest, w->in, len) && EVP_DigestFinal_ex(w->digest, w->out, &n);
}

/* GMAC takes an IV for each message, the others none. */
static bool mac_run(struct worker *w, size_t len)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, w->iv, 12),
        OSSL_PARAM_construct_end(),
    };
    bool gmac = strcmp(w->alg->kernel, "gcm") == 0;
    size_t n;

    return EVP_MAC_init(w->mac, NULL, 0, gmac ? params : NULL) &&
           EVP_MAC_update(w->mac, w->in, len) && EVP_MAC_final(w->mac, w->out, &n, EVP_MAX_MD_SIZE);
}

bool worker_run(struct worker *w, size_t len)
{
    switch (w->alg->operation) {
    case OSSL_OP_CIPHER:
        return cipher_run(w, len);
    case OSSL_OP_DIGEST:
        return digest_run(w, len);
    default:
        return mac_run(w, len);
    }
}
