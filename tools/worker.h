/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of one algorithm by one provider, through EVP. */
#ifndef AFALGCTL_WORKER_H
#define AFALGCTL_WORKER_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "algorithm.h"

struct worker;

/** True for all rows but key wrap, whose data is too short to time, and random generators. */
bool worker_knows(const struct algorithm *alg);

/**
 * A worker for the row @alg, of a MAC over the row @inner, fetched by the property query.
 * @max  length of its longest request, bytes
 * @return NULL, with OpenSSL's error queue saying why
 */
struct worker *worker_new(OSSL_LIB_CTX *libctx, const struct algorithm *alg,
                          const struct algorithm *inner, const char *query, size_t max);
void worker_free(struct worker *w);

/** One request of @len bytes: a whole number of blocks, at most the worker's max. */
bool worker_run(struct worker *w, size_t len);

#endif
