/* SPDX-License-Identifier: Apache-2.0 */
/* The six functions of sockopt(9): each promise and each error of the page. */
#include <afalg/sockopt.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_test.h"

enum { LEVEL = 123, NAME = 45, LARGE = 1000 };

void *__real_calloc(size_t count, size_t size);
void __real_free(void *memory);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *memory);

static bool memory_is_short;
static unsigned allocations;

/* What is given to free() here has its first watched_size bytes inspected. */
static const void *watched;
static size_t watched_size;
static bool watched_was_wiped;

static bool all_zero(const void *memory, size_t size)
{
    const unsigned char *byte = memory;

    for (size_t i = 0; i < size; i++)
        if (byte[i] != 0)
            return false;
    return true;
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return memory_is_short ? NULL : __real_calloc(count, size);
}

void __wrap_free(void *memory)
{
    if (memory != NULL && memory == watched)
        watched_was_wiped = all_zero(memory, watched_size);
    __real_free(memory);
}

static int reset(void **state)
{
    (void)state;
    memory_is_short = false;
    allocations = 0;
    watched = NULL;
    watched_size = 0;
    watched_was_wiped = false;
    return 0;
}

static void init_uses_internal_storage_up_to_an_int(void **state)
{
    (void)state;
    for (size_t size = 1; size <= sizeof(int); size++) {
        struct sockopt sopt = { 0 };

        sockopt_init(&sopt, LEVEL, NAME, size);
        assert_int_equal(sopt.sopt_level, LEVEL);
        assert_int_equal(sopt.sopt_name, NAME);
        assert_int_equal(sopt.sopt_size, size);
        assert_int_equal(sopt.sopt_retsize, 0);
        assert_ptr_equal(sopt.sopt_data, sopt.sopt_buf);
        assert_true(all_zero(sopt.sopt_data, size));
        sockopt_destroy(&sopt);
    }
    assert_int_equal(allocations, 0);
}

static void init_allocates_zeroes_beyond_an_int(void **state)
{
    static const size_t sizes[] = { sizeof(int) + 1, 16, 32, LARGE };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct sockopt sopt = { 0 };

        sockopt_init(&sopt, LEVEL, NAME, sizes[i]);
        assert_int_equal(sopt.sopt_size, sizes[i]);
        assert_ptr_not_equal(sopt.sopt_data, sopt.sopt_buf);
        assert_true(all_zero(sopt.sopt_data, sizes[i]));
        assert_int_equal(allocations, i + 1);
        sockopt_destroy(&sopt);
    }
}

static void init_without_size_is_unset(void **state)
{
    struct sockopt sopt;
    char nothing = 'x';

    (void)state;
    memset(&sopt, 0xa5, sizeof(sopt));
    sockopt_init(&sopt, LEVEL, NAME, 0);
    assert_null(sopt.sopt_data);
    assert_int_equal(sopt.sopt_size, 0);
    assert_int_equal(sockopt_get(&sopt, &nothing, 1), EINVAL);
    assert_int_equal(sockopt_get(&sopt, NULL, 0), 0);
    assert_int_equal(sockopt_set(&sopt, NULL, 0), 0);
    assert_int_equal(nothing, 'x');
    assert_int_equal(allocations, 0);
    sockopt_destroy(&sopt);
}

static void init_takes_any_former_contents(void **state)
{
    struct sockopt sopt;

    (void)state;
    memset(&sopt, 0xa5, sizeof(sopt));
    sockopt_init(&sopt, LEVEL, NAME, LARGE);
    assert_int_equal(sopt.sopt_retsize, 0);
    assert_true(all_zero(sopt.sopt_data, LARGE));
    sockopt_destroy(&sopt);
}

static void get_returns_what_was_set(void **state)
{
    unsigned char in[LARGE];
    unsigned char out[LARGE];

    (void)state;
    for (size_t size = 1; size <= LARGE; size++) {
        struct sockopt sopt = { 0 };

        memset(in, (int)size, sizeof(in));
        memset(out, 0, sizeof(out));
        sockopt_init(&sopt, LEVEL, NAME, size);
        assert_int_equal(sockopt_set(&sopt, in, size), 0);
        assert_int_equal(sopt.sopt_retsize, size);
        assert_int_equal(sockopt_get(&sopt, out, size), 0);
        assert_memory_equal(in, out, size);
        assert_true(all_zero(out + size, LARGE - size));
        sockopt_destroy(&sopt);
    }
}

static void get_refuses_another_size(void **state)
{
    static const size_t wrong[] = { 0, 1, 15, 17, LARGE };
    unsigned char out[LARGE] = { 0 };
    struct sockopt sopt = { 0 };

    (void)state;
    sockopt_init(&sopt, LEVEL, NAME, 16);
    assert_int_equal(sockopt_set(&sopt, "0123456789abcdef", 16), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(sockopt_get(&sopt, out, wrong[i]), EINVAL);
    assert_true(all_zero(out, sizeof(out)));
    sockopt_destroy(&sopt);
}

static void set_refuses_another_size(void **state)
{
    static const size_t wrong[] = { 0, 1, 15, 17, LARGE };
    unsigned char value[LARGE];
    struct sockopt sopt = { 0 };

    (void)state;
    memset(value, 0x5a, sizeof(value));
    sockopt_init(&sopt, LEVEL, NAME, 16);
    assert_int_equal(sockopt_set(&sopt, "0123456789abcdef", 16), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(sockopt_set(&sopt, value, wrong[i]), EINVAL);
    assert_memory_equal(sopt.sopt_data, "0123456789abcdef", 16);
    assert_int_equal(sopt.sopt_size, 16);
    assert_int_equal(sopt.sopt_retsize, 16);
    sockopt_destroy(&sopt);
}

static void set_gives_an_unset_option_its_size(void **state)
{
    struct sockopt sopt = { 0 };
    char out[9] = "";

    (void)state;
    sockopt_init(&sopt, LEVEL, NAME, 0);
    assert_int_equal(sockopt_set(&sopt, "a value.", 9), 0);
    assert_int_equal(sopt.sopt_size, 9);
    assert_int_equal(sockopt_set(&sopt, "another ", 9), 0);
    assert_int_equal(sockopt_get(&sopt, out, 9), 0);
    assert_string_equal(out, "another ");
    assert_int_equal(sockopt_set(&sopt, "short", 6), EINVAL);
    assert_int_equal(allocations, 1);
    sockopt_destroy(&sopt);
}

static void set_reports_short_memory(void **state)
{
    struct sockopt sopt = { 0 };
    char value[LARGE] = "key";

    (void)state;
    sockopt_init(&sopt, LEVEL, NAME, 0);
    memory_is_short = true;
    assert_int_equal(sockopt_set(&sopt, value, sizeof(value)), ENOMEM);
    assert_int_equal(sopt.sopt_size, 0);
    assert_null(sopt.sopt_data);
    assert_int_equal(sockopt_setint(&sopt, 7), 0);
    sockopt_destroy(&sopt);
}

static void init_without_memory_leaves_it_to_set(void **state)
{
    struct sockopt sopt = { 0 };
    char value[LARGE] = "key";
    char out[LARGE] = "";

    (void)state;
    memory_is_short = true;
    sockopt_init(&sopt, LEVEL, NAME, LARGE);
    assert_int_equal(sopt.sopt_size, LARGE);
    assert_null(sopt.sopt_data);
    assert_int_equal(sockopt_get(&sopt, out, LARGE), ENOMEM);
    assert_int_equal(sockopt_set(&sopt, value, LARGE), ENOMEM);
    assert_int_equal(sockopt_set(&sopt, value, LARGE - 1), EINVAL);
    memory_is_short = false;
    assert_int_equal(sockopt_set(&sopt, value, LARGE), 0);
    assert_int_equal(sockopt_get(&sopt, out, LARGE), 0);
    assert_memory_equal(out, value, LARGE);
    sockopt_destroy(&sopt);
}

static void set_needs_no_memory_that_init_has_got(void **state)
{
    struct sockopt sopt = { 0 };
    char value[LARGE] = "key";

    (void)state;
    sockopt_init(&sopt, LEVEL, NAME, LARGE);
    memory_is_short = true;
    assert_int_equal(sockopt_set(&sopt, value, LARGE), 0);
    assert_int_equal(allocations, 1);
    sockopt_destroy(&sopt);
}

static void int_goes_in_and_out(void **state)
{
    static const int values[] = { 0, 1, -1, INT32_MAX, INT32_MIN };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct sockopt sopt = { 0 };
        int out = 99;

        sockopt_init(&sopt, LEVEL, NAME, i % 2 == 0 ? 0 : sizeof(int));
        assert_int_equal(sockopt_setint(&sopt, values[i]), 0);
        assert_ptr_equal(sopt.sopt_data, sopt.sopt_buf);
        assert_int_equal(sopt.sopt_size, sizeof(int));
        assert_int_equal(sopt.sopt_retsize, sizeof(int));
        assert_int_equal(sockopt_getint(&sopt, &out), 0);
        assert_int_equal(out, values[i]);
        sockopt_destroy(&sopt);
    }
    assert_int_equal(allocations, 0);
}

static void int_refuses_another_size(void **state)
{
    static const size_t sizes[] = { 1, sizeof(int) - 1, sizeof(int) + 1, LARGE };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct sockopt sopt = { 0 };
        int out = 99;

        sockopt_init(&sopt, LEVEL, NAME, sizes[i]);
        assert_int_equal(sockopt_setint(&sopt, 7), EINVAL);
        assert_int_equal(sockopt_getint(&sopt, &out), EINVAL);
        assert_int_equal(out, 99);
        assert_int_equal(sopt.sopt_retsize, 0);
        sockopt_destroy(&sopt);
    }
}

static void getint_refuses_an_unset_option(void **state)
{
    struct sockopt sopt = { 0 };
    int out = 99;

    (void)state;
    sockopt_init(&sopt, LEVEL, NAME, 0);
    assert_int_equal(sockopt_getint(&sopt, &out), EINVAL);
    assert_int_equal(out, 99);
    sockopt_destroy(&sopt);
}

static void destroy_wipes_allocated_storage(void **state)
{
    struct sockopt sopt = { 0 };
    char key[LARGE];

    (void)state;
    memset(key, 'k', sizeof(key));
    sockopt_init(&sopt, LEVEL, NAME, sizeof(key));
    assert_int_equal(sockopt_set(&sopt, key, sizeof(key)), 0);
    watched = sopt.sopt_data;
    watched_size = sizeof(key);
    sockopt_destroy(&sopt);
    assert_true(watched_was_wiped);
    assert_true(all_zero(&sopt, sizeof(sopt)));
}

static void destroy_wipes_internal_storage(void **state)
{
    struct sockopt sopt = { 0 };

    (void)state;
    sockopt_init(&sopt, LEVEL, NAME, 0);
    assert_int_equal(sockopt_setint(&sopt, -1), 0);
    sockopt_destroy(&sopt);
    assert_true(all_zero(&sopt, sizeof(sopt)));
}

static void destroy_may_be_repeated(void **state)
{
    struct sockopt sopt = { 0 };

    (void)state;
    sockopt_destroy(&sopt);
    sockopt_init(&sopt, LEVEL, NAME, LARGE);
    sockopt_destroy(&sopt);
    sockopt_destroy(&sopt);
    assert_true(all_zero(&sopt, sizeof(sopt)));
}

static void a_destroyed_option_can_be_another(void **state)
{
    struct sockopt sopt = { 0 };
    int out = 0;

    (void)state;
    sockopt_init(&sopt, LEVEL, NAME, LARGE);
    sockopt_destroy(&sopt);
    sockopt_init(&sopt, LEVEL + 1, NAME + 1, 0);
    assert_int_equal(sockopt_setint(&sopt, 7), 0);
    assert_int_equal(sockopt_getint(&sopt, &out), 0);
    assert_int_equal(out, 7);
    assert_int_equal(sopt.sopt_level, LEVEL + 1);
    assert_int_equal(sopt.sopt_name, NAME + 1);
    sockopt_destroy(&sopt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(init_uses_internal_storage_up_to_an_int, reset),
        cmocka_unit_test_setup(init_allocates_zeroes_beyond_an_int, reset),
        cmocka_unit_test_setup(init_without_size_is_unset, reset),
        cmocka_unit_test_setup(init_takes_any_former_contents, reset),
        cmocka_unit_test_setup(get_returns_what_was_set, reset),
        cmocka_unit_test_setup(get_refuses_another_size, reset),
        cmocka_unit_test_setup(set_refuses_another_size, reset),
        cmocka_unit_test_setup(set_gives_an_unset_option_its_size, reset),
        cmocka_unit_test_setup(set_reports_short_memory, reset),
        cmocka_unit_test_setup(init_without_memory_leaves_it_to_set, reset),
        cmocka_unit_test_setup(set_needs_no_memory_that_init_has_got, reset),
        cmocka_unit_test_setup(int_goes_in_and_out, reset),
        cmocka_unit_test_setup(int_refuses_another_size, reset),
        cmocka_unit_test_setup(getint_refuses_an_unset_option, reset),
        cmocka_unit_test_setup(destroy_wipes_allocated_storage, reset),
        cmocka_unit_test_setup(destroy_wipes_internal_storage, reset),
        cmocka_unit_test_setup(destroy_may_be_repeated, reset),
        cmocka_unit_test_setup(a_destroyed_option_can_be_another, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
