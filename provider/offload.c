/* SPDX-License-Identifier: Apache-2.0 */
#include "offload.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

static void count(atomic_uint_least64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* Errors that will not go away while the process lives. */
static bool is_final(int error)
{
    return error == -ENOENT || error == -EAFNOSUPPORT || error == -EPERM || error == -EACCES;
}

/* Errors that only opening a socket gives, never a request. */
static bool is_opening(int error)
{
    return is_final(error) || error == -EMFILE || error == -ENFILE;
}

/* --- proof --- */

/*
 * The first PROOF_TRUST requests are the kernel's untimed. In the PROOF_PAIRS that follow it
 * meets software in turn, so that both find the machine as busy. Then the winner of more pairs
 * does the rest of PROOF_PERIOD requests, and they meet again.
 */
enum { PROOF_TRUST = 64, PROOF_PAIRS = 49, PROOF_PERIOD = 8192 };
enum { PROOF_MATCH = PROOF_TRUST + 2 * PROOF_PAIRS };

/* Shortest length with a class of its own. */
#define PROOF_UNIT ((size_t)4096)

struct proof *offload_proofs_new(void)
{
    return calloc(OFFLOAD_PROOFS, sizeof(struct proof));
}

static struct proof *proof_of(struct proof *proofs, size_t len)
{
    unsigned bits = len < PROOF_UNIT ? 0 : (unsigned)(63 - __builtin_clzll(len / PROOF_UNIT));
    unsigned class = 2 * bits + (len >> bits >= PROOF_UNIT + PROOF_UNIT / 2);

    return &proofs[class < OFFLOAD_PROOFS ? class : OFFLOAD_PROOFS - 1];
}

static unsigned get(const atomic_uint *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static void set(atomic_uint *value, unsigned to)
{
    atomic_store_explicit(value, to, memory_order_relaxed);
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

__attribute__((hot)) bool offload_pays(struct proof *proofs, size_t len, struct turn *turn)
{
    struct proof *p = proof_of(proofs, len);
    unsigned requests = get(&p->requests);

    turn->proof = p;
    turn->start = 0;
    if (requests >= PROOF_MATCH)
        return get(&p->wins) > PROOF_PAIRS / 2;
    if (requests < PROOF_TRUST)
        return true;
    turn->start = now();
    return (requests - PROOF_TRUST) % 2 == 0;
}

bool offload_leave(const struct turn *turn, unsigned left)
{
    unsigned requests;

    if (turn->proof == NULL)
        return false;
    requests = atomic_fetch_add_explicit(&turn->proof->requests, left, memory_order_relaxed) + left;
    return requests >= PROOF_MATCH && requests + 1 < PROOF_PERIOD;
}

static void meet(struct proof *p, bool kernel, uint64_t took)
{
    if (kernel) {
        set(&p->kernel, took < UINT_MAX ? (unsigned)took : 0);
        return;
    }
    if (get(&p->kernel) != 0 && get(&p->kernel) <= took)
        set(&p->wins, get(&p->wins) + 1);
    set(&p->kernel, 0);
}

/* Threads that meet here may mix up a pair, and no more. */
__attribute__((hot)) void offload_note(struct turn *turn, bool kernel)
{
    struct proof *p = turn->proof;
    unsigned before = atomic_fetch_add_explicit(&p->requests, 1, memory_order_relaxed);

    turn->proof = NULL;
    if (turn->start != 0)
        meet(p, kernel, now() - turn->start);
    if (before + 1 < PROOF_PERIOD)
        return;
    set(&p->wins, 0);
    set(&p->requests, PROOF_TRUST);
}

/* --- sockets --- */

int offload_open_new(struct offer *offer, struct afalg_socket *s, const char *type,
                     const char *name, const void *key, size_t keylen, size_t authsize)
{
    struct afalg_transform t = {
        .type = type,
        .name = name == NULL ? offer->bind_name : name,
        .key = key,
        .keylen = keylen,
        .authsize = authsize,
    };
    int error = afalg_socket_open(s, &t);

    if (is_final(error) && name == NULL)
        atomic_store_explicit(&offer->gone, true, memory_order_relaxed);
    return error;
}

/* --- counting --- */

bool offload_fallback(struct provctx *prov, struct offer *offer, enum fallback why, int error)
{
    static const char *const what[FALLBACKS] = {
        [FALLBACK_OPEN] = "opening its socket",
        [FALLBACK_REQUEST] = "a request",
        [FALLBACK_SIZE] = "a request",
        [FALLBACK_STREAM] = "a message in several pieces, or a tag after its data",
        [FALLBACK_LENGTH] = "this length",
    };

    if (why == FALLBACK_REQUEST && is_opening(error))
        why = FALLBACK_OPEN;
    if (prov->config.fallback) {
        count(&offer->counters.fallbacks[why], 1);
        return true;
    }
    fail_kernel(prov, offer->alg, what[why], error == 0 ? -EOPNOTSUPP : error);
    return false;
}

__attribute__((hot)) void offload_count_kernel(struct offer *offer, size_t len)
{
    count(&offer->counters.kernel_requests, 1);
    count(&offer->counters.kernel_bytes, len);
}

void offload_count_software(struct offer *offer, size_t len)
{
    count(&offer->counters.software_requests, 1);
    count(&offer->counters.software_bytes, len);
}

__attribute__((hot)) void offload_count_tally(struct offer *offer, struct tally *tally)
{
    if (tally->requests == 0)
        return;
    count(&offer->counters.software_requests, tally->requests);
    count(&offer->counters.software_bytes, tally->bytes);
    *tally = (struct tally){ 0 };
}
