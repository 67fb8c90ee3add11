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

static void sort(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), compare);
}

/* The value that @part of the sorted ones lie below. */
static double quantile(const double *values, unsigned count, double part)
{
    return values[(unsigned)((count - 1) * part + 0.5)];
}

double median_of(double *values, unsigned count)
{
    sort(values, count);
    return quantile(values, count, 0.5);
}

static double error_between(double *medians, unsigned groups)
{
    double deviation;

    sort(medians, groups);
    deviation = (quantile(medians, groups, 0.75) - quantile(medians, groups, 0.25)) / 1.349;
    return groups > 1 ? 1.2533 * deviation / sqrt(groups) : NAN;
}

struct summary summarize(double *values, unsigned groups, unsigned each, double *medians)
{
    unsigned count = groups * each;
    struct summary summary;

    for (unsigned i = 0; i < groups; i++)
        medians[i] = median_of(values + (size_t)i * each, each);
    summary.error = error_between(medians, groups);
    summary.median = median_of(values, count);
    summary.low = quantile(values, count, 0.25);
    summary.high = quantile(values, count, 0.75);
    return summary;
}
