/* SPDX-License-Identifier: Apache-2.0 */
/* What every file of provider/ may know: the instance, the state of its algorithms, and how to
 * fail. */
#ifndef AFALG_PROVIDER_H
#define AFALG_PROVIDER_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/proverr.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "afalg/params.h"
#include "afalg/socket.h"
#include "algorithms.h"
#include "backend/backoff.h"
#include "backend/calibration.h"

/** Why software did what the kernel was meant to do. */
enum fallback {
    FALLBACK_OPEN,    /* no socket: EMFILE, ENOENT, a sandbox */
    FALLBACK_REQUEST, /* the kernel failed a request */
    FALLBACK_SIZE,    /* longer than one request can be */
    FALLBACK_STREAM,  /* an AEAD message in pieces, or its tag after its data */
    FALLBACK_LENGTH,  /* an IV, tag or key length that the kernel doesn't know */
    FALLBACK_BACKOFF, /* the algorithm keeps failing there, see backend/backoff.h */
    FALLBACKS
};

/** What was done, by whom; written by any thread. */
struct counters {
    atomic_uint_least64_t kernel_requests, kernel_bytes;
    atomic_uint_least64_t software_requests, software_bytes;
    atomic_uint_least64_t fallbacks[FALLBACKS];
};

/** How one of the kernel's algorithms has done until now; any thread writes it. */
struct kernel_alg {
    struct backoff backoff;
    struct calibration *calibration; /* NULL: the kernel does whatever its speed; owned */
};

/**
 * What an instance of the provider has of an algorithm. Constant once the kernel was probed, but
 * for what is atomic.
 */
struct alg_state {
    const struct algorithm *alg;
    const char *bind_name; /* what to bind to: the row's kernel name, or a driver */
    char *driver;          /* mode = auto: the hardware driver, which bind_name then is; owned */
    size_t min_size;       /* shorter requests are software's */
    bool calibrates;       /* longer ones are the faster's: mode = auto, min_size not set */
    bool enabled;          /* the configuration has it */
    const char
        *unavailable_reason; /* why this kernel and mode don't have it; NULL: it is offered */
    const char *mac_unavailable_reason; /* the same of the MAC made of it: hmac(...) of a digest,
                                           cmac(...) */
    bool hardware;
    const struct provctx *progress; /* whose log takes lines as it goes; NULL: nobody's */
    struct counters counters;
    _Atomic(const struct software *) software; /* see software.h */
    _Atomic(void *) *spares; /* spare_count contexts of a digest, or NULL; see digest.c */
    size_t spare_count;
    struct kernel_alg kernel, mac_kernel; /* its own, and that of the MAC made of it */
};

enum log_level {
    LOG_NONE,
    LOG_SUMMARY,  /* the report, at teardown */
    LOG_PROGRESS, /* and lines as it goes: not every process ends with a teardown */
    LOG_OFFERS,   /* and, when the kernel is asked, what is offered or why not */
};

/** The provider's section; strings are borrowed from the core, or constant. */
struct config {
    bool automatic; /* mode = auto */
    bool fallback;
    bool binds;    /* mode = kernel: bind all names when asked what there is: afalgctl's */
    bool excluded; /* the key "programs" keeps the running program out */
    const char *software, *software_config; /* a query; a file, or NULL */
    const char *algorithms;                 /* NULL: all */
    const char *hardware;                   /* NULL: as the flags say */
    enum log_level log;
    char *log_file; /* NULL: standard error; owned */
};

struct software_library;
struct query;

/** An instance of the provider, in one library context. */
struct provctx {
    const OSSL_CORE_HANDLE *core;
    OSSL_FUNC_core_get_params_fn *core_get_params;
    OSSL_FUNC_core_get_libctx_fn *core_get_libctx;
    OSSL_FUNC_core_new_error_fn *new_error;
    OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
    OSSL_FUNC_core_vset_error_fn *vset_error;
    struct config config;
    bool registry_held;
    struct alg_state *alg_states;     /* algorithm_count of them, in the table's order */
    pthread_mutex_t lock;             /* guards the two below and the making of software */
    struct query *query;              /* what is offered, once asked */
    struct software_library *library; /* once needed */
};

/* --- error.c: one way to fail --- */

/**
 * Raises one entry on OpenSSL's error queue through the core. @reason is a PROV_R_... of
 * openssl/proverr.h or an ERR_R_...: for a failure that the default provider has too, the one
 * that it raises, as applications compare it. @format's text names the algorithm and says
 * what to do. @return 0, always
 */
#define fail(prov, reason, ...)                                                                    \
    fail_at(prov, ERR_PACK(ERR_LIB_PROV, 0, reason), __FILE__, __LINE__, __func__, __VA_ARGS__)
int fail_at(const struct provctx *prov, unsigned long code, const char *file, int line,
            const char *function, const char *format, ...)
    __attribute__((format(printf, 6, 7), cold));

/** Raises a system error for a negative errno value of @what ("a request"...) with advice. */
int fail_kernel(const struct provctx *prov, const struct algorithm *alg, const char *what,
                int error) __attribute__((cold));

/* --- random.c --- */

/**
 * Random bytes from the generator of the library context that the provider was loaded into,
 * which is the one that the application has configured: for nonces and IVs, or
 * with @private for keys. False, with that generator's error raised.
 */
bool provider_random(const struct provctx *prov, unsigned char *out, size_t len, bool private);

/* --- parameters --- */

/**
 * Whether @p is named @key. For what is asked of a context at every message, a parameter at a time,
 * this is several times cheaper than OSSL_PARAM_locate() for each name that there is.
 */
static inline bool param_is(const OSSL_PARAM *p, const char *key)
{
    size_t i = 0;

    while (key[i] != '\0' && p->key[i] == key[i])
        i++;
    return p->key[i] == key[i];
}

/** Has @get answer each of @params (may be NULL). 1, or what @get returned for one that failed. */
static inline int params_get(void *ctx, OSSL_PARAM params[], int (*get)(void *ctx, OSSL_PARAM *p))
{
    int done = 1;

    for (OSSL_PARAM *p = params; done && p != NULL && p->key != NULL; p++)
        done = get(ctx, p);
    return done;
}

/* --- config.c --- */

/** Reads the provider's section. False, with the error raised, where a value makes no sense. */
bool config_read(struct provctx *prov);

/* --- query.c --- */

OSSL_FUNC_provider_query_operation_fn provider_query;

/**
 * In auto, asks the kernel at once: later the process may be in a sandbox that doesn't let it.
 * Does nothing else, as OpenSSL's locks may be held, and never fails.
 */
void query_at_load(struct provctx *prov);
void query_free(struct query *query);

/** Whether anything is offered at all, in this program and on this kernel. */
static inline bool provider_may_offer(const struct provctx *prov)
{
    return prov->registry_held && !prov->config.excluded;
}

/** The instance's state of an algorithm. */
static inline struct alg_state *provider_alg_state(struct provctx *prov,
                                                   const struct algorithm *alg)
{
    return &prov->alg_states[alg - algorithms];
}

#endif
