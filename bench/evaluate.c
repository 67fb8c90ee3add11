/* SPDX-License-Identifier: Apache-2.0 */
/* What many rounds of many process runs say; see bench/README.md. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

/* @all has room for all rounds, @medians for one value per run. */
static struct result evaluate_peer(const struct plan *plan, const struct point *point,
                                   unsigned peer, double *all, double *medians)
{
    unsigned rounds = plan->runs * plan->rounds;
    struct result result = {
        .work = point->work,
        .peer = point->peers[peer],
        .size = point->size,
        .kernel = 2 * point->kernel > plan->runs,
    };

    for (unsigned i = 0; i < rounds; i++)
        all[i] = point->times[peer][i] / point->times[0][i];
    result.ratio = summarize(all, plan->runs, plan->rounds, medians);
    memcpy(all, point->times[peer], rounds * sizeof(*all));
    result.mbps = (double)point->size * 1e3 / median_of(all, rounds);
    return result;
}

bool evaluate(const struct plan *plan, const struct point *point, struct result *results)
{
    double *all = calloc((size_t)plan->runs * plan->rounds, sizeof(*all));
    double *medians = calloc(plan->runs, sizeof(*medians));
    bool done = all != NULL && medians != NULL;

    for (unsigned peer = 0; done && peer < point->count; peer++)
        results[peer] = evaluate_peer(plan, point, peer, all, medians);
    free(all);
    free(medians);
    return done;
}
