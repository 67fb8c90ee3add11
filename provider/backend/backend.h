/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel or software: the one place where it is decided, and where it is counted. */
#ifndef AFALG_BACKEND_H
#define AFALG_BACKEND_H

#include "provider.h"

/**
 * Whether a request of @len bytes, which is not too short for it, is to be left to software, as
 * the algorithm keeps failing. Counts the fallback.
 */
bool backend_backs_off(struct alg_state *state, struct kernel_alg *alg);

/** Who is to do a request of @len bytes: true for the kernel. Starts @sample. */
static inline bool backend_choose(struct alg_state *state, struct kernel_alg *alg, size_t len,
                                  struct sample *sample)
{
    sample->of = NULL;
    if (len < state->min_size)
        return false;
    if (backoff_is_on(&alg->backoff) && backend_backs_off(state, alg))
        return false;
    return alg->calibration == NULL || calibration_choose(alg->calibration, len, sample);
}

/* How many requests a context may leave to software without asking, see calibration_skip(). */
enum { BACKEND_SKIPPED = 63 };

/** Notes who has done the request that @sample was started for. */
static inline void backend_done(struct sample *sample, bool kernel)
{
    if (sample->of != NULL)
        calibration_record(sample, kernel);
}

/** Notes a failure of the kernel's, a negative errno value. */
void backend_failed(struct provctx *prov, struct alg_state *state, struct kernel_alg *alg,
                    int error);

/**
 * Notes how a request of the kernel's has ended, or the opening of a socket for one.
 * @result  a negative errno value, or anything else for success
 * @return @result
 */
static inline ssize_t backend_outcome(struct provctx *prov, struct alg_state *state,
                                      struct kernel_alg *alg, ssize_t result)
{
    if (result < 0)
        backend_failed(prov, state, alg, (int)result);
    else
        backoff_succeeded(&alg->backoff);
    return result;
}

/**
 * Opens @s for the algorithm's type and @name (NULL: that of the algorithm itself). 0 or -errno.
 */
int backend_open_new(const struct alg_state *state, struct afalg_socket *s, const char *type,
                     const char *name, const void *key, size_t keylen, size_t authsize);

/** Makes sure that @s is open and ours: the same where it isn't. */
static inline int backend_open(const struct alg_state *state, struct afalg_socket *s,
                               const char *type, const char *name, const void *key, size_t keylen,
                               size_t authsize)
{
    return afalg_socket_valid(s) ? 0
                                 : backend_open_new(state, s, type, name, key, keylen, authsize);
}

/**
 * Whether software may do what the kernel couldn't, with @error from it (0: nothing
 * was tried). Counts the fallback. Otherwise raises one error that says what
 * failed and what to do.
 */
bool backend_fallback(struct provctx *prov, struct alg_state *state, enum fallback why, int error);

/** Counts one request of @len bytes done by the kernel, or by software. */
void backend_count_kernel(struct alg_state *state, size_t len);
void backend_count_software(struct alg_state *state, size_t len);

/**
 * What software did for one context and is not counted yet: an atomic count costs a
 * request of 16 bytes a good part of its time.
 */
struct tally {
    uint64_t requests, bytes;
};

static inline void backend_tally(struct tally *tally, size_t len)
{
    tally->requests++;
    tally->bytes += len;
}

/** Counts what the tally has, and empties it. */
void backend_count_tally(struct alg_state *state, struct tally *tally);

#endif
