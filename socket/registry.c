/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owners of descriptors. Descriptor numbers belong to the process, so this
 * table does too: it is the one thing in the project that is global and changes
 * (doc/decisions.md). Its leaves are mapped when their first number is entered, and
 * never unmapped, since contexts and threads may outlive the last holder.
 *
 * Owners lie in memory that the kernel wipes in a child after fork, so that there every number is
 * found to be nobody's. Claims are not wiped: by them a child knows what was its parent's.
 */
#include "registry.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "afalg/socket.h"

/* Together as many as there are numbers. Pages that are not used are not touched. */
enum { LEAF_BITS = 16, LEAF_SIZE = 1 << LEAF_BITS, LEAVES = 1 << (31 - LEAF_BITS) };

struct leaf {
    registry_entry claim[LEAF_SIZE];
    /* Wiped from here on. */
    atomic_uint sockets; /* of all leaves; used in the first */
    registry_entry owner[LEAF_SIZE];
};

static _Atomic(struct leaf *) leaves[LEAVES];
static atomic_uint generation;
static atomic_uint socket_limit;
static atomic_uint holders;
static pthread_mutex_t holders_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- leaves --- */

static int leaf_map(struct leaf **leaf)
{
    const size_t wiped = sizeof(**leaf) - offsetof(struct leaf, sockets);
    struct leaf *new = mmap(NULL, sizeof(*new), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (new == MAP_FAILED)
        return -ENOMEM;
    if (madvise(&new->sockets, wiped, MADV_WIPEONFORK) != 0) {
        munmap(new, sizeof(*new));
        return -ENOSYS;
    }
    *leaf = new;
    return 0;
}

/* Makes sure of leaf @i. 0, -ENOMEM or -ENOSYS. */
static int leaf_need(size_t i)
{
    struct leaf *none = NULL, *new;
    int error;

    if (atomic_load(&leaves[i]) != NULL)
        return 0;
    error = leaf_map(&new);
    if (error == 0 && !atomic_compare_exchange_strong(&leaves[i], &none, new))
        munmap(new, sizeof(*new)); /* another thread was faster */
    return error;
}

/* The leaf of a descriptor that was entered; NULL for any other. */
static struct leaf *leaf_of(int fd)
{
    return fd < 0 ? NULL : atomic_load(&leaves[fd >> LEAF_BITS]);
}

/* --- holders and forks --- */

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

int afalg_registry_hold(void)
{
    int error;

    pthread_mutex_lock(&holders_lock);
    error = watch_forks();
    if (error == 0)
        error = leaf_need(0);
    if (error == 0)
        atomic_fetch_add(&holders, 1);
    pthread_mutex_unlock(&holders_lock);
    return error;
}

void afalg_registry_release(void)
{
    atomic_fetch_sub(&holders, 1);
}

unsigned afalg_registry_generation(void)
{
    return atomic_load_explicit(&generation, memory_order_relaxed) % (1U << AFALG_GENERATION_BITS);
}

/* --- how many sockets --- */

void afalg_socket_limit(unsigned max)
{
    atomic_store_explicit(&socket_limit, max, memory_order_relaxed);
}

unsigned afalg_socket_count(void)
{
    struct leaf *first = leaf_of(0);

    return first == NULL ? 0 : atomic_load_explicit(&first->sockets, memory_order_relaxed);
}

static bool is_over_limit(unsigned sockets)
{
    unsigned limit = atomic_load_explicit(&socket_limit, memory_order_relaxed);

    return limit != 0 && sockets >= limit;
}

int afalg_registry_has_room(void)
{
    if (atomic_load(&holders) == 0)
        return -ENOSYS;
    return is_over_limit(afalg_socket_count()) ? -EMFILE : 0;
}

static void uncount(void)
{
    atomic_fetch_sub_explicit(&leaf_of(0)->sockets, 1, memory_order_relaxed);
}

static int count(enum registry_use use)
{
    unsigned before;

    if (use == USE_TRANSIENT)
        return 0;
    before = atomic_fetch_add_explicit(&leaf_of(0)->sockets, 1, memory_order_relaxed);
    if (use == USE_COPY || !is_over_limit(before))
        return 0;
    uncount();
    return -EMFILE;
}

/* An owner that has lost its place. */
static void entry_gone(uintptr_t was)
{
    if (was != 0 && (was & REGISTRY_NOT_COUNTED) == 0)
        uncount();
}

/* --- owners --- */

int afalg_registry_enter(int fd, const void *owner, enum registry_use use)
{
    uintptr_t value = (uintptr_t)owner | (use == USE_TRANSIENT ? REGISTRY_NOT_COUNTED : 0);
    size_t at = (size_t)fd % LEAF_SIZE;
    int error = leaf_need(0);
    struct leaf *leaf;

    if (error == 0)
        error = leaf_need((size_t)fd >> LEAF_BITS);
    if (error == 0)
        error = count(use);
    if (error != 0)
        return error;
    leaf = leaf_of(fd);
    /* A former owner's descriptor was closed behind its back. */
    entry_gone(atomic_exchange_explicit(&leaf->owner[at], value, memory_order_relaxed));
    atomic_store_explicit(&leaf->claim[at], value, memory_order_relaxed);
    return 0;
}

void *afalg_registry_place(int fd)
{
    return &leaf_of(fd)->owner[fd % LEAF_SIZE];
}

bool afalg_registry_claimed(int fd, const void *owner)
{
    struct leaf *leaf = leaf_of(fd);

    return leaf != NULL && afalg_registry_owns(&leaf->claim[fd % LEAF_SIZE], owner);
}

bool afalg_registry_leave(int fd, const void *owner)
{
    struct leaf *leaf = leaf_of(fd);
    registry_entry *entry;
    uintptr_t was;

    if (leaf == NULL)
        return false;
    entry = &leaf->owner[fd % LEAF_SIZE];
    was = atomic_load_explicit(entry, memory_order_relaxed);
    if ((was & ~REGISTRY_NOT_COUNTED) == (uintptr_t)owner &&
        atomic_compare_exchange_strong_explicit(entry, &was, 0, memory_order_relaxed,
                                                memory_order_relaxed)) {
        entry_gone(was);
        return true;
    }
    return was == 0 && afalg_registry_claimed(fd, owner);
}
