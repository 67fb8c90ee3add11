/* SPDX-License-Identifier: Apache-2.0 */
/* What tls measures of one group of servers, and tls_report reads: a line of a file. */
#ifndef AFALG_BENCH_TLS_GROUP_H
#define AFALG_BENCH_TLS_GROUP_H

#include <stdbool.h>
#include <stdio.h>

/* The servers of a group, by their place in it; a group may do without the last. */
enum { TLS_AFALG, TLS_DEFAULT, TLS_KTLS, SERVERS_MAX };
enum { CPU_STATES = 3 }; /* user, system, idle */

/* One server, at one suite and file. */
struct tls_server {
    double ratio;               /* its speed over default's, the median of the rounds */
    double time;                /* nanoseconds per request, the median */
    double gigabytes;           /* served in all */
    double seconds[CPU_STATES]; /* of the guest's processors, for all of it */
};

struct tls_group {
    unsigned count; /* of its servers */
    struct tls_server servers[SERVERS_MAX];
};

enum { TLS_NAME_MAX = 32 };

/** Appends a line. @suite and @file have no blanks. */
void tls_group_write(FILE *out, const char *suite, const char *file, const struct tls_group *group);

/** Reads one. False at the end, or if there is none. */
bool tls_group_read(FILE *in, char suite[TLS_NAME_MAX], char file[TLS_NAME_MAX],
                    struct tls_group *group);

#endif
