/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a digest or MAC is after its message: it takes no more data before it is started again, can
 * be started with the key that it has, and holds little memory.
 */
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#include "cmocka_test.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "support.h"

/* IDLE: fewer than max_sockets, so that all are the kernel's. */
enum { TEXT = 16384, KEY = 32, IDLE = 200, SECRET = 48 };

static OSSL_LIB_CTX *libctx, *oracle;
static uint8_t text[200000], key[KEY], iv[12];

struct result {
    uint8_t bytes[EVP_MAX_MD_SIZE];
    size_t length;
};

struct mac_kind {
    const char *name;
    const char *underlying_key;
    const char *underlying;
};

static const struct mac_kind hmac = { "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA2-256" },
                             cmac = { "CMAC", OSSL_MAC_PARAM_CIPHER, "AES-256-CBC" },
                             gmac = { "GMAC", OSSL_MAC_PARAM_CIPHER, "AES-256-GCM" };

static int open_both(void **state)
{
    (void)state;
    libctx = subject_open(NULL);
    oracle = oracle_open();
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 13 + i / 251);
    memcpy(key, text + 5, sizeof(key));
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

static const char *query_of(OSSL_LIB_CTX *own)
{
    return own == oracle ? NULL : subject_query();
}

static EVP_MAC_CTX *started(OSSL_LIB_CTX *own, const struct mac_kind *kind)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(kind->underlying_key, (char *)kind->underlying, 0),
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, iv, sizeof(iv)),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(own, kind->name, query_of(own));
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

    assert_non_null(ctx);
    if (kind != &gmac)
        params[1] = OSSL_PARAM_construct_end();
    assert_int_equal(EVP_MAC_init(ctx, key, sizeof(key), params), 1);
    EVP_MAC_free(mac);
    return ctx;
}

static struct result ended(EVP_MAC_CTX *ctx, size_t length)
{
    struct result result = { .length = 0 };

    assert_int_equal(EVP_MAC_update(ctx, text, length), 1);
    assert_int_equal(EVP_MAC_final(ctx, result.bytes, &result.length, sizeof(result.bytes)), 1);
    return result;
}

static void assert_same(const struct result *a, const struct result *b)
{
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->bytes, b->bytes, a->length);
}

static void assert_refused(int result, int reason)
{
    unsigned long code = ERR_get_error();

    assert_int_equal(result, 0);
    assert_int_equal(ERR_GET_LIB(code), ERR_LIB_EVP);
    assert_int_equal(ERR_GET_REASON(code), reason);
    assert_int_equal(ERR_get_error(), 0);
}

/* Neither data nor an end, of which nothing comes; no data is no harm, as by default. */
static void assert_over(EVP_MAC_CTX *ctx)
{
    struct result result = { .length = 77 };

    assert_refused(EVP_MAC_update(ctx, text, 1), EVP_R_UPDATE_ERROR);
    assert_int_equal(EVP_MAC_update(ctx, text, 0), 1);
    assert_refused(EVP_MAC_final(ctx, result.bytes, &result.length, sizeof(result.bytes)),
                   EVP_R_FINAL_ERROR);
    for (size_t i = 0; i < sizeof(result.bytes); i++)
        assert_int_equal(result.bytes[i], 0);
}

static void mac_is_over(const struct mac_kind *kind, size_t length)
{
    EVP_MAC_CTX *ours = started(libctx, kind), *theirs = started(oracle, kind), *copy;
    OSSL_PARAM again[] = { OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, KEY),
                           OSSL_PARAM_construct_end() };
    struct result expected = ended(theirs, length), result = ended(ours, length);

    assert_same(&result, &expected);
    assert_over(ours);
    copy = EVP_MAC_CTX_dup(ours);
    assert_over(copy);
    assert_int_equal(EVP_MAC_init(ours, NULL, 0, NULL), 1);
    assert_int_equal(EVP_MAC_init(copy, NULL, 0, again), 1);
    result = ended(ours, length);
    assert_same(&result, &expected);
    result = ended(copy, length);
    assert_same(&result, &expected);
    assert_over(ours);
    assert_int_equal(EVP_MAC_CTX_set_params(ours, again), 1); /* a key begins a message too */
    result = ended(ours, length);
    assert_same(&result, &expected);
    EVP_MAC_CTX_free(ours);
    EVP_MAC_CTX_free(copy);
    EVP_MAC_CTX_free(theirs);
}

/* Of a message from the buffer, and of one that began in the kernel. */
static void macs_are_over_until_the_next_init(void **state)
{
    (void)state;
    if (!subject_counts())
        skip();
    mac_is_over(&hmac, 100);
    mac_is_over(&hmac, 200000);
    mac_is_over(&cmac, 100);
    mac_is_over(&cmac, 200000);
}

/* --- SSL 3.0's CertificateVerify --- */

static EVP_MD_CTX *handshake(OSSL_LIB_CTX *own, size_t length)
{
    EVP_MD *digest = EVP_MD_fetch(own, "SHA1", query_of(own));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestInit_ex2(ctx, digest, NULL), 1);
    assert_int_equal(EVP_DigestUpdate(ctx, text, length), 1);
    EVP_MD_free(digest);
    return ctx;
}

static struct result verified(OSSL_LIB_CTX *own, size_t length)
{
    EVP_MD_CTX *ctx = handshake(own, length);
    struct result result;
    unsigned int n;

    assert_int_equal(EVP_MD_CTX_ctrl(ctx, EVP_CTRL_SSL3_MASTER_SECRET, SECRET, text + 9), 1);
    assert_int_equal(EVP_DigestFinal_ex(ctx, result.bytes, &n), 1);
    result.length = n;
    EVP_MD_CTX_free(ctx);
    return result;
}

static void sha1_takes_a_master_secret(void **state)
{
    static const size_t lengths[] = { 0, 1, 1000, 4096, 5000, 200000 };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint64_t before = counters_read(libctx).kernel_requests;
        struct result ours = verified(libctx, lengths[i]), theirs = verified(oracle, lengths[i]);

        assert_same(&ours, &theirs);
        if (subject_counts())
            assert_true(counters_read(libctx).kernel_requests - before >= 2);
    }
}

static void master_secret_has_its_length(void **state)
{
    EVP_MD_CTX *ctx = handshake(libctx, 100);

    (void)state;
    assert_int_equal(EVP_MD_CTX_ctrl(ctx, EVP_CTRL_SSL3_MASTER_SECRET, SECRET - 1, text), 0);
    assert_int_equal(EVP_MD_CTX_ctrl(ctx, EVP_CTRL_SSL3_MASTER_SECRET, SECRET + 1, text), 0);
    assert_int_equal(ERR_peek_error(), 0);
    EVP_MD_CTX_free(ctx);
}

/* --- what software is counted for --- */

/* The kernel can't be asked without a descriptor. */
static rlim_t limit_descriptors(rlim_t limit)
{
    struct rlimit files;
    rlim_t before;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    before = files.rlim_cur;
    files.rlim_cur = limit;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    return before;
}

/* What was collected and what came with it are one request, as they are in the kernel. */
static void what_software_takes_over_is_one_request(void **state)
{
    static const size_t pieces[][2] = { { 0, 0 }, { 100, 100 }, { 3000, 2000 }, { 3000, 50000 } };
    EVP_MD *digest = subject_digest(libctx, "SHA2-256");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t out[EVP_MAX_MD_SIZE];

    (void)state;
    if (!subject_counts())
        skip();
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct counters before = counters_read(libctx), after;
        rlim_t limit = limit_descriptors(0);

        assert_int_equal(EVP_DigestInit_ex2(ctx, digest, NULL), 1);
        assert_int_equal(EVP_DigestUpdate(ctx, text, pieces[i][0]), 1);
        assert_int_equal(EVP_DigestUpdate(ctx, text, pieces[i][1]), 1);
        assert_int_equal(EVP_DigestFinal_ex(ctx, out, NULL), 1);
        limit_descriptors(limit);
        after = counters_read(libctx);
        assert_int_equal(after.kernel_requests - before.kernel_requests, 0);
        assert_int_equal(after.software_requests - before.software_requests, 1);
        assert_int_equal(after.software_bytes - before.software_bytes, pieces[i][0] + pieces[i][1]);
    }
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(digest);
}

/* --- memory --- */

/* Of a sanitizer's allocator nothing is known: 0. */
static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* In pieces, so that they are collected. */
static void *idle_digest(OSSL_LIB_CTX *own)
{
    EVP_MD_CTX *ctx = handshake(own, 0);
    uint8_t out[EVP_MAX_MD_SIZE];

    for (size_t i = 0; i < TEXT; i += 1024)
        assert_int_equal(EVP_DigestUpdate(ctx, text + i, 1024), 1);
    assert_int_equal(EVP_DigestFinal_ex(ctx, out, NULL), 1);
    return ctx;
}

static void *idle_hmac(OSSL_LIB_CTX *own)
{
    EVP_MAC_CTX *ctx = started(own, &hmac);

    ended(ctx, TEXT);
    return ctx;
}

static void *idle_cmac(OSSL_LIB_CTX *own)
{
    EVP_MAC_CTX *ctx = started(own, &cmac);

    ended(ctx, TEXT);
    return ctx;
}

static void *idle_gmac(OSSL_LIB_CTX *own)
{
    EVP_MAC_CTX *ctx = started(own, &gmac);

    ended(ctx, TEXT);
    return ctx;
}

static void free_digest(void *ctx)
{
    EVP_MD_CTX_free(ctx);
}

static void free_mac(void *ctx)
{
    EVP_MAC_CTX_free(ctx);
}

/* Bytes per context; the first makes what all share. */
static size_t held(OSSL_LIB_CTX *own, void *(*make)(OSSL_LIB_CTX *), void (*drop)(void *))
{
    static void *idle[IDLE];
    void *first = make(own);
    size_t before = in_use(), after;

    for (size_t i = 0; i < IDLE; i++)
        idle[i] = make(own);
    after = in_use();
    for (size_t i = 0; i < IDLE; i++)
        drop(idle[i]);
    drop(first);
    return (after - before) / IDLE;
}

static void idle_contexts_hold_little(void **state)
{
    static const struct {
        const char *name;
        void *(*make)(OSSL_LIB_CTX *own);
        void (*drop)(void *ctx);
    } kinds[] = { { "SHA1", idle_digest, free_digest },
                  { "HMAC", idle_hmac, free_mac },
                  { "CMAC", idle_cmac, free_mac },
                  { "GMAC", idle_gmac, free_mac } };

    (void)state;
    if (in_use() == 0)
        skip();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t ours = held(libctx, kinds[i].make, kinds[i].drop);
        size_t theirs = held(oracle, kinds[i].make, kinds[i].drop);

        print_message("%s: %zu bytes, by default %zu\n", kinds[i].name, ours, theirs);
        assert_in_range(2 * ours, 1, 3 * theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_are_over_until_the_next_init),
        cmocka_unit_test(sha1_takes_a_master_secret),
        cmocka_unit_test(master_secret_has_its_length),
        cmocka_unit_test(what_software_takes_over_is_one_request),
        cmocka_unit_test(idle_contexts_hold_little),
    };

    return cmocka_run_group_tests(tests, open_both, close_both);
}
