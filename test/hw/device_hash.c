/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes that run in the device of test/device, copied and forked in the middle, with a driver that
 * hands their state out and with one that refuses: the right bytes in each.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cmocka_test.h"

#include "job.h"
#include "parameters.h"
#include "stream.h"
#include "support.h"

/* A head that is in the device once it has come, and pieces that follow. */
enum { HEAD = 66000, PIECE = 1000, WHOLE = 30000 };

static const struct stream_kind kinds[] = {
    { "SHA1", STREAM_DIGEST, NULL },       { "SHA2-256", STREAM_DIGEST, NULL },
    { "SHA2-512", STREAM_DIGEST, NULL },   { "SHA3-256", STREAM_DIGEST, NULL },
    { "SHA1", STREAM_MAC, "HMAC" },        { "SHA2-256", STREAM_MAC, "HMAC" },
    { "AES-256-CBC", STREAM_MAC, "CMAC" },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static OSSL_LIB_CTX *libctx, *oracle;

static struct stream begun(const struct stream_kind *kind, bool ours)
{
    struct stream stream =
        stream_open(ours ? libctx : oracle, ours ? subject_query() : NULL, kind, 1);

    assert_true(stream_start(&stream, 0));
    assert_true(stream_update(&stream, job_message, HEAD));
    return stream;
}

/* Goes on with the piece of this number, and ends as the oracle does. */
static bool ends_as_it_should(struct stream *stream, unsigned number)
{
    struct stream theirs = begun(stream->kind, false);
    const uint8_t *piece = job_message + (size_t)number * PIECE;
    bool same = stream_update(stream, piece, PIECE) && stream_finish(stream) &&
                stream_update(&theirs, piece, PIECE) && stream_finish(&theirs) &&
                stream_same(stream, &theirs);

    stream_close(&theirs);
    stream_close(stream);
    return same;
}

/* Original, copy, and both again in a child. */
static void copy_and_fork(const struct stream_kind *kind)
{
    struct stream stream = begun(kind, true), copy;
    bool same;
    pid_t child;

    assert_true(stream_copy(&copy, &stream));
    child = fork();
    same = ends_as_it_should(&stream, 1 + 2 * (child == 0));
    same = ends_as_it_should(&copy, 2 + 2 * (child == 0)) && same;
    if (child == 0)
        _exit(same ? EXIT_SUCCESS : EXIT_FAILURE);
    if (!child_succeeds(child) || !same)
        fail_msg("%s: other bytes", stream_name(&stream));
}

static void with_a_driver_that_copies(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct counters before = counters_read(libctx), c;

        copy_and_fork(&kinds[i]);
        c = counters_read(libctx);
        assert_int_equal(c.kernel_bytes - before.kernel_bytes, HEAD + 2 * PIECE);
        assert_int_equal(c.software_bytes, before.software_bytes);
        assert_int_equal(c.fallbacks, before.fallbacks);
    }
}

/* What may be copied is software's; what comes in pieces and ends soon is one request of the
 * device. */
static void with_a_driver_that_does_not(void **state)
{
    (void)state;
    parameter_set("refuse_export", "Y");
    for (size_t i = 0; i < KINDS; i++) {
        struct job job = { .name = kinds[i].name, .sort = DIGEST, .len = WHOLE, .piece = PIECE };
        struct counters before, c;

        copy_and_fork(&kinds[i]);
        copy_and_fork(&kinds[i]);
        if (kinds[i].type == STREAM_MAC)
            continue;
        before = counters_read(libctx);
        job_check(libctx, &job);
        c = counters_read(libctx);
        assert_int_equal(c.kernel_bytes - before.kernel_bytes, WHOLE);
        assert_int_equal(c.kernel_requests - before.kernel_requests, 1);
        assert_int_equal(c.software_bytes, before.software_bytes);
    }
}

static int open_instance(void **state)
{
    (void)state;
    parameters_reset();
    libctx = subject_open("mode = auto\nmin_size = 4096\n");
    oracle = oracle_open();
    return 0;
}

static int close_instance(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    OSSL_LIB_CTX_free(libctx);
    parameters_reset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_a_driver_that_copies, open_instance, close_instance),
        cmocka_unit_test_setup_teardown(with_a_driver_that_does_not, open_instance, close_instance),
    };

    return cmocka_run_group_tests(tests, job_setup, job_teardown);
}
