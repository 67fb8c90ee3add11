/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration judged: for devices of known service times, what the requests cost that the slower of
 * the two did. Times scatter by a fifth either way, and one request in 50 is preempted; all of it
 * comes from a seed. The table that it prints is in doc/decisions.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cmocka_test.h"

#include "backend/calibration.h"

/* Microseconds, but for SHORT, LONG and SEEDS. */
enum {
    SOFTWARE = 300,
    PREEMPTED = 4000,
    SHORT = 100,
    LONG = 8000,
    CHANGE = 1000,
    SEEDS = 20,
    LENGTH = 16384
};

/* A device: what a request takes, from the beginning and after CHANGE of them. */
struct device {
    const char *name;
    unsigned first, later;
    bool breaks;               /* later its requests fail, after what they take */
    unsigned most_short, most; /* that it may cost a short process, and a long one: in requests of
                                  software's */
};

static uint64_t clock_ns;
static uint32_t noise;

int __wrap_clock_gettime(clockid_t id, struct timespec *time);
int __wrap_clock_gettime(clockid_t id, struct timespec *time)
{
    (void)id;
    *time = (struct timespec){ .tv_sec = (time_t)(clock_ns / 1000000000),
                               .tv_nsec = (long)(clock_ns % 1000000000) };
    return 0;
}

static unsigned random_below(unsigned below)
{
    noise = noise * 1664525 + 1013904223;
    return (noise >> 8) % below;
}

static unsigned scattered(unsigned microseconds)
{
    unsigned took = microseconds * (80 + random_below(41)) / 100;

    return random_below(50) == 0 ? took + PREEMPTED : took;
}

/* What a process has made of a device. */
struct result {
    unsigned wrong, last; /* requests that the slower did, and the number of the last one */
    unsigned lost;        /* microseconds, by what each takes without scatter */
};

static void judge(struct result *result, unsigned number, bool kernel, unsigned device)
{
    if (kernel == (device <= SOFTWARE))
        return;
    result->wrong++;
    result->last = number;
    result->lost += kernel ? device - SOFTWARE : SOFTWARE - device;
}

/* A request that the device fails is software's after all. */
static void one_request(const struct device *d, unsigned number, struct calibration *calibration,
                        struct result *result)
{
    unsigned device = number < CHANGE ? d->first : d->later;
    bool fails = d->breaks && number >= CHANGE;
    struct sample sample;
    bool kernel = calibration_choose(calibration, LENGTH, &sample);

    clock_ns += (kernel ? scattered(device) : 0) * 1000;
    clock_ns += (!kernel || fails ? scattered(SOFTWARE) : 0) * 1000;
    judge(result, number, kernel, fails ? device + SOFTWARE : device);
    calibration_record(&sample, kernel && !fails);
}

static struct result process(const struct device *d, unsigned requests, unsigned seed)
{
    struct calibration *calibration = calibration_new();
    struct result result = { 0 };

    noise = seed;
    assert_non_null(calibration);
    for (unsigned number = 0; number < requests; number++)
        one_request(d, number, calibration, &result);
    free(calibration);
    return result;
}

/* The mean of many, but for the last: the worst. */
static struct result processes(const struct device *d, unsigned requests)
{
    struct result all = { 0 };

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        struct result one = process(d, requests, seed);

        all.wrong += one.wrong;
        all.lost += one.lost / SEEDS;
        if (one.last > all.last)
            all.last = one.last;
    }
    all.wrong /= SEEDS;
    return all;
}

static void check_device(const struct device *d)
{
    struct result few = processes(d, SHORT), many = processes(d, LONG);

    printf("| %s | %u | %u | %u | %u |\n", d->name, few.lost / SOFTWARE, many.wrong, many.last,
           many.lost / SOFTWARE);
    assert_in_range(few.lost / SOFTWARE, 0, d->most_short);
    assert_in_range(many.lost / SOFTWARE, 0, d->most);
}

static void wrong_choices_cost_little(void **state)
{
    static const struct device devices[] = {
        { "a hundred times as slow", 30000, 30000, false, 500, 500 },
        { "ten times as slow", 3000, 3000, false, 60, 60 },
        { "three times as slow", 900, 900, false, 20, 20 },
        { "one and a half times as slow", 450, 450, false, 15, 15 },
        { "a tenth slower", 330, 330, false, 5, 5 },
        { "a tenth faster", 270, 270, false, 5, 5 },
        { "one and a half times as fast", 200, 200, false, 10, 10 },
        { "ten times as fast", 30, 30, false, 5, 5 },
        { "ten times as fast, then ten times as slow", 30, 3000, false, 5, 400 },
        { "ten times as fast, then three times as slow", 30, 900, false, 5, 80 },
        { "ten times as slow, then ten times as fast", 3000, 30, false, 60, 6400 },
        { "ten times as fast, then failing", 30, 30, true, 5, 10 },
    };

    (void)state;
    printf("| device | short process: lost | wrong requests | last one | lost |\n");
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        check_device(&devices[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(wrong_choices_cost_little) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
