/* SPDX-License-Identifier: Apache-2.0 */
#include "calibration.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* Classes of lengths, two for each octave from SHORTEST on. */
enum { CLASSES = 12 };
#define SHORTEST ((size_t)4096)

/* Pairs that can be half done at a time; of more, the oldest are lost. */
enum { OPEN_PAIRS = 32 };

/* The number of a sample that belongs to no pair. */
#define WATCHED UINT_MAX

/* What one of the two has won. */
struct wins {
    uint8_t pairs;
    uint8_t far; /* by far, and the last ones in a row */
};

struct score {
    struct wins kernel, software;
};

struct calibration {
    atomic_uint requests;        /* of this period */
    _Atomic(struct score) score; /* of its trial */
    atomic_uint samples;         /* handed out, in all trials */
    atomic_uint software_ns;     /* software's fastest sample in the trial; 0: none yet */
    atomic_uint late;            /* watched requests in a row for which the kernel took too long */
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

static struct score score_of(const struct calibration *c)
{
    return atomic_load_explicit(&c->score, memory_order_relaxed);
}

static bool have_won(struct wins wins)
{
    return wins.pairs >= CALIBRATION_WINS || wins.far >= CALIBRATION_FAR_PAIRS;
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Of the kernel's requests, once it has won. */
static bool is_watched(const struct calibration *c)
{
    return get(&c->requests) % CALIBRATION_WATCH == 0 || get(&c->late) > 0;
}

__attribute__((hot)) bool calibration_choose(struct calibration *all, size_t len,
                                             struct sample *sample)
{
    struct calibration *c = class_of(all, len);
    struct score score = score_of(c);

    sample->of = c;
    sample->start = 0;
    if (have_won(score.software))
        return false;
    if (have_won(score.kernel)) {
        sample->number = WATCHED;
        if (is_watched(c))
            sample->start = now();
        return true;
    }
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
    return have_won(score_of(c).software) && requests + 1 < CALIBRATION_PERIOD;
}

static void count_win(struct wins *winner, struct wins *loser, bool far)
{
    winner->pairs++;
    winner->far = far ? winner->far + 1 : 0;
    loser->far = 0;
}

/* Once one of the two has won, nothing changes it. */
static void count_pair(struct calibration *c, uint64_t kernel_ns, uint64_t software_ns)
{
    struct score was = score_of(c), is;

    do {
        if (have_won(was.kernel) || have_won(was.software))
            return;
        is = was;
        if (kernel_ns <= software_ns)
            count_win(&is.kernel, &is.software, software_ns > CALIBRATION_FAR * kernel_ns);
        else
            count_win(&is.software, &is.kernel, kernel_ns > CALIBRATION_FAR * software_ns);
    } while (!atomic_compare_exchange_weak_explicit(&c->score, &was, is, memory_order_relaxed,
                                                    memory_order_relaxed));
}

static void begin_trial(struct calibration *c)
{
    atomic_store_explicit(&c->late, 0, memory_order_relaxed);
    atomic_store_explicit(&c->software_ns, 0, memory_order_relaxed);
    atomic_store_explicit(&c->score, (struct score){ 0 }, memory_order_relaxed);
}

/* A device that is busy, or has slowed down, is put to the trial again before the period is over.
 */
static void watch(struct calibration *c, uint64_t took)
{
    if (took <= CALIBRATION_FAR * (uint64_t)get(&c->software_ns))
        atomic_store_explicit(&c->late, 0, memory_order_relaxed);
    else if (atomic_fetch_add_explicit(&c->late, 1, memory_order_relaxed) + 1 ==
             CALIBRATION_FAR_PAIRS)
        begin_trial(c);
}

static void note_software(struct calibration *c, unsigned took)
{
    unsigned fastest = get(&c->software_ns);

    if (fastest == 0 || took < fastest)
        atomic_store_explicit(&c->software_ns, took, memory_order_relaxed);
}

static void record_half(struct calibration *c, unsigned number, uint64_t took)
{
    uint64_t pair = (uint64_t)(number / 2 + 1) << 32; /* never that of an empty place */
    uint64_t other = atomic_exchange_explicit(&c->halves[number / 2 % OPEN_PAIRS], pair | took,
                                              memory_order_relaxed);

    if (other >> 32 != pair >> 32)
        return;
    other &= UINT32_MAX;
    if (number % 2 == 0)
        count_pair(c, took, other);
    else
        count_pair(c, other, took);
}

static void record_time(struct calibration *c, const struct sample *sample, bool kernel)
{
    bool kernels = sample->number == WATCHED || sample->number % 2 == 0;
    uint64_t took = now() - sample->start;

    if (took >= UINT32_MAX)
        took = UINT32_MAX - 1;
    if (kernels && !kernel)
        took = UINT32_MAX;
    if (!kernels)
        note_software(c, (unsigned)took);
    if (sample->number == WATCHED)
        watch(c, took);
    else
        record_half(c, sample->number, took);
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
        begin_trial(c);
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
