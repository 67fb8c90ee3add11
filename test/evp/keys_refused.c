/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can't be done with a key that only the kernel has is one error that says why and what to
 * do, with nothing released and nothing done by software.
 */
#include <linux/keyctl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <afalg/params.h>

#include "keys_support.h"
#include "raw_alg.h"

static void assert_refused(OSSL_LIB_CTX *libctx, const struct row *row, const char *uri,
                           const char *part)
{
    EVP_CIPHER *cipher = fetch_cipher(libctx, row);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t out[64] = { 0 }, none[64] = { 0 };
    int n = 0;

    ERR_clear_error();
    if (cipher_init(ctx, cipher, (struct given){ .uri = uri }, 1) != 0)
        fail_msg("%s: accepted", uri);
    assert_says(part);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 32), 0);
    assert_memory_equal(out, none, sizeof(out));
    ERR_clear_error();
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
}

static void what_names_no_key_is_refused(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);

    (void)state;
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:", "without a value");
    assert_refused(libctx, &rows[AES_128_CBC], "pkcs11:x", "does not begin with afalg:");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:keyring=user", "names no single key");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:keyring=user;name=none", "no such key");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:fd=none", "had no AFALG_KEY_none");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:file=/none;cipher=cbc(paes)", "no such file");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:file=/dev/null;cipher=cbc(paes)",
                   "this has none");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:file=/proc/self/exe;cipher=cbc(paes)",
                   "this has more");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:file=/etc/hostname;cipher=ctr(paes)",
                   "no form of");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:file=/etc/hostname;cipher=cbc(psm4)",
                   "no form of");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:file=/etc/hostname;cipher=cbc(paes)",
                   "no such algorithm or driver");
    OSSL_LIB_CTX_free(libctx);
}

static void what_is_wrong_with_a_key_of_the_keyring_is_said(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    char uri[URI];
    int32_t serial = add_key("user", "afalg-test:wrong", 16);

    (void)state;
    snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
    if (!kernel_takes_serials()) {
        assert_refused(libctx, &rows[AES_128_CBC], uri, "Linux 6.2 and later");
        OSSL_LIB_CTX_free(libctx);
        return;
    }
    assert_refused(libctx, &rows[AES_256_CBC], uri, "takes a key of 32 bytes, it has 16");
    assert_refused(libctx, &rows[AES_192_CBC], uri, "takes a key of 24 bytes, it has 16");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:serial=2147483647", "no such key");
    snprintf(uri, sizeof(uri), "afalg:serial=%ld",
             syscall(SYS_add_key, "keyring", "afalg-test:ring", NULL, 0, KEY_SPEC_PROCESS_KEYRING));
    assert_refused(libctx, &rows[AES_128_CBC], uri, "has to be user, logon, encrypted or trusted");
    snprintf(uri, sizeof(uri), "afalg:serial=%d", add_key("user", "afalg-test:odd", 17));
    assert_refused(libctx, &rows[AES_128_CBC], uri, "not the algorithm's length");
    serial = add_key("user", "afalg-test:forbidden", 16);
    assert_int_equal(syscall(SYS_keyctl, KEYCTL_SETPERM, serial, 0), 0);
    snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
    assert_refused(libctx, &rows[AES_128_CBC], uri, "the permission Search");
    serial = add_key("user", "afalg-test:revoked", 16);
    assert_int_equal(syscall(SYS_keyctl, KEYCTL_REVOKE, serial), 0);
    snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
    assert_refused(libctx, &rows[AES_128_CBC], uri, "was revoked");
    serial = add_key("user", "afalg-test:expired", 16);
    assert_int_equal(syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, serial, 1), 0);
    while (syscall(SYS_keyctl, KEYCTL_READ, serial, NULL, 0) >= 0)
        usleep(100000);
    snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
    assert_refused(libctx, &rows[AES_128_CBC], uri, "has expired");
    OSSL_LIB_CTX_free(libctx);
}

static void what_is_wrong_with_a_socket_that_was_left_is_said(void **state)
{
    int fd = keyed_socket(&rows[AES_128_CBC]), unkeyed = raw_alg_must_bind("skcipher", "cbc(aes)");
    OSSL_LIB_CTX *libctx;

    (void)state;
    leave_socket("cbc", &rows[AES_128_CBC], 16, fd);
    leave_socket("unkeyed", &rows[AES_128_CBC], 0, unkeyed);
    setenv(AFALG_ENV_KEY "malformed", "skcipher:cbc(aes):16", 1);
    libctx = subject_open(NULL);
    assert_refused(libctx, &rows[AES_256_CBC], "afalg:fd=cbc",
                   "takes a key of 32 bytes, it has 16");
    assert_refused(libctx, &rows[AES_256_CTR], "afalg:fd=cbc",
                   "no socket of the skcipher ctr(aes)");
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:fd=malformed", "no list of");
    assert_int_equal(dup2(STDERR_FILENO, fd), fd);
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:fd=cbc", "its number is another file's");
    close(fd);
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:fd=cbc", "was closed");
    /* Another socket of AF_ALG under the number, with another key. */
    assert_int_equal(dup2(unkeyed, fd), fd);
    assert_refused(libctx, &rows[AES_128_CBC], "afalg:fd=cbc", "its number is another file's");
    close(fd);
    close(unkeyed);
    OSSL_LIB_CTX_free(libctx);
}

/* The kernel takes a message whole: the second piece is refused, as is a tag that comes late. */
static void an_aead_message_in_pieces_is_refused(void **state)
{
    int fd = keyed_socket(&rows[AES_128_GCM]);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t out[64] = { 0 }, none[64] = { 0 };
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    int n = 0;

    (void)state;
    leave_socket("gcm", &rows[AES_128_GCM], 16, fd);
    libctx = subject_open(NULL);
    cipher = subject_cipher(libctx, "AES-128-GCM");
    assert_int_equal(cipher_init(ctx, cipher, (struct given){ .uri = "afalg:fd=gcm" }, 1), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 16), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 16), 0);
    assert_says("all text in one update");
    assert_int_equal(cipher_init(ctx, NULL, (struct given){ .uri = "afalg:fd=gcm" }, 0), 1);
    memset(out, 0, sizeof(out));
    assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, text, 16), 0);
    assert_says("the tag before it");
    assert_memory_equal(out, none, sizeof(out));
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

/* An IV of another length, and a shorter tag of a socket whose tag can't be changed. */
static void what_only_software_could_do_is_refused(void **state)
{
    int fd = keyed_socket(&rows[AES_128_GCM]);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t out[64], tag[12] = { 0 };
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    int n = 0;

    (void)state;
    leave_socket("iv", &rows[AES_128_GCM], 16, fd);
    libctx = subject_open(NULL);
    cipher = subject_cipher(libctx, "AES-128-GCM");
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 16, NULL), 1);
    assert_int_equal(cipher_init(ctx, NULL, (struct given){ .uri = "afalg:fd=iv" }, 1), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 16), 0);
    assert_says("this length");
    assert_int_equal(EVP_DecryptInit_ex2(ctx, cipher, NULL, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL), 1);
    assert_int_equal(cipher_init(ctx, NULL, (struct given){ .uri = "afalg:fd=iv" }, 0), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 12, tag), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, text, 16), 0);
    assert_says("the longest tag");
    assert_int_equal(counters_read(libctx).software_requests, 0);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_names_no_key_is_refused),
        cmocka_unit_test(what_is_wrong_with_a_key_of_the_keyring_is_said),
        cmocka_unit_test(what_is_wrong_with_a_socket_that_was_left_is_said),
        cmocka_unit_test(an_aead_message_in_pieces_is_refused),
        cmocka_unit_test(what_only_software_could_do_is_refused),
    };

    return cmocka_run_group_tests(tests, keys_setup, keys_teardown);
}
