/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as EVP_SKEY objects (OpenSSL 3.5): those that only the kernel has, with every algorithm, and
 * default's types, so that an application's own keys work with this provider too.
 */
#include "keys_support.h"

#include <openssl/core_dispatch.h>

#ifdef OSSL_FUNC_SKEYMGMT_FREE

#include <errno.h>
#include <linux/keyctl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <afalg/params.h>

static EVP_SKEY *import_uri(OSSL_LIB_CTX *libctx, const char *uri)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(AFALG_PARAM_KEY, (char *)(uintptr_t)uri, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_SKEY *skey =
        EVP_SKEY_import(libctx, AFALG_SKEY_TYPE, subject_query(), OSSL_SKEYMGMT_SELECT_ALL, params);

    if (skey == NULL)
        return NULL;
    assert_string_equal(EVP_SKEY_get0_provider_name(skey), subject_name());
    assert_string_equal(EVP_SKEY_get0_key_id(skey), uri);
    return skey;
}

static void every_algorithm_by_a_key_object(void **state)
{
    int fds[ROWS];
    OSSL_LIB_CTX *libctx;

    (void)state;
    leave_sockets(fds);
    libctx = subject_open(NULL);
    for (size_t i = 0; i < ROWS; i++) {
        char uri[URI];
        EVP_SKEY *skey;

        snprintf(uri, sizeof(uri), "afalg:fd=row%zu", i);
        skey = import_uri(libctx, uri);
        assert_non_null(skey);
        check_row(libctx, &rows[i], (struct given){ .skey = skey });
        EVP_SKEY_free(skey);
        close(fds[i]);
    }
    OSSL_LIB_CTX_free(libctx);
}

static void bytes_of_the_applications_are_keys_too(void **state)
{
    static const char *const types[] = { OSSL_SKEY_TYPE_AES, OSSL_SKEY_TYPE_GENERIC };
    OSSL_LIB_CTX *libctx = subject_open(NULL);

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        bool aes = strncmp(rows[i].name, "AES", 3) == 0 && rows[i].keylen <= 32;

        for (size_t type = !aes; type < 2; type++) {
            EVP_SKEY *skey =
                EVP_SKEY_import_raw_key(libctx, types[type], (unsigned char *)(uintptr_t)test_key,
                                        rows[i].keylen, subject_query());

            assert_non_null(skey);
            assert_string_equal(EVP_SKEY_get0_provider_name(skey), subject_name());
            check_row(libctx, &rows[i], (struct given){ .skey = skey });
            EVP_SKEY_free(skey);
        }
    }
    OSSL_LIB_CTX_free(libctx);
}

/* An init with an IV alone goes on with the key. */
static void the_key_stays_with_another_iv(void **state)
{
    OSSL_LIB_CTX *libctx;
    int fd = keyed_socket(&rows[AES_128_CBC]), n;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t first[TEXT + 16], second[TEXT + 16];
    EVP_CIPHER *cipher;
    EVP_SKEY *skey;

    (void)state;
    leave_socket("stays", &rows[AES_128_CBC], 16, fd);
    libctx = subject_open(NULL);
    cipher = fetch_cipher(libctx, &rows[AES_128_CBC]);
    skey = import_uri(libctx, "afalg:fd=stays");
    assert_int_equal(EVP_CipherInit_SKEY(ctx, cipher, skey, test_iv, 16, 1, NULL), 1);
    EVP_SKEY_free(skey);
    assert_int_equal(EVP_EncryptUpdate(ctx, first, &n, text, TEXT), 1);
    assert_int_equal(EVP_CipherInit_SKEY(ctx, NULL, NULL, test_iv, 16, 1, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, second, &n, text, TEXT), 1);
    assert_memory_equal(first, second, (size_t)n);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

/* Nothing of it goes to another provider's cipher, nor to the application. */
static void an_opaque_key_is_not_exported(void **state)
{
    int fd = keyed_socket(&rows[AES_128_CBC]);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const unsigned char *bytes = NULL;
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    EVP_SKEY *skey;
    size_t len = 0;

    (void)state;
    leave_socket("kept", &rows[AES_128_CBC], 16, fd);
    libctx = subject_open(NULL);
    skey = import_uri(libctx, "afalg:fd=kept");
    assert_int_equal(EVP_SKEY_get0_raw_key(skey, &bytes, &len), 0);
    assert_says("only the kernel has the key");
    cipher = EVP_CIPHER_fetch(libctx, "AES-128-CBC", "provider=default");
    assert_int_equal(EVP_CipherInit_SKEY(ctx, cipher, skey, test_iv, 16, 1, NULL), 0);
    ERR_clear_error();
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    EVP_SKEY_free(skey);
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

static EVP_SKEY *generate(OSSL_LIB_CTX *libctx, const char *uri, const char *master, size_t len)
{
    OSSL_PARAM params[4], *p = params;

    *p++ = OSSL_PARAM_construct_utf8_string(AFALG_PARAM_KEY, (char *)(uintptr_t)uri, 0);
    *p++ = OSSL_PARAM_construct_size_t(OSSL_SKEY_PARAM_KEY_LENGTH, &len);
    if (master != NULL)
        *p++ =
            OSSL_PARAM_construct_utf8_string(AFALG_PARAM_KEY_MASTER, (char *)(uintptr_t)master, 0);
    *p = OSSL_PARAM_construct_end();
    return EVP_SKEY_generate(libctx, AFALG_SKEY_TYPE, subject_query(), params);
}

/* Two contexts with a generated key understand each other; no bytes are there to compare with. */
static void check_generated(OSSL_LIB_CTX *libctx, EVP_SKEY *skey)
{
    const struct row *row = &rows[AES_256_CBC];
    uint8_t sealed[TEXT + 16], opened[TEXT + 16], tag[16];
    struct given key = { .skey = skey };
    int len;

    if (skey == NULL) {
        ERR_print_errors_fp(stderr);
        fail_msg("no key was generated");
    }
    len = cipher_message(libctx, row, key, 1, text, TEXT, sealed, tag);
    assert_memory_not_equal(sealed, text, TEXT);
    assert_int_equal(cipher_message(libctx, row, key, 0, sealed, len, opened, tag), TEXT);
    assert_memory_equal(opened, text, TEXT);
    EVP_SKEY_free(skey);
}

static long search_user_keyring(const char *type, const char *name)
{
    return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, type, name, 0);
}

/* Another run is to find none. */
static void unlink_from_user_keyring(const char *type, const char *name)
{
    (void)syscall(SYS_keyctl, KEYCTL_UNLINK, search_user_keyring(type, name),
                  KEY_SPEC_USER_KEYRING);
}

/* The kernel makes the bytes; some kernels here don't have the type. */
static void check_encrypted(OSSL_LIB_CTX *libctx)
{
    static const char uri[] = "afalg:keyring=encrypted;name=afalg-test:wrapped";
    static const char other[] = "afalg:keyring=encrypted;name=afalg-test:other";
    EVP_SKEY *skey;

    add_key("user", "afalg-test:master", 32);
    skey = generate(libctx, uri, "user:afalg-test:master", 32);
    if (skey == NULL && ERR_GET_REASON(ERR_peek_last_error()) == ENODEV) {
        assert_says("modprobe encrypted-keys");
        return;
    }
    check_generated(libctx, skey);
    unlink_from_user_keyring("encrypted", "afalg-test:wrapped");
    assert_null(generate(libctx, other, "user:afalg-test:no-master", 32));
    assert_says("no such master key");
    assert_null(generate(libctx, other, NULL, 32));
    assert_says("takes afalg-key-master");
}

/* A generated key is of use to the user's other sessions, and replaces none. */
static void check_new_key(OSSL_LIB_CTX *libctx, const char *uri, const char *name)
{
    long serial = search_user_keyring("logon", name);
    unsigned permissions; /* 0x00080000: KEY_USR_SEARCH */
    char description[256];

    assert_true(serial > 0);
    assert_true(syscall(SYS_keyctl, KEYCTL_DESCRIBE, serial, description, sizeof(description)) > 0);
    assert_int_equal(sscanf(description, "logon;%*d;%*d;%x", &permissions), 1);
    assert_true((permissions & 0x00080000) != 0);
    assert_null(generate(libctx, uri, NULL, 32));
    assert_says("one of this name");
    assert_int_equal(search_user_keyring("logon", name), serial);
}

static void keys_are_generated_in_the_keyring(void **state)
{
    static const char uri[] = "afalg:keyring=logon;name=afalg:new";
    OSSL_LIB_CTX *libctx = subject_open(NULL);

    (void)state;
    if (!kernel_takes_serials())
        skip();
    check_generated(libctx, generate(libctx, uri, NULL, 32));
    check_new_key(libctx, uri, "afalg:new");
    unlink_from_user_keyring("logon", "afalg:new");
    check_encrypted(libctx);
    assert_null(generate(libctx, "afalg:serial=1", NULL, 32));
    assert_says("named by keyring and name");
    assert_null(generate(libctx, "afalg:keyring=user;name=x", NULL, 0));
    assert_says("key-length");
    OSSL_LIB_CTX_free(libctx);
}

static void bad_imports_say_why(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    OSSL_PARAM none[] = { OSSL_PARAM_construct_end() };

    (void)state;
    assert_null(import_uri(libctx, "afalg:keyring=user"));
    assert_says("names no single key");
    assert_null(
        EVP_SKEY_import(libctx, AFALG_SKEY_TYPE, subject_query(), OSSL_SKEYMGMT_SELECT_ALL, none));
    assert_says("afalg-key, its URI");
    assert_null(EVP_SKEY_import_raw_key(libctx, OSSL_SKEY_TYPE_AES,
                                        (unsigned char *)(uintptr_t)test_key, 17, subject_query()));
    assert_says("16, 24 or 32 bytes");
    OSSL_LIB_CTX_free(libctx);
}

#ifdef OSSL_STORE_INFO_SKEY
/* All objects that the URI yields, each of them checked with the row's algorithm. */
static int load_all(OSSL_LIB_CTX *libctx, const char *uri, const struct row *row)
{
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex(uri, libctx, subject_query(), NULL, NULL, NULL, NULL, NULL);
    int count = 0;

    assert_non_null(store);
    while (!OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        EVP_SKEY *skey;

        assert_non_null(info);
        assert_int_equal(OSSL_STORE_INFO_get_type(info), OSSL_STORE_INFO_SKEY);
        skey = OSSL_STORE_INFO_get1_SKEY(info);
        assert_string_equal(EVP_SKEY_get0_provider_name(skey), subject_name());
        check_row(libctx, row, (struct given){ .skey = skey });
        EVP_SKEY_free(skey);
        OSSL_STORE_INFO_free(info);
        count++;
    }
    assert_int_equal(OSSL_STORE_close(store), 1);
    return count;
}

static void a_store_has_the_key_that_a_uri_names(void **state)
{
    int fd = keyed_socket(&rows[AES_128_CBC]);
    OSSL_LIB_CTX *libctx;

    (void)state;
    leave_socket("stored", &rows[AES_128_CBC], 16, fd);
    libctx = subject_open(NULL);
    assert_int_equal(load_all(libctx, "afalg:fd=stored", &rows[AES_128_CBC]), 1);
    assert_null(OSSL_STORE_open_ex("afalg:colour=red", libctx, subject_query(), NULL, NULL, NULL,
                                   NULL, NULL));
    ERR_clear_error();
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

static void a_store_lists_the_keys_of_a_type(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);

    (void)state;
    if (!kernel_takes_serials())
        skip();
    add_key("user", "afalg-test:first", 32);
    add_key("user", "afalg-test:second", 32);
    assert_true(load_all(libctx, "afalg:keyring=user", &rows[AES_256_CBC]) >= 2);
    assert_int_equal(load_all(libctx, "afalg:keyring=none", &rows[AES_256_CBC]), 0);
    OSSL_LIB_CTX_free(libctx);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_by_a_key_object),
        cmocka_unit_test(bytes_of_the_applications_are_keys_too),
        cmocka_unit_test(the_key_stays_with_another_iv),
        cmocka_unit_test(an_opaque_key_is_not_exported),
        cmocka_unit_test(keys_are_generated_in_the_keyring),
        cmocka_unit_test(bad_imports_say_why),
#ifdef OSSL_STORE_INFO_SKEY
        cmocka_unit_test(a_store_has_the_key_that_a_uri_names),
        cmocka_unit_test(a_store_lists_the_keys_of_a_type),
#endif
    };

    return cmocka_run_group_tests(tests, keys_setup, keys_teardown);
}

#else

#include <stdio.h>

int main(void)
{
    puts("this OpenSSL has no EVP_SKEY");
    return 77; /* skipped */
}

#endif
