/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fallback = no: what the kernel can't do is refused, the first time and every time, with an
 * error, and nothing is done elsewhere. max_sockets = 1 is what the kernel can't do here.
 */
#include "cmocka_test.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "support.h"

static const uint8_t zeros[64];

static EVP_CIPHER_CTX *encrypt(EVP_CIPHER *cipher)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, zeros, zeros, NULL), 1);
    return ctx;
}

static void a_refused_context_stays_refused(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open("fallback = no\nmax_sockets = 1\n");
    EVP_CIPHER *cipher = subject_cipher(libctx, "AES-128-CBC");
    EVP_CIPHER_CTX *first, *second;
    uint8_t out[96];
    int n;

    (void)state;
    assert_non_null(cipher);
    first = encrypt(cipher);
    second = encrypt(cipher);
    assert_int_equal(EVP_EncryptUpdate(first, out, &n, zeros, 64), 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(EVP_EncryptUpdate(second, out, &n, zeros, 64), 0);
        assert_int_not_equal(ERR_get_error(), 0);
        ERR_clear_error();
    }
    assert_int_equal(EVP_EncryptUpdate(first, out, &n, zeros, 64), 1);
    EVP_CIPHER_CTX_free(first);
    assert_int_equal(EVP_EncryptUpdate(second, out, &n, zeros, 64), 1);
    assert_int_equal(counters_read(libctx).software_requests, 0);
    assert_int_equal(counters_read(libctx).kernel_requests, 3);
    EVP_CIPHER_CTX_free(second);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_context_stays_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
