/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.2 and 1.3 between the subject in mode = auto and the default provider. The device of
 * test/device encrypts and decrypts the subject's records.
 */
#include <stdio.h>

#include "cmocka_test.h"

#include "parameters.h"
#include "support.h"
#include "tls_link.h"

/* Bytes each way. */
enum { EACH_WAY = 50000 };

static const struct terms terms[] = {
    { .suite = "ECDHE-ECDSA-AES128-GCM-SHA256", .version = TLS1_2_VERSION },
    { .suite = "ECDHE-ECDSA-AES256-CCM", .version = TLS1_2_VERSION },
    { .suite = "ECDHE-ECDSA-AES128-SHA256", .version = TLS1_2_VERSION },
    { .suite = "TLS_AES_128_GCM_SHA256", .version = TLS1_3_VERSION },
    { .suite = "TLS_AES_128_CCM_SHA256", .version = TLS1_3_VERSION },
};

enum { TERMS = sizeof(terms) / sizeof(terms[0]) };

static struct identity identity;
static struct side ours, theirs;

static int open_sides(void **state)
{
    char preferred[128];

    (void)state;
    parameters_reset();
    identity = identity_new(false);
    snprintf(preferred, sizeof(preferred), "?%s", subject_query());
    ours = side_open("afalg", subject_open("mode = auto\nmin_size = 0\n"), preferred, &identity);
    theirs = side_open("default", oracle_open(), NULL, &identity);
    return 0;
}

static int close_sides(void **state)
{
    (void)state;
    side_close(&ours);
    side_close(&theirs);
    identity_free(&identity);
    return 0;
}

static struct link *connect_to(const struct terms *its, bool client)
{
    return link_open(client ? &ours : &theirs, client ? &theirs : &ours, its, NULL);
}

static void talk(struct link *link)
{
    link_send(link, true, EACH_WAY);
    link_send(link, false, EACH_WAY);
}

/* Every byte, by the provider's account, and by the device's a request for each record at least. */
static void the_device_does_the_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * (size_t)TERMS; i++) {
        struct link *link = connect_to(&terms[i / 2], i % 2 == 0);
        struct counters before = counters_read(ours.libctx), now;
        unsigned requests = parameter_read("requests");

        talk(link);
        now = counters_read(ours.libctx);
        if (now.kernel_bytes - before.kernel_bytes < (uint64_t)2 * EACH_WAY)
            fail_msg("%s: not all by the device", link->what);
        assert_in_range(parameter_read("requests") - requests,
                        now.kernel_requests - before.kernel_requests, UINT32_MAX);
        link_close(link);
    }
    assert_int_equal(counters_read(ours.libctx).fallbacks, 0);
}

/* The connection goes on by software. */
static void a_device_that_goes_breaks_no_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < TERMS; i++) {
        struct link *link = connect_to(&terms[i], true);
        struct counters before;

        talk(link);
        before = counters_read(ours.libctx);
        parameter_set("gone", "Y");
        talk(link);
        parameter_set("gone", "N");
        assert_int_equal(counters_read(ours.libctx).kernel_bytes, before.kernel_bytes);
        assert_in_range(counters_read(ours.libctx).fallbacks, before.fallbacks + 1, UINT64_MAX);
        link_close(link);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_does_the_records),
        cmocka_unit_test(a_device_that_goes_breaks_no_connection),
    };

    return cmocka_run_group_tests(tests, open_sides, close_sides);
}
