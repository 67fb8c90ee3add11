/* SPDX-License-Identifier: Apache-2.0 */
/* Which descriptor of the process is whose. */
#ifndef AFALG_SOCKET_REGISTRY_H
#define AFALG_SOCKET_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * An owner's address, or 0. The lowest bit, which no address has, marks one that is not counted.
 */
typedef _Atomic uintptr_t registry_entry;
#define REGISTRY_NOT_COUNTED ((uintptr_t)1)

/** What an owner does with its descriptor. */
enum registry_use {
    USE_REQUESTS,  /* counted, and limited by afalg_socket_limit() */
    USE_COPY,      /* counted: a copy of a running hash, which nothing else could go on with */
    USE_TRANSIENT, /* not counted: set up by one call of ours, or held to ask for names */
};

/**
 * Enters @owner of descriptor @fd, in place of one whose descriptor was closed by the application.
 * Only the address of @owner is used. @return 0; -EMFILE by the limit; -ENOMEM, or -ENOSYS if the
 * kernel can't wipe on fork
 */
int afalg_registry_enter(int fd, const void *owner, enum registry_use use);

/** Where the owner of @fd, which is entered, is noted: for afalg_registry_owns(). */
void *afalg_registry_place(int fd);

/** Whether @owner, which has this place (NULL: none), owns it in this process. */
static inline bool afalg_registry_owns(const void *place, const void *owner)
{
    const registry_entry *entry = place;

    return entry != NULL && (atomic_load_explicit(entry, memory_order_relaxed) &
                             ~REGISTRY_NOT_COUNTED) == (uintptr_t)owner;
}

/** Whether @owner was the last to enter with @fd: here or, before a fork, in the parent. */
bool afalg_registry_claimed(int fd, const void *owner);

/** Takes @owner out. @return whether @fd was its own until now, as in afalg_registry_claimed() */
bool afalg_registry_leave(int fd, const void *owner);

/** Whether one more socket may be opened for requests: 0, -EMFILE, or -ENOSYS if nobody holds it.
 */
int afalg_registry_has_room(void);

/**
 * The fork generation: a count that moves on in parent and child with each fork that calls the
 * handlers of pthread_atfork(3). Of AFALG_GENERATION_BITS bits.
 */
unsigned afalg_registry_generation(void);

#endif
