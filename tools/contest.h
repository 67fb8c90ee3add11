/* SPDX-License-Identifier: Apache-2.0 */
/* The same requests by the kernel and by the default provider, timed. */
#ifndef AFALGCTL_CONTEST_H
#define AFALGCTL_CONTEST_H

#include <stdbool.h>
#include <stddef.h>

#include "instance.h"
#include "worker.h"

struct contest {
    struct worker *kernel, *software;
    const struct counters *counters; /* of the algorithm in the provider */
    bool failed;                     /* a request failed; OpenSSL's error queue says why */
};

/** What requests took. */
struct elapsed {
    double seconds;
    double cpu; /* seconds of this process, user and system */
};

/** Seconds since some moment. */
double contest_now(void);

/** The longest request that every algorithm takes here, in bytes; a power of two. */
size_t contest_largest(void);

/**
 * A contest at the row @alg, of a MAC over the row @inner. contest_close() is due either way.
 * @instance  with mode = kernel, fallback = no
 * @largest   of its requests, bytes
 * @return false, with OpenSSL's error queue saying why
 */
bool contest_open(struct contest *c, const struct instance *instance, const struct algorithm *alg,
                  const struct algorithm *inner, size_t largest);
void contest_close(struct contest *c);

/** Has one of the two workers do @count requests of @len bytes. Ends early if one fails. */
struct elapsed contest_run(struct contest *c, struct worker *w, size_t len, unsigned count);

/** Whether no request has failed, and the kernel did all that were meant for it. */
bool contest_was_fair(const struct contest *c);

#endif
