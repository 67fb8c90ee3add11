/* SPDX-License-Identifier: Apache-2.0 */
/* What can go wrong with an AEAD cipher. */
#include "errors.h"

#include <openssl/core_names.h>

#include "support.h"

static unsigned char bytes[64]; /* key, nonce and data */

static EVP_CIPHER_CTX *start(struct run *run, const char *name, int encrypt)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(run->libctx, name, run->query);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (cipher == NULL || ctx == NULL)
        die("no %s by %s", name, run->query);
    CALL(run, EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL));
    EVP_CIPHER_free(cipher);
    return ctx;
}

static EVP_CIPHER_CTX *keyed(struct run *run, const char *name, int encrypt)
{
    EVP_CIPHER_CTX *ctx = start(run, name, encrypt);

    CALL(run, EVP_CipherInit_ex2(ctx, NULL, bytes, bytes, encrypt, NULL));
    return ctx;
}

static void set_tag(struct run *run, EVP_CIPHER_CTX *ctx)
{
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, bytes));
}

/* Data and its end. */
static void update_and_final(struct run *run, EVP_CIPHER_CTX *ctx)
{
    unsigned char out[64];
    int n = 0;

    CALL(run, EVP_CipherUpdate(ctx, NULL, &n, bytes, 13));
    CALL(run, EVP_CipherUpdate(ctx, out, &n, bytes, 32));
    CALL(run, EVP_CipherFinal_ex(ctx, out, &n));
    CALL(run, EVP_CipherFinal_ex(ctx, out, &n));
}

static void aead_no_key(struct run *run, const char *name)
{
    for (int encrypt = 0; encrypt < 2; encrypt++) {
        EVP_CIPHER_CTX *ctx = start(run, name, encrypt);

        update_and_final(run, ctx);
        CALL(run, EVP_CipherInit_ex2(ctx, NULL, NULL, bytes, encrypt, NULL));
        update_and_final(run, ctx);
        EVP_CIPHER_CTX_free(ctx);
    }
}

static void aead_no_iv(struct run *run, const char *name)
{
    for (int encrypt = 0; encrypt < 2; encrypt++) {
        EVP_CIPHER_CTX *ctx = start(run, name, encrypt);

        CALL(run, EVP_CipherInit_ex2(ctx, NULL, bytes, NULL, encrypt, NULL));
        update_and_final(run, ctx);
        EVP_CIPHER_CTX_free(ctx);
    }
}

/* The tag before the data. */
static void wrong_tag(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = start(run, name, 0);

    set_tag(run, ctx);
    CALL(run, EVP_CipherInit_ex2(ctx, NULL, bytes, bytes, 0, NULL));
    update_and_final(run, ctx);
    EVP_CIPHER_CTX_free(ctx);
}

static void wrong_tag_late(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 0);
    unsigned char out[64];
    int n;

    CALL(run, EVP_CipherUpdate(ctx, NULL, &n, bytes, 13));
    CALL(run, EVP_CipherUpdate(ctx, out, &n, bytes, 32));
    set_tag(run, ctx);
    CALL(run, EVP_CipherFinal_ex(ctx, out, &n));
    EVP_CIPHER_CTX_free(ctx);
}

static void no_tag(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 0);

    update_and_final(run, ctx);
    EVP_CIPHER_CTX_free(ctx);
}

static void tag_controls(struct run *run, const char *name)
{
    for (int encrypt = 0; encrypt < 2; encrypt++) {
        EVP_CIPHER_CTX *ctx = keyed(run, name, encrypt);
        unsigned char tag[32] = { 0 };

        CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag));
        CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 17, tag));
        CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 0, tag));
        CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 3, tag));
        CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, NULL));
        CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, tag));
        CALL(run, EVP_CIPHER_CTX_set_params(ctx, UINT_PARAM("tag", 7)));
        CALL(run, EVP_CIPHER_CTX_get_params(ctx, UINT_PARAM("tag", 7)));
        EVP_CIPHER_CTX_free(ctx);
    }
}

static void tag_after(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = start(run, name, 1);
    unsigned char tag[32] = { 0 };

    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, NULL));
    CALL(run, EVP_CipherInit_ex2(ctx, NULL, bytes, bytes, 1, NULL));
    update_and_final(run, ctx);
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 17, tag));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 0, tag));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag));
    EVP_CIPHER_CTX_free(ctx);
}

static void iv_lengths(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = start(run, name, 1);

    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 0, NULL));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 1, NULL));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 15, NULL));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 129, NULL));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 1000, NULL));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("ivlen", bytes, 3)));
    EVP_CIPHER_CTX_free(ctx);
}

static void aead_parameters(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 1);
    unsigned char out[64] = { 0 };

    CALL(run, EVP_CIPHER_CTX_set_key_length(ctx, 5));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, SIZE_PARAM("keylen", 5)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("keylen", out, 3)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("padding", out, 3)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("no-such-parameter", out, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("keylen", out, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("ivlen", out, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("taglen", out, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("tlsaadpad", out, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, UINT_PARAM("iv", 0)));
    CALL(run, EVP_CIPHER_CTX_get_updated_iv(ctx, out, 3));
    CALL(run, EVP_CIPHER_CTX_get_original_iv(ctx, out, 3));
    EVP_CIPHER_CTX_free(ctx);
}

static void tls_controls(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 0);
    unsigned char aad[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, 0, 5 };

    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_TLS1_AAD, 12, aad));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_TLS1_AAD, 14, aad));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_TLS1_AAD, 13, aad));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, UINT_PARAM("tlsaad", 1)));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IV_FIXED, 3, aad));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IV_FIXED, 5, aad));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, UINT_PARAM("tlsivfixed", 1)));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_IV_GEN, 8, aad));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_IV_INV, 8, aad));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_CCM_SET_L, 1, NULL));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_CCM_SET_L, 9, NULL));
    EVP_CIPHER_CTX_free(ctx);
}

static void tls_fixed_length(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 0);

    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IV_FIXED, 16, bytes));
    EVP_CIPHER_CTX_free(ctx);
}

/* A record of TLS 1.2 that is not authentic. */
static void tampered_record(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = start(run, name, 0);
    unsigned char aad[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, 0, 48 };
    unsigned char record[64] = { 0 };

    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, NULL));
    CALL(run, EVP_CipherInit_ex2(ctx, NULL, bytes, NULL, 0, NULL));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IV_FIXED, 4, bytes));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_TLS1_AAD, 13, aad) > 0);
    CALL(run, EVP_Cipher(ctx, record, record, 48));
    EVP_CIPHER_CTX_free(ctx);
}

/* No length before the AAD, not the length that was set. */
static void ccm_lengths(struct run *run, const char *name)
{
    for (int encrypt = 0; encrypt < 2; encrypt++) {
        EVP_CIPHER_CTX *ctx = keyed(run, name, encrypt);
        unsigned char out[64];
        int n;

        CALL(run, EVP_CipherUpdate(ctx, NULL, &n, bytes, 13));
        CALL(run, EVP_CipherUpdate(ctx, NULL, &n, NULL, 20));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, bytes, 19));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, bytes, 21));
        CALL(run, EVP_CipherFinal_ex(ctx, out, &n));
        EVP_CIPHER_CTX_free(ctx);
    }
}

/* The second message under the same nonce. */
static void message_over(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 1);
    unsigned char out[64];
    int n;

    CALL(run, EVP_CipherUpdate(ctx, out, &n, bytes, 32));
    CALL(run, EVP_CipherFinal_ex(ctx, out, &n));
    update_and_final(run, ctx);
    EVP_CIPHER_CTX_free(ctx);
}

#define GCM "AES-128-GCM AES-256-GCM"
#define CCM "AES-128-CCM"
#define ALL GCM " " CCM " ChaCha20-Poly1305"

const struct error_case aead_errors[] = {
    { "aead_no_key", aead_no_key, ALL },
    { "aead_no_iv", aead_no_iv, ALL },
    { "wrong_tag", wrong_tag, ALL },
    { "wrong_tag_late", wrong_tag_late, ALL },
    { "no_tag", no_tag, ALL },
    { "tag_controls", tag_controls, ALL },
    { "tag_after", tag_after, ALL },
    { "iv_lengths", iv_lengths, ALL },
    { "aead_parameters", aead_parameters, ALL },
    { "tls_controls", tls_controls, ALL },
    { "tls_fixed_length", tls_fixed_length, ALL },
    { "tampered_record", tampered_record, GCM " " CCM },
    { "ccm_lengths", ccm_lengths, CCM },
    { "message_over", message_over, GCM " ChaCha20-Poly1305" },
    { NULL, NULL, NULL },
};
