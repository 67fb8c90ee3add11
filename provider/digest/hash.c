/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

/* A request while all of the message is at hand: more data, or (out not NULL) its end. */
struct hash_request {
    const unsigned char *data; /* behind what was collected */
    size_t len;
    bool wait; /* the data is for the next request: none of this one, but of the message */
    unsigned char *out;
    size_t size;
};

/* --- the buffer --- */

#define FIRST_ROOM ((size_t)512)

/* How much is collected at most. */
static size_t hash_limit(const struct hash *h)
{
    size_t limit = h->alg_state->min_size;

    /* The whole message is one request, if that is not too long: the socket will tell. */
    if (!h->class->streams)
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
        fail(h->prov, ERR_R_MALLOC_FAILURE, "%.*s: no memory for %zu bytes of data",
             algorithm_name_length(h->alg_state->alg), h->alg_state->alg->names, room);
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

static void software_take(struct hash_software *to, const struct software *s, int operation)
{
    to->found = s;
    if (operation == OSSL_OP_DIGEST) {
        to->update = s->digest.update;
        to->final = s->digest.final;
        to->dupctx = s->digest.dupctx;
        to->freectx = s->digest.freectx;
    } else {
        to->update = s->mac.update;
        to->final = s->mac.final;
        to->dupctx = s->mac.dupctx;
        to->freectx = s->mac.freectx;
    }
}

static bool software_attach(struct hash *h)
{
    const struct algorithm *alg = h->alg_state->alg;
    const struct software *s;

    if (h->software.ctx != NULL)
        return true;
    s = software_find(h->prov, h->alg_state);
    if (s == NULL)
        return fail(h->prov, ERR_R_UNSUPPORTED, "%.*s: no provider matches software = %s",
                    algorithm_name_length(alg), alg->names, h->prov->config.software);
    software_take(&h->software, s, alg->operation);
    h->software.ctx =
        alg->operation == OSSL_OP_DIGEST ? s->digest.newctx(s->provctx) : s->mac.newctx(s->provctx);
    return h->software.ctx != NULL;
}

static bool software_begin(struct hash *h)
{
    if (!software_attach(h) || !h->class->software_init(h))
        return false;
    h->state = HASH_IN_SOFTWARE;
    return true;
}

static bool software_update(struct hash *h, const unsigned char *data, size_t len)
{
    backend_count_software(h->alg_state, len);
    return h->software.update(h->software.ctx, data, len);
}

/* Goes on in software with the message so far, which counts as one request with what waits. */
static enum hash_state software_take_over(struct hash *h, const struct hash_request *r)
{
    const struct hash_software *s = &h->software;

    if (!software_begin(h))
        return HASH_COLLECTING;
    backend_count_software(h->alg_state, h->collected + r->len);
    if ((h->collected > 0 && !s->update(s->ctx, h->buffer, h->collected)) ||
        (r->len > 0 && !r->wait && !s->update(s->ctx, r->data, r->len)))
        h->state = HASH_COLLECTING;
    else
        buffer_release(h);
    return h->state;
}

static int software_final(struct hash *h, unsigned char *out, size_t size)
{
    size_t outl = 0;

    return h->software.final(h->software.ctx, out, &outl, size) && outl == size;
}

bool hash_start_software(struct hash *h, enum fallback why)
{
    int error = why == FALLBACK_OPEN ? -ENOENT : 0;

    return backend_fallback(h->prov, h->alg_state, why, error) && software_begin(h);
}

/* --- the kernel --- */

static int hash_send(struct hash *h, const unsigned char *data, size_t len)
{
    int error = 0;

    if (h->collected > 0)
        error = afalg_hash_update(&h->socket, h->buffer, h->collected);
    if (error == 0 && len > 0)
        error = afalg_hash_update(&h->socket, data, len);
    if (error == 0)
        backend_count_kernel(h->alg_state, h->collected + len);
    return error;
}

int hash_finish(struct hash *h, unsigned char *out, size_t size)
{
    return afalg_hash_final(&h->socket, h->buffer, h->collected, out, size);
}

static int hash_end(struct hash *h, unsigned char *out, size_t size)
{
    int error = h->class->finish(h, out, size);

    if (error == 0)
        backend_count_kernel(h->alg_state, h->collected);
    return error;
}

/* Notes how the kernel's part of a message has ended. */
static int hash_outcome(struct hash *h, int error)
{
    return (int)backend_outcome(h->prov, h->alg_state, h->alg, error);
}

static int hash_open(struct hash *h)
{
    return backend_open(h->alg_state, &h->socket, h->class->type, h->name, h->key, h->keylen, 0);
}

/*
 * Makes the message's first request. A second time, in a fresh socket, where it
 * fails: the descriptor may have been closed under us, and some stable kernels fail a
 * receive with EBUSY at random (an uninitialised field). 0 or -errno.
 */
static int hash_first_request(struct hash *h, const struct hash_request *r, enum fallback *why)
{
    int error = 0;

    for (int tries = 0; tries < 2; tries++) {
        *why = FALLBACK_OPEN;
        error = hash_open(h);
        if (error != 0)
            break;
        *why = FALLBACK_REQUEST;
        error = r->out != NULL ? hash_end(h, r->out, r->size)
                               : hash_send(h, r->data, r->wait ? 0 : r->len);
        if (error == 0 || error == -EMSGSIZE)
            break;
        hash_close(h);
    }
    /* What has only begun has not succeeded: the device may yet fail its end. */
    return error != 0 || r->out != NULL ? hash_outcome(h, error) : 0;
}

/*
 * Where the message so far, of @total bytes, goes with its next request: @r was made
 * in the kernel (HASH_IN_KERNEL), or software has taken over (HASH_IN_SOFTWARE), or
 * neither, with the error raised and nothing changed (HASH_COLLECTING). Starts @sample.
 */
static enum hash_state hash_decide(struct hash *h, const struct hash_request *r, size_t total,
                                   struct sample *sample)
{
    enum fallback why = FALLBACK_SIZE;
    int error = -EMSGSIZE;

    sample->of = NULL;
    if (r->out != NULL || h->class->streams || total < h->alg_state->min_size) {
        if (!backend_choose(h->alg_state, h->alg, total, sample))
            return software_take_over(h, r);
        error = hash_first_request(h, r, &why);
        if (error == 0)
            return HASH_IN_KERNEL;
    }
    if (!backend_fallback(h->prov, h->alg_state, why, error))
        return HASH_COLLECTING;
    return software_take_over(h, r);
}

static bool hash_lost(struct hash *h, int error)
{
    const struct algorithm *alg = h->alg_state->alg;
    bool forbidden = error == -EPERM || error == -EACCES;

    h->state = HASH_LOST;
    hash_close(h);
    buffer_release(h);
    return fail(
        h->prov, PROV_R_IN_ERROR_STATE,
        "%.*s: the socket with the message so far is gone (%s), %s; start the message again",
        algorithm_name_length(alg), alg->names, strerror(-error),
        forbidden ? "forbidden by a sandbox"
                  : "closed by the application or left behind in the parent of a fork");
}

/* The part of the message that is in the kernel could not be copied. */
static bool hash_not_copied(struct hash *h, int error)
{
    if (error == -EBADF)
        return hash_lost(h, error);
    if (error == -EMFILE || error == -ENFILE)
        return fail_at(
            h->prov, ERR_SYSTEM_FLAG | (unsigned long)-error, __FILE__, __LINE__, __func__,
            "%.*s: the message so far is in the kernel, and no descriptor is left for a "
            "copy: raise RLIMIT_NOFILE, or lower max_sockets, so that software does others",
            algorithm_name_length(h->alg_state->alg), h->alg_state->alg->names);
    return fail_kernel(h->prov, h->alg_state->alg,
                       "copying the message so far, which is in the kernel", error);
}

/* A request of a message that is in the kernel has failed. */
static bool hash_failed(struct hash *h, int error)
{
    if (h->socket.running) /* it could not be unshared after a fork */
        return hash_not_copied(h, error);
    return hash_lost(h, hash_outcome(h, error));
}

/* --- a message --- */

static bool hash_fits(const struct hash *h, size_t len)
{
    size_t limit = hash_limit(h);

    return len < limit && len <= limit - h->collected;
}

/* The first request of a message that is too long to collect. */
static bool hash_begin(struct hash *h, const unsigned char *data, size_t len)
{
    struct hash_request r = {
        .data = data,
        .len = len,
        .wait = h->class->streams && len < hash_limit(h),
    };
    struct sample sample;
    enum hash_state decided = hash_decide(h, &r, h->collected + len, &sample);

    backend_done(&sample, decided == HASH_IN_KERNEL);
    switch (decided) {
    case HASH_IN_KERNEL:
        buffer_wipe(h);
        h->state = HASH_IN_KERNEL;
        return !r.wait || buffer_add(h, data, len);
    case HASH_IN_SOFTWARE:
        return !r.wait || h->software.update(h->software.ctx, data, len);
    default:
        return false;
    }
}

static bool hash_continue(struct hash *h, const unsigned char *data, size_t len)
{
    bool wait = len < hash_limit(h);
    int error;

    error = hash_send(h, wait ? NULL : data, wait ? 0 : len);
    if (error != 0)
        return hash_failed(h, error);
    buffer_wipe(h);
    return !wait || buffer_add(h, data, len);
}

int hash_update(struct hash *h, const unsigned char *data, size_t len)
{
    /* Also of no bytes: with tls-data-size a record's text is an update, of a secret length. */
    if (h->state == HASH_IN_SOFTWARE)
        return software_update(h, data, len);
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

/* All of the message is in the buffer. */
static bool hash_whole(struct hash *h, unsigned char *out, size_t size)
{
    struct hash_request end = { .out = out, .size = size };
    struct sample sample;
    enum hash_state decided = hash_decide(h, &end, h->collected, &sample);
    bool done =
        decided == HASH_IN_KERNEL || (decided == HASH_IN_SOFTWARE && software_final(h, out, size));

    backend_done(&sample, decided == HASH_IN_KERNEL);
    return done;
}

int hash_final(struct hash *h, unsigned char *out, size_t size)
{
    bool done;
    int error;

    switch (h->state) {
    case HASH_COLLECTING:
        done = hash_whole(h, out, size);
        break;
    case HASH_IN_KERNEL:
        error = hash_end(h, out, size);
        if (error != 0)
            return hash_failed(h, error);
        hash_outcome(h, 0);
        done = true;
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
        hash_close(h);
    buffer_release(h);
    h->state = HASH_COLLECTING;
}

void hash_close(struct hash *h)
{
    afalg_socket_close(&h->socket);
}

void hash_drop_software(struct hash *h)
{
    hash_restart(h);
    if (h->software.ctx != NULL)
        h->software.freectx(h->software.ctx);
    h->software.ctx = NULL;
}

/* --- life --- */

void hash_setup(struct hash *h, const struct hash_class *class, struct provctx *prov,
                const struct algorithm *alg)
{
    *h = (struct hash){
        .class = class,
        .prov = prov,
        .alg_state = provider_alg_state(prov, alg),
        .alg = &provider_alg_state(prov, alg)->kernel,
        .socket = AFALG_SOCKET_CLOSED,
    };
}

void hash_cleanup(struct hash *h)
{
    hash_drop_software(h);
    hash_close(h);
    OPENSSL_free(h->buffer); /* wiped with the message */
    h->buffer = NULL;
    h->room = 0;
}

bool hash_rest(struct hash *h)
{
    hash_drop_software(h);
    return afalg_socket_valid(&h->socket);
}

static bool dup_buffer(struct hash *to, const struct hash *from)
{
    to->buffer = NULL;
    to->collected = to->room = 0;
    return buffer_add(to, from->buffer, from->collected);
}

static bool dup_software(struct hash *to, const struct hash *from)
{
    to->software.ctx = NULL;
    if (from->state != HASH_IN_SOFTWARE)
        return true;
    to->software.ctx = from->software.dupctx(from->software.ctx);
    return to->software.ctx != NULL;
}

static bool dup_socket(struct hash *to, struct hash *from)
{
    int error;

    to->socket = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    if (from->state != HASH_IN_KERNEL)
        return true;
    error = afalg_socket_clone(&to->socket, &from->socket);
    return error == 0 || hash_not_copied(to, error);
}

bool hash_dup(struct hash *to, struct hash *from)
{
    /* All three, so that none is left to be shared when one fails. */
    bool buffer = dup_buffer(to, from);
    bool software = dup_software(to, from);
    bool socket = dup_socket(to, from);

    if (buffer && software && socket)
        return true;
    hash_cleanup(to);
    return false;
}
