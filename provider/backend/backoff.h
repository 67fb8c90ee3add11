/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An algorithm of the kernel's that keeps failing is left to software for a while, and tried again.
 * Counted in requests, not in time. Used by any number of threads at once.
 *
 * The pause begins with the BACKOFF_FAILURES-th failure in a row, or at once if the kernel or a
 * sandbox does not hand the algorithm out. Its last request is the kernel's again, whose success
 * ends it; else it starts again, twice as long, up to BACKOFF_MAX requests.
 */
#ifndef AFALG_BACKOFF_H
#define AFALG_BACKOFF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { BACKOFF_FAILURES = 3, BACKOFF_FIRST = 64, BACKOFF_MAX = 32768 };

struct backoff_state {
    uint8_t failures; /* in a row, before a pause */
    uint8_t doubled;  /* so often, since the pause began */
    uint16_t left; /* requests until the next one of the kernel's, which counts too; 0: no pause */
};

/** Nothing has failed if all of it is zero. */
struct backoff {
    _Atomic(struct backoff_state) state;
};

/**
 * Notes a request's negative errno value @error. Shortage (of descriptors, of memory), a descriptor
 * that was closed under us, and what is wrong with the request itself (EINVAL, EBADMSG, EMSGSIZE)
 * don't count, since it says nothing of the next request. @return whether a pause begins
 */
bool backoff_failed(struct backoff *b, int error);

/** Counts a request during a pause. @return whether it is to be left to software */
bool backoff_skips(struct backoff *b);

static inline struct backoff_state backoff_state(struct backoff *b)
{
    return atomic_load_explicit(&b->state, memory_order_relaxed);
}

/** Whether a pause is on. */
static inline bool backoff_is_on(struct backoff *b)
{
    return backoff_state(b).left != 0;
}

/** Notes a request that the kernel has done. */
static inline void backoff_succeeded(struct backoff *b)
{
    struct backoff_state was = backoff_state(b);

    if (was.failures != 0 || was.left != 0)
        atomic_store_explicit(&b->state, (struct backoff_state){ 0 }, memory_order_relaxed);
}

#endif
