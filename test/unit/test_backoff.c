/* SPDX-License-Identifier: Apache-2.0 */
/* Which failures are remembered, for how many requests, and what ends it. */
#include <errno.h>

#include "cmocka_test.h"

#include "backend/backoff.h"

static struct backoff b;

static int clear(void **state)
{
    (void)state;
    backoff_succeeded(&b);
    return 0;
}

/* Requests until one is the kernel's, at most @max. */
static unsigned until_tried(unsigned max)
{
    unsigned requests = 1;

    while (requests < max && backoff_is_on(&b) && backoff_skips(&b))
        requests++;
    return requests;
}

static void three_in_a_row_begin_a_pause(void **state)
{
    (void)state;
    assert_false(backoff_failed(&b, -EIO));
    assert_false(backoff_failed(&b, -ETIMEDOUT));
    backoff_succeeded(&b);
    assert_false(backoff_failed(&b, -EIO));
    assert_false(backoff_failed(&b, -EIO));
    assert_false(backoff_is_on(&b));
    assert_true(backoff_failed(&b, -ENODEV));
    assert_true(backoff_is_on(&b));
}

/* What lacks now will lack with the next request. */
static void absence_begins_one_at_once(void **state)
{
    static const int errors[] = { ENOENT, EAFNOSUPPORT, EPERM, EACCES };

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        backoff_succeeded(&b);
        assert_true(backoff_failed(&b, -errors[i]));
        assert_int_equal(until_tried(1000), BACKOFF_FIRST);
    }
}

static void shortage_and_bad_requests_are_not_remembered(void **state)
{
    static const int errors[] = {
        EBADF, EMFILE, ENFILE, ENOMEM, ENOBUFS, EINVAL, EBADMSG, EMSGSIZE
    };

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        backoff_succeeded(&b);
        for (int n = 0; n < 10; n++)
            assert_false(backoff_failed(&b, -errors[i]));
        assert_false(backoff_is_on(&b));
    }
}

static void pauses_double_up_to_a_limit(void **state)
{
    unsigned pause = BACKOFF_FIRST;

    (void)state;
    backoff_failed(&b, -ENOENT);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(until_tried(100000), pause);
        assert_false(backoff_failed(&b, -ENOENT)); /* it has begun already */
        pause = pause < BACKOFF_MAX ? 2 * pause : BACKOFF_MAX;
    }
    assert_int_equal(pause, BACKOFF_MAX);
}

/* The one that tries has the pause behind it, whatever comes of it: nobody else tries with it. */
static void one_request_tries(void **state)
{
    (void)state;
    backoff_failed(&b, -ENOENT);
    assert_int_equal(until_tried(1000), BACKOFF_FIRST);
    assert_true(backoff_is_on(&b));
    assert_int_equal(until_tried(1000), 2 * BACKOFF_FIRST);
}

static void success_clears_all(void **state)
{
    (void)state;
    backoff_failed(&b, -ENOENT);
    until_tried(1000);
    until_tried(1000);
    backoff_succeeded(&b);
    assert_false(backoff_is_on(&b));
    assert_false(backoff_failed(&b, -EIO));
    assert_false(backoff_failed(&b, -EIO));
    assert_true(backoff_failed(&b, -EIO));
    assert_int_equal(until_tried(1000), BACKOFF_FIRST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(three_in_a_row_begin_a_pause, clear),
        cmocka_unit_test_setup(absence_begins_one_at_once, clear),
        cmocka_unit_test_setup(shortage_and_bad_requests_are_not_remembered, clear),
        cmocka_unit_test_setup(pauses_double_up_to_a_limit, clear),
        cmocka_unit_test_setup(one_request_tries, clear),
        cmocka_unit_test_setup(success_clears_all, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
