/* SPDX-License-Identifier: Apache-2.0 */
/* What AEAD's contexts take of memory: little between messages, and long AAD once. */
#include "cmocka_test.h"

#include <malloc.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "support.h"

static uint8_t key[32] = "a key of thirty-two bytes, of n";
static uint8_t iv[16] = "nonce nonce 123";
static uint8_t text[64] = "the text of the message, and nothing but the text of the messag";

static OSSL_LIB_CTX *libctx;

static EVP_CIPHER *fetch(const char *name)
{
    EVP_CIPHER *cipher = subject_cipher(libctx, name);

    assert_non_null(cipher);
    return cipher;
}

/* Text that fits one request goes to the kernel in one; the buffer is gone with the message. */
static void a_context_holds_little_between_messages(void **state)
{
    enum { CONTEXTS = 100, LENGTH = 16384 };
    static uint8_t data[LENGTH];
    EVP_CIPHER_CTX *ctx[CONTEXTS];
    EVP_CIPHER *cipher = fetch("AES-256-GCM");
    uint64_t requests = counters_read(libctx).kernel_requests;
    size_t before;
    int n;

    (void)state;
    for (int i = 0; i < CONTEXTS; i++) {
        ctx[i] = EVP_CIPHER_CTX_new();
        assert_int_equal(EVP_EncryptInit_ex2(ctx[i], cipher, key, iv, NULL), 1);
    }
    before = mallinfo2().uordblks;
    for (int i = 0; i < CONTEXTS; i++) {
        assert_int_equal(EVP_EncryptUpdate(ctx[i], data, &n, data, LENGTH), 1);
        assert_int_equal(EVP_EncryptFinal_ex(ctx[i], data, &n), 1);
    }
    assert_true(mallinfo2().uordblks < before + (size_t)CONTEXTS * 1024);
    assert_int_equal(counters_read(libctx).kernel_requests, requests + CONTEXTS);
    for (int i = 0; i < CONTEXTS; i++)
        EVP_CIPHER_CTX_free(ctx[i]);
    EVP_CIPHER_free(cipher);
}

/* Bytes that OpenSSL and the module have asked for. */
static size_t allocated;

static void *count_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    allocated += size;
    return malloc(size);
}

static void *count_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    allocated += size;
    return realloc(old, size);
}

static void count_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

/* Seals 1 MiB of AAD by 64 bytes with @cipher. */
static void long_aad(EVP_CIPHER *cipher, uint8_t tag[16])
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL), 1);
    for (int i = 0; i < 1 << 14; i++)
        assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, text, 64), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, tag, &n), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* Another copy for every piece would be 8 GiB. */
static void long_aad_is_not_copied_again_and_again(void **state)
{
    EVP_CIPHER *ours = fetch("AES-128-GCM");
    EVP_CIPHER *theirs = EVP_CIPHER_fetch(libctx, "AES-128-GCM", "provider=default");
    uint8_t tag[2][16];

    (void)state;
    long_aad(theirs, tag[1]);
    allocated = 0;
    long_aad(ours, tag[0]);
    assert_true(allocated < 4 << 20);
    assert_memory_equal(tag[0], tag[1], 16);
    EVP_CIPHER_free(ours);
    EVP_CIPHER_free(theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_context_holds_little_between_messages),
        cmocka_unit_test(long_aad_is_not_copied_again_and_again),
    };
    int failed;

    assert_int_equal(CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free), 1);
    libctx = subject_open("mode = kernel\n");
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    OSSL_LIB_CTX_free(libctx);
    return failed;
}
