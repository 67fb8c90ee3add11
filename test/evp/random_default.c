/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openssl.cnf.example keeps OpenSSL's own random generator on the default provider, though it makes
 * the subject the first choice for everything else (openssl/openssl#26539 is what happens without).
 * Its mode is made "kernel" here, so that everything that is asked of the subject is counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/conf.h>
#include <openssl/rand.h>

#include "support.h"

/* A copy of the example in mode "kernel", whose name is written over path (a template of mkstemp).
 */
static void copy_example(char *path)
{
    int fd = mkstemp(path);
    FILE *from = fopen(AFALG_EXAMPLE, "r");
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    bool found = false;
    char line[512];

    if (from == NULL || to == NULL)
        die("cannot copy %s", AFALG_EXAMPLE);
    while (fgets(line, sizeof(line), from) != NULL) {
        bool mode = strncmp(line, "mode", 4) == 0;

        found = found || mode;
        fputs(mode ? "mode = kernel\n" : line, to);
    }
    fclose(from);
    if (fclose(to) != 0 || !found)
        die("%s sets no mode", AFALG_EXAMPLE);
}

static OSSL_LIB_CTX *example_open(void)
{
    char path[] = "/tmp/afalg-example-XXXXXX";
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

    copy_example(path);
    if (libctx == NULL || !OSSL_LIB_CTX_load_config(libctx, path) ||
        subject_provider(libctx) == NULL)
        die("%s does not load", AFALG_EXAMPLE);
    unlink(path);
    return libctx;
}

static uint64_t requests(OSSL_LIB_CTX *libctx)
{
    struct counters counters = counters_read(libctx);

    return counters.kernel_requests + counters.software_requests;
}

static void draw(OSSL_LIB_CTX *libctx)
{
    uint8_t bytes[4096];

    assert_int_equal(RAND_bytes_ex(libctx, bytes, sizeof(bytes), 0), 1);
    assert_int_equal(RAND_priv_bytes_ex(libctx, bytes, sizeof(bytes), 0), 1);
    assert_int_equal(EVP_RAND_reseed(RAND_get0_public(libctx), 1, NULL, 0, NULL, 0), 1);
    assert_int_equal(RAND_bytes_ex(libctx, bytes, sizeof(bytes), 0), 1);
}

static void assert_default(EVP_RAND_CTX *generator)
{
    EVP_RAND *rand;

    assert_non_null(generator);
    rand = EVP_RAND_CTX_get0_rand(generator);
    assert_string_equal(OSSL_PROVIDER_get0_name(EVP_RAND_get0_provider(rand)), "default");
}

static void example_prefers_subject(void **state)
{
    OSSL_LIB_CTX *libctx = example_open();
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-256-CBC", NULL);

    (void)state;
    assert_non_null(cipher);
    assert_true(is_subject(EVP_CIPHER_get0_provider(cipher)));
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
}

static void generators_are_the_default_providers(void **state)
{
    OSSL_LIB_CTX *libctx = example_open();

    (void)state;
    assert_default(RAND_get0_primary(libctx));
    assert_default(RAND_get0_public(libctx));
    assert_default(RAND_get0_private(libctx));
    OSSL_LIB_CTX_free(libctx);
}

static void generators_ask_nothing_of_subject(void **state)
{
    OSSL_LIB_CTX *libctx = example_open();

    (void)state;
    draw(libctx);
    assert_int_equal(requests(libctx), 0);
    OSSL_LIB_CTX_free(libctx);
}

/*
 * The test above can fail: what is asked for without a query is counted there. (A generator that
 * isn't kept on the default provider would do as well, but OpenSSL 3.5 keeps its own by itself.)
 */
static void counter_sees_what_goes_to_subject(void **state)
{
    OSSL_LIB_CTX *libctx = example_open();
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-256-CTR", NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t bytes[4096] = { 0 };
    int n;

    (void)state;
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, bytes, bytes, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, bytes, &n, bytes, sizeof(bytes)), 1);
    assert_int_not_equal(requests(libctx), 0);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_prefers_subject),
        cmocka_unit_test(generators_are_the_default_providers),
        cmocka_unit_test(generators_ask_nothing_of_subject),
        cmocka_unit_test(counter_sees_what_goes_to_subject),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
