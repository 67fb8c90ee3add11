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
    HASH_COLLECT_MAX = 262144,  /* and where min_size is larger than this */
};

struct hash;

/** What sorts of hashes differ in. */
struct hash_class {
    const char *type; /* AF_ALG's */
    bool streams;     /* the kernel takes a message in pieces */
    size_t collect;   /* of those that do: bytes collected at least, HASH_COLLECT_... */
    /**
     * One request that ends the message with what h->buffer has; @size bytes go
     * to @out. 0 or -errno; after a failure the socket is closed.
     */
    int (*finish)(struct hash *h, unsigned char *out, size_t size);
    /** Starts a message in h->software.ctx. False with the error raised. */
    bool (*software_init)(struct hash *h);
};

enum hash_state {
    HASH_COLLECTING, /* all of the message is in the buffer */
    HASH_IN_KERNEL,  /* it began there; the buffer has what was not sent yet */
    HASH_IN_SOFTWARE,
    HASH_LOST, /* it began in a socket that is gone */
};

/** Another provider's implementation; OpenSSL gives digests and MACs the same calls. */
struct hash_software {
    void *ctx; /* NULL until needed */
    const struct software *found;
    OSSL_FUNC_mac_update_fn *update;
    OSSL_FUNC_mac_final_fn *final;
    OSSL_FUNC_mac_dupctx_fn *dupctx;
    OSSL_FUNC_mac_freectx_fn *freectx;
};

struct hash {
    const struct hash_class *class;
    struct provctx *prov;
    struct alg_state *alg_state;
    /* The transform: NULL is the algorithm's own. Borrowed from the owner. */
    const char *name;
    const unsigned char *key;
    size_t keylen;
    struct kernel_alg *alg; /* the transform's; borrowed */

    enum hash_state state;
    struct afalg_socket socket;
    struct hash_software software;
    unsigned char *buffer;
    size_t collected, room; /* bytes used and allocated */
};

/** A hash of a row, with no key; nothing is opened. */
void hash_setup(struct hash *h, const struct hash_class *class, struct provctx *prov,
                const struct algorithm *alg);

/** Gives everything back and wipes what was collected. */
void hash_cleanup(struct hash *h);

/**
 * Makes @h, without a key, as good as new, but that it keeps a socket and a short buffer.
 * @return whether it has a socket
 */
bool hash_rest(struct hash *h);

/**
 * Makes @to, a plain copy of @from, independent of it. name and key are the owner's
 * to renew. @return false with the error raised; @to is cleaned up then
 */
bool hash_dup(struct hash *to, struct hash *from);

/** Drops the message and starts a new one; the socket stays, if it has no part of the old one. */
void hash_restart(struct hash *h);

/** Closes the socket: it has a key or a name that is no more. */
void hash_close(struct hash *h);

/** Drops the message and frees the software's context. */
void hash_drop_software(struct hash *h);

/**
 * Starts this message in software, whatever its length, for the reason @why.
 * Nothing may have been collected. @return false with the error raised
 */
bool hash_start_software(struct hash *h, enum fallback why);

/** Adds @len bytes. 1, or 0 with the error raised. */
int hash_update(struct hash *h, const unsigned char *data, size_t len);

/** Ends the message: exactly @size bytes to @out. 1, or 0 with the error raised. */
int hash_final(struct hash *h, unsigned char *out, size_t size);

/** hash_class.finish of what the kernel calls a hash. */
int hash_finish(struct hash *h, unsigned char *out, size_t size);

#endif
