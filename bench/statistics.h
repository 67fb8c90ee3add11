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

#endif
