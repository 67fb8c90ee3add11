/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

/* A request: of what is buffered and data behind it, or (out not NULL) of what ends the message. */
struct hash_request {
    struct request base; /* base.len: of the message so far, with what waits */
    const unsigned char *data;
    size_t len;
    bool wait; /* the data is for the next request: none of this one, but of the message */
    unsigned char *out;
    size_t size;
};

/* --- the buffer --- */

#define FIRST_ROOM ((size_t)512)

/*
 * Whether a message goes to the kernel in pieces. A driver that refuses to copy a running hash gets
 * messages whole, since the pieces that it has could not be continued after a dup or a fork;
 * software does those that are too long for that.
 */
static bool hash_streams(const struct hash *h)
{
    return h->class->streams &&
           (!h->backend.kernel->refuses_copies || !backend_may_fall_back(&h->backend));
}

/* How much is collected at most. */
static size_t hash_limit(const struct hash *h)
{
    size_t limit = backend_min_size(&h->backend);

    /* The whole message is one request, if that is not too long: the socket will tell. */
    if (!hash_streams(h))
        return HASH_COLLECT_MAX;
    if (limit < h->class->collect)
        return h->class->collect;
    return limit < HASH_COLLECT_MAX ? limit : HASH_COLLECT_MAX;
}

static bool buffer_grow(struct hash *h, size_t needed)
{
    size_t limit = hash_limit(h);
    size_t room = h->room == 0 ? FIRST_ROOM : h->room;
    unsigned char *buffer;

    while (room < needed)
        room *= 2;
    if (room > limit && needed <= limit)
        room = limit;
    buffer = OPENSSL_clear_realloc(h->buffer, h->room, room);
    if (buffer == NULL) {
        fail(h->backend.prov, ERR_R_MALLOC_FAILURE, "%.*s: no memory for %zu bytes of data",
             algorithm_name_length(h->backend.alg_state->alg), h->backend.alg_state->alg->names,
             room);
        return false;
    }
    h->buffer = buffer;
    h->room = room;
    return true;
}

static bool buffer_add(struct hash *h, const unsigned char *data, size_t len)
{
    if (len == 0)
        return true;
    if (len > h->room - h->collected && !buffer_grow(h, h->collected + len))
        return false;
    memcpy(h->buffer + h->collected, data, len);
    h->collected += len;
    return true;
}

/* What has left the buffer leaves nothing behind. */
static void buffer_wipe(struct hash *h)
{
    if (h->buffer != NULL)
        explicit_bzero(h->buffer, h->collected); /* OPENSSL_cleanse is slow for long data */
    h->collected = 0;
}

/* Wipes it, and frees it unless it is short: an idle context, or one in software, holds little. */
static void buffer_release(struct hash *h)
{
    buffer_wipe(h);
    if (h->room <= FIRST_ROOM)
        return;
    OPENSSL_free(h->buffer);
    h->buffer = NULL;
    h->room = 0;
}

/* --- software --- */

static bool software_begin(struct hash *h)
{
    if (backend_software(&h->backend) == NULL || !h->class->software_init(h))
        return false;
    h->state = HASH_IN_SOFTWARE;
    return true;
}

static bool software_update(struct hash *h, const unsigned char *data, size_t len)
{
    return h->backend.software->hash.update(h->backend.software_ctx, data, len);
}

static bool software_final(struct hash *h, unsigned char *out, size_t size)
{
    size_t outl = 0;

    return h->backend.software->hash.final(h->backend.software_ctx, out, &outl, size) &&
           outl == size;
}

/* Goes on with the message so far, which counts as one request with what waits. */
static enum outcome hash_software(struct request *base)
{
    const struct hash_request *r = (const struct hash_request *)base;
    struct hash *h = base->ctx;

    if (!software_begin(h))
        return OUTCOME_FAILED;
    if ((h->collected > 0 && !software_update(h, h->buffer, h->collected)) ||
        (r->len > 0 && !r->wait && !software_update(h, r->data, r->len))) {
        h->state = HASH_COLLECTING;
        return OUTCOME_FAILED;
    }
    buffer_release(h);
    if (r->out != NULL && !software_final(h, r->out, r->size))
        return OUTCOME_FAILED;
    return OUTCOME_SOFTWARE;
}

bool hash_start_software(struct hash *h, enum reason why)
{
    return backend_fall_back(&h->backend, why, 0) && software_begin(h);
}

/* --- the kernel --- */

int hash_finish(struct hash *h, unsigned char *out, size_t size)
{
    return afalg_hash_final(&h->backend.socket, h->buffer, h->collected, out, size);
}

/* Whether the driver copies the message that has begun in the socket: asked once. */
static bool hash_copies(struct hash *h)
{
    struct kernel_alg *kernel = h->backend.kernel;
    struct afalg_socket copy = AFALG_SOCKET_CLOSED;
    int error;

    if (kernel->copies)
        return true;
    error = afalg_socket_clone(&copy, &h->backend.socket);
    afalg_socket_close(&copy);
    kernel->copies = error == 0;
    kernel->refuses_copies = error != 0 && error != -EBADF && !afalg_error_is_transient(error);
    return !kernel->refuses_copies;
}

static ssize_t hash_kernel(struct request *base)
{
    const struct hash_request *r = (const struct hash_request *)base;
    struct hash *h = base->ctx;
    size_t len = r->wait ? 0 : r->len;
    int error = 0;

    if (r->out != NULL)
        error = h->class->finish(h, r->out, r->size);
    else if (h->collected > 0)
        error = afalg_hash_update(&h->backend.socket, h->buffer, h->collected);
    if (error == 0 && len > 0)
        error = afalg_hash_update(&h->backend.socket, r->data, len);
    if (error == 0 && r->out == NULL && h->state == HASH_COLLECTING &&
        backend_may_fall_back(&h->backend) && !hash_copies(h)) {
        afalg_socket_close(&h->backend.socket);
        error = -EMSGSIZE; /* as a whole the next one can be done */
    }
    return error == 0 ? (ssize_t)(h->collected + len) : error;
}

static void hash_shape(const struct request *base, struct verify_shape *shape)
{
    const struct hash *h = base->ctx;

    if (h->backend.alg_state->alg->blocksize != 0 &&
        base->len % h->backend.alg_state->alg->blocksize != 0)
        shape->features |= VERIFY_PARTIAL;
}

/* Of a message that was one request: it is still in the buffer. */
static ssize_t hash_check(struct request *base, unsigned char *copy, ssize_t done, bool *wrong)
{
    const struct hash_request *r = (const struct hash_request *)base;
    unsigned char by_kernel[EVP_MAX_MD_SIZE];

    (void)copy;
    memcpy(by_kernel, r->out, r->size);
    if (hash_software(base) == OUTCOME_SOFTWARE)
        *wrong = memcmp(r->out, by_kernel, r->size) != 0;
    else
        memcpy(r->out, by_kernel, r->size);
    return done;
}

static const struct verify_class hash_verify = { .shape = hash_shape, .check = hash_check };

static const struct request_class hash_request_class = {
    .kernel = hash_kernel,
    .software = hash_software,
    .verify = &hash_verify,
};

/* Why the socket with a part of the message is gone. */
static const char *cause_of_loss(int error)
{
    bool closed = error == -EBADF || error == -ENOTSOCK || error == -EINVAL || error == -EAGAIN ||
                  error == -EOPNOTSUPP;

    if (error == -EPERM || error == -EACCES)
        return "forbidden by a sandbox";
    return closed ? "closed by the application or left behind in the parent of a fork"
                  : "failed by the kernel's driver";
}

static bool hash_lost(struct hash *h, int error)
{
    const struct algorithm *alg = h->backend.alg_state->alg;

    h->state = HASH_LOST;
    afalg_socket_close(&h->backend.socket);
    buffer_release(h);
    return fail(
        h->backend.prov, PROV_R_IN_ERROR_STATE,
        "%.*s: the socket with the message so far is gone (%s), %s; start the message again",
        algorithm_name_length(alg), alg->names, strerror(-error), cause_of_loss(error));
}

/* The part of the message that is in the kernel could not be copied. */
static bool hash_not_copied(struct hash *h, int error)
{
    if (error == -EBADF)
        return hash_lost(h, error);
    if (error == -EMFILE || error == -ENFILE)
        return fail_code(
            h->backend.prov, ERR_SYSTEM_FLAG | (unsigned long)-error,
            "%.*s: the message so far is in the kernel, and no descriptor is left for a "
            "copy: raise RLIMIT_NOFILE, or lower max_sockets, so that software does others",
            algorithm_name_length(h->backend.alg_state->alg), h->backend.alg_state->alg->names);
    return fail_kernel(h->backend.prov, h->backend.alg_state->alg,
                       "copying the message so far, which is in the kernel", error);
}

/* A request of a message that is in the kernel has failed. */
static bool hash_failed(struct hash *h, int error)
{
    if (h->backend.socket.running) /* it could not be unshared after a fork */
        return hash_not_copied(h, error);
    return hash_lost(h, error);
}

/* --- a message --- */

static bool hash_fits(const struct hash *h, size_t len)
{
    size_t limit = hash_limit(h);

    return len < limit && len <= limit - h->collected;
}

/* Hashes @data in two pieces in the kernel. 0 or -errno. */
static int hash_pieces(struct hash *h, const unsigned char *data, size_t len, unsigned char *out,
                       size_t size)
{
    int error = backend_open(&h->backend);

    if (error == 0)
        error = afalg_hash_update(&h->backend.socket, data, len / 2);
    if (error == 0)
        error = afalg_hash_update(&h->backend.socket, data + len / 2, len - len / 2);
    return error == 0 ? afalg_hash_final(&h->backend.socket, NULL, 0, out, size) : error;
}

/*
 * What begins in the kernel can't be done again by software. So before that is trusted with
 * messages in pieces it hashes one that can: @data of this one.
 */
static void rehearse(struct hash *h, const unsigned char *data, size_t len)
{
    unsigned char expected[EVP_MAX_MD_SIZE], by_kernel[EVP_MAX_MD_SIZE];
    size_t size = 0;
    bool known;

    ERR_set_mark();
    known =
        software_begin(h) && software_update(h, data, len) &&
        h->backend.software->hash.final(h->backend.software_ctx, expected, &size, sizeof(expected));
    ERR_pop_to_mark();
    h->state = HASH_COLLECTING;
    if (!known || hash_pieces(h, data, len, by_kernel, size) != 0)
        return;
    if (memcmp(by_kernel, expected, size) == 0)
        verify_note(&h->backend.kernel->verify, VERIFY_PIECES);
    else
        backend_count_wrong(&h->backend);
}

static bool hash_rehearses(const struct hash *h, size_t total)
{
    const struct backend *b = &h->backend;

    return hash_streams(h) && total >= backend_min_size(b) && backend_may_fall_back(b) &&
           !b->kernel->verify.wrong &&
           verify_is_due(&b->kernel->verify, b->prov->config.verify, VERIFY_PIECES);
}

/* The first request of a message that is too long to collect. */
static bool hash_begin(struct hash *h, const unsigned char *data, size_t len)
{
    size_t total = h->collected + len;
    struct hash_request r = {
        .base = { .class = &hash_request_class,
                  .ctx = h,
                  .len = total,
                  .unfit = hash_streams(h) ? REASON_NONE : REASON_SIZE,
                  .begins = true },
        .data = data,
        .len = len,
        .wait = hash_streams(h) && len < hash_limit(h),
    };

    if (hash_rehearses(h, total))
        rehearse(h, h->collected < len ? data : h->buffer, h->collected < len ? len : h->collected);
    switch (backend_run(&h->backend, &r.base)) {
    case OUTCOME_KERNEL:
        buffer_wipe(h);
        h->state = HASH_IN_KERNEL;
        return !r.wait || buffer_add(h, data, len);
    case OUTCOME_SOFTWARE:
        return !r.wait || software_update(h, data, len);
    default:
        return false;
    }
}

static bool hash_continue(struct hash *h, const unsigned char *data, size_t len)
{
    struct hash_request r = {
        .base = { .class = &hash_request_class, .ctx = h, .begins = true },
        .data = data,
        .len = len,
        .wait = len < hash_limit(h),
    };
    int error = backend_continue(&h->backend, &r.base);

    if (error != 0)
        return hash_failed(h, error);
    buffer_wipe(h);
    return !r.wait || buffer_add(h, data, len);
}

int hash_update(struct hash *h, const unsigned char *data, size_t len)
{
    /* Also of no bytes: with tls-data-size a record's text is an update, of a secret length. */
    if (h->state == HASH_IN_SOFTWARE) {
        backend_count_software(&h->backend, len);
        return software_update(h, data, len);
    }
    if (len == 0)
        return 1;
    switch (h->state) {
    case HASH_COLLECTING:
        return hash_fits(h, len) ? buffer_add(h, data, len) : hash_begin(h, data, len);
    case HASH_IN_KERNEL:
        return hash_fits(h, len) ? buffer_add(h, data, len) : hash_continue(h, data, len);
    default:
        return hash_lost(h, -EBADF);
    }
}

int hash_final(struct hash *h, unsigned char *out, size_t size)
{
    struct hash_request r = {
        .base = { .class = &hash_request_class, .ctx = h, .len = h->collected },
        .out = out,
        .size = size,
    };
    bool done = true;
    int error;

    switch (h->state) {
    case HASH_COLLECTING:
        done = backend_run(&h->backend, &r.base) != OUTCOME_FAILED;
        break;
    case HASH_IN_KERNEL:
        error = backend_continue(&h->backend, &r.base);
        if (error != 0)
            return hash_failed(h, error);
        break;
    case HASH_IN_SOFTWARE:
        done = software_final(h, out, size);
        break;
    default:
        return hash_lost(h, -EBADF);
    }
    buffer_release(h);
    h->state = HASH_COLLECTING;
    return done;
}

void hash_restart(struct hash *h)
{
    /* A message that was begun and left is still in the socket. */
    if (h->state == HASH_IN_KERNEL)
        afalg_socket_close(&h->backend.socket);
    buffer_release(h);
    h->state = HASH_COLLECTING;
    h->backend.refused = false;
}

void hash_drop_software(struct hash *h)
{
    hash_restart(h);
    backend_drop_software(&h->backend);
}

/* --- life --- */

void hash_setup(struct hash *h, const struct hash_class *class, struct provctx *prov,
                const struct algorithm *alg)
{
    *h = (struct hash){ .class = class };
    backend_init(&h->backend, prov, alg);
}

void hash_cleanup(struct hash *h)
{
    buffer_wipe(h);
    OPENSSL_free(h->buffer);
    h->buffer = NULL;
    h->room = 0;
    backend_free(&h->backend);
}

bool hash_reset(struct hash *h)
{
    hash_drop_software(h);
    return afalg_socket_valid(&h->backend.socket);
}

static bool dup_buffer(struct hash *to, const struct hash *from)
{
    to->buffer = NULL;
    to->collected = to->room = 0;
    return buffer_add(to, from->buffer, from->collected);
}

static bool dup_software(struct hash *to, const struct hash *from)
{
    if (from->state != HASH_IN_SOFTWARE)
        return true;
    to->backend.software_ctx = from->backend.software->dupctx(from->backend.software_ctx);
    return to->backend.software_ctx != NULL;
}

static bool dup_socket(struct hash *to, struct hash *from)
{
    int error;

    if (from->state != HASH_IN_KERNEL)
        return true;
    error = afalg_socket_clone(&to->backend.socket, &from->backend.socket);
    return error == 0 || hash_not_copied(to, error);
}

bool hash_dup(struct hash *to, struct hash *from)
{
    /* All of it, so that nothing is left to be shared when a part fails. */
    bool keyed = backend_dup(&to->backend, &from->backend);
    bool buffer = dup_buffer(to, from);
    bool software = dup_software(to, from);
    bool socket = dup_socket(to, from);

    if (keyed && buffer && software && socket)
        return true;
    hash_cleanup(to);
    return false;
}
