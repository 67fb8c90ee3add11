/* SPDX-License-Identifier: Apache-2.0 */
/* What can go wrong with a cipher that is no AEAD. */
#include "errors.h"

#include <string.h>

#include <openssl/core_names.h>

#include "support.h"

static unsigned char key[64];
static unsigned char in[64];

/* Without a key; the halves of `key` differ. */
static EVP_CIPHER_CTX *start(struct run *run, const char *name)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(run->libctx, name, run->query);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (cipher == NULL || ctx == NULL)
        die("no %s by %s", name, run->query);
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (unsigned char)(i * 37);
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    CALL(run, EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, 1, NULL));
    EVP_CIPHER_free(cipher);
    return ctx;
}

static EVP_CIPHER_CTX *keyed(struct run *run, const char *name, int encrypt)
{
    EVP_CIPHER_CTX *ctx = start(run, name);

    CALL(run, EVP_CipherInit_ex2(ctx, NULL, key, key, encrypt, NULL));
    return ctx;
}

/* As an application's: EVP_CipherUpdate() and then EVP_CipherFinal_ex(), twice. */
static void update_and_final(struct run *run, EVP_CIPHER_CTX *ctx, const unsigned char *data,
                             int length)
{
    unsigned char out[128];
    int n = 0;

    CALL(run, EVP_CipherUpdate(ctx, out, &n, data, length));
    CALL(run, EVP_CipherFinal_ex(ctx, out + 64, &n));
    CALL(run, EVP_CipherFinal_ex(ctx, out + 64, &n));
}

static void no_key(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = start(run, name);
    unsigned char out[128];

    CALL(run, EVP_Cipher(ctx, out, in, 16));
    update_and_final(run, ctx, in, 32);
    CALL(run, EVP_CipherInit_ex2(ctx, NULL, NULL, key, 0, NULL));
    update_and_final(run, ctx, in, 32);
    EVP_CIPHER_CTX_free(ctx);
}

static void no_iv(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = start(run, name);
    unsigned char out[128];
    int n;

    CALL(run, EVP_CipherInit_ex2(ctx, NULL, key, NULL, 1, NULL));
    CALL(run, EVP_CipherUpdate(ctx, out, &n, in, 32));
    EVP_CIPHER_CTX_free(ctx);
}

static void partial_block(struct run *run, const char *name)
{
    for (int encrypt = 0; encrypt < 2; encrypt++) {
        for (int padding = 0; padding < 2; padding++) {
            EVP_CIPHER_CTX *ctx = keyed(run, name, encrypt);

            CALL(run, EVP_CIPHER_CTX_set_padding(ctx, padding));
            update_and_final(run, ctx, in, 5);
            EVP_CIPHER_CTX_free(ctx);
            ctx = keyed(run, name, encrypt);
            CALL(run, EVP_CIPHER_CTX_set_padding(ctx, padding));
            update_and_final(run, ctx, in, 37);
            EVP_CIPHER_CTX_free(ctx);
        }
    }
}

/* Nothing at all, and padding that is none; a set_padding() between the two. */
static void bad_decrypt(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 0);

    update_and_final(run, ctx, in, 0);
    CALL(run, EVP_CipherInit_ex2(ctx, NULL, NULL, key, 0, NULL));
    update_and_final(run, ctx, in, 32);
    CALL(run, EVP_CipherInit_ex2(ctx, NULL, NULL, NULL, 0, NULL));
    update_and_final(run, ctx, in, 48);
    EVP_CIPHER_CTX_free(ctx);
}

static void parameters(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 1);
    unsigned char bytes[64] = { 0 };

    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("padding", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("num", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("use-bits", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("keylen", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("tls-version", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("tls-mac-size", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, OCTET_PARAM("no-such-parameter", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("padding", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("num", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("keylen", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("ivlen", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("iv", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("updated-iv", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, UINT_PARAM("iv", 0)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("no-such-parameter", bytes, 3)));
    CALL(run, EVP_CIPHER_CTX_get_updated_iv(ctx, bytes, 3));
    CALL(run, EVP_CIPHER_CTX_get_original_iv(ctx, bytes, 3));
    CALL(run, EVP_CIPHER_CTX_set_key_length(ctx, 5));
    CALL(run, EVP_CIPHER_CTX_set_key_length(ctx, 0));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, SIZE_PARAM("keylen", 5)));
    CALL(run, EVP_CIPHER_CTX_set_params(ctx, SIZE_PARAM("ivlen", 5)));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 5, NULL));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, bytes));
    CALL(run, EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, bytes));
    EVP_CIPHER_CTX_free(ctx);
}

/* Lengths given to init by its parameters. */
static void init_parameters(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = start(run, name);
    unsigned char bytes[3] = { 0 };

    CALL(run, EVP_CipherInit_ex2(ctx, NULL, key, key, 1, SIZE_PARAM("keylen", 5)));
    CALL(run, EVP_CipherInit_ex2(ctx, NULL, key, key, 1, SIZE_PARAM("ivlen", 5)));
    CALL(run, EVP_CipherInit_ex2(ctx, NULL, key, key, 1, OCTET_PARAM("padding", bytes, 3)));
    EVP_CIPHER_CTX_free(ctx);
}

static void tls_mac_size(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 0);
    unsigned char bytes[8] = { 0 };

    CALL(run, EVP_CIPHER_CTX_set_params(ctx, SIZE_PARAM("tls-mac-size", 65)));
    CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("tls-mac", bytes, 8)));
    EVP_CIPHER_CTX_free(ctx);
}

/* Up to TLS 1.2: not in place, no whole blocks, a record that is too short, final. */
static void tls_record(struct run *run, const char *name)
{
    for (int encrypt = 0; encrypt < 2; encrypt++) {
        EVP_CIPHER_CTX *ctx = keyed(run, name, encrypt);
        unsigned char out[128] = { 0 };
        int n = 0;

        CALL(run, EVP_CIPHER_CTX_set_params(ctx, UINT_PARAM("tls-version", 0x303)));
        CALL(run, EVP_CIPHER_CTX_set_params(ctx, SIZE_PARAM("tls-mac-size", 20)));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, in, 48));
        CALL(run, EVP_Cipher(ctx, out, in, 48));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, out, 16));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, out, 21) == encrypt);
        CALL(run, EVP_CipherFinal_ex(ctx, out, &n));
        EVP_CIPHER_CTX_free(ctx);
    }
}

static void num(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 1);

    CALL(run, EVP_CIPHER_CTX_set_num(ctx, 16));
    CALL(run, EVP_CIPHER_CTX_set_num(ctx, -1));
    CALL(run, EVP_CIPHER_CTX_set_num(ctx, 0));
    CALL(run, EVP_CIPHER_CTX_get_num(ctx));
    EVP_CIPHER_CTX_free(ctx);
}

/* EVP_Cipher() of no whole blocks, and of none. */
static void one_shot(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = keyed(run, name, 1);
    unsigned char out[128];

    CALL(run, EVP_Cipher(ctx, out, in, 0));
    CALL(run, EVP_Cipher(ctx, out, in, 5));
    EVP_CIPHER_CTX_free(ctx);
}

static void random_key(struct run *run, const char *name)
{
    EVP_CIPHER_CTX *ctx = start(run, name);
    unsigned char random[64];

    CALL(run, EVP_CIPHER_CTX_rand_key(ctx, random));
    EVP_CIPHER_CTX_free(ctx);
}

static void xts(struct run *run, const char *name)
{
    static const unsigned char zeros[64];
    static unsigned char unit[(16 << 20) + 32];

    for (int encrypt = 0; encrypt < 2; encrypt++) {
        EVP_CIPHER_CTX *ctx = start(run, name);
        int n;

        CALL(run, EVP_CipherInit_ex2(ctx, NULL, zeros, key, encrypt, NULL));
        CALL(run, EVP_CipherInit_ex2(ctx, NULL, key, key, encrypt, NULL));
        CALL(run, EVP_CipherUpdate(ctx, unit, &n, unit, 0));
        CALL(run, EVP_CipherUpdate(ctx, unit, &n, unit, 15));
        CALL(run, EVP_CipherUpdate(ctx, unit, &n, unit, sizeof(unit)));
        CALL(run, EVP_CipherUpdate(ctx, NULL, &n, unit, 32));
        CALL(run, EVP_Cipher(ctx, unit, unit, 15));
        CALL(run, EVP_CipherFinal_ex(ctx, unit, &n));
        EVP_CIPHER_CTX_free(ctx);
    }
}

static void cts(struct run *run, const char *name)
{
    for (int encrypt = 0; encrypt < 2; encrypt++) {
        EVP_CIPHER_CTX *ctx = keyed(run, name, encrypt);
        unsigned char out[128];
        int n;

        CALL(run, EVP_CIPHER_CTX_set_params(ctx, TEXT_PARAM("cts_mode", "CS4")));
        CALL(run, EVP_CIPHER_CTX_set_params(ctx, UINT_PARAM("cts_mode", 1)));
        CALL(run, EVP_CIPHER_CTX_get_params(ctx, OCTET_PARAM("cts_mode", out, 3)));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, in, 0));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, in, 15));
        CALL(run, EVP_CipherUpdate(ctx, NULL, &n, in, 32));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, in, 32));
        CALL(run, EVP_CipherUpdate(ctx, out, &n, in, 32));
        CALL(run, EVP_CipherFinal_ex(ctx, out, &n));
        EVP_CIPHER_CTX_free(ctx);
    }
}

static void wrap(struct run *run, const char *name)
{
    static const int lengths[] = { 0, 7, 8, 12, 16, 17, 24, 32 };
    unsigned char out[128];
    int n;

    for (int encrypt = 0; encrypt < 2; encrypt++) {
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            EVP_CIPHER_CTX *ctx = start(run, name);

            CALL(run, EVP_CipherInit_ex2(ctx, NULL, key, NULL, encrypt, NULL));
            CALL(run, EVP_CipherUpdate(ctx, NULL, &n, in, lengths[i]));
            CALL(run, EVP_CipherUpdate(ctx, out, &n, in, lengths[i]));
            CALL(run, EVP_CipherFinal_ex(ctx, out, &n));
            EVP_CIPHER_CTX_free(ctx);
        }
    }
}

#define BLOCK   "AES-128-CBC AES-256-ECB DES-EDE3-CBC DES-EDE3-ECB CAMELLIA-128-CBC"
#define STREAM  "AES-128-CTR AES-256-CFB AES-128-OFB ChaCha20"
#define MESSAGE "AES-128-XTS AES-256-CBC-CTS AES-128-WRAP"

const struct error_case cipher_errors[] = {
    { "no_key", no_key, BLOCK " " STREAM " AES-128-XTS" },
    { "no_iv", no_iv, BLOCK " " STREAM " " MESSAGE },
    { "partial_block", partial_block, BLOCK },
    { "bad_decrypt", bad_decrypt, BLOCK },
    { "parameters", parameters, BLOCK " " STREAM " " MESSAGE },
    { "init_parameters", init_parameters, BLOCK " " STREAM " " MESSAGE },
    { "tls_mac_size", tls_mac_size, "AES-128-CBC DES-EDE3-CBC" },
    { "tls_record", tls_record, "AES-128-CBC DES-EDE3-CBC" },
    { "num", num, BLOCK " " STREAM },
    { "one_shot", one_shot, BLOCK " " STREAM " " MESSAGE },
    { "random_key", random_key, "AES-128-CBC AES-128-CTR AES-128-XTS" },
    { "xts", xts, "AES-128-XTS AES-256-XTS" },
    { "cts", cts, "AES-128-CBC-CTS AES-256-CBC-CTS" },
    { "wrap", wrap, "AES-128-WRAP AES-256-WRAP" },
    { NULL, NULL, NULL },
};
