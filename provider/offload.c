/* SPDX-License-Identifier: Apache-2.0 */
#include "offload.h"

#include <errno.h>
#include <stdlib.h>

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

static bool take_spare(struct offer *offer, struct afalg_socket *s)
{
    for (size_t i = 0; i < offer->spare_count; i++) {
        struct afalg_socket *spare = atomic_exchange(&offer->spares[i], NULL);
        bool moved = spare != NULL && afalg_socket_move(s, spare);

        free(spare);
        if (moved)
            return true;
    }
    return false;
}

static bool keep_spare(struct offer *offer, struct afalg_socket *spare)
{
    for (size_t i = 0; i < offer->spare_count; i++) {
        struct afalg_socket *none = NULL;

        if (atomic_compare_exchange_strong(&offer->spares[i], &none, spare))
            return true;
    }
    return false;
}

void offload_give_back(struct offer *offer, struct afalg_socket *s)
{
    struct afalg_socket *spare = NULL;

    if (offer->spare_count > 0 && afalg_socket_mine(s))
        spare = malloc(sizeof(*spare));
    if (spare == NULL) {
        afalg_socket_close(s);
        return;
    }
    *spare = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    afalg_socket_move(spare, s);
    if (keep_spare(offer, spare))
        return;
    afalg_socket_close(spare);
    free(spare);
}

void offload_drop_spares(struct offer *offer)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;

    while (take_spare(offer, &s))
        afalg_socket_close(&s);
}

int offload_open(struct offer *offer, struct afalg_socket *s, const char *type, const char *name,
                 const void *key, size_t keylen, size_t authsize)
{
    struct afalg_transform t = {
        .type = type,
        .name = name == NULL ? offer->bind_name : name,
        .key = key,
        .keylen = keylen,
        .authsize = authsize,
    };
    int error;

    if (afalg_socket_mine(s))
        return 0;
    if (key == NULL && name == NULL && take_spare(offer, s))
        return 0;
    error = afalg_socket_open(s, &t);
    if (is_final(error) && name == NULL)
        atomic_store_explicit(&offer->gone, true, memory_order_relaxed);
    return error;
}

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

void offload_count_kernel(struct offer *offer, size_t len)
{
    count(&offer->counters.kernel_requests, 1);
    count(&offer->counters.kernel_bytes, len);
}

void offload_count_software(struct offer *offer, size_t len)
{
    count(&offer->counters.software_requests, 1);
    count(&offer->counters.software_bytes, len);
}

void offload_count_tally(struct offer *offer, struct tally *tally)
{
    if (tally->requests == 0)
        return;
    count(&offer->counters.software_requests, tally->requests);
    count(&offer->counters.software_bytes, tally->bytes);
    *tally = (struct tally){ 0 };
}
