/* SPDX-License-Identifier: Apache-2.0 */
/* What a case has to yield, by OpenSSL's default provider. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aead/aead.h"
#include "test.h"

static void row_name(const struct algorithm *row, char name[64])
{
    snprintf(name, 64, "%.*s", algorithm_name_length(row), row->names);
}

static EVP_CIPHER *fetch_cipher(const struct trial *t)
{
    char name[64];

    row_name(target_row(t->target, t->c.v[KEY]), name);
    return EVP_CIPHER_fetch(t->libctx, name, "provider=default");
}

/* --- ciphers --- */

/* Of the variants that OpenSSL has of a mode, the kernel's. */
static bool choose_variant(const struct trial *t, EVP_CIPHER_CTX *ctx)
{
    OSSL_PARAM cts[] = { OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE,
                                                          (char[]){ "CS3" }, 0),
                         OSSL_PARAM_construct_end() };
    OSSL_PARAM xts[] = { OSSL_PARAM_construct_utf8_string("xts_standard", (char[]){ "IEEE" }, 0),
                         OSSL_PARAM_construct_end() };

    if (target_traits(t->target)->steals)
        return EVP_CIPHER_CTX_set_params(ctx, cts);
    return (t->target->rows[0]->flags & ALG_XTS_GB) == 0 || EVP_CIPHER_CTX_set_params(ctx, xts);
}

static bool run_cipher(struct trial *t)
{
    EVP_CIPHER *cipher = fetch_cipher(t);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok = cipher != NULL && ctx != NULL &&
              EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, !t->c.v[DECRYPT], NULL) &&
              choose_variant(t, ctx) && EVP_CipherInit_ex2(ctx, NULL, t->key, t->iv, -1, NULL) &&
              EVP_CIPHER_CTX_set_padding(ctx, 0) &&
              EVP_CipherUpdate(ctx, t->expected, &n, t->in, (int)t->inlen) &&
              (size_t)n == t->outlen;

    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return ok;
}

/* --- AEAD --- */

static bool start_seal(const struct trial *t, EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher)
{
    bool ccm = t->target->rows[0]->mode == MODE_CCM;
    int n;

    return EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL) &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)t->c.v[NONCE], NULL) > 0 &&
           (!ccm || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)t->c.v[TAG], NULL) > 0) &&
           EVP_EncryptInit_ex2(ctx, NULL, t->key, t->iv, NULL) &&
           (!ccm || EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)t->c.v[LEN]));
}

/* AAD and text of @plain to @sealed, with the tag behind them. */
static bool seal(const struct trial *t, const unsigned char *plain, unsigned char *sealed)
{
    EVP_CIPHER *cipher = fetch_cipher(t);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    size_t aad = t->c.v[AAD], len = t->c.v[LEN];
    unsigned char *tag = sealed + aad + len, none;
    int n;
    bool ok = cipher != NULL && ctx != NULL && start_seal(t, ctx, cipher) &&
              (aad == 0 || EVP_EncryptUpdate(ctx, NULL, &n, plain, (int)aad)) &&
              EVP_EncryptUpdate(ctx, sealed + aad, &n, plain + aad, (int)len) &&
              EVP_EncryptFinal_ex(ctx, &none, &n) &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)t->c.v[TAG], tag) > 0;

    memcpy(sealed, plain, aad);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return ok;
}

/* To be opened is what was sealed before. */
static bool run_aead(struct trial *t)
{
    unsigned char *plain;
    bool ok;

    if (!t->c.v[DECRYPT])
        return seal(t, t->in, t->expected);
    memcpy(t->expected, t->in, t->outlen);
    plain = malloc(t->outlen + 1);
    if (plain == NULL)
        return false;
    memcpy(plain, t->in, t->outlen);
    ok = seal(t, plain, t->in);
    free(plain);
    t->in[t->inlen - 1] ^= t->c.v[FORGED] != 0;
    return ok;
}

/* --- hashes --- */

static bool run_digest(struct trial *t)
{
    char name[64];
    EVP_MD *md;
    bool ok;

    row_name(t->target->rows[0], name);
    md = EVP_MD_fetch(t->libctx, name, "provider=default");
    ok = md != NULL && EVP_Digest(t->in, t->inlen, t->expected, NULL, md, NULL);
    EVP_MD_free(md);
    return ok;
}

static bool run_mac(struct trial *t)
{
    const struct algorithm *mac = t->target->mac;
    bool hmac = mac->mac_template == MAC_HMAC;
    char name[64], underlying[64];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(hmac ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER,
                                         underlying, 0),
        OSSL_PARAM_construct_end(),
    };
    size_t n;
    EVP_MAC *method;
    EVP_MAC_CTX *ctx;
    bool ok;

    row_name(mac, name);
    row_name(target_row(t->target, t->c.v[KEY]), underlying);
    method = EVP_MAC_fetch(t->libctx, name, "provider=default");
    ctx = method == NULL ? NULL : EVP_MAC_CTX_new(method);
    ok = ctx != NULL && EVP_MAC_init(ctx, t->key, t->c.v[KEY], params) &&
         EVP_MAC_update(ctx, t->in, t->inlen) &&
         EVP_MAC_final(ctx, t->expected, &n, EVP_MAX_MD_SIZE);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(method);
    return ok;
}

bool reference_run(struct trial *t)
{
    if (target_is_aead(t->target))
        return run_aead(t);
    if (!target_is_hash(t->target))
        return run_cipher(t);
    return t->target->mac == NULL ? run_digest(t) : run_mac(t);
}
