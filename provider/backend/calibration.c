/* SPDX-License-Identifier: Apache-2.0 */
#include "calibration.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* Classes of lengths, two for each octave from SHORTEST on. */
enum { CLASSES = 12 };
#define SHORTEST ((size_t)4096)

/* Pairs that can be half done at a time; of more, the oldest are lost. */
enum { OPEN_PAIRS = 32 };

/* The trial's score: the pairs that the kernel has won, and above them those of software. */
enum { KERNEL_WINS = 1, SOFTWARE_WINS = 1 << 8, WINS_MASK = SOFTWARE_WINS - 1 };

struct calibration {
    atomic_uint requests; /* of this period */
    atomic_uint score;    /* of its trial */
    atomic_uint samples;  /* handed out, in all trials */
    /* Of each pair the half that was recorded first: the pair's number, and ns in the lower half.
     */
    _Atomic uint64_t halves[OPEN_PAIRS];
};

struct calibration *calibration_new(void)
{
    return calloc(CLASSES, sizeof(struct calibration));
}

static struct calibration *class_of(struct calibration *all, size_t len)
{
    unsigned octave = len < SHORTEST ? 0 : (unsigned)(63 - __builtin_clzll(len / SHORTEST));
    unsigned class = 2 * octave + (len >> octave >= SHORTEST + SHORTEST / 2);

    return &all[class < CLASSES ? class : CLASSES - 1];
}

static unsigned get(const atomic_uint *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static bool kernel_has_won(unsigned score)
{
    return (score & WINS_MASK) >= CALIBRATION_WINS;
}

static bool software_has_won(unsigned score)
{
    return score / SOFTWARE_WINS >= CALIBRATION_WINS;
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

__attribute__((hot)) bool calibration_choose(struct calibration *all, size_t len,
                                             struct sample *sample)
{
    struct calibration *c = class_of(all, len);
    unsigned score = get(&c->score);

    sample->of = c;
    sample->start = 0;
    if (kernel_has_won(score))
        return true;
    if (software_has_won(score))
        return false;
    if (get(&c->requests) < CALIBRATION_WARM_UP)
        return true;
    sample->number = atomic_fetch_add_explicit(&c->samples, 1, memory_order_relaxed);
    sample->start = now();
    return sample->number % 2 == 0;
}

bool calibration_skip(const struct sample *sample, unsigned skipped)
{
    struct calibration *c = sample->of;
    unsigned requests;

    if (c == NULL)
        return false;
    requests = atomic_fetch_add_explicit(&c->requests, skipped, memory_order_relaxed) + skipped;
    return software_has_won(get(&c->score)) && requests + 1 < CALIBRATION_PERIOD;
}

/* Once somebody has won, nothing changes it. */
static void count_pair(struct calibration *c, unsigned win)
{
    unsigned score = get(&c->score);

    while (!kernel_has_won(score) && !software_has_won(score)) {
        if (atomic_compare_exchange_weak_explicit(&c->score, &score, score + win,
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
    }
}

static void record_time(struct calibration *c, const struct sample *sample, bool kernel)
{
    bool kernels = sample->number % 2 == 0;
    uint64_t took = now() - sample->start, other;
    uint64_t pair = (uint64_t)(sample->number / 2 + 1) << 32; /* never that of an empty place */

    if (took >= UINT32_MAX)
        took = UINT32_MAX - 1;
    if (kernels && !kernel)
        took = UINT32_MAX;
    other = atomic_exchange_explicit(&c->halves[sample->number / 2 % OPEN_PAIRS], pair | took,
                                     memory_order_relaxed);
    if (other >> 32 != pair >> 32)
        return;
    other &= UINT32_MAX;
    count_pair(c, (kernels ? took <= other : other <= took) ? KERNEL_WINS : SOFTWARE_WINS);
}

/* One thread takes the period's requests away, and with them the score. */
static void next_period(struct calibration *c)
{
    unsigned requests = get(&c->requests);

    while (requests >= CALIBRATION_PERIOD) {
        if (!atomic_compare_exchange_weak_explicit(
                &c->requests, &requests, requests - (CALIBRATION_PERIOD - CALIBRATION_WARM_UP),
                memory_order_relaxed, memory_order_relaxed))
            continue;
        atomic_store_explicit(&c->score, 0, memory_order_relaxed);
        return;
    }
}

__attribute__((hot)) void calibration_record(struct sample *sample, bool kernel)
{
    struct calibration *c = sample->of;

    sample->of = NULL;
    if (sample->start != 0)
        record_time(c, sample, kernel);
    if (atomic_fetch_add_explicit(&c->requests, 1, memory_order_relaxed) + 1 >= CALIBRATION_PERIOD)
        next_period(c);
}
