/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/verify.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdint.h>
#include <string.h>
#include <sys/single_threaded.h>

/* So many right answers of each feature are enough. Requests that meet here need not have met in
 * the device, so these have to be more. */
enum { ENOUGH = 3, ENOUGH_CONCURRENT = 64 };

#define PAGE 4096

static bool is_enough(const struct verify *verify, int feature)
{
    return atomic_load_explicit((atomic_uint *)(uintptr_t)&verify->right[feature],
                                memory_order_relaxed) >=
           (1U << feature == VERIFY_CONCURRENT ? ENOUGH_CONCURRENT : ENOUGH);
}

bool verify_is_due(const struct verify *verify, enum verify_mode mode, unsigned features)
{
    if (mode != VERIFY_FIRST)
        return mode == VERIFY_ALWAYS;
    for (int i = 0; i < VERIFY_FEATURES; i++) {
        if ((features & 1U << i) != 0 && !is_enough(verify, i))
            return true;
    }
    return false;
}

void verify_note(struct verify *verify, unsigned features)
{
    for (int i = 0; i < VERIFY_FEATURES; i++) {
        if ((features & 1U << i) != 0 && !is_enough(verify, i))
            atomic_fetch_add_explicit(&verify->right[i], 1, memory_order_relaxed);
    }
}

/* --- one request --- */

static unsigned features_of(const struct verify_shape *shape, size_t len)
{
    uintptr_t out = (uintptr_t)shape->out;
    unsigned features = shape->features | VERIFY_ANY;

    if (len == 0)
        features |= VERIFY_EMPTY;
    if (len > PAGE)
        features |= VERIFY_LONG;
    if (out % 4 != 0)
        features |= VERIFY_UNALIGNED;
    if (out % 16 != 0 && out % PAGE + len > PAGE)
        features |= VERIFY_BORDER;
    if (shape->out != NULL && shape->in[1].iov_base == shape->out)
        features |= VERIFY_IN_PLACE;
    return features;
}

/* Takes part in telling whether requests overlap; false once that is verified. */
static bool watch_others(struct verification *v, enum verify_mode mode)
{
    if (__libc_single_threaded || !verify_is_due(v->of, mode, VERIFY_CONCURRENT))
        return false;
    v->begun = atomic_fetch_add(&v->of->begun, 1) + 1;
    v->alone = atomic_fetch_add(&v->of->running, 1) == 0;
    return true;
}

static bool make_copy(struct verification *v, const struct verify_shape *shape)
{
    size_t at = 0;

    v->copy = OPENSSL_malloc(v->len + 1);
    for (int i = 0; v->copy != NULL && i < 2; i++) {
        if (shape->in[i].iov_len > 0)
            memcpy(v->copy + at, shape->in[i].iov_base, shape->in[i].iov_len);
        at += shape->in[i].iov_len;
    }
    return v->copy != NULL;
}

void verify_begin(struct verification *v, enum verify_mode mode, const struct request *r,
                  size_t len)
{
    struct verify_shape shape = { 0 };

    v->len = len;
    v->class->shape(r, &shape);
    v->features = features_of(&shape, len);
    v->due = verify_is_due(v->of, mode, v->features);
    if (!watch_others(v, mode) && !v->due)
        v->of = NULL;
    else if (!make_copy(v, &shape))
        v->due = false;
}

/* Whether another request of the same was there at any time of this one. */
static bool had_company(struct verification *v)
{
    bool alone = v->alone && atomic_load(&v->of->begun) == v->begun;

    if (v->begun != 0)
        atomic_fetch_sub(&v->of->running, 1);
    return v->begun != 0 && !alone;
}

/* What software raises is not the application's to see: it was not asked to use it. */
ssize_t verify_end(struct verification *v, struct request *r, ssize_t done, bool answered)
{
    if (had_company(v)) {
        v->features |= VERIFY_CONCURRENT;
        v->due |= v->copy != NULL;
    }
    if (v->due && answered) {
        ERR_set_mark();
        done = v->class->check(r, v->copy, done, &v->wrong);
        ERR_pop_to_mark();
        if (!v->wrong)
            verify_note(v->of, v->features);
    }
    OPENSSL_clear_free(v->copy, v->len + 1);
    return done;
}
