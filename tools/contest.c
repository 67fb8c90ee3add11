/* SPDX-License-Identifier: Apache-2.0 */
#include "contest.h"

#include <time.h>

enum {
    SMALLEST = 64,
    LARGEST = 65536, /* what servers send at once, and below SO_SNDBUF for AEAD */
};

static double seconds_of(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double contest_now(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

/* AEAD and GMAC messages have to fit the socket's buffers with all that goes with them. */
size_t contest_largest(void)
{
    struct afalg_limits limits;
    size_t max = LARGEST;

    if (afalg_default_limits(&limits) == 0)
        while (max > SMALLEST && (max + 512 > limits.send || max + 512 > limits.receive))
            max /= 2;
    return max;
}

bool contest_open(struct contest *c, const struct instance *instance, const struct algorithm *alg,
                  const struct algorithm *inner, size_t largest)
{
    *c = (struct contest){
        .kernel = worker_new(instance->libctx, alg, inner, "provider=afalg", largest),
        .software = worker_new(instance->libctx, alg, inner, "provider=default", largest),
        .counters = &provider_alg_state(instance->prov, alg)->counters,
    };
    return c->kernel != NULL && c->software != NULL;
}

void contest_close(struct contest *c)
{
    worker_free(c->kernel);
    worker_free(c->software);
}

struct elapsed contest_run(struct contest *c, struct worker *w, size_t len, unsigned count)
{
    double begin = contest_now(), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);

    for (unsigned i = 0; i < count && !c->failed; i++)
        c->failed = !worker_run(w, len);
    return (struct elapsed){ contest_now() - begin, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu };
}

bool contest_was_fair(const struct contest *c)
{
    return !c->failed && c->counters->kernel_requests > 0 && c->counters->software_requests == 0;
}
