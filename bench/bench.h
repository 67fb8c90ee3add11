/* SPDX-License-Identifier: Apache-2.0 */
/* Side by side: what is worked on, who works, and how they are compared. */
#ifndef AFALG_BENCH_H
#define AFALG_BENCH_H

#include <stdbool.h>
#include <stddef.h>

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

/** 0 or -1. */
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

/** Somebody who can do the work. */
struct peer {
    const char *name;
    /** Whether it knows @work at all. */
    bool (*knows)(const struct work *work);
    /** Sets session->once and session->state. False, with a message printed, where it failed. */
    bool (*open)(struct session *session);
    void (*close)(struct session *session);
    /** How many requests it has given to the kernel; NULL where it can't tell. */
    unsigned long long (*kernel_requests)(void);
};

/** A peer at one piece of work of one size. */
struct session {
    const struct peer *peer;
    const struct work *work;
    struct buffers *buffers;
    size_t size; /* bytes of input per message */
    void *state;
    /** One message, from buffers->in to buffers->out. False where it failed. */
    bool (*once)(struct session *session);
};

extern const struct peer peer_afalg, peer_default, peer_raw, peer_kcapi, peer_engine;

/** Loads the provider of peer_afalg as @config, an openssl.cnf, says. False, with a message. */
bool peer_evp_begin(const char *config);
void peer_evp_end(void);

/** What came out for one peer at one piece of work of one size. */
struct result {
    const struct work *work;
    const struct peer *peer;
    size_t size;
    double mbps;             /* 10^6 bytes per second, of the median round */
    double ratio, low, high; /* speed of afalg over this peer's: median and quartiles of rounds */
    bool kernel;             /* afalg gave these requests to the kernel */
};

struct plan {
    const struct peer *const *peers; /* NULL at the end; the first is afalg */
    const size_t *sizes;             /* 0 at the end */
    unsigned rounds;
    double slice; /* nanoseconds that a peer works in a round */
};

enum { PEERS_MAX = 8 };

/**
 * Measures all peers at @work and @size, in turn, round by round. They must yield the same
 * bytes. @return the number of results, one per peer that knows the work; -1 on failure
 */
int measure(const struct plan *plan, const struct work *work, size_t size, struct buffers *b,
            struct result results[PEERS_MAX]);

/** Prints a table of one algorithm's results for a person, or all of them for a program. */
void report_table(const struct result *results, size_t count);
bool report_tsv(const char *path, const struct result *results, size_t count);

/** Prints each threshold of the benchmark ("auto", "kernel") and its value. True if all are met. */
bool verdict(const char *bench, const struct result *results, size_t count);

#endif
