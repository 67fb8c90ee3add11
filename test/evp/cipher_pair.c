/* SPDX-License-Identifier: Apache-2.0 */
#include "cipher_pair.h"

#include "cmocka_test.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/params.h>

#include "support.h"

OSSL_LIB_CTX *libctx[SIDES];
uint8_t key[64], iv[16], text[256];

/* That what a kernel has is offered, the tests of the table see. */
static bool is_lacking(const char *name)
{
    bool dropped = strcmp(name, "AES-192-CFB") == 0 || strcmp(name, "AES-256-OFB") == 0 ||
                   strcmp(name, "AES-128-WRAP") == 0;
    EVP_CIPHER *cipher = subject_cipher(libctx[OURS], name);

    EVP_CIPHER_free(cipher);
    ERR_clear_error();
    return dropped && cipher == NULL;
}

void drop_lacking(const char **names)
{
    const char **kept = names;

    for (; *names != NULL; names++) {
        if (!is_lacking(*names))
            *kept++ = *names;
    }
    *kept = NULL;
}

struct pair pair_new(OSSL_LIB_CTX *ours, const char *name)
{
    struct pair pair = { .cipher = { subject_cipher(ours, name),
                                     EVP_CIPHER_fetch(libctx[DEFAULT], name, NULL) } };

    FOR_SIDES(side)
    {
        pair.ctx[side] = EVP_CIPHER_CTX_new();
        assert_non_null(pair.cipher[side]);
        EVP_CIPHER_CTX_set_flags(pair.ctx[side], EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        assert_int_equal(EVP_CipherInit_ex2(pair.ctx[side], pair.cipher[side], NULL, NULL, 1, NULL),
                         1);
    }
    return pair;
}

void pair_free(struct pair *pair)
{
    FOR_SIDES(side)
    {
        EVP_CIPHER_CTX_free(pair->ctx[side]);
        EVP_CIPHER_free(pair->cipher[side]);
    }
}

void pair_init(struct pair *pair, int encrypt)
{
    FOR_SIDES(side)
    assert_int_equal(EVP_CipherInit_ex2(pair->ctx[side], NULL, key, iv, encrypt, NULL), 1);
}

unsigned long last_error(void)
{
    unsigned long code = ERR_peek_last_error();

    ERR_clear_error();
    return code;
}

void pair_update(struct pair *pair, size_t length)
{
    uint8_t out[SIDES][sizeof(text) + EVP_MAX_BLOCK_LENGTH];
    int n[SIDES] = { -1, -1 }, result[SIDES];

    FOR_SIDES(side)
    result[side] = EVP_CipherUpdate(pair->ctx[side], out[side], &n[side], text, (int)length);
    assert_int_equal(result[OURS], result[DEFAULT]);
    if (result[OURS] != 1)
        return;
    assert_int_equal(n[OURS], n[DEFAULT]);
    assert_memory_equal(out[OURS], out[DEFAULT], (size_t)n[OURS]);
}

void pair_finish(struct pair *pair)
{
    uint8_t out[SIDES][EVP_MAX_BLOCK_LENGTH];
    int n[SIDES] = { 0, 0 }, result[SIDES];
    unsigned long error[SIDES];

    FOR_SIDES(side)
    {
        ERR_clear_error();
        result[side] = EVP_CipherFinal_ex(pair->ctx[side], out[side], &n[side]);
        error[side] = last_error();
    }
    assert_int_equal(result[OURS], result[DEFAULT]);
    assert_int_equal(error[OURS], error[DEFAULT]);
    assert_int_equal(n[OURS], n[DEFAULT]);
    assert_memory_equal(out[OURS], out[DEFAULT], (size_t)n[OURS]);
}

unsigned get_uint(EVP_CIPHER_CTX *ctx, const char *name)
{
    unsigned value = 1000;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(name, &value), OSSL_PARAM_construct_end() };

    assert_int_equal(EVP_CIPHER_CTX_get_params(ctx, params), 1);
    return value;
}
