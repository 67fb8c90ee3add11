/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify = first: whatever the device of test/device answers wrongly, an application gets the right
 * bytes, and the device is not asked for that algorithm again.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "cmocka_test.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <afalg/params.h>

#include "support.h"

#define PARAMETERS "/sys/module/afalg_device/parameters/"

enum { LARGE = 70000, PAGE = 4096, REPEATED = 5 };

/* A message, and how the application passes it. */
struct job {
    const char *wrong; /* what the device does */
    const char *name;
    size_t len, aadlen, taglen;
    size_t offset; /* of the output in its page */
    size_t piece;  /* of an update; 0: all */
    enum { CIPHER, AEAD, DIGEST, HMAC } sort;
    uint8_t iv; /* each byte of it */
};

static OSSL_LIB_CTX *oracle;
static uint8_t message[LARGE], key[32];

static void set_parameter(const char *name, const char *value)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), PARAMETERS "%s", name);
    file = fopen(path, "we");
    if (file == NULL || fputs(value, file) < 0 || fclose(file) != 0)
        die("cannot write %s to %s", value, path);
}

/* --- one message by EVP --- */

static const char *query_of(const OSSL_LIB_CTX *libctx)
{
    return libctx == oracle ? NULL : subject_query();
}

static size_t cipher_run(OSSL_LIB_CTX *libctx, const struct job *job, bool encrypt,
                         const uint8_t *in, uint8_t *out, uint8_t tag[16])
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, job->name, query_of(libctx));
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ccm = strstr(job->name, "CCM") != NULL, aead = job->sort == AEAD;
    uint8_t iv[16];
    int n = 0, last = 0;

    memset(iv, job->iv, sizeof(iv));
    assert_non_null(cipher);
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL), 1);
    if (aead && (ccm || !encrypt))
        assert_int_equal(
            EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)job->taglen, encrypt ? NULL : tag),
            1);
    assert_int_equal(EVP_CipherInit_ex2(ctx, NULL, key, iv, -1, NULL), 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    if (ccm)
        assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)job->len), 1);
    if (job->aadlen > 0)
        assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, message, (int)job->aadlen), 1);
    assert_int_equal(EVP_CipherUpdate(ctx, out, &n, in, (int)job->len), 1);
    if (!ccm || encrypt)
        assert_int_equal(EVP_CipherFinal_ex(ctx, out + n, &last), 1);
    if (aead && encrypt)
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)job->taglen, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return (size_t)n + (size_t)last;
}

static size_t digest_run(OSSL_LIB_CTX *libctx, const struct job *job, uint8_t *out)
{
    EVP_MD *md = EVP_MD_fetch(libctx, job->name, query_of(libctx));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t piece = job->piece == 0 ? job->len : job->piece;
    unsigned n = 0;

    assert_int_equal(EVP_DigestInit_ex2(ctx, md, NULL), 1);
    for (size_t at = 0; at < job->len; at += piece)
        assert_int_equal(
            EVP_DigestUpdate(ctx, message + at, at + piece < job->len ? piece : job->len - at), 1);
    assert_int_equal(EVP_DigestFinal_ex(ctx, out, &n), 1);
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);
    return n;
}

static size_t hmac_run(OSSL_LIB_CTX *libctx, const struct job *job, uint8_t *out)
{
    EVP_MAC *mac = EVP_MAC_fetch(libctx, "HMAC", query_of(libctx));
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                             (char *)(uintptr_t)job->name, 0),
                            OSSL_PARAM_construct_end() };
    size_t n = 0;

    assert_int_equal(EVP_MAC_init(ctx, key, sizeof(key), params), 1);
    assert_int_equal(EVP_MAC_update(ctx, message, job->len), 1);
    assert_int_equal(EVP_MAC_final(ctx, out, &n, EVP_MAX_MD_SIZE), 1);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return n;
}

/* The output, and behind it the tag. */
static size_t run(OSSL_LIB_CTX *libctx, const struct job *job, uint8_t *out)
{
    size_t n;

    switch (job->sort) {
    case DIGEST:
        return digest_run(libctx, job, out);
    case HMAC:
        return hmac_run(libctx, job, out);
    default:
        n = cipher_run(libctx, job, true, message, out, out + job->len);
        return n + job->taglen;
    }
}

/* --- the same by both --- */

struct output {
    _Alignas(PAGE) uint8_t bytes[2 * PAGE + LARGE];
};

static void check_encrypts(OSSL_LIB_CTX *libctx, const struct job *job)
{
    static _Thread_local struct output ours, expected;
    uint8_t *out = ours.bytes + job->offset;
    size_t n = run(libctx, job, out);

    assert_int_equal(n, run(oracle, job, expected.bytes));
    assert_memory_equal(out, expected.bytes, n);
}

/* What the oracle has sealed is opened, and yields the message. */
static void check_decrypts(OSSL_LIB_CTX *libctx, const struct job *job)
{
    static _Thread_local struct output sealed, ours;
    uint8_t *out = ours.bytes + job->offset;

    if (job->sort == DIGEST || job->sort == HMAC)
        return;
    run(oracle, job, sealed.bytes);
    cipher_run(libctx, job, false, sealed.bytes, out, sealed.bytes + job->len);
    assert_memory_equal(out, message, job->len);
}

/* Whether the report counts a wrong answer. */
static bool wrong_was_seen(OSSL_LIB_CTX *libctx)
{
    char report[4096] = "";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(AFALG_PARAM_REPORT, report, sizeof(report)),
        OSSL_PARAM_construct_end(),
    };

    assert_int_equal(OSSL_PROVIDER_get_params(subject_provider(libctx), params), 1);
    return strstr(report, "wrong:") != NULL;
}

static const char settings[] = "mode = auto\nmin_size = 0\n";

/* In a fresh instance of the provider, whose requests are the device's until it is found out. */
static void check_job(const struct job *job)
{
    OSSL_LIB_CTX *libctx = subject_open(settings);
    struct counters c;

    set_parameter("wrong", job->wrong);
    for (int i = 0; i < REPEATED; i++) {
        check_encrypts(libctx, job);
        check_decrypts(libctx, job);
    }
    set_parameter("wrong", "none");
    c = counters_read(libctx);
    /* Of messages in pieces none begins in the device before that is verified. */
    assert_true(c.kernel_requests > 0 || job->piece > 0);
    if (!wrong_was_seen(libctx))
        fail_msg("%s in %s was not seen", job->wrong, job->name);
    /* One request to find it out, a second one by threads, or one in pieces. */
    assert_in_range(c.software_requests, REPEATED - 2, UINT64_MAX);
    OSSL_LIB_CTX_free(libctx);
}

static void the_application_gets_the_right_bytes(void **state)
{
    static const struct job jobs[] = {
        { .wrong = "empty_hmac", .name = "SHA256", .sort = HMAC },
        { .wrong = "empty_hmac", .name = "SHA1", .sort = HMAC },
        { .wrong = "ctr_carry", .name = "AES-128-CTR", .len = 256, .iv = 0xff },
        { .wrong = "xts_partial", .name = "AES-256-XTS", .len = 1001 },
        { .wrong = "ccm_long_aad",
          .name = "AES-128-CCM",
          .sort = AEAD,
          .len = 64,
          .aadlen = 65300,
          .taglen = 16 },
        { .wrong = "gcm_short_tag",
          .name = "AES-128-GCM",
          .sort = AEAD,
          .len = 64,
          .aadlen = 20,
          .taglen = 12 },
        { .wrong = "unaligned", .name = "AES-128-CBC", .len = 64, .offset = 1 },
        { .wrong = "unaligned", .name = "AES-256-CTR", .len = 160, .offset = 3 },
        { .wrong = "page_border", .name = "AES-192-CBC", .len = 256, .offset = PAGE - 20 },
        { .wrong = "page_border",
          .name = "AES-256-GCM",
          .sort = AEAD,
          .len = 16384,
          .aadlen = 13,
          .taglen = 16 },
        { .wrong = "lost_state", .name = "SHA256", .sort = DIGEST, .len = 60000, .piece = 5000 },
        { .wrong = "lost_state", .name = "SHA3-256", .sort = DIGEST, .len = 60000, .piece = 30000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
        check_job(&jobs[i]);
}

/* --- threads --- */

struct thread {
    pthread_t id;
    OSSL_LIB_CTX *libctx;
    const struct job *job;
};

static void *run_thread(void *arg)
{
    const struct thread *thread = arg;

    for (int i = 0; i < 2 * REPEATED; i++)
        check_encrypts(thread->libctx, thread->job);
    return NULL;
}

/* The device takes its time, so that requests of threads meet there. */
static void threads_get_the_right_bytes(void **state)
{
    static const struct job job = { .wrong = "mixed_up", .name = "AES-128-CBC", .len = 1024 };
    enum { THREADS = 4 };
    struct thread threads[THREADS];
    OSSL_LIB_CTX *libctx = subject_open(settings);

    (void)state;
    set_parameter("wrong", job.wrong);
    set_parameter("latency_us", "3000");
    for (int i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){ .libctx = libctx, .job = &job };
        assert_int_equal(pthread_create(&threads[i].id, NULL, run_thread, &threads[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i].id, NULL);
    set_parameter("latency_us", "0");
    set_parameter("wrong", "none");
    assert_true(wrong_was_seen(libctx));
    OSSL_LIB_CTX_free(libctx);
}

/* --- the right device --- */

static void a_right_device_goes_on(void **state)
{
    static const struct job jobs[] = {
        { .name = "AES-128-CBC", .len = 1024 },
        { .name = "AES-128-CTR", .len = 1024 },
        { .name = "AES-128-XTS", .len = 1001 },
        { .name = "AES-128-GCM", .sort = AEAD, .len = 5000, .aadlen = 13, .taglen = 16 },
        { .name = "AES-128-CCM", .sort = AEAD, .len = 500, .aadlen = 13, .taglen = 16 },
        { .name = "SHA256", .sort = DIGEST, .len = 60000, .piece = 5000 },
        { .name = "SHA1", .sort = HMAC, .len = 100 },
    };
    OSSL_LIB_CTX *libctx = subject_open(settings);
    struct counters c;

    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs) * REPEATED; i++)
        check_encrypts(libctx, &jobs[i / REPEATED]);
    c = counters_read(libctx);
    assert_int_equal(c.software_requests, 0);
    assert_int_equal(c.fallbacks, 0);
    assert_false(wrong_was_seen(libctx));
    OSSL_LIB_CTX_free(libctx);
}

/* Without it the application gets what the device says, which is how the test knows it is asked. */
static void verify_can_be_switched_off(void **state)
{
    static const struct job job = { .name = "SHA256", .sort = HMAC };
    OSSL_LIB_CTX *libctx = subject_open("mode = auto\nmin_size = 0\nverify = no\n");
    uint8_t mac[EVP_MAX_MD_SIZE] = { 1 }, zero[EVP_MAX_MD_SIZE] = { 0 };

    (void)state;
    set_parameter("wrong", "empty_hmac");
    assert_int_equal(run(libctx, &job, mac), 32);
    set_parameter("wrong", "none");
    assert_memory_equal(mac, zero, 32);
    OSSL_LIB_CTX_free(libctx);
}

static int open_oracle(void **state)
{
    (void)state;
    oracle = oracle_open();
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(i * 167 + i / 256);
    memcpy(key, message + 100, sizeof(key));
    return 0;
}

static int close_oracle(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_device_goes_on),
        cmocka_unit_test(verify_can_be_switched_off),
        cmocka_unit_test(the_application_gets_the_right_bytes),
        cmocka_unit_test(threads_get_the_right_bytes),
    };

    return cmocka_run_group_tests(tests, open_oracle, close_oracle);
}
