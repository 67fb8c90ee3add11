/* SPDX-License-Identifier: Apache-2.0 */
/* Times, and what many of them say. */
#ifndef AFALG_BENCH_STATISTICS_H
#define AFALG_BENCH_STATISTICS_H

/** Nanoseconds, from some moment on. */
double now(void);

/** Sorts values. @return the middle one */
double median_of(double *values, unsigned count);

/** What many values say. */
struct summary {
    double median, low, high; /* low and high: the quartiles */
    double error;             /* standard error of the median; NAN of a single group */
};

/**
 * Of @groups of @each values, group by group. The standard error is that of the groups' medians,
 * from their quartiles, as if they were distributed normally. Sorts the values; @medians has room
 * for @groups.
 */
struct summary summarize(double *values, unsigned groups, unsigned each, double *medians);

#endif
