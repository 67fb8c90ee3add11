/* SPDX-License-Identifier: Apache-2.0 */
/* What tls measures of one pair of servers, and tls_report reads: a line of a file. */
#ifndef AFALG_BENCH_TLS_PAIR_H
#define AFALG_BENCH_TLS_PAIR_H

#include <stdbool.h>
#include <stdio.h>

enum { SERVERS = 2, CPU_STATES = 3 }; /* afalg, default; user, system, idle */

/* One server, at one suite and file. */
struct tls_server {
    double time;                /* nanoseconds per request, the median */
    double gigabytes;           /* served in all */
    double seconds[CPU_STATES]; /* of the guest's processors, for all of it */
};

struct tls_pair {
    double ratio; /* afalg's speed over default's, the median of the rounds */
    struct tls_server servers[SERVERS];
};

enum { TLS_NAME_MAX = 32 };

/** Appends a line. @suite and @file have no blanks. */
void tls_pair_write(FILE *out, const char *suite, const char *file, const struct tls_pair *pair);

/** Reads one. False at the end, or if there is none. */
bool tls_pair_read(FILE *in, char suite[TLS_NAME_MAX], char file[TLS_NAME_MAX],
                   struct tls_pair *pair);

#endif
