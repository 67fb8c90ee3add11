/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that only the kernel has: of the keyring, or behind a descriptor. What is done with them is
 * what the default provider does with the same bytes, all of it in the kernel.
 */
#include <openssl/err.h>
#include <stdio.h>
#include <unistd.h>

#include "keys_support.h"

static void every_algorithm_by_a_socket_that_was_left(void **state)
{
    int fds[ROWS];
    OSSL_LIB_CTX *libctx;

    (void)state;
    leave_sockets(fds);
    libctx = subject_open(NULL);
    for (size_t i = 0; i < ROWS; i++) {
        char uri[URI];

        snprintf(uri, sizeof(uri), "afalg:fd=row%zu", i);
        check_row(libctx, &rows[i], (struct given){ .uri = uri });
        close(fds[i]);
    }
    OSSL_LIB_CTX_free(libctx);
}

static void check_keyring(const char *settings, const char *type)
{
    OSSL_LIB_CTX *libctx = subject_open(settings);

    for (size_t i = 0; i < ROWS; i++) {
        char name[32], uri[URI];
        int32_t serial;

        snprintf(name, sizeof(name), "afalg:row %zu", i);
        serial = add_key(type, name, rows[i].keylen);
        snprintf(uri, sizeof(uri), "afalg:keyring=%s;name=afalg:row%%20%zu", type, i);
        check_row(libctx, &rows[i], (struct given){ .uri = uri });
        snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
        check_row(libctx, &rows[i], (struct given){ .uri = uri });
    }
    OSSL_LIB_CTX_free(libctx);
}

static void every_algorithm_by_a_key_of_the_keyring(void **state)
{
    (void)state;
    if (!kernel_takes_serials())
        skip();
    check_keyring(NULL, "user");
    check_keyring(NULL, "logon");
}

/* Without hardware nothing is offered in this mode but for such keys. */
static void in_auto_they_are_the_kernels_and_bytes_are_softwares(void **state)
{
    OSSL_LIB_CTX *libctx;
    struct counters before, after;

    (void)state;
    if (!kernel_takes_serials())
        skip();
    check_keyring("mode = auto\nkeys = yes\n", "logon");
    libctx = subject_open("mode = auto\nkeys = yes\n");
    before = counters_read(libctx);
    check_message(libctx, &rows[AES_128_CBC], (struct given){ 0 });
    check_message(libctx, &rows[HMAC_SHA256], (struct given){ 0 });
    after = counters_read(libctx);
    assert_int_equal(after.kernel_requests, before.kernel_requests);
    assert_true(after.software_requests > before.software_requests);
    OSSL_LIB_CTX_free(libctx);
}

static void bytes_stand_for_a_key(void **state)
{
    static const uint8_t stand_in[16] = "\xde\xad\xbe\xef no key at ";
    int fd = keyed_socket(&rows[AES_128_CBC]);
    uint8_t expected[TEXT + 16], out[TEXT + 16];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    char settings[URI];
    int n, last;

    (void)state;
    leave_socket("real", &rows[AES_128_CBC], 16, fd);
    n = snprintf(settings, sizeof(settings), "key.");
    for (size_t i = 0; i < sizeof(stand_in); i++)
        n += snprintf(settings + n, sizeof(settings) - (size_t)n, "%02X", stand_in[i]);
    snprintf(settings + n, sizeof(settings) - (size_t)n, " = afalg:fd=real\n");
    libctx = subject_open(settings);
    cipher = subject_cipher(libctx, "AES-128-CBC");
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, stand_in, test_iv, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, TEXT), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, out + n, &last), 1);
    assert_int_equal(cipher_message(NULL, &rows[AES_128_CBC], (struct given){ 0 }, 1, text, TEXT,
                                    expected, NULL),
                     n + last);
    assert_memory_equal(out, expected, (size_t)(n + last));
    assert_int_equal(counters_read(libctx).software_requests, 0);
    close(fd);
    /* Without the real key the stand-in is no key either. */
    assert_int_equal(EVP_EncryptInit_ex2(ctx, NULL, stand_in, test_iv, NULL), 0);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, TEXT), 0);
    ERR_clear_error();
    EVP_CIPHER_free(cipher);
    EVP_CIPHER_CTX_free(ctx);
    OSSL_LIB_CTX_free(libctx);
}

static void a_copy_of_a_context_has_the_key(void **state)
{
    int fd = keyed_socket(&rows[AES_128_CBC]);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new(), *copy = EVP_CIPHER_CTX_new();
    uint8_t out[2][TEXT + 16];
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    int n[2];

    (void)state;
    leave_socket("copied", &rows[AES_128_CBC], 16, fd);
    libctx = subject_open(NULL);
    cipher = subject_cipher(libctx, "AES-128-CBC");
    assert_int_equal(cipher_init(ctx, cipher, (struct given){ .uri = "afalg:fd=copied" }, 1), 1);
    assert_int_equal(EVP_CIPHER_CTX_copy(copy, ctx), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out[0], &n[0], text, TEXT), 1);
    assert_int_equal(EVP_EncryptUpdate(copy, out[1], &n[1], text, TEXT), 1);
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(out[0], out[1], (size_t)n[0]);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_CTX_free(copy);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_by_a_socket_that_was_left),
        cmocka_unit_test(every_algorithm_by_a_key_of_the_keyring),
        cmocka_unit_test(in_auto_they_are_the_kernels_and_bytes_are_softwares),
        cmocka_unit_test(bytes_stand_for_a_key),
        cmocka_unit_test(a_copy_of_a_context_has_the_key),
    };

    return cmocka_run_group_tests(tests, keys_setup, keys_teardown);
}
