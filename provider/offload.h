/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel or software: the one place where it is decided, and where it is counted. */
#ifndef AFALG_OFFLOAD_H
#define AFALG_OFFLOAD_H

#include "provider.h"

/**
 * Whether a request of @len bytes goes to the kernel: the kernel still has the
 * algorithm, and the request is not too small to pay (mode = auto).
 */
static inline bool offload_to_kernel(const struct offer *offer, size_t len)
{
    return len >= offer->min_size && !atomic_load_explicit(&offer->gone, memory_order_relaxed);
}

/* Classes of lengths, two for each octave from 4 KiB on. */
enum { OFFLOAD_PROOFS = 12 };

/** Proofs for one of the kernel's names, to be freed; NULL where memory is short. */
struct proof *offload_proofs_new(void);

/** One request, from the choice of who does it to its end. */
struct turn {
    struct proof *proof; /* NULL: nothing is to be noted */
    uint64_t start;      /* ns; 0: not timed */
};

/**
 * Whether the kernel is to do a request of @len bytes, which offload_to_kernel() would send there.
 * Where the configuration sets no min_size in mode = auto, the device has to prove itself on
 * this machine: after 64 requests of about one length, and every 8,128 from then on, kernel and
 * software do 49 each in turn, all timed, and who was faster more often does the rest.
 */
bool offload_pays(struct proof *proofs, size_t len, struct turn *turn);

/** Who is to do a request of @len bytes of the row itself: true for the kernel. Starts @turn. */
static inline bool offload_choose(const struct offer *offer, size_t len, struct turn *turn)
{
    turn->proof = NULL;
    return offload_to_kernel(offer, len) &&
           (offer->proofs == NULL || offload_pays(offer->proofs, len, turn));
}

/* How many requests a context may leave to software without asking. */
enum { OFFLOAD_LEFT = 63 };

/**
 * Whether it may do so with requests as long as @turn's, as software has been found faster. Notes
 * the @left ones that it has, since it last asked. Before offload_done().
 */
bool offload_leave(const struct turn *turn, unsigned left);

/** Notes who has done the request that @turn was started for. */
void offload_note(struct turn *turn, bool kernel);
static inline void offload_done(struct turn *turn, bool kernel)
{
    if (turn->proof != NULL)
        offload_note(turn, kernel);
}

/**
 * Opens @s for the row's type and @name (NULL: the offer's own).
 * @return 0 or -errno; where the kernel has the algorithm no more, the offer is marked gone
 */
int offload_open_new(struct offer *offer, struct afalg_socket *s, const char *type,
                     const char *name, const void *key, size_t keylen, size_t authsize);

/** Makes sure that @s is open and ours: the same where it isn't. */
static inline int offload_open(struct offer *offer, struct afalg_socket *s, const char *type,
                               const char *name, const void *key, size_t keylen, size_t authsize)
{
    return afalg_socket_mine(s) ? 0 : offload_open_new(offer, s, type, name, key, keylen, authsize);
}

/**
 * Whether software may do what the kernel couldn't, with @error from it (0: nothing
 * was tried). Counts the fallback. Otherwise raises one error that says what
 * failed and what to do.
 */
bool offload_fallback(struct provctx *prov, struct offer *offer, enum fallback why, int error);

/** Counts one request of @len bytes done by the kernel, or by software. */
void offload_count_kernel(struct offer *offer, size_t len);
void offload_count_software(struct offer *offer, size_t len);

/**
 * What software did for one context and is not counted yet: an atomic count costs a
 * request of 16 bytes a good part of its time.
 */
struct tally {
    uint64_t requests, bytes;
};

static inline void offload_tally(struct tally *tally, size_t len)
{
    tally->requests++;
    tally->bytes += len;
}

/** Counts what the tally has, and empties it. */
void offload_count_tally(struct offer *offer, struct tally *tally);

#endif
