/* SPDX-License-Identifier: Apache-2.0 */
/* What answers OSSL_PARAM requests. */
#ifndef AFALG_PARAMS_ANSWER_H
#define AFALG_PARAMS_ANSWER_H

#include <openssl/params.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * Whether @p is named @key. For what is asked of a context at every message, a parameter at a time,
 * this is several times cheaper than OSSL_PARAM_locate() for each name that there is.
 */
static inline bool param_is(const OSSL_PARAM *p, const char *key)
{
    size_t i = 0;

    while (key[i] != '\0' && p->key[i] == key[i])
        i++;
    return p->key[i] == key[i];
}

/** Has @get answer each of @params (may be NULL). 1, or what @get returned for one that failed. */
static inline int params_get(void *ctx, OSSL_PARAM params[], int (*get)(void *ctx, OSSL_PARAM *p))
{
    int done = 1;

    for (OSSL_PARAM *p = params; done && p != NULL && p->key != NULL; p++)
        done = get(ctx, p);
    return done;
}

/** Answers @key with @value, if it is asked for. False if the caller's parameter can't take it. */
static inline bool params_set_size(OSSL_PARAM params[], const char *key, size_t value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, key);

    return p == NULL || OSSL_PARAM_set_size_t(p, value);
}

static inline bool params_set_int(OSSL_PARAM params[], const char *key, int value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, key);

    return p == NULL || OSSL_PARAM_set_int(p, value);
}

static inline bool params_set_uint(OSSL_PARAM params[], const char *key, unsigned value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, key);

    return p == NULL || OSSL_PARAM_set_uint(p, value);
}

#endif
