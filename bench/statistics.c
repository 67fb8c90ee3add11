/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void sort(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), compare);
}

double quantile(const double *values, unsigned count, double part)
{
    return values[(unsigned)((count - 1) * part + 0.5)];
}

double error_between(double *values, unsigned groups, unsigned each, double *medians)
{
    double deviation;

    for (unsigned i = 0; i < groups; i++) {
        sort(values + (size_t)i * each, each);
        medians[i] = quantile(values + (size_t)i * each, each, 0.5);
    }
    sort(medians, groups);
    deviation = (quantile(medians, groups, 0.75) - quantile(medians, groups, 0.25)) / 1.349;
    return groups > 1 ? 1.2533 * deviation / sqrt(groups) : NAN;
}
