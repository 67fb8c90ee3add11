/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests and MACs that are not plainly the kernel's: parameters that only software knows,
 * what the kernel lacks, messages too short or too long for it, states that can't be had twice.
 * Results are compared with the oracle's; the counters tell what made them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "inject.h"
#include "support.h"

enum { TEXT = 300000, KERNEL_AT_ONCE = 4096 };

static OSSL_LIB_CTX *libctx;
static OSSL_LIB_CTX *oracle;
static uint8_t text[TEXT];

struct result {
    uint8_t bytes[EVP_MAX_MD_SIZE];
    size_t length;
};

static int open_both(void **state)
{
    (void)state;
    libctx = subject_open(NULL);
    oracle = oracle_open();
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (uint8_t)(i * 11 + i / 253);
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

static void assert_same(const struct result *a, const struct result *b)
{
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->bytes, b->bytes, a->length);
}

/* Whether a call has failed and said why. */
static bool refused(int result)
{
    bool said = ERR_peek_error() != 0;

    ERR_clear_error();
    return result != 1 && said;
}

/* --- digests --- */

static struct result digest_of(OSSL_LIB_CTX *own, const char *query, const char *name, size_t size,
                               size_t length)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_DIGEST_PARAM_SIZE, &size),
                            OSSL_PARAM_construct_end() };
    EVP_MD *digest = EVP_MD_fetch(own, name, query);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct result result = { .length = 0 };
    unsigned int n;

    assert_non_null(digest);
    assert_int_equal(EVP_DigestInit_ex2(ctx, digest, size == 0 ? NULL : params), 1);
    assert_int_equal(EVP_DigestUpdate(ctx, text, length / 3), 1);
    assert_int_equal(EVP_DigestUpdate(ctx, text + length / 3, length - length / 3), 1);
    assert_int_equal(EVP_DigestFinal_ex(ctx, result.bytes, &n), 1);
    result.length = n;
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(digest);
    return result;
}

/* OpenSSL 3.2 and later shorten this digest, and before that ignore the wish: as the oracle does.
 */
static void blake2_has_the_size_that_was_asked_for(void **state)
{
    static const size_t sizes[] = { 1, 20, 32, 48, 63, 64 };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct result ours = digest_of(libctx, subject_query(), "BLAKE2B-512", sizes[i], 10000);
        struct result theirs = digest_of(oracle, NULL, "BLAKE2B-512", sizes[i], 10000);

        assert_same(&ours, &theirs);
    }
}

/* In auto with drivers that are called hardware: only what is long enough goes there. */
static void auto_decides_by_length(void **state)
{
    static const struct {
        size_t length;
        bool kernel;
    } messages[] = { { 0, false }, { 9999, false }, { 10000, true }, { TEXT, true } };
    char drivers[400], settings[512];
    OSSL_LIB_CTX *own;

    (void)state;
    digest_of(libctx, subject_query(), "SHA2-256", 0, 1); /* so that its driver is loaded */
    loaded_drivers("sha256", drivers, sizeof(drivers));
    snprintf(settings, sizeof(settings), "mode = auto\nmin_size = 10000\nhardware = %s\n", drivers);
    own = subject_open(settings);
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        size_t length = messages[i].length;
        struct counters before = counters_read(own);
        struct result ours = digest_of(own, subject_query(), "SHA2-256", 0, length);
        struct result theirs = digest_of(oracle, NULL, "SHA2-256", 0, length);
        struct counters after = counters_read(own);

        assert_same(&ours, &theirs);
        assert_int_equal(after.kernel_bytes - before.kernel_bytes, messages[i].kernel ? length : 0);
        assert_int_equal(after.software_bytes - before.software_bytes,
                         messages[i].kernel ? 0 : length);
        assert_int_equal(after.fallbacks, 0);
        assert_int_equal(after.sockets, 0);
    }
    OSSL_LIB_CTX_free(own);
}

static EVP_MD_CTX *begun_digest(size_t length)
{
    EVP_MD *digest = subject_digest(libctx, "SHA2-256");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_non_null(digest);
    assert_int_equal(EVP_DigestInit_ex2(ctx, digest, NULL), 1);
    assert_int_equal(EVP_DigestUpdate(ctx, text, length), 1);
    EVP_MD_free(digest);
    return ctx;
}

/* Returns the limit that was. */
static struct rlimit forbid_descriptors(void)
{
    struct rlimit files;
    struct rlimit none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = files.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return files;
}

/* A state in the kernel is copied by a descriptor of its own: if none is left, the error says so.
 */
static void copy_without_descriptors_is_an_error(void **state)
{
    EVP_MD_CTX *ctx = begun_digest(2 * KERNEL_AT_ONCE);
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    struct result theirs = digest_of(oracle, NULL, "SHA2-256", 0, 2 * KERNEL_AT_ONCE);
    struct result ours = { .length = theirs.length };
    struct rlimit files = forbid_descriptors();

    (void)state;
    assert_true(refused(EVP_MD_CTX_copy_ex(copy, ctx)));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(EVP_MD_CTX_copy_ex(copy, ctx), 1);
    assert_int_equal(EVP_DigestFinal_ex(ctx, ours.bytes, NULL), 1);
    assert_same(&ours, &theirs);
    assert_int_equal(EVP_DigestFinal_ex(copy, ours.bytes, NULL), 1);
    assert_same(&ours, &theirs);
    EVP_MD_CTX_free(copy);
    EVP_MD_CTX_free(ctx);
}

/* In the child: nothing of the message can be had, again and again, until a new one begins. */
static bool child_is_refused(EVP_MD_CTX *ctx)
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    uint8_t out[EVP_MAX_MD_SIZE];
    bool ok = refused(EVP_MD_CTX_copy_ex(copy, ctx)) &&
              refused(EVP_DigestUpdate(ctx, text, 2 * KERNEL_AT_ONCE)) &&
              refused(EVP_DigestUpdate(ctx, text, 1)) &&
              refused(EVP_DigestFinal_ex(ctx, out, NULL)) &&
              EVP_DigestInit_ex2(ctx, NULL, NULL) == 1 && EVP_DigestUpdate(ctx, text, 1) == 1 &&
              EVP_DigestFinal_ex(ctx, out, NULL) == 1;

    EVP_MD_CTX_free(copy);
    return ok;
}

static bool ends_as(EVP_MD_CTX *ctx, const struct result *theirs)
{
    struct result ours = { .length = theirs->length };

    return EVP_DigestFinal_ex(ctx, ours.bytes, NULL) == 1 &&
           memcmp(ours.bytes, theirs->bytes, theirs->length) == 0;
}

/* A fork that calls no handlers leaves the parent unwarned: the state is the parent's alone. */
static void child_without_handlers_cannot_take_the_parents_state(void **state)
{
    EVP_MD_CTX *ctx = begun_digest(2 * KERNEL_AT_ONCE);
    struct result theirs = digest_of(oracle, NULL, "SHA2-256", 0, 2 * KERNEL_AT_ONCE);
    pid_t child = _Fork();

    (void)state;
    if (child == 0)
        _exit(child_is_refused(ctx) ? EXIT_SUCCESS : EXIT_FAILURE);
    assert_true(child_succeeds(child));
    assert_true(ends_as(ctx, &theirs));
    EVP_MD_CTX_free(ctx);
}

static bool copy_and_all_end_as(EVP_MD_CTX *ctx, const struct result *theirs)
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    bool same = EVP_MD_CTX_copy_ex(copy, ctx) == 1 && ends_as(copy, theirs) && ends_as(ctx, theirs);

    EVP_MD_CTX_free(copy);
    return same;
}

/* The first that either does with it after the fork. */
static void parent_and_child_copy_the_message(void **state)
{
    EVP_MD_CTX *ctx = begun_digest(2 * KERNEL_AT_ONCE);
    struct result theirs = digest_of(oracle, NULL, "SHA2-256", 0, 2 * KERNEL_AT_ONCE);
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(copy_and_all_end_as(ctx, &theirs) ? EXIT_SUCCESS : EXIT_FAILURE);
    assert_true(copy_and_all_end_as(ctx, &theirs));
    assert_true(child_succeeds(child));
    EVP_MD_CTX_free(ctx);
}

/* As drivers without export do: nobody has closed anything, and the original goes on. */
static void driver_that_cannot_copy_is_no_loss(void **state)
{
    const struct fault fault = { .call = CALL_ACCEPT, .for_ever = true, .error = ENOSYS };
    EVP_MD_CTX *ctx = begun_digest(2 * KERNEL_AT_ONCE);
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    struct result theirs = digest_of(oracle, NULL, "SHA2-256", 0, 2 * KERNEL_AT_ONCE);

    (void)state;
    ERR_clear_error();
    inject_start(&fault);
    assert_int_equal(EVP_MD_CTX_copy_ex(copy, ctx), 0);
    inject_stop();
    assert_int_equal(ERR_GET_LIB(ERR_peek_error()), ERR_LIB_SYS);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), ENOSYS);
    ERR_clear_error();
    assert_true(ends_as(ctx, &theirs));
    EVP_MD_CTX_free(copy);
    EVP_MD_CTX_free(ctx);
}

/* Going on with the shared state would be a wrong digest for the child. Nothing is lost. */
static void after_a_fork_no_descriptor_is_an_error(void **state)
{
    EVP_MD_CTX *ctx = begun_digest(2 * KERNEL_AT_ONCE);
    struct result theirs = digest_of(oracle, NULL, "SHA2-256", 0, 2 * KERNEL_AT_ONCE);
    uint8_t out[EVP_MAX_MD_SIZE];
    pid_t child = fork();
    struct rlimit files;

    (void)state;
    if (child == 0)
        _exit(EXIT_SUCCESS);
    assert_true(child_succeeds(child));
    files = forbid_descriptors();
    assert_true(refused(EVP_DigestUpdate(ctx, text, 2 * KERNEL_AT_ONCE)));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_true(ends_as(ctx, &theirs));
    assert_int_equal(EVP_DigestInit_ex2(ctx, NULL, NULL), 1);
    assert_int_equal(EVP_DigestFinal_ex(ctx, out, NULL), 1);
    EVP_MD_CTX_free(ctx);
}

/* --- MACs --- */

struct mac_case {
    const char *name;
    const char *param; /* what names the digest or cipher */
    const char *underlying;
    size_t keylen;
    size_t ivlen; /* 0: none */
};

static EVP_MAC_CTX *started_mac(OSSL_LIB_CTX *own, const char *query, const struct mac_case *c)
{
    EVP_MAC *mac = EVP_MAC_fetch(own, c->name, query);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(c->param, (char *)(uintptr_t)c->underlying, 0),
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, text, c->ivlen),
        OSSL_PARAM_construct_end(),
    };

    assert_non_null(ctx);
    EVP_MAC_free(mac);
    if (c->ivlen == 0)
        params[1] = OSSL_PARAM_construct_end();
    if (EVP_MAC_init(ctx, text, c->keylen, params) == 1)
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

static struct result mac_of(OSSL_LIB_CTX *own, const char *query, const struct mac_case *c,
                            size_t length)
{
    EVP_MAC_CTX *ctx = started_mac(own, query, c);
    struct result result = { .length = 0 };

    assert_non_null(ctx);
    assert_int_equal(EVP_MAC_update(ctx, text, length), 1);
    assert_int_equal(EVP_MAC_final(ctx, result.bytes, &result.length, sizeof(result.bytes)), 1);
    EVP_MAC_CTX_free(ctx);
    return result;
}

/* What no kernel has, and OpenSSL has. */
static const struct mac_case beyond_kernel[] = {
    { "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA2-512/256", 32, 0 },
    { "HMAC", OSSL_MAC_PARAM_DIGEST, "KECCAK-KMAC-128", 32, 0 },
    { "CMAC", OSSL_MAC_PARAM_CIPHER, "AES-128-CTR", 16, 0 },
    { "GMAC", OSSL_MAC_PARAM_CIPHER, "AES-128-GCM", 16, 8 },
    { "GMAC", OSSL_MAC_PARAM_CIPHER, "AES-128-GCM", 16, 16 },
};

static void what_the_kernel_lacks_is_softwares(void **state)
{
    OSSL_LIB_CTX *strict = subject_open("fallback = no\n");

    (void)state;
    for (size_t i = 0; i < sizeof(beyond_kernel) / sizeof(beyond_kernel[0]); i++) {
        const struct mac_case *c = &beyond_kernel[i];
        EVP_MAC_CTX *theirs = started_mac(oracle, NULL, c);
        struct counters before = counters_read(libctx);
        struct result ours, expected;

        ERR_clear_error();
        if (theirs == NULL) { /* another version of OpenSSL may refuse it: so must we */
            assert_true(refused(started_mac(libctx, subject_query(), c) != NULL));
            continue;
        }
        EVP_MAC_CTX_free(theirs);
        ours = mac_of(libctx, subject_query(), c, 5000);
        expected = mac_of(oracle, NULL, c, 5000);
        assert_same(&ours, &expected);
        assert_int_equal(counters_read(libctx).kernel_requests, before.kernel_requests);
        assert_int_equal(counters_read(libctx).fallbacks, before.fallbacks + 1);
        assert_true(refused(started_mac(strict, subject_query(), c) != NULL));
    }
    OSSL_LIB_CTX_free(strict);
}

/* GMAC is one request: what is longer than that is software's from the beginning. */
/* In the middle of a message that software has: it goes on as if nothing had been said. */
static void a_refused_record_size_changes_nothing(void **state)
{
    char number[] = "1000";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_TLS_DATA_SIZE, number, 0),
        OSSL_PARAM_construct_end(),
    };
    struct result expected = mac_of(oracle, NULL, &beyond_kernel[0], 5000), ours;
    EVP_MAC_CTX *ctx = started_mac(libctx, subject_query(), &beyond_kernel[0]);

    (void)state;
    assert_int_equal(EVP_MAC_update(ctx, text, 100), 1);
    assert_int_equal(EVP_MAC_CTX_set_params(ctx, params), 0);
    ERR_clear_error();
    assert_int_equal(EVP_MAC_update(ctx, text + 100, 4900), 1);
    assert_int_equal(EVP_MAC_final(ctx, ours.bytes, &ours.length, sizeof(ours.bytes)), 1);
    assert_same(&ours, &expected);
    EVP_MAC_CTX_free(ctx);
}

static void long_gmac_is_softwares(void **state)
{
    static const struct mac_case gmac = { "GMAC", OSSL_MAC_PARAM_CIPHER, "AES-128-GCM", 16, 12 };
    struct result ours = mac_of(libctx, subject_query(), &gmac, TEXT);
    struct result theirs = mac_of(oracle, NULL, &gmac, TEXT);
    struct counters before;

    (void)state;
    assert_same(&ours, &theirs);
    before = counters_read(libctx);
    ours = mac_of(libctx, subject_query(), &gmac, 200000);
    theirs = mac_of(oracle, NULL, &gmac, 200000);
    assert_same(&ours, &theirs);
    assert_int_equal(counters_read(libctx).kernel_bytes, before.kernel_bytes + 200000);
}

static struct result tls_mac(EVP_MAC_CTX *base, size_t record)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_TLS_DATA_SIZE, &record),
                            OSSL_PARAM_construct_end() };
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(base);
    uint8_t header[13] = { 0 };
    struct result result = { .length = 0 };

    assert_non_null(ctx);
    header[11] = (uint8_t)(1000 >> 8);
    header[12] = (uint8_t)1000;
    assert_int_equal(EVP_MAC_CTX_set_params(ctx, params), 1);
    assert_int_equal(EVP_MAC_update(ctx, header, sizeof(header)), 1);
    assert_int_equal(EVP_MAC_update(ctx, text, 1000), 1);
    assert_int_equal(EVP_MAC_final(ctx, result.bytes, &result.length, sizeof(result.bytes)), 1);
    EVP_MAC_CTX_free(ctx);
    return result;
}

/* What libssl asks for before it checks a CBC record; the kernel can't do it in constant time. */
static void constant_time_hmac_is_softwares(void **state)
{
    static const struct mac_case hmac = { "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA1", 20, 0 };
    EVP_MAC_CTX *ours = started_mac(libctx, subject_query(), &hmac);
    EVP_MAC_CTX *theirs = started_mac(oracle, NULL, &hmac);
    uint64_t before = counters_read(libctx).kernel_requests;

    (void)state;
    for (size_t padding = 1; padding < 256; padding += 50) {
        struct result a = tls_mac(ours, 1000 + 20 + padding);
        struct result b = tls_mac(theirs, 1000 + 20 + padding);

        assert_same(&a, &b);
    }
    assert_int_equal(counters_read(libctx).kernel_requests, before);
    EVP_MAC_CTX_free(ours);
    EVP_MAC_CTX_free(theirs);
}

static struct result hmac_with_key(OSSL_LIB_CTX *own, const char *query, size_t keylen)
{
    struct result result = { .length = 0 };
    uint8_t *out = EVP_Q_mac(own, "HMAC", query, "SHA2-256", NULL, text, keylen, text, 5000,
                             result.bytes, sizeof(result.bytes), &result.length);

    assert_ptr_equal(out, result.bytes);
    return result;
}

/* The kernel takes no key that is longer than net.core.optmem_max: that is software's. */
static void hmac_has_a_key_of_any_length(void **state)
{
    static const size_t lengths[] = { 0, 1, 64, 65, 4096, 20480, 70000, 200000, TEXT };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct result ours = hmac_with_key(libctx, subject_query(), lengths[i]);
        struct result theirs = hmac_with_key(oracle, NULL, lengths[i]);

        assert_same(&ours, &theirs);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blake2_has_the_size_that_was_asked_for),
        cmocka_unit_test(auto_decides_by_length),
        cmocka_unit_test(copy_without_descriptors_is_an_error),
        cmocka_unit_test(child_without_handlers_cannot_take_the_parents_state),
        cmocka_unit_test(parent_and_child_copy_the_message),
        cmocka_unit_test(after_a_fork_no_descriptor_is_an_error),
        cmocka_unit_test(driver_that_cannot_copy_is_no_loss),
        cmocka_unit_test(what_the_kernel_lacks_is_softwares),
        cmocka_unit_test(a_refused_record_size_changes_nothing),
        cmocka_unit_test(long_gmac_is_softwares),
        cmocka_unit_test(hmac_has_a_key_of_any_length),
        cmocka_unit_test(constant_time_hmac_is_softwares),
    };

    return cmocka_run_group_tests(tests, open_both, close_both);
}
