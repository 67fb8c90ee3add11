/* SPDX-License-Identifier: Apache-2.0 */
/* What an instance of the provider has of each algorithm. */
#ifndef AFALG_ALG_STATE_H
#define AFALG_ALG_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algorithm.h"
#include "backend/backoff.h"
#include "backend/calibration.h"
#include "backend/verify.h"

struct provctx;
struct software;

/** Why software did a request, or the rest of a message. */
enum reason {
    REASON_NONE,        /* it didn't: the kernel did */
    REASON_MIN_SIZE,    /* shorter than min_size */
    REASON_CALIBRATION, /* software is the faster, or it was its turn in the trial */
    REASON_REFUSED,     /* the kernel has refused the key, or a request with it */
    REASON_BACKOFF,     /* the algorithm keeps failing there, see backend/backoff.h */
    REASON_OPEN,        /* no socket: EMFILE, ENOENT, a sandbox */
    REASON_REQUEST,     /* the kernel failed a request */
    REASON_SIZE,        /* longer than one request can be */
    REASON_STREAM,      /* an AEAD message in pieces, or its tag after its data */
    REASON_LENGTH,      /* an IV, tag or key length that the kernel doesn't know */
    REASON_WRONG,       /* the kernel has given a wrong answer, see backend/verify.h */
    REASONS,
    REASON_FALLBACKS = REASON_BACKOFF, /* from here on, what was meant for the kernel */
};

/** What was done, by whom; written by any thread. */
struct counters {
    atomic_uint_least64_t kernel_requests, kernel_bytes;
    atomic_uint_least64_t software_requests, software_bytes;
    atomic_uint_least64_t reasons[REASONS];
};

/** How one of the kernel's algorithms has done until now; any thread writes it. */
struct kernel_alg {
    const char *type; /* AF_ALG's; NULL: it has none */
    bool keys_only;   /* offered for keys that only the kernel has; bytes are for software */
    /* Of a hash: its driver copies the state of a running one, or refuses to; neither: not known.
     */
    atomic_bool copies, refuses_copies;
    struct backoff backoff;
    struct verify verify;
    struct calibration *calibration; /* NULL: the kernel does whatever its speed; owned */
};

/**
 * What an instance of the provider has of an algorithm. Constant once the kernel was probed, but
 * for what is atomic.
 */
struct alg_state {
    const struct algorithm *alg;
    const char *bind_name; /* what to bind to: its kernel name, or a driver */
    char *driver;          /* mode = auto: the hardware driver, which bind_name then is; owned */
    char *mac_bind_name;   /* of the MAC made of it; NULL: this kernel has none; owned */
    size_t min_size;       /* shorter requests are software's */
    bool calibrates;       /* longer ones are the faster's: mode = auto, min_size not set */
    bool enabled;          /* the configuration has it */
    /* Why this kernel and mode don't have it, and the MAC made of it: hmac(...) of a digest,
     * cmac(...) of a cipher. NULL: it is offered. */
    const char *unavailable_reason, *mac_unavailable_reason;
    bool hardware;
    const struct provctx *progress; /* whose log takes lines as it goes; NULL: none */
    struct counters counters;
    _Atomic(const struct software *) software; /* see software.h */
    _Atomic(void *) *spares; /* spare_count contexts of a digest, or NULL; see digest.c */
    size_t spare_count;
    struct kernel_alg kernel, mac_kernel; /* its own, and that of the MAC made of it */
};

#endif
