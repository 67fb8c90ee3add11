/* SPDX-License-Identifier: Apache-2.0 */
/* One algorithm at each size, by software and by the kernel in turn. */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

enum { TURNS = 4 };

static const size_t sizes[BENCH_SIZES] = { 16, 256, 1024, 4096, 16384, 65536 };

/* --- progress, on a terminal --- */

static void show_progress(const struct bench_subject *subject, size_t len)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s, %zu bytes\033[K", subject->name, len);
}

static void clear_progress(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

/* --- measuring --- */

/* Requests for @seconds, at least one. The clock is read after more and more of them. */
static void take_turn(struct contest *c, struct worker *w, size_t len, double seconds,
                      struct bench_cell *cell)
{
    unsigned count = 1;

    while (seconds > 0 && !c->failed) {
        struct elapsed took = contest_run(c, w, len, count);

        cell->requests += count;
        cell->took.seconds += took.seconds;
        cell->took.cpu += took.cpu;
        seconds -= took.seconds;
        if (took.seconds < seconds / 4)
            count *= 2;
    }
}

/* The first request of each, which opens a socket and sets a key, does not count. */
static void measure_size(struct contest *c, double seconds, struct bench_size *size)
{
    struct worker *const workers[] = { [BENCH_SOFTWARE] = c->software, [BENCH_KERNEL] = c->kernel };

    for (int side = 0; side < BENCH_SIDES; side++)
        contest_run(c, workers[side], size->len, 1);
    for (int turn = 0; turn < TURNS; turn++) {
        for (int side = 0; side < BENCH_SIDES; side++)
            take_turn(c, workers[side], size->len, seconds / (TURNS * BENCH_SIDES),
                      &size->of[side]);
    }
}

bool bench_measure(const struct instance *instance, const struct bench_subject *subject,
                   double seconds, struct bench_result *result)
{
    size_t largest = contest_largest();
    unsigned long long before;
    struct contest c;
    bool ok = contest_open(&c, instance, subject->alg, subject->inner, largest);

    *result = (struct bench_result){ .sizes = 0 };
    before = c.counters->kernel_requests;
    while (ok && result->sizes < BENCH_SIZES && sizes[result->sizes] <= largest) {
        struct bench_size *size = &result->size[result->sizes++];

        size->len = sizes[result->sizes - 1];
        show_progress(subject, size->len);
        measure_size(&c, seconds / BENCH_SIZES, size);
        ok = contest_was_fair(&c);
    }
    clear_progress();
    result->kernel_requests = c.counters->kernel_requests - before;
    contest_close(&c);
    return ok;
}
