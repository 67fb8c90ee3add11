/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify = first: whatever the device of test/device answers wrongly, an application gets the right
 * bytes, and the device is not asked for that algorithm again.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "cmocka_test.h"

#include <openssl/params.h>

#include <afalg/params.h>

#include "job.h"
#include "parameters.h"
#include "support.h"

enum { REPEATED = 5 };

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

/* A message that the device answers wrongly as it is told by its parameter. */
struct wrong_job {
    const char *wrong;
    struct job job;
};

/* In a fresh instance of the provider, whose requests are the device's until it is found out. */
static void check_wrong(const struct wrong_job *wrong)
{
    const struct job *job = &wrong->job;
    OSSL_LIB_CTX *libctx = subject_open(settings);
    struct counters c;

    parameter_set("wrong", wrong->wrong);
    for (int i = 0; i < REPEATED; i++)
        job_check(libctx, job);
    parameter_set("wrong", "none");
    c = counters_read(libctx);
    /* Of messages in pieces none begins in the device before that is verified. */
    assert_true(c.kernel_requests > 0 || job->piece > 0);
    if (!wrong_was_seen(libctx))
        fail_msg("%s in %s was not seen", wrong->wrong, job->name);
    /* One request to find it out, a second one by threads, or one in pieces. */
    assert_in_range(c.software_requests, REPEATED - 2, UINT64_MAX);
    OSSL_LIB_CTX_free(libctx);
}

static void the_application_gets_the_right_bytes(void **state)
{
    static const struct wrong_job jobs[] = {
        { "empty_hmac", { .name = "SHA256", .sort = HMAC } },
        { "empty_hmac", { .name = "SHA1", .sort = HMAC } },
        { "ctr_carry", { .name = "AES-128-CTR", .len = 256, .iv = 0xff } },
        { "xts_partial", { .name = "AES-256-XTS", .len = 1001 } },
        { "ccm_long_aad",
          { .name = "AES-128-CCM", .sort = AEAD, .len = 64, .aadlen = 65300, .taglen = 16 } },
        { "gcm_short_tag",
          { .name = "AES-128-GCM", .sort = AEAD, .len = 64, .aadlen = 20, .taglen = 12 } },
        { "unaligned", { .name = "AES-128-CBC", .len = 64, .offset = 1 } },
        { "unaligned", { .name = "AES-256-CTR", .len = 160, .offset = 3 } },
        { "page_border", { .name = "AES-192-CBC", .len = 256, .offset = JOB_PAGE - 20 } },
        { "page_border",
          { .name = "AES-256-GCM", .sort = AEAD, .len = 16384, .aadlen = 13, .taglen = 16 } },
        { "lost_state", { .name = "SHA256", .sort = DIGEST, .len = 60000, .piece = 5000 } },
        { "lost_state", { .name = "SHA3-256", .sort = DIGEST, .len = 60000, .piece = 30000 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
        check_wrong(&jobs[i]);
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
        job_check_encrypts(thread->libctx, thread->job);
    return NULL;
}

/* The device holds the first requests until they have met there. */
static void threads_get_the_right_bytes(void **state)
{
    static const struct job job = { .name = "AES-128-CBC", .len = 1024 };
    enum { THREADS = 4 };
    struct thread threads[THREADS];
    OSSL_LIB_CTX *libctx = subject_open(settings);

    (void)state;
    parameter_set("wrong", "mixed_up");
    parameter_set("hold", "Y");
    for (int i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){ .libctx = libctx, .job = &job };
        assert_int_equal(pthread_create(&threads[i].id, NULL, run_thread, &threads[i]), 0);
    }
    while (parameter_read("in_device") < THREADS)
        sched_yield();
    parameter_set("hold", "N");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i].id, NULL);
    parameter_set("wrong", "none");
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
        job_check_encrypts(libctx, &jobs[i / REPEATED]);
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
    parameter_set("wrong", "empty_hmac");
    assert_int_equal(job_run(libctx, &job, mac), 32);
    parameter_set("wrong", "none");
    assert_memory_equal(mac, zero, 32);
    OSSL_LIB_CTX_free(libctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_device_goes_on),
        cmocka_unit_test(verify_can_be_switched_off),
        cmocka_unit_test(the_application_gets_the_right_bytes),
        cmocka_unit_test(threads_get_the_right_bytes),
    };

    return cmocka_run_group_tests(tests, job_setup, job_teardown);
}
