/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many digests and MACs whose beginnings are in the kernel, up to max_sockets and beyond, each of
 * them copied: as Python's hexdigest(), signatures and TLS handshakes do. A copy takes a descriptor
 * of its own, which max_sockets may not refuse, as software can't have what is in the kernel.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cmocka_test.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "stream.h"
#include "support.h"

/* max_sockets is a quarter of the descriptors. */
enum { DESCRIPTORS = 1024, LIMIT = DESCRIPTORS / 4, MANY = 300, LENGTH = 70000 };

static OSSL_LIB_CTX *libctx, *oracle;
static uint8_t text[LENGTH];
static struct stream streams[MANY], copies[MANY];

static int open_both(void **state)
{
    struct rlimit files;

    (void)state;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return -1;
    files.rlim_cur = DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        return -1;
    libctx = subject_open(NULL);
    oracle = oracle_open();
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 7 + i / 253);
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

static struct stream begun(OSSL_LIB_CTX *own, const char *query, const struct stream_kind *kind,
                           size_t length)
{
    struct stream stream = stream_open(own, query, kind, 1);

    assert_true(stream_start(&stream, 0));
    assert_true(stream_update(&stream, text, length));
    return stream;
}

static void begin_all(const struct stream_kind *kind, size_t count, size_t length)
{
    for (size_t i = 0; i < count; i++)
        streams[i] = begun(libctx, subject_query(), kind, length);
}

static void assert_ends_as(struct stream *stream, const struct stream *theirs)
{
    assert_true(stream_finish(stream));
    assert_true(stream_same(stream, theirs));
    stream_close(stream);
}

/* Copies of all at once, each of which ends as its original does, in the kernel if that began
 * there. */
static void copy_all(const struct stream_kind *kind, size_t count, size_t length)
{
    struct stream theirs = begun(oracle, NULL, kind, length);
    uint64_t before;

    assert_true(stream_finish(&theirs));
    begin_all(kind, count, length);
    if (subject_counts())
        assert_int_equal(counters_read(libctx).sockets, count < LIMIT ? count : LIMIT);
    for (size_t i = 0; i < count; i++)
        assert_true(stream_copy(&copies[i], &streams[i]));
    if (subject_counts())
        assert_int_equal(counters_read(libctx).sockets, 2 * (count < LIMIT ? count : LIMIT));
    before = counters_read(libctx).kernel_requests;
    for (size_t i = 0; i < count; i++) {
        assert_ends_as(&copies[i], &theirs);
        assert_ends_as(&streams[i], &theirs);
    }
    if (subject_counts())
        assert_int_equal(counters_read(libctx).kernel_requests - before,
                         2 * (count < LIMIT ? count : LIMIT));
    assert_int_equal(counters_read(libctx).sockets, 0);
    stream_close(&theirs);
}

static const struct stream_kind digest = { "SHA2-256", STREAM_DIGEST, NULL },
                                hmac = { "SHA2-256", STREAM_MAC, "HMAC" },
                                cmac = { "AES-256-CBC", STREAM_MAC, "CMAC" };

static void each_digest_can_be_copied(void **state)
{
    (void)state;
    copy_all(&digest, 100, 20000);
    copy_all(&digest, LIMIT, 20000);
    copy_all(&digest, MANY, 20000);
}

static void each_mac_can_be_copied(void **state)
{
    (void)state;
    copy_all(&hmac, MANY, 70000);
    copy_all(&cmac, MANY, 70000);
}

/* No descriptor at all: the entry says what to do, and nothing is lost. */
static void without_a_descriptor_it_says_what_to_do(void **state)
{
    struct stream theirs = begun(oracle, NULL, &digest, 20000);
    struct rlimit files, none;
    const char *data;
    int flags;

    (void)state;
    if (!subject_counts())
        skip();
    assert_true(stream_finish(&theirs));
    begin_all(&digest, 1, 20000);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = files.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    ERR_clear_error();
    assert_false(stream_copy(&copies[0], &streams[0]));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    ERR_peek_error_all(NULL, NULL, NULL, &data, &flags);
    assert_non_null(strstr(data, "raise RLIMIT_NOFILE, or lower max_sockets"));
    stream_close(&copies[0]);
    ERR_clear_error();
    assert_ends_as(&streams[0], &theirs);
    stream_close(&theirs);
}

/* A signature copies the digest of what it signs, so that more may follow. */
static void signatures_side_by_side(void **state)
{
    OSSL_LIB_CTX *own = subject_open(NULL);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(own, NULL, "EC", "P-256");
    static EVP_MD_CTX *signers[MANY];
    EVP_MD_CTX *verifier = EVP_MD_CTX_new();
    unsigned char signature[128];
    char preferred[128];

    (void)state;
    assert_non_null(key);
    snprintf(preferred, sizeof(preferred), "?%s", subject_query());
    assert_int_equal(EVP_set_default_properties(own, preferred), 1);
    for (size_t i = 0; i < MANY; i++) {
        signers[i] = EVP_MD_CTX_new();
        assert_int_equal(EVP_DigestSignInit_ex(signers[i], NULL, "SHA2-256", own, NULL, key, NULL),
                         1);
        assert_int_equal(EVP_DigestSignUpdate(signers[i], text, 20000), 1);
    }
    if (subject_counts())
        assert_int_equal(counters_read(own).sockets, LIMIT);
    for (size_t i = 0; i < MANY; i++) {
        size_t length = sizeof(signature);

        assert_int_equal(EVP_DigestSignFinal(signers[i], signature, &length), 1);
        assert_int_equal(
            EVP_DigestVerifyInit_ex(verifier, NULL, "SHA2-256", oracle, NULL, key, NULL), 1);
        assert_int_equal(EVP_DigestVerifyUpdate(verifier, text, 20000), 1);
        assert_int_equal(EVP_DigestVerifyFinal(verifier, signature, length), 1);
        EVP_MD_CTX_reset(verifier);
    }
    for (size_t i = 0; i < MANY; i++)
        EVP_MD_CTX_free(signers[i]);
    EVP_MD_CTX_free(verifier);
    EVP_PKEY_free(key);
    OSSL_LIB_CTX_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_digest_can_be_copied),
        cmocka_unit_test(each_mac_can_be_copied),
        cmocka_unit_test(signatures_side_by_side),
        cmocka_unit_test(without_a_descriptor_it_says_what_to_do),
    };

    return cmocka_run_group_tests(tests, open_both, close_both);
}
