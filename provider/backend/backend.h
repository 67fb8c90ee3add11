/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel or software: the one place that decides, has a request done, tries it again, counts it,
 * learns from it, and says why.
 */
#ifndef AFALG_BACKEND_H
#define AFALG_BACKEND_H

#include "error.h"
#include "key/key.h"
#include "provctx.h"

/** What became of a request. */
enum outcome {
    OUTCOME_FAILED, /* nothing may do it, or software failed: the error is raised */
    OUTCOME_KERNEL, /* done, by the kernel */
    OUTCOME_SOFTWARE,
    OUTCOME_NOT_AUTHENTIC,
    OUTCOME_TOO_LONG, /* for one request of the kernel's; nothing was done or raised */
};

/** What software did for one context and is not in the algorithm's counters yet. */
struct pending {
    uint64_t bytes;
    uint32_t requests;
    uint32_t calibrated; /* of the requests, those of REASON_CALIBRATION; the rest: _MIN_SIZE */
};

/**
 * A context's way to the kernel and to software. The algorithm, the transform and how it has
 * done are borrowed, the rest is owned.
 */
struct backend {
    void *software_ctx; /* NULL until needed */
    const struct software *software;
    struct pending pending;

    struct provctx *prov;
    struct alg_state *alg_state;
    struct kernel_alg *kernel; /* of the algorithm, or of the MAC made of it */
    const char *name;          /* that a socket is bound to, of the kernel's type */

    struct afalg_socket socket;
    uint8_t authsize;    /* AEAD: the tag's bytes; 0: the longest */
    bool software_keyed; /* software_ctx has the key; cleared with either */
    bool refused;        /* the key, or a request with it (EINVAL): software does the rest */
    enum reason reason;  /* why the last request was software's */
    struct key key;
};

struct request;

/** What a sort of requests is done by. */
struct request_class {
    /**
     * Makes the request in the backend's socket, which is open. @return the bytes that count as
     * done, or -errno with the input as it was
     */
    ssize_t (*kernel)(struct request *r);
    /**
     * Does it in software. @return OUTCOME_SOFTWARE, OUTCOME_NOT_AUTHENTIC, or OUTCOME_FAILED with
     * the error raised. NULL: there is none, and failing is the kernel's last word
     */
    enum outcome (*software)(struct request *r);
    const struct verify_class *verify; /* NULL: its answers are not verified */
    bool authenticates;                /* EBADMSG says that the input is not authentic */
};

/** One request; the first member of what a sort of requests has besides. */
struct request {
    const struct request_class *class;
    void *ctx;            /* the EVP context, as the class knows it */
    size_t len;           /* bytes of data, by which kernel or software is chosen */
    enum reason unfit;    /* why the kernel can't do it; REASON_NONE: it can */
    bool begins;          /* a message, whose end may fail yet: a success proves nothing */
    bool divisible;       /* if it is too long for one: see OUTCOME_TOO_LONG */
    struct sample sample; /* the backend's: for calibration */
};

/** A context's backend for an algorithm, without a key and with nothing opened. */
void backend_init(struct backend *b, struct provctx *prov, const struct algorithm *alg);

/**
 * Makes @b, a plain copy of @from, independent of it: with a copy of the key, but nothing opened
 * and no software started. False, and @b without a key, if memory is short.
 */
bool backend_dup(struct backend *b, const struct backend *from);

/** Gives everything back. */
void backend_free(struct backend *b);

/**
 * Sets the key. The same one keeps the socket and software's key schedule. Bytes that stand for an
 * opaque key (key.HEX of the configuration) set that. False with the error raised.
 */
bool backend_set_key(struct backend *b, const void *key, size_t len);

/**
 * Sets a key that only the kernel has, for an algorithm whose keys have @keylen bytes (0: any), and
 * opens its socket, so that what is wrong with the key shows now. False, without a key and with the
 * error raised, if it can't be used.
 */
bool backend_set_opaque_key(struct backend *b, struct opaque_key *key, size_t keylen);

/** The same of the key that @params name by AFALG_PARAM_KEY, if they do. */
bool backend_take_key(struct backend *b, const OSSL_PARAM params[], size_t keylen);

/** Unsets it, and closes the socket that has it. */
void backend_clear_key(struct backend *b);

/** Has requests made with a tag of @authsize bytes from now on. */
void backend_set_authsize(struct backend *b, uint8_t authsize);

/** Opens the socket unless it is open and ours. 0 or -errno. */
int backend_open(struct backend *b);

/** Has @r done. An error is raised for OUTCOME_FAILED alone. */
enum outcome backend_run(struct backend *b, struct request *r);

/**
 * The next request of a message that begins in the socket, which nothing else can do. @return 0, or
 * -errno with nothing raised
 */
int backend_continue(struct backend *b, struct request *r);

/**
 * Whether software may do what the kernel can't, for @why and with its @error (0: nothing was
 * tried). Counts it. Otherwise raises one error that says what failed and what to do.
 */
bool backend_fall_back(struct backend *b, enum reason why, int error);

/** The software's context, made by the first call. NULL with the error raised if there is none. */
void *backend_software(struct backend *b);
/** Frees it. */
void backend_drop_software(struct backend *b);

/** Counts a further request of a message that software has. */
void backend_count_software(struct backend *b, size_t len);

/** Counts a wrong answer of the kernel's, after which the algorithm is software's. */
void backend_count_wrong(struct backend *b);

/** Adds what is pending to the algorithm's counters. */
void backend_count_pending(struct backend *b);

/** Whether software may do what the kernel can't. */
static inline bool backend_may_fall_back(const struct backend *b)
{
    return b->prov->config.fallback && !key_is_opaque(&b->key);
}

/** Shorter requests are software's, unless no software has the key. */
static inline size_t backend_min_size(const struct backend *b)
{
    return b->kernel->keys_only ? SIZE_MAX : b->alg_state->min_size;
}

/** Whether each request is to be seen on its own, so that none may be passed by. */
static inline bool backend_is_logged(const struct backend *b)
{
    return b->prov->config.log == LOG_REQUESTS;
}

/** How many requests a context may leave to software without asking, see calibration_skip(). */
enum { BACKEND_SKIPPED = 63 };

#endif
