/* SPDX-License-Identifier: Apache-2.0 */
#include "backoff.h"

#include <errno.h>

static bool replace(struct backoff *b, struct backoff_state *was, struct backoff_state is)
{
    return atomic_compare_exchange_weak_explicit(&b->state, was, is, memory_order_relaxed,
                                                 memory_order_relaxed);
}

/* Whether @error says something of the requests that follow. */
static bool counts(int error)
{
    switch (error) {
    case -EBADF:
    case -EMFILE:
    case -ENFILE:
    case -ENOMEM:
    case -ENOBUFS:
    case -EINVAL:
    case -EBADMSG:
    case -EMSGSIZE:
        return false;
    default:
        return true;
    }
}

/* Whether the algorithm, or AF_ALG, is not to be had: the next request would find the same. */
static bool is_absence(int error)
{
    return error == -ENOENT || error == -EAFNOSUPPORT || error == -EPERM || error == -EACCES;
}

bool backoff_failed(struct backoff *b, int error)
{
    struct backoff_state was = backoff_state(b), is;

    if (!counts(error))
        return false;
    do {
        if (was.left != 0)
            return false;
        is = was;
        is.failures++;
        if (is.failures >= BACKOFF_FAILURES || is_absence(error))
            is = (struct backoff_state){ .left = BACKOFF_FIRST };
    } while (!replace(b, &was, is));
    return is.left != 0;
}

bool backoff_skips(struct backoff *b)
{
    struct backoff_state was = backoff_state(b), is;

    do {
        if (was.left == 0)
            return false;
        is = was;
        if (--is.left == 0) {
            /* The next pause starts now, so that no other thread tries with this one. */
            is.doubled += BACKOFF_FIRST << is.doubled < BACKOFF_MAX;
            is.left = (uint16_t)(BACKOFF_FIRST << is.doubled);
        }
    } while (!replace(b, &was, is));
    return was.left > 1;
}
