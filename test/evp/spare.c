/* SPDX-License-Identifier: Apache-2.0 */
/* spare_sockets: what a freed digest leaves behind for the next one, and what it must not. */
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "support.h"

enum { SPARES = 2, LONG = 300000 };

static OSSL_LIB_CTX *libctx, *oracle;
static size_t descriptors_at_start;
static uint8_t text[LONG];

static int open_both(void **state)
{
    (void)state;
    oracle = oracle_open();
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 5 + i / 253);
    return 0;
}

static int close_oracle(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

/* A library context for each test, in which nothing was kept yet. */
static int open_subject(void **state)
{
    EVP_MD *digest;

    (void)state;
    libctx = subject_open("spare_sockets = 2\n");
    digest = subject_digest(libctx, "SHA2-256");
    if (digest == NULL)
        die("%s does not offer SHA2-256 here", subject_name());
    EVP_MD_free(digest);
    descriptors_at_start = descriptors_open();
    return 0;
}

static int close_subject(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(libctx);
    libctx = NULL;
    return descriptors_open() == descriptors_at_start ? 0 : -1;
}

static size_t kept(void)
{
    return descriptors_open() - descriptors_at_start;
}

/* @count in place of it for a subject without sockets. */
static size_t sockets(size_t count)
{
    return subject_counts() ? count : 0;
}

static EVP_MD_CTX *started(const char *name)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_MD *digest = subject_digest(libctx, name);

    assert_non_null(digest);
    assert_int_equal(EVP_DigestInit_ex2(ctx, digest, NULL), 1);
    EVP_MD_free(digest);
    return ctx;
}

/* Whether @ctx, with @len bytes more, ends in the oracle's digest of the whole text so far. */
static bool ends_right(EVP_MD_CTX *ctx, const char *name, size_t before, size_t len)
{
    uint8_t ours[EVP_MAX_MD_SIZE], theirs[EVP_MAX_MD_SIZE];
    size_t size;
    bool ok = EVP_DigestUpdate(ctx, text + before, len) == 1 &&
              EVP_DigestFinal_ex(ctx, ours, NULL) == 1 &&
              EVP_Q_digest(oracle, name, NULL, text, before + len, theirs, &size) == 1 &&
              memcmp(ours, theirs, size) == 0;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool digest_is_right(const char *name, size_t len)
{
    return ends_right(started(name), name, 0, len);
}

static void a_digest_finds_the_socket_of_the_last(void **state)
{
    struct counters before = counters_read(libctx);

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        assert_true(digest_is_right("SHA2-256", i));
        assert_int_equal(kept(), sockets(1));
    }
    assert_int_equal(counters_read(libctx).kernel_requests, before.kernel_requests + sockets(1000));
}

static void each_digest_has_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < 10; i++) {
        assert_true(digest_is_right("SHA2-256", i));
        assert_true(digest_is_right("SHA1", i));
        assert_true(digest_is_right("SHA2-512", LONG - i));
    }
    assert_int_equal(kept(), sockets(3));
}

static void no_more_are_kept_than_asked_for(void **state)
{
    EVP_MD_CTX *ctx[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        ctx[i] = started("SHA2-256");
        assert_int_equal(EVP_DigestUpdate(ctx[i], text, LONG / 2), 1);
    }
    assert_int_equal(kept(), sockets(5));
    for (size_t i = 0; i < 5; i++)
        assert_true(ends_right(ctx[i], "SHA2-256", LONG / 2, i));
    assert_int_equal(kept(), sockets(SPARES));
}

/* The kernel has a part of a message that nobody will end. */
static void a_message_left_is_not_kept(void **state)
{
    EVP_MD_CTX *ctx = started("SHA2-256");

    (void)state;
    assert_int_equal(EVP_DigestUpdate(ctx, text, LONG), 1);
    assert_int_equal(kept(), sockets(1));
    EVP_MD_CTX_free(ctx);
    assert_int_equal(kept(), 0);
    assert_true(digest_is_right("SHA2-256", 3));
}

static void a_keyed_socket_is_not_kept(void **state)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA2-256", 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC *mac = subject_mac(libctx, "HMAC");
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    uint8_t out[EVP_MAX_MD_SIZE];
    size_t len;

    (void)state;
    assert_non_null(mac);
    assert_int_equal(EVP_MAC_init(ctx, text, 20, params), 1);
    assert_int_equal(EVP_MAC_update(ctx, text, LONG), 1);
    assert_int_equal(EVP_MAC_final(ctx, out, &len, sizeof(out)), 1);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    assert_int_equal(kept(), 0);
}

static void a_child_leaves_its_parents_alone(void **state)
{
    pid_t child;

    (void)state;
    assert_true(digest_is_right("SHA2-256", 100));
    child = fork();
    assert_return_code(child, 0);
    if (child == 0) {
        bool ok = digest_is_right("SHA2-256", 200) && digest_is_right("SHA2-256", LONG) &&
                  kept() == sockets(1);

        _exit(ok ? 0 : 1);
    }
    assert_true(child_succeeds(child));
    assert_int_equal(kept(), sockets(1));
    assert_true(digest_is_right("SHA2-256", LONG));
}

/* Makes all numbers that a spare may have had the pipe's. */
static bool take_numbers_over(const int ends[2])
{
    bool ok = true;

    for (int fd = 3; fd < 64; fd++)
        ok = ok && (fd == ends[0] || fd == ends[1] || dup2(ends[1], fd) == fd);
    return ok;
}

static void numbers_taken_over_are_left_alone(void **state)
{
    EVP_MD_CTX *ctx[SPARES];
    int ends[2];
    char byte;
    pid_t child = fork(); /* for the descriptors' sake */

    (void)state;
    assert_return_code(child, 0);
    if (child != 0) {
        assert_true(child_succeeds(child));
        return;
    }
    for (size_t i = 0; i < SPARES; i++) {
        ctx[i] = started("SHA2-256");
        if (EVP_DigestUpdate(ctx[i], text, LONG / 2) != 1)
            _exit(1);
    }
    for (size_t i = 0; i < SPARES; i++) {
        if (!ends_right(ctx[i], "SHA2-256", LONG / 2, 1))
            _exit(2);
    }
    closefrom(3);
    if (pipe(ends) != 0 || !take_numbers_over(ends))
        _exit(3);
    for (size_t i = 0; i < 3; i++) {
        if (!digest_is_right("SHA2-256", 1000 * i))
            _exit(4);
    }
    for (int fd = 3; fd < 64; fd++) {
        if (fd != ends[0])
            close(fd);
    }
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_digest_finds_the_socket_of_the_last, open_subject,
                                        close_subject),
        cmocka_unit_test_setup_teardown(each_digest_has_its_own, open_subject, close_subject),
        cmocka_unit_test_setup_teardown(no_more_are_kept_than_asked_for, open_subject,
                                        close_subject),
        cmocka_unit_test_setup_teardown(a_message_left_is_not_kept, open_subject, close_subject),
        cmocka_unit_test_setup_teardown(a_keyed_socket_is_not_kept, open_subject, close_subject),
        cmocka_unit_test_setup_teardown(a_child_leaves_its_parents_alone, open_subject,
                                        close_subject),
        cmocka_unit_test_setup_teardown(numbers_taken_over_are_left_alone, open_subject,
                                        close_subject),
    };

    return cmocka_run_group_tests(tests, open_both, close_oracle);
}
