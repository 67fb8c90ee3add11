/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mode = auto with every class of algorithms in hardware, the device of test/device: what is
 * offered, which requests the device does, and that the right bytes come of it. Who did them is
 * told by the provider's counters and, independently, by the device.
 */
#include <stdint.h>

#include "cmocka_test.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "job.h"
#include "parameters.h"
#include "scripted_clock.h"
#include "support.h"

/* As calibration.h and the manual have them. */
enum { MIN_SIZE = 12288, WARM_UP = 1, WINS = 25, FAR_PAIRS = 4 };

/* What has come to the counters since an earlier moment, and to the device's own. */
struct work {
    struct counters counters;
    unsigned device;
};

static struct work work_now(OSSL_LIB_CTX *libctx)
{
    return (struct work){ counters_read(libctx), parameter_read("requests") };
}

static struct work work_since(OSSL_LIB_CTX *libctx, const struct work *was)
{
    struct work is = work_now(libctx);

    is.counters.kernel_bytes -= was->counters.kernel_bytes;
    is.counters.software_bytes -= was->counters.software_bytes;
    is.counters.fallbacks -= was->counters.fallbacks;
    is.device -= was->device;
    return is;
}

/* The job's class in an instance of its own, which has measured nothing yet. */
static struct work work_of(const struct job *job, const char *settings)
{
    OSSL_LIB_CTX *libctx = subject_open(settings);
    struct work was = work_now(libctx), work;

    job_check(libctx, job);
    work = work_since(libctx, &was);
    OSSL_LIB_CTX_free(libctx);
    return work;
}

static void large_requests_are_the_devices(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICE_JOBS; i++) {
        struct work work = work_of(&device_jobs[i], "mode = auto\n");

        if (work.counters.kernel_bytes != job_messages(&device_jobs[i]) * device_jobs[i].len)
            fail_msg("%s: %zu bytes by the kernel", job_name(&device_jobs[i]),
                     (size_t)work.counters.kernel_bytes);
        assert_int_equal(work.counters.software_bytes, 0);
        assert_int_equal(work.counters.fallbacks, 0);
        assert_in_range(work.device, job_messages(&device_jobs[i]), UINT32_MAX);
    }
}

static void small_requests_never_get_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICE_JOBS; i++) {
        struct job small = device_jobs[i];
        struct work work;

        small.len = MIN_SIZE - 16;
        work = work_of(&small, "mode = auto\n");
        if (work.counters.software_bytes != job_messages(&small) * small.len)
            fail_msg("%s: %zu bytes by software", job_name(&small),
                     (size_t)work.counters.software_bytes);
        assert_int_equal(work.counters.kernel_bytes, 0);
        assert_int_equal(work.counters.fallbacks, 0);
        assert_int_equal(work.device, 0);
    }
}

/* Whether the provider has it under a query. */
static bool is_offered(OSSL_LIB_CTX *libctx, const struct job *job, const char *query)
{
    bool offered;

    if (job->sort == DIGEST) {
        EVP_MD *md = EVP_MD_fetch(libctx, job->name, query);

        offered = md != NULL && is_subject(EVP_MD_get0_provider(md));
        EVP_MD_free(md);
    } else {
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, job->name, query);

        offered = cipher != NULL && is_subject(EVP_CIPHER_get0_provider(cipher));
        EVP_CIPHER_free(cipher);
    }
    ERR_clear_error();
    return offered;
}

/* MACs have no property of their own. */
static void hardware_is_found_by_property(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open("mode = auto\n");

    (void)state;
    for (size_t i = 0; i < DEVICE_JOBS; i++) {
        if (device_jobs[i].sort > DIGEST)
            continue;
        assert_true(is_offered(libctx, &device_jobs[i], "afalg.hw=yes"));
        assert_false(is_offered(libctx, &device_jobs[i], "provider=afalg,afalg.hw=no"));
    }
    OSSL_LIB_CTX_free(libctx);
}

/* --- the faster of the two --- */

/*
 * So many messages, by a clock under which a request of the device's and one of software's take
 * this. Returns how many of them the device did.
 */
static unsigned done_by_device(const struct job *job, unsigned messages, long device, long software)
{
    OSSL_LIB_CTX *libctx = subject_open("mode = auto\n");
    struct counters c;

    scripted_clock(device, software);
    for (unsigned i = 0; i < messages; i++)
        job_check_encrypts(libctx, job);
    system_clock();
    c = counters_read(libctx);
    OSSL_LIB_CTX_free(libctx);
    assert_int_equal(c.fallbacks, 0);
    assert_int_equal(c.kernel_bytes + c.software_bytes, messages * job->len);
    return (unsigned)(c.kernel_bytes / job->len);
}

/* Ten times as fast, or as slow. */
static void one_far_ahead_is_found_after_a_few(void **state)
{
    enum { MESSAGES = 20 };

    (void)state;
    for (size_t i = 0; i < DEVICE_JOBS; i++) {
        struct job job = device_jobs[i];

        job.len = 16384;
        if (done_by_device(&job, MESSAGES, 1000, 10000) != MESSAGES - FAR_PAIRS)
            fail_msg("%s: not the device, which is ten times as fast", job_name(&job));
        if (done_by_device(&job, MESSAGES, 10000, 1000) != WARM_UP + FAR_PAIRS)
            fail_msg("%s: not software, which is ten times as fast", job_name(&job));
    }
}

static void one_a_little_ahead_is_found_as_well(void **state)
{
    enum { MESSAGES = WARM_UP + 2 * WINS + 20 };
    static const struct job some[] = {
        { .name = "AES-128-CTR", .len = 16384 },
        { .name = "AES-256-GCM", .sort = AEAD, .len = 16384, .taglen = 16 },
        { .name = "SHA2-256", .sort = DIGEST, .len = 16384 },
        { .name = "SHA2-256", .sort = HMAC, .len = 16384 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        assert_int_equal(done_by_device(&some[i], MESSAGES, 1000, 1300), MESSAGES - WINS);
        assert_int_equal(done_by_device(&some[i], MESSAGES, 1300, 1000), WARM_UP + WINS);
    }
}

/* The device has won, is busy from then on, and idle in the end. */
static void a_device_that_is_busy_loses_its_place(void **state)
{
    enum { BEFORE = 200, AFTER = 100 };
    static const struct job job = { .name = "AES-128-CBC", .len = 16384 };
    OSSL_LIB_CTX *libctx = subject_open("mode = auto\n");
    struct counters c;

    (void)state;
    scripted_clock(1000, 10000);
    for (unsigned i = 0; i < BEFORE; i++)
        job_check_encrypts(libctx, &job);
    c = counters_read(libctx);
    assert_int_equal(c.kernel_requests, BEFORE - FAR_PAIRS);
    scripted_clock(100000, 10000);
    for (unsigned i = 0; i < AFTER; i++)
        job_check_encrypts(libctx, &job);
    system_clock();
    c = counters_read(libctx);
    /* Up to the next watched request, a few to be sure, and a trial. */
    assert_int_equal(c.kernel_requests,
                     BEFORE - FAR_PAIRS + (256 - BEFORE) + FAR_PAIRS + FAR_PAIRS);
    OSSL_LIB_CTX_free(libctx);
}

static int reset(void **state)
{
    (void)state;
    system_clock();
    parameters_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(large_requests_are_the_devices, reset),
        cmocka_unit_test_teardown(small_requests_never_get_there, reset),
        cmocka_unit_test_teardown(hardware_is_found_by_property, reset),
        cmocka_unit_test_teardown(one_far_ahead_is_found_after_a_few, reset),
        cmocka_unit_test_teardown(one_a_little_ahead_is_found_as_well, reset),
        cmocka_unit_test_teardown(a_device_that_is_busy_loses_its_place, reset),
    };

    return cmocka_run_group_tests(tests, job_setup, job_teardown);
}
