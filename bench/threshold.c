/* SPDX-License-Identifier: Apache-2.0 */
/* The thresholds of each mode, and whether they were met. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct results {
    const struct result *at;
    size_t count;
};

/* afalg's speed over the peer's, if @applies, is not under @least. */
struct threshold {
    const char *mode, *text;
    double least;
    bool (*applies)(const struct results *all, const struct result *r);
};

/* MB/s of another peer at the work and size of @r. */
static double speed_of(const struct results *all, const struct result *r, const struct peer *peer)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct result *other = &all->at[i];

        if (other->work == r->work && other->size == r->size && other->peer == peer)
            return other->mbps;
    }
    return NAN;
}

static bool below_crossing(const struct results *all, const struct result *r)
{
    return speed_of(all, r, &peer_default) >= speed_of(all, r, &peer_raw);
}

static bool is_raw(const struct results *all, const struct result *r)
{
    (void)all;
    return r->peer == &peer_raw;
}

static bool is_kcapi(const struct results *all, const struct result *r)
{
    (void)all;
    return r->peer == &peer_kcapi;
}

static bool is_kcapi_and_large(const struct results *all, const struct result *r)
{
    return is_kcapi(all, r) && r->size >= 16384 &&
           (r->work->kind == KIND_CIPHER || r->work->kind == KIND_AEAD);
}

static bool is_engine(const struct results *all, const struct result *r)
{
    (void)all;
    return strcmp(r->peer->name, "afalg engine") == 0;
}

static bool is_default_and_smallest(const struct results *all, const struct result *r)
{
    (void)all;
    return r->peer == &peer_default && r->size == 16;
}

static bool is_default_below_crossing(const struct results *all, const struct result *r)
{
    return r->peer == &peer_default && r->size >= 256 && below_crossing(all, r);
}

static bool is_raw_above_crossing(const struct results *all, const struct result *r)
{
    return is_raw(all, r) && !below_crossing(all, r);
}

static bool is_rival_in_kernel(const struct results *all, const struct result *r)
{
    return r->kernel && (is_kcapi(all, r) || is_engine(all, r));
}

static const struct threshold thresholds[] = {
    { "kernel", "of the two system calls, at every size", 0.97, is_raw },
    { "kernel", "of libkcapi, at every size", 0.99, is_kcapi },
    { "kernel", "of libkcapi, ciphers and AEAD from 16 KiB on", 1.00, is_kcapi_and_large },
    { "kernel", "of the afalg engine, at every size", 1.00, is_engine },
    { "auto", "of default at 16 B", 0.90, is_default_and_smallest },
    { "auto", "of default, from 256 B up to the crossing", 0.97, is_default_below_crossing },
    { "auto", "of the two system calls, above the crossing", 0.97, is_raw_above_crossing },
    { "auto", "of libkcapi and the engine, wherever the kernel is used", 1.00, is_rival_in_kernel },
};

enum { THRESHOLDS = sizeof(thresholds) / sizeof(thresholds[0]) };

/* The result that fares worst at @t; NULL if none was measured. */
static const struct result *worst_of(const struct results *all, const struct threshold *t)
{
    const struct result *worst = NULL;

    for (size_t i = 0; i < all->count; i++) {
        const struct result *r = &all->at[i];

        if (t->applies(all, r) && (worst == NULL || r->ratio.median < worst->ratio.median))
            worst = r;
    }
    return worst;
}

static bool check_threshold(const struct results *all, const struct threshold *t)
{
    const struct result *worst = worst_of(all, t);
    bool met;

    if (worst == NULL) {
        printf("  MISSED  not measured    at least %.2f %s\n", t->least, t->text);
        return false;
    }
    met = worst->ratio.median >= t->least;
    printf("  %s  %.3f +-%.3f  at least %.2f %s (worst: %s, %zu B, against %s)\n",
           met ? "met   " : "MISSED", worst->ratio.median, worst->ratio.error, t->least, t->text,
           worst->work->name, worst->size, worst->peer->name);
    return met;
}

/* Whether any threshold of @mode looks at @r. */
static bool has_threshold(const char *mode, const struct results *all, const struct result *r)
{
    for (size_t i = 0; i < THRESHOLDS; i++) {
        if (strcmp(thresholds[i].mode, mode) == 0 && thresholds[i].applies(all, r))
            return true;
    }
    return false;
}

/* How far the ratios that have a threshold can be trusted. */
static void print_error(const char *mode, const struct results *all)
{
    double largest = 0;

    for (size_t i = 0; i < all->count; i++) {
        const struct summary *ratio = &all->at[i].ratio;

        if (has_threshold(mode, all, &all->at[i]))
            largest = fmax(largest, ratio->error / ratio->median);
    }
    printf("standard errors (+-) are at most %.1f %% of the ratios that have a threshold\n",
           100 * largest);
}

bool thresholds_met(const char *mode, const struct result *results, size_t count)
{
    const struct results all = { results, count };
    bool met = true;

    printf("\nafalg's speed over that of the others:\n");
    for (size_t i = 0; i < THRESHOLDS; i++) {
        if (strcmp(thresholds[i].mode, mode) == 0)
            met = check_threshold(&all, &thresholds[i]) && met;
    }
    print_error(mode, &all);
    return met;
}
