/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured: works, sizes, and the peers that know them. */
#include "bench.h"

#include <stdlib.h>

static bool fill(const struct plan *plan, struct point *point)
{
    for (int i = 0; plan->peers[i] != NULL; i++) {
        double *times;

        if (!plan->peers[i]->knows(point->work))
            continue;
        times = calloc((size_t)plan->runs * plan->rounds, sizeof(*times));
        if (times == NULL)
            return false;
        point->peers[point->count] = plan->peers[i];
        point->times[point->count++] = times;
    }
    return true;
}

struct point *points_make(const struct plan *plan, size_t *count)
{
    size_t sizes = 0, made = 0;
    struct point *points;
    bool done;

    while (plan->sizes[sizes] != 0)
        sizes++;
    *count = plan->works * sizes;
    points = calloc(*count, sizeof(*points));
    done = points != NULL;
    for (; done && made < *count; made++) {
        points[made].work = &works[made / sizes];
        points[made].size = plan->sizes[made % sizes];
        done = fill(plan, &points[made]);
    }
    if (done)
        return points;
    points_free(points, made);
    return NULL;
}

void points_free(struct point *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (unsigned j = 0; j < points[i].count; j++)
            free(points[i].times[j]);
    }
    free(points);
}
