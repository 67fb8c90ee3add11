/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration by a clock of the test's: samples that overlap in every order, as threads make them.
 */
#include <stdlib.h>
#include <time.h>

#include "cmocka_test.h"

#include "backend/calibration.h"

/* LATE: what the kernel may take, having won, while software's fastest sample took 2000 ns. */
enum { LENGTH = 16384, CROWD = 32, LATE = 2000 * CALIBRATION_FAR };

static struct calibration *calibration;
static long clock_ns;

int __wrap_clock_gettime(clockid_t id, struct timespec *time);
int __wrap_clock_gettime(clockid_t id, struct timespec *time)
{
    (void)id;
    *time = (struct timespec){ .tv_sec = 1, .tv_nsec = clock_ns };
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    clock_ns = 100000;
    calibration = calibration_new();
    return calibration == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(calibration);
    return 0;
}

/* Whether the kernel is to do a request, which is not made then. */
static bool choice(void)
{
    struct sample sample;

    return calibration_choose(calibration, LENGTH, &sample);
}

/* A request that is done before the next one is chosen. Returns whether it was the kernel's. */
static bool request(long kernel_ns, long software_ns)
{
    struct sample sample;
    bool kernel = calibration_choose(calibration, LENGTH, &sample);

    clock_ns += kernel ? kernel_ns : software_ns;
    calibration_record(&sample, kernel);
    return kernel;
}

/* @count of them. Returns how many the kernel did. */
static unsigned requests(unsigned count, long kernel_ns, long software_ns)
{
    unsigned kernel = 0;

    while (count-- > 0)
        kernel += request(kernel_ns, software_ns);
    return kernel;
}

static void warm_up(void)
{
    assert_int_equal(requests(CALIBRATION_WARM_UP, 9000, 1), CALIBRATION_WARM_UP);
}

static void the_first_of_25_wins_has_it(void **state)
{
    (void)state;
    warm_up();
    assert_int_equal(requests(2 * CALIBRATION_WINS, 1000, 2000), CALIBRATION_WINS);
    assert_int_equal(requests(100, LATE, 1), 100);
}

static void a_slower_device_is_left_after_25_pairs(void **state)
{
    (void)state;
    warm_up();
    assert_int_equal(requests(2 * CALIBRATION_WINS, 2000, 1000), CALIBRATION_WINS);
    assert_int_equal(requests(100, 1, 9000), 0);
}

static void a_close_race_takes_49_pairs(void **state)
{
    (void)state;
    warm_up();
    requests(2 * (CALIBRATION_WINS - 1), 1000, 2000);
    requests(2 * (CALIBRATION_WINS - 1), 2000, 1000);
    assert_int_equal(requests(2, 1000, 2000), 1);
    assert_int_equal(requests(100, LATE / 2, 1), 100);
}

static void one_far_ahead_has_it_after_four_pairs(void **state)
{
    (void)state;
    warm_up();
    assert_int_equal(requests(2 * CALIBRATION_FAR_PAIRS, 2001, 1000), CALIBRATION_FAR_PAIRS);
    assert_int_equal(requests(100, 1, 9000), 0);
    tear_down(state);
    assert_int_equal(set_up(state), 0);
    warm_up();
    assert_int_equal(requests(2 * CALIBRATION_FAR_PAIRS, 999, 2000), CALIBRATION_FAR_PAIRS);
    assert_int_equal(requests(100, LATE, 1), 100);
}

/* Three preempted requests of one side, between which the other is as usual. */
static void only_a_row_of_such_pairs_says_so(void **state)
{
    (void)state;
    warm_up();
    for (unsigned i = 0; i < 3; i++) {
        requests(2 * (CALIBRATION_FAR_PAIRS - 1), 90000, 1000);
        requests(2, 1000, 1000);
    }
    assert_true(choice());
    assert_false(choice());
}

/* The kernel has won by far, and is late from then on. Returns how many of @count are its. */
static unsigned late_after_a_win(unsigned count, long kernel_ns)
{
    warm_up();
    requests(2 * CALIBRATION_FAR_PAIRS, 100, 2000);
    return requests(count, kernel_ns, 2000);
}

/* The first request that is watched is number CALIBRATION_WATCH. */
static void a_device_that_slows_down_is_put_to_the_trial_again(void **state)
{
    enum {
        DONE = CALIBRATION_WARM_UP + 2 * CALIBRATION_FAR_PAIRS,
        NOTICED = CALIBRATION_WATCH - DONE + CALIBRATION_FAR_PAIRS,
    };

    (void)state;
    assert_int_equal(late_after_a_win(1000, LATE + 1), NOTICED + CALIBRATION_FAR_PAIRS);
    assert_false(choice());
}

static void a_device_that_is_late_now_and_then_is_not(void **state)
{
    enum { ROUNDS = 100 };

    (void)state;
    assert_int_equal(late_after_a_win(1000, LATE), 1000);
    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_int_equal(requests(CALIBRATION_FAR_PAIRS - 1, LATE + 1, 1),
                         CALIBRATION_FAR_PAIRS - 1);
        assert_int_equal(requests(1, 100, 1), 1);
    }
}

/* CROWD samples at once, all begun before the first has ended; they end in an order that the odd
 * @step makes. */
static void crowd(unsigned step, long kernel_ns, long software_ns)
{
    struct sample samples[CROWD];
    bool kernel[CROWD];

    for (unsigned i = 0; i < CROWD; i++)
        kernel[i] = calibration_choose(calibration, LENGTH, &samples[i]);
    clock_ns += 20000;
    for (unsigned i = 0; i < CROWD; i++) {
        unsigned one = i * step % CROWD;

        samples[one].start += (uint64_t)(20000 - (kernel[one] ? kernel_ns : software_ns));
        calibration_record(&samples[one], kernel[one]);
    }
}

static void overlapping_samples_find_their_pair(void **state)
{
    for (unsigned step = 1; step < CROWD; step += 2) {
        for (int faster = 0; faster < 2; faster++) {
            tear_down(state);
            assert_int_equal(set_up(state), 0);
            warm_up();
            crowd(step, faster ? 1000 : 10000, faster ? 10000 : 1000);
            crowd(step, faster ? 1000 : 10000, faster ? 10000 : 1000);
            assert_int_equal(choice(), faster);
        }
    }
}

/* Only the kernel's halves are recorded, then only software's. */
static void halves_alone_say_nothing(void **state)
{
    (void)state;
    warm_up();
    for (unsigned i = 0; i < 8 * CALIBRATION_WINS; i++) {
        struct sample sample;
        bool kernel = calibration_choose(calibration, LENGTH, &sample);

        assert_int_equal(kernel, i % 2 == 0);
        if (kernel == (i < 4 * CALIBRATION_WINS))
            calibration_record(&sample, kernel);
    }
    assert_int_equal(requests(2 * CALIBRATION_WINS, 2000, 1000), CALIBRATION_WINS);
    assert_false(choice());
}

/* What the kernel failed at took for ever. */
static void failures_are_losses(void **state)
{
    (void)state;
    warm_up();
    for (unsigned i = 0; i < 2 * CALIBRATION_WINS; i++) {
        struct sample sample;

        calibration_choose(calibration, LENGTH, &sample);
        clock_ns += 1000;
        calibration_record(&sample, false);
    }
    assert_false(choice());
}

static void skipped_requests_count(void **state)
{
    struct sample sample;
    unsigned done = CALIBRATION_WARM_UP + 2 * CALIBRATION_WINS;

    (void)state;
    warm_up();
    requests(2 * CALIBRATION_WINS, 2000, 1000);
    assert_false(calibration_choose(calibration, LENGTH, &sample));
    while (done + 63 + 1 < CALIBRATION_PERIOD) {
        assert_true(calibration_skip(&sample, 63));
        done += 63;
    }
    assert_false(calibration_skip(&sample, 63));
    calibration_record(&sample, false);
    assert_int_equal(requests(2 * CALIBRATION_WINS, 1000, 2000), CALIBRATION_WINS);
    assert_int_equal(requests(10, 1, 1), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_of_25_wins_has_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slower_device_is_left_after_25_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_far_ahead_has_it_after_four_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_a_row_of_such_pairs_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_that_slows_down_is_put_to_the_trial_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_device_that_is_late_now_and_then_is_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_close_race_takes_49_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(overlapping_samples_find_their_pair, set_up, tear_down),
        cmocka_unit_test_setup_teardown(halves_alone_say_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_are_losses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(skipped_requests_count, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
