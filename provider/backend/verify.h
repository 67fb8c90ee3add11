/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the kernel's answers are right: the first requests of each sort are done by software as
 * well. After a wrong answer the algorithm is left to software.
 */
#ifndef AFALG_VERIFY_H
#define AFALG_VERIFY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "settings.h"

struct request;

/** What drivers are known to get wrong, each of which is verified by itself. */
enum verify_feature {
    VERIFY_ANY = 1 << 0,
    VERIFY_DECRYPT = 1 << 1,
    VERIFY_EMPTY = 1 << 2,
    VERIFY_PARTIAL = 1 << 3,   /* not a whole number of blocks */
    VERIFY_LONG = 1 << 4,      /* more than a page */
    VERIFY_UNALIGNED = 1 << 5, /* the output, to four bytes */
    VERIFY_BORDER = 1 << 6,    /* a block lies in two pages */
    VERIFY_IN_PLACE = 1 << 7,
    VERIFY_CARRY = 1 << 8, /* the counter's low 32 bits overflow */
    VERIFY_LONG_AAD = 1 << 9,
    VERIFY_SHORT_TAG = 1 << 10,
    VERIFY_PIECES = 1 << 11,     /* a hash, in more than one request */
    VERIFY_CONCURRENT = 1 << 12, /* with others of this process at the same time */
    VERIFY_FEATURES = 13,
};

/** How the answers of one of the kernel's algorithms were; any thread writes it. */
struct verify {
    atomic_bool wrong;
    atomic_uint begun, running;         /* requests, while VERIFY_CONCURRENT is not verified */
    atomic_uint right[VERIFY_FEATURES]; /* how many of each were right */
};

/** What a request is like, as verify_class.shape tells. */
struct verify_shape {
    unsigned features;        /* that are the sort's own to know */
    const unsigned char *out; /* NULL: the driver does not see it */
    struct iovec in[2];       /* if the output may overwrite it: the base.len bytes of input */
};

/** How a sort of requests is verified. */
struct verify_class {
    void (*shape)(const struct request *r, struct verify_shape *shape);
    /**
     * Does @r in software, after the kernel has said @done, and puts the answer right if it
     * differs:
     * *@wrong then. @copy has base.len bytes: the input, if shape tells it, else room.
     * @return @done, or what it has to be
     */
    ssize_t (*check)(struct request *r, unsigned char *copy, ssize_t done, bool *wrong);
};

/** A request that is being verified, or may have to be. */
struct verification {
    struct verify *of; /* NULL: it is not */
    const struct verify_class *class;
    unsigned char *copy; /* owned, of @len bytes */
    size_t len;
    unsigned features;
    unsigned begun;
    bool due, alone;
    bool wrong; /* verify_end() has found so */
};

/** Before the kernel does @r, of @len bytes, whose class and algorithm @v has: sets the rest up. */
void verify_begin(struct verification *v, enum verify_mode mode, const struct request *r,
                  size_t len);

/**
 * After the kernel has said @done, which if it is @answered can be compared. @return what is true;
 * the output is right then, and v->wrong tells whether it was.
 */
ssize_t verify_end(struct verification *v, struct request *r, ssize_t done, bool answered);

/** Whether an answer with @features is to be verified. */
bool verify_is_due(const struct verify *verify, enum verify_mode mode, unsigned features);
/** Notes that one was right. */
void verify_note(struct verify *verify, unsigned features);

#endif
