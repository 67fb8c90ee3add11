/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/backend.h"

#include <errno.h>

#include "report.h"

static void count(atomic_uint_least64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* Errors that only opening a socket gives, never a request. */
static bool is_opening(int error)
{
    return error == -ENOENT || error == -EAFNOSUPPORT || error == -EPERM || error == -EACCES ||
           error == -EMFILE || error == -ENFILE;
}

/* --- failures of the kernel's --- */

bool backend_backs_off(struct alg_state *state, struct kernel_alg *alg)
{
    if (!backoff_skips(&alg->backoff))
        return false;
    count(&state->counters.fallbacks[FALLBACK_BACKOFF], 1);
    return true;
}

void backend_failed(struct provctx *prov, struct alg_state *state, struct kernel_alg *alg,
                    int error)
{
    /* Without fallback nothing else may do it: the kernel is asked again each time. */
    if (prov->config.fallback && backoff_failed(&alg->backoff, error))
        report_backoff(prov, state, error);
}

/* --- sockets --- */

int backend_open_new(const struct alg_state *state, struct afalg_socket *s, const char *type,
                     const char *name, const void *key, size_t keylen, size_t authsize)
{
    struct afalg_transform t = {
        .type = type,
        .name = name == NULL ? state->bind_name : name,
        .key = key,
        .keylen = keylen,
        .authsize = authsize,
    };

    return afalg_socket_open(s, &t);
}

/* --- counting --- */

bool backend_fallback(struct provctx *prov, struct alg_state *state, enum fallback why, int error)
{
    static const char *const what[FALLBACKS] = {
        [FALLBACK_OPEN] = "opening its socket",
        [FALLBACK_REQUEST] = "a request",
        [FALLBACK_SIZE] = "a request",
        [FALLBACK_STREAM] = "a message in several pieces, or a tag after its data",
        [FALLBACK_LENGTH] = "this length",
        [FALLBACK_BACKOFF] = "a request",
    };

    if (why == FALLBACK_REQUEST && is_opening(error))
        why = FALLBACK_OPEN;
    if (why == FALLBACK_REQUEST && error == -EMSGSIZE)
        why = FALLBACK_SIZE;
    if (prov->config.fallback) {
        count(&state->counters.fallbacks[why], 1);
        return true;
    }
    fail_kernel(prov, state->alg, what[why], error == 0 ? -EOPNOTSUPP : error);
    return false;
}

/* The log gets a line as often as the number has doubled: a few dozen in a process's life. */
static void count_requests(const struct alg_state *state, atomic_uint_least64_t *counter,
                           uint64_t n)
{
    uint64_t before = atomic_fetch_add_explicit(counter, n, memory_order_relaxed);

    if (state->progress != NULL && ((before + n) ^ before) > before)
        report_progress(state);
}

__attribute__((hot)) void backend_count_kernel(struct alg_state *state, size_t len)
{
    count(&state->counters.kernel_bytes, len);
    count_requests(state, &state->counters.kernel_requests, 1);
}

void backend_count_software(struct alg_state *state, size_t len)
{
    count(&state->counters.software_bytes, len);
    count_requests(state, &state->counters.software_requests, 1);
}

__attribute__((hot)) void backend_count_tally(struct alg_state *state, struct tally *tally)
{
    if (tally->requests == 0)
        return;
    count(&state->counters.software_bytes, tally->bytes);
    count_requests(state, &state->counters.software_requests, tally->requests);
    *tally = (struct tally){ 0 };
}
