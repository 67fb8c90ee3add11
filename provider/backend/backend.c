/* SPDX-License-Identifier: Apache-2.0 */
#include "backend.h"

#include <errno.h>
#include <openssl/params.h>
#include <string.h>

#include "key/stand_in.h"
#include "report.h"
#include "software.h"

static void count(atomic_uint_least64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* --- counting --- */

/* The log gets a line as often as the number has doubled: a few dozen in a process's life. */
static void count_requests(const struct alg_state *state, atomic_uint_least64_t *counter,
                           uint64_t n)
{
    uint64_t before = atomic_fetch_add_explicit(counter, n, memory_order_relaxed);

    if (state->progress != NULL && ((before + n) ^ before) > before)
        report_progress(state);
}

static void count_kernel(struct backend *b, size_t len)
{
    struct counters *c = &b->alg_state->counters;

    count(&c->kernel_bytes, len);
    count_requests(b->alg_state, &c->kernel_requests, 1);
}

void backend_count_software(struct backend *b, size_t len)
{
    struct counters *c = &b->alg_state->counters;

    count(&c->software_bytes, len);
    count_requests(b->alg_state, &c->software_requests, 1);
    if (backend_is_logged(b))
        report_request(b->prov, b->alg_state, len, b->reason);
}

__attribute__((hot)) void backend_count_pending(struct backend *b)
{
    struct counters *c = &b->alg_state->counters;
    struct pending p = b->pending;

    if (p.requests == 0)
        return;
    b->pending = (struct pending){ 0 };
    count(&c->software_bytes, p.bytes);
    if (p.requests > p.calibrated)
        count(&c->reasons[REASON_MIN_SIZE], p.requests - p.calibrated);
    if (p.calibrated > 0)
        count(&c->reasons[REASON_CALIBRATION], p.calibrated);
    count_requests(b->alg_state, &c->software_requests, p.requests);
}

/* --- kernel or software --- */

/* Why software is to do a request; REASON_NONE: the kernel is. Starts the sample. */
static enum reason choose(const struct backend *b, struct request *r)
{
    struct kernel_alg *kernel = b->kernel;

    r->sample.of = NULL;
    if (key_is_opaque(&b->key))
        return r->unfit;
    if (r->class->software == NULL)
        return REASON_NONE;
    if (r->len < backend_min_size(b))
        return REASON_MIN_SIZE;
    if (kernel->verify.wrong)
        return REASON_WRONG;
    if (r->unfit != REASON_NONE)
        return r->unfit;
    if (b->refused)
        return REASON_REFUSED;
    if (backoff_is_on(&kernel->backoff) && backoff_skips(&kernel->backoff))
        return REASON_BACKOFF;
    if (kernel->calibration == NULL || calibration_choose(kernel->calibration, r->len, &r->sample))
        return REASON_NONE;
    return REASON_CALIBRATION;
}

/* Whether the reason is that the kernel can't, and not that software is the better choice. */
static bool is_fallback(enum reason why)
{
    return why >= REASON_FALLBACKS;
}

static enum reason reason_of(int error)
{
    switch (error) {
    case -ENOENT:
    case -EAFNOSUPPORT:
    case -EPERM:
    case -EACCES:
    case -EMFILE:
    case -ENFILE:
        return REASON_OPEN; /* no request fails so */
    case -EMSGSIZE:
        return REASON_SIZE;
    default:
        return REASON_REQUEST;
    }
}

/* The error of what nothing was tried for. */
static int error_of(enum reason why)
{
    switch (why) {
    case REASON_OPEN:
        return -ENOENT;
    case REASON_SIZE:
        return -EMSGSIZE;
    default:
        return -EOPNOTSUPP;
    }
}

/* One entry for what failed, and what to do. */
static void raise_failure(const struct backend *b, const char *what, int error)
{
    if (key_is_opaque(&b->key))
        opaque_key_fail(b->prov, b->key.opaque, b->alg_state->alg, what, error);
    else
        fail_kernel(b->prov, b->alg_state->alg, what, error);
}

bool backend_fall_back(struct backend *b, enum reason why, int error)
{
    static const char *const what[REASONS] = {
        [REASON_BACKOFF] = "a request",
        [REASON_OPEN] = "opening its socket",
        [REASON_REQUEST] = "a request",
        [REASON_SIZE] = "a request",
        [REASON_STREAM] = "a message in several pieces, or a tag after its data",
        [REASON_LENGTH] = "this length",
        [REASON_WRONG] = "after a wrong answer, a request",
    };

    b->reason = why;
    if (backend_may_fall_back(b)) {
        count(&b->alg_state->counters.reasons[why], 1);
        return true;
    }
    raise_failure(b, what[why], error == 0 ? error_of(why) : error);
    return false;
}

/* --- the kernel --- */

/* What the kernel calls the algorithm, whatever driver the socket is bound to. */
static const char *kernel_name(const struct backend *b)
{
    const struct algorithm *alg = b->alg_state->alg;

    return alg->operation == OSSL_OP_MAC ? b->name : alg->kernel;
}

int backend_open(struct backend *b)
{
    struct afalg_transform t;

    if (afalg_socket_valid(&b->socket))
        return 0;
    t = (struct afalg_transform){
        .type = b->kernel->type,
        .name = b->name,
        .key = b->key.bytes,
        .keylen = b->key.len,
        .authsize = b->authsize,
    };
    if (key_is_opaque(&b->key))
        return opaque_key_open(b->key.opaque, &b->socket, &t, kernel_name(b));
    return afalg_socket_open(&b->socket, &t);
}

/*
 * A second time in a fresh socket: the descriptor may have been closed under us, and some stable
 * kernels fail a receive with EBUSY at random (an uninitialised field).
 */
static ssize_t run_in_kernel(struct backend *b, struct request *r)
{
    ssize_t done = 0;

    for (int attempt = 0; attempt < 2; attempt++) {
        done = backend_open(b);
        if (done != 0)
            break;
        done = r->class->kernel(r);
        if (done >= 0 || done == -EBADMSG || done == -EMSGSIZE)
            break;
    }
    return done;
}

void backend_count_wrong(struct backend *b)
{
    count(&b->alg_state->counters.reasons[REASON_WRONG], 1);
    if (!atomic_exchange(&b->kernel->verify.wrong, true))
        report_wrong(b->prov, b->alg_state, b->name);
}

static bool is_verifiable(const struct backend *b, const struct request *r)
{
    return b->prov->config.verify != VERIFY_NO && r->class->verify != NULL && !r->begins &&
           backend_may_fall_back(b);
}

/* The answer is the kernel's or, if that was wrong, the right one. The sample is the kernel's. */
static inline __attribute__((always_inline)) ssize_t run_verified(struct backend *b,
                                                                  struct request *r)
{
    struct verification v = { .of = NULL };
    ssize_t done;

    if (is_verifiable(b, r)) {
        v = (struct verification){ .of = &b->kernel->verify, .class = r->class->verify };
        verify_begin(&v, b->prov->config.verify, r, r->len);
    }
    done = run_in_kernel(b, r);
    if (done >= 0 && r->sample.of != NULL)
        calibration_record(&r->sample, true);
    if (v.of == NULL)
        return done;
    done = verify_end(&v, r, done, done >= 0 || (done == -EBADMSG && r->class->authenticates));
    if (v.wrong)
        backend_count_wrong(b);
    return done;
}

static void learn(struct backend *b, const struct request *r, ssize_t done)
{
    if (r->class->software == NULL)
        return;
    if (done >= 0) {
        if (!r->begins)
            backoff_succeeded(&b->kernel->backoff);
    } else if (backend_may_fall_back(b) && backoff_failed(&b->kernel->backoff, (int)done)) {
        /* Without fallback nothing else may do it: the kernel is asked again each time. */
        report_backoff(b->prov, b->alg_state, (int)done);
    }
}

static enum outcome done_by_kernel(struct backend *b, size_t len)
{
    backend_count_pending(b);
    count_kernel(b, len);
    b->reason = REASON_NONE;
    if (backend_is_logged(b))
        report_request(b->prov, b->alg_state, len, REASON_NONE);
    return OUTCOME_KERNEL;
}

int backend_continue(struct backend *b, struct request *r)
{
    ssize_t done = r->class->kernel(r);

    learn(b, r, done);
    if (done < 0)
        return (int)done;
    done_by_kernel(b, (size_t)done);
    return 0;
}

/* --- software --- */

void *backend_software(struct backend *b)
{
    const struct algorithm *alg = b->alg_state->alg;

    if (b->software_ctx != NULL)
        return b->software_ctx;
    if (key_is_opaque(&b->key)) {
        raise_failure(b, "software", -EOPNOTSUPP);
        return NULL;
    }
    b->software = software_find(b->prov, b->alg_state);
    if (b->software != NULL)
        b->software_ctx = b->software->newctx(b->software->provctx);
    if (b->software_ctx == NULL)
        fail(b->prov, ERR_R_UNSUPPORTED, "%.*s: nothing matches software = %s",
             algorithm_name_length(alg), alg->names, b->prov->config.software);
    return b->software_ctx;
}

void backend_drop_software(struct backend *b)
{
    if (b->software_ctx != NULL)
        b->software->freectx(b->software_ctx);
    b->software_ctx = NULL;
    b->software_keyed = false;
}

static enum outcome run_in_software(struct backend *b, struct request *r)
{
    enum outcome done = r->class->software(r);

    if (done != OUTCOME_SOFTWARE)
        return done;
    if (r->sample.of != NULL)
        calibration_record(&r->sample, false);
    if (is_fallback(b->reason)) {
        backend_count_software(b, r->len);
        return done;
    }
    b->pending.requests++;
    b->pending.bytes += r->len;
    b->pending.calibrated += b->reason == REASON_CALIBRATION;
    if (!r->divisible)
        backend_count_pending(b);
    if (backend_is_logged(b))
        report_request(b->prov, b->alg_state, r->len, b->reason);
    return done;
}

/* --- requests --- */

__attribute__((hot)) enum outcome backend_run(struct backend *b, struct request *r)
{
    enum reason why = choose(b, r);
    ssize_t done = 0;

    b->reason = why;
    if (why == REASON_NONE) {
        done = run_verified(b, r);
        if (done == -EMSGSIZE && r->divisible)
            return OUTCOME_TOO_LONG;
        learn(b, r, done);
        if (done >= 0)
            return done_by_kernel(b, (size_t)done);
        if (done == -EBADMSG && r->class->authenticates)
            return OUTCOME_NOT_AUTHENTIC;
        why = reason_of((int)done);
        if (r->class->software == NULL) {
            raise_failure(b, "a request", (int)done);
            return OUTCOME_FAILED;
        }
    }
    if (is_fallback(why) && !backend_fall_back(b, why, (int)done))
        return OUTCOME_FAILED;
    b->refused |= done == -EINVAL;
    return run_in_software(b, r);
}

/* --- life --- */

void backend_init(struct backend *b, struct provctx *prov, const struct algorithm *alg)
{
    struct alg_state *state = provider_alg_state(prov, alg);

    *b = (struct backend){
        .prov = prov,
        .alg_state = state,
        .kernel = &state->kernel,
        .name = state->bind_name,
        .socket = AFALG_SOCKET_CLOSED,
    };
}

bool backend_dup(struct backend *b, const struct backend *from)
{
    b->socket = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    b->software_ctx = NULL;
    b->software_keyed = false;
    b->pending = (struct pending){ 0 };
    return key_copy(&b->key, &from->key);
}

void backend_free(struct backend *b)
{
    backend_count_pending(b);
    afalg_socket_close(&b->socket);
    backend_drop_software(b);
    key_clear(&b->key);
}

static bool set_bytes(struct backend *b, const void *key, size_t len)
{
    afalg_socket_close(&b->socket);
    b->software_keyed = false;
    return key_set(&b->key, key, len) ||
           fail(b->prov, ERR_R_MALLOC_FAILURE, "%.*s: no memory for a key of %zu bytes",
                algorithm_name_length(b->alg_state->alg), b->alg_state->alg->names, len);
}

/* Sets the key that a URI names. */
static bool set_named_key(struct backend *b, const char *uri, size_t keylen)
{
    struct opaque_key *key = opaque_key_find(b->prov, uri);
    bool set = key != NULL && backend_set_opaque_key(b, key, keylen);

    opaque_key_release(key);
    if (!set)
        backend_clear_key(b);
    return set;
}

bool backend_set_key(struct backend *b, const void *key, size_t len)
{
    const char *uri;

    b->refused = false;
    if (key_equals(&b->key, key, len))
        return true;
    uri = key_stand_in(b->prov, key, len);
    if (uri == NULL)
        return set_bytes(b, key, len);
    return set_named_key(b, uri, b->alg_state->alg->mac_template == MAC_HMAC ? 0 : len);
}

bool backend_set_opaque_key(struct backend *b, struct opaque_key *key, size_t keylen)
{
    const struct key_use use = {
        .alg = b->alg_state->alg,
        .type = b->kernel->type,
        .kernel = kernel_name(b),
        .keylen = keylen,
    };
    int error;

    backend_clear_key(b);
    backend_drop_software(b);
    if (use.type == NULL || use.kernel == NULL)
        return fail(b->prov, ERR_R_UNSUPPORTED, "%.*s with %s: the kernel doesn't have it",
                    algorithm_name_length(use.alg), use.alg->names, opaque_key_uri(key));
    if (!opaque_key_fits(b->prov, key, &use))
        return false;
    key_set_opaque(&b->key, key);
    error = backend_open(b);
    if (error == 0)
        return true;
    raise_failure(b, "setting the key", error);
    backend_clear_key(b);
    return false;
}

bool backend_take_key(struct backend *b, const OSSL_PARAM params[], size_t keylen)
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, AFALG_PARAM_KEY);
    const char *uri;

    if (p == NULL)
        return true;
    if (!OSSL_PARAM_get_utf8_string_ptr(p, &uri) || uri == NULL)
        return fail(b->prov, PROV_R_FAILED_TO_GET_PARAMETER,
                    "%.*s: " AFALG_PARAM_KEY ": expected a URI as UTF-8 text",
                    algorithm_name_length(b->alg_state->alg), b->alg_state->alg->names);
    return set_named_key(b, uri, keylen);
}

void backend_clear_key(struct backend *b)
{
    afalg_socket_close(&b->socket);
    b->software_keyed = false;
    key_clear(&b->key);
}

void backend_set_authsize(struct backend *b, uint8_t authsize)
{
    if (b->authsize == authsize)
        return;
    afalg_socket_close(&b->socket);
    b->authsize = authsize;
}
