/* SPDX-License-Identifier: Apache-2.0 */
/* Side by side: the works, the peers that do them, and how they are compared. */
#ifndef AFALG_BENCH_H
#define AFALG_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "statistics.h"

enum {
    AAD_SIZE = 13, /* what TLS 1.2 authenticates beside a record */
    TAG_SIZE = 16,
    DIGEST_SIZE = 32,
    SIZE_MAX_BYTES = 64 * 1024,
};

enum kind { KIND_CIPHER, KIND_AEAD, KIND_DIGEST, KIND_MAC };

/** An algorithm to measure. */
struct work {
    const char *name;        /* OpenSSL's */
    const char *kernel_name; /* Linux's */
    enum kind kind;
    size_t keylen, ivlen; /* bytes */
};

extern const struct work works[];
extern const size_t work_count;

/**
 * What all peers read and write: the same pages for each. The AAD stands straight
 * before the input, and AAD_SIZE bytes of room before the output, for those
 * whose interface wants a message in one piece.
 */
struct buffers {
    unsigned char key[32];
    unsigned char iv[16];
    unsigned char *in, *out; /* SIZE_MAX_BYTES, and room for a tag; page-aligned */
};

/** 0 or -1; buffers_free() is due either way. */
int buffers_make(struct buffers *b);
void buffers_free(struct buffers *b);
static inline unsigned char *buffers_aad(const struct buffers *b)
{
    return b->in - AAD_SIZE;
}
/** Each AEAD message has an IV of its own. */
void buffers_next_iv(struct buffers *b);
/** Puts IV and output back to what they were before the first message. */
void buffers_reset(struct buffers *b);

struct session;

/** What can do the work. */
struct peer {
    const char *name;
    /** Whether it knows @work at all. */
    bool (*knows)(const struct work *work);
    /** Sets session->once and session->state. False, with a message printed, if it failed. */
    bool (*open)(struct session *session);
    void (*close)(struct session *session);
    /** How many requests it has given to the kernel; NULL if it can't tell. */
    unsigned long long (*kernel_requests)(void);
};

/** A peer at one piece of work of one size. */
struct session {
    const struct peer *peer;
    const struct work *work;
    struct buffers *buffers;
    size_t size; /* bytes of input per message */
    void *state;
    /** One message, from buffers->in to buffers->out. False if it failed. */
    bool (*once)(struct session *session);
};

extern const struct peer peer_afalg, peer_default, peer_raw, peer_kcapi, peer_engine;

/** Loads the provider of peer_afalg as @config, an openssl.cnf, says. False, with a message. */
bool peer_evp_begin(const char *config);
void peer_evp_end(void);

enum { PEERS_MAX = 8 };

struct plan {
    const char *config;              /* openssl.cnf for afalg */
    const struct peer *const *peers; /* NULL at the end; the first is afalg */
    const size_t *sizes;             /* 0 at the end */
    size_t works;                    /* the first of the table */
    unsigned runs;                   /* processes, one after the other */
    unsigned rounds;                 /* of each run */
    double slice;                    /* nanoseconds that a peer works in a round... */
    unsigned messages;               /* ...or longer, for so many messages */
    unsigned warm_up;                /* messages of afalg's before its device has proven itself */
};

/** One work at one size: the peers that do it, and what that took. */
struct point {
    const struct work *work;
    size_t size; /* bytes of input per message */
    unsigned count;
    const struct peer *peers[PEERS_MAX]; /* those that know the work; the first is afalg */
    double *times[PEERS_MAX];            /* nanoseconds per message, run by run */
    unsigned kernel;                     /* runs in which afalg gave requests to the kernel */
};

/** All points of @plan, with room for its times; NULL without memory. */
struct point *points_make(const struct plan *plan, size_t *count);
void points_free(struct point *points, size_t count);

/**
 * Measures the peers at a point, in turn, round by round, as process run number @number: the times
 * become those of the point's first run. Peers must yield the same bytes. False, with a
 * message, if one failed.
 */
bool measure(const struct plan *plan, struct point *point, struct buffers *b, unsigned number);

/** Measures all points as one process run and writes what came out to standard output. */
bool process_run_measure(const struct plan *plan, struct point *points, size_t count,
                         unsigned number);

/**
 * Has this program, as @argv started it, hold all process runs of the plan, each in a process of
 * its own. False, with a message, if one failed.
 */
bool process_runs_collect(const struct plan *plan, struct point *points, size_t count, char **argv);

/** What came out for one peer at one point. */
struct result {
    const struct work *work;
    const struct peer *peer;
    size_t size;
    double mbps;          /* 10^6 bytes per second, of the median round */
    struct summary ratio; /* of the rounds: speed of afalg over this peer's */
    bool kernel;          /* afalg gave these requests to the kernel, in most runs */
};

/** The results of a point, one per peer. False without memory. */
bool evaluate(const struct plan *plan, const struct point *point, struct result *results);

/** Prints a table of one algorithm's results for a person, or all of them for a program. */
void report_table(const struct result *results, size_t count);
bool report_tsv(const char *path, const struct result *results, size_t count);

/** Prints each threshold of afalg's mode ("auto", "kernel") and its value. True if all are met. */
bool thresholds_met(const char *mode, const struct result *results, size_t count);

#endif
