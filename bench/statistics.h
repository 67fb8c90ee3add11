/* SPDX-License-Identifier: Apache-2.0 */
/* Times, and what many of them say. */
#ifndef AFALG_BENCH_STATISTICS_H
#define AFALG_BENCH_STATISTICS_H

/** Nanoseconds, from some moment on. */
double now(void);

/** Puts values into ascending order. */
void sort(double *values, unsigned count);

/** The value that @part of the @count sorted ones lie below: 0.5 for the median. */
double quantile(const double *values, unsigned count, double part);

/**
 * Standard error of the median of @groups medians, those of @each values that lie side by side in
 * @values: from their quartiles, as if they were distributed normally. NAN of a single group.
 * Sorts each group; @medians has room for @groups.
 */
double error_between(double *values, unsigned groups, unsigned each, double *medians);

#endif
