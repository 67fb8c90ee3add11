/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who owns which descriptor. Descriptor numbers belong to the process, so this
 * table does too: it is the one thing in the project that is global and changes
 * (doc/decisions.md). It lives in memory that the kernel wipes in a child
 * after fork, so that there every number is found to be nobody's. Claims are not
 * wiped: by them a child knows what was its parent's.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "internal.h"

/* Numbers from here on are given back at once: an application with as many is short of them. */
#define REGISTRY_DESCRIPTORS 65536

struct registry {
    atomic_uint sockets;
    _Atomic(const struct afalg_socket *) owner[REGISTRY_DESCRIPTORS];
};

static _Atomic(struct registry *) registry;
static _Atomic(const struct afalg_socket *) claims[REGISTRY_DESCRIPTORS];
static atomic_uint generation;
static atomic_uint socket_limit;
static unsigned holders;
static pthread_mutex_t holders_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * Before and after fork(3), in parent and child. Before, too, so that a message which
 * another thread begins while the parent forks is not taken for one begun after it.
 */
static void note_fork(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

/* The C library takes the handler back when this code is unloaded. */
static int watch_forks(void)
{
    static bool watched;

    if (!watched)
        watched = pthread_atfork(note_fork, note_fork, note_fork) == 0;
    return watched ? 0 : -ENOMEM;
}

static int registry_map(void)
{
    struct registry *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (r == MAP_FAILED)
        return -ENOMEM;
    if (madvise(r, sizeof(*r), MADV_WIPEONFORK) != 0) {
        munmap(r, sizeof(*r));
        return -ENOSYS;
    }
    atomic_store(&registry, r);
    return 0;
}

static int registry_begin(void)
{
    int error = watch_forks();

    return error == 0 ? registry_map() : error;
}

int afalg_registry_hold(void)
{
    int error = 0;

    pthread_mutex_lock(&holders_lock);
    if (holders == 0)
        error = registry_begin();
    if (error == 0)
        holders++;
    pthread_mutex_unlock(&holders_lock);
    return error;
}

void afalg_registry_release(void)
{
    pthread_mutex_lock(&holders_lock);
    if (--holders == 0)
        munmap(atomic_exchange(&registry, NULL), sizeof(struct registry));
    pthread_mutex_unlock(&holders_lock);
}

void afalg_socket_limit(unsigned max)
{
    atomic_store_explicit(&socket_limit, max, memory_order_relaxed);
}

unsigned afalg_socket_count(void)
{
    struct registry *r = atomic_load(&registry);

    return r == NULL ? 0 : atomic_load_explicit(&r->sockets, memory_order_relaxed);
}

int registry_has_room(void)
{
    unsigned limit = atomic_load_explicit(&socket_limit, memory_order_relaxed);

    if (atomic_load(&registry) == NULL)
        return -ENOSYS;
    return limit != 0 && afalg_socket_count() >= limit ? -EMFILE : 0;
}

int registry_enter(const struct afalg_socket *s, bool limited)
{
    struct registry *r = atomic_load(&registry);
    unsigned limit = atomic_load_explicit(&socket_limit, memory_order_relaxed);
    unsigned before;

    if (s->fd >= REGISTRY_DESCRIPTORS)
        return -EMFILE;
    before = atomic_fetch_add_explicit(&r->sockets, 1, memory_order_relaxed);
    if (limited && limit != 0 && before >= limit) {
        atomic_fetch_sub_explicit(&r->sockets, 1, memory_order_relaxed);
        return -EMFILE;
    }
    /* An owner whose descriptor was closed behind its back loses its place. */
    if (atomic_exchange_explicit(&r->owner[s->fd], s, memory_order_relaxed) != NULL)
        atomic_fetch_sub_explicit(&r->sockets, 1, memory_order_relaxed);
    atomic_store_explicit(&claims[s->fd], s, memory_order_relaxed);
    return 0;
}

bool registry_leave(const struct afalg_socket *s)
{
    struct registry *r = atomic_load(&registry);
    const struct afalg_socket *self = s;

    if (r == NULL)
        return false;
    if (atomic_compare_exchange_strong_explicit(&r->owner[s->fd], &self, NULL, memory_order_relaxed,
                                                memory_order_relaxed)) {
        atomic_fetch_sub_explicit(&r->sockets, 1, memory_order_relaxed);
        return true;
    }
    return self == NULL && registry_claimed(s);
}

bool registry_claimed(const struct afalg_socket *s)
{
    return s->fd >= 0 && atomic_load_explicit(&claims[s->fd], memory_order_relaxed) == s;
}

unsigned registry_generation(void)
{
    return atomic_load_explicit(&generation, memory_order_relaxed);
}

__attribute__((hot)) bool afalg_socket_valid(const struct afalg_socket *s)
{
    struct registry *r = atomic_load_explicit(&registry, memory_order_relaxed);

    return s->fd >= 0 && r != NULL &&
           atomic_load_explicit(&r->owner[s->fd], memory_order_relaxed) == s;
}
