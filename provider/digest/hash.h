/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running hashes, keyed or not: a message that comes in pieces of any size and
 * ends in a digest or a MAC. What is common to digests, HMAC, CMAC and GMAC.
 *
 * Pieces are collected until the message is long enough to decide between kernel
 * and software, so that a short message costs the kernel one request and software
 * does in one go what is too short for the kernel. While all of it is
 * at hand, a failed request can be made again, elsewhere, unseen by the
 * application: in a fresh socket, or in software. A fork or a dup is exact then.
 *
 * Once a part of the message is in the kernel, the state is there alone. A dup
 * clones it. After a fork parent and child both go on with a clone, each made at its
 * next request. A message whose socket was closed under it, or was left behind by a fork that
 * called no handlers, ends in an error, never in a wrong digest; a new
 * message starts afresh.
 */
#ifndef AFALG_HASH_H
#define AFALG_HASH_H

#include "backend/backend.h"
#include "backend/software.h"

enum {
    HASH_COLLECT_DIGEST = 4096, /* bytes collected, whatever the mode */
    HASH_COLLECT_MAC = 65536,   /* more of a MAC's, which is to survive its socket */
    HASH_COLLECT_MAX = 262144,  /* and if min_size is larger than this */
};

struct hash;

/** What sorts of hashes differ in. */
struct hash_class {
    bool streams;   /* the kernel takes a message in pieces */
    size_t collect; /* of those that do: bytes collected at least, HASH_COLLECT_... */
    /**
     * One request that ends the message with what h->buffer has; @size bytes go
     * to @out. 0 or -errno; after a failure the socket is closed.
     */
    int (*finish)(struct hash *h, unsigned char *out, size_t size);
    /** Starts a message in the backend's software. False with the error raised. */
    bool (*software_init)(struct hash *h);
};

enum hash_state {
    HASH_COLLECTING, /* all of the message is in the buffer */
    HASH_IN_KERNEL,  /* it began there; the buffer has what was not sent yet */
    HASH_IN_SOFTWARE,
    HASH_LOST, /* it began in a socket that is gone */
};

struct hash {
    const struct hash_class *class;
    struct backend backend;
    enum hash_state state;
    unsigned char *buffer;
    size_t collected, room; /* bytes used and allocated */
};

/** A hash of an algorithm, with no key; nothing is opened. */
void hash_setup(struct hash *h, const struct hash_class *class, struct provctx *prov,
                const struct algorithm *alg);

/** Gives everything back and wipes what was collected. */
void hash_cleanup(struct hash *h);

/**
 * Makes @h, without a key, as good as new, but that it keeps a socket and a short buffer.
 * @return whether it has a socket
 */
bool hash_reset(struct hash *h);

/** Makes @to, a plain copy of @from, independent of it. @return false with the error raised; @to is
 * cleaned up then
 */
bool hash_dup(struct hash *to, struct hash *from);

/** Drops the message and starts a new one; the socket stays, if it has no part of the old one. */
void hash_restart(struct hash *h);

/** Drops the message and frees the software's context. */
void hash_drop_software(struct hash *h);

/**
 * Starts this message in software, whatever its length, for the reason @why.
 * Nothing may have been collected. @return false with the error raised
 */
bool hash_start_software(struct hash *h, enum reason why);

/** Adds @len bytes. 1, or 0 with the error raised. */
int hash_update(struct hash *h, const unsigned char *data, size_t len);

/** Ends the message: exactly @size bytes to @out. 1, or 0 with the error raised. */
int hash_final(struct hash *h, unsigned char *out, size_t size);

/** hash_class.finish of what the kernel calls a hash. */
int hash_finish(struct hash *h, unsigned char *out, size_t size);

#endif
