/* SPDX-License-Identifier: Apache-2.0 */
/* One request of a cipher to the kernel, which leaves the input as it was if it fails. */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "cipher.h"

static bool overlaps(const unsigned char *a, size_t alen, const unsigned char *b, size_t blen)
{
    return (uintptr_t)a < (uintptr_t)b + blen && (uintptr_t)b < (uintptr_t)a + alen;
}

static inline __attribute__((always_inline)) ssize_t
send_request(const struct cipher_request *r, const unsigned char *in, unsigned char *out)
{
    struct cipher *c = r->base.ctx;
    const struct iovec from[2] = {
        { .iov_base = (void *)(uintptr_t)r->head, .iov_len = r->headlen },
        { .iov_base = (void *)(uintptr_t)in, .iov_len = r->base.len - r->headlen },
    };
    const struct iovec to = { .iov_base = out, .iov_len = r->base.len };
    int skip = r->headlen == 0;
    const struct afalg_request request = {
        .op = c->encrypting ? AFALG_ENCRYPT : AFALG_DECRYPT,
        .iv = c->iv,
        .ivlen = c->alg->ivlen,
        .in = from + skip,
        .nin = 2 - skip,
        .out = &to,
        .nout = 1,
    };

    return afalg_skcipher(&c->backend.socket, &request);
}

/*
 * In place. A driver that fails in the middle has overwritten a part of the input, which the next
 * attempt or software needs. So the ciphertext is put into @aside, which has room for the output:
 * encrypting until all of it is there, decrypting a copy. No plaintext ever gets there.
 */
static inline __attribute__((always_inline)) ssize_t send_aside(const struct cipher_request *r,
                                                                unsigned char *aside)
{
    const struct cipher *c = r->base.ctx;
    size_t inlen = r->base.len - r->headlen;
    ssize_t done;

    if (!c->encrypting) {
        memcpy(aside, r->in, inlen);
        done = send_request(r, r->in, r->out);
        if (done < 0)
            memcpy((unsigned char *)(uintptr_t)r->in, aside, inlen);
        return done;
    }
    done = send_request(r, r->in, aside);
    if (done >= 0)
        memcpy(r->out, aside, r->base.len);
    return done;
}

/* Up to so many bytes are put aside on the stack. */
#define ASIDE_SHORT ((size_t)4096)

static __attribute__((noinline)) ssize_t send_in_place_short(const struct cipher_request *r)
{
    unsigned char aside[ASIDE_SHORT];

    return send_aside(r, aside);
}

static __attribute__((noinline)) ssize_t send_in_place(const struct cipher_request *r)
{
    unsigned char *aside = OPENSSL_malloc(r->base.len);
    ssize_t done = aside == NULL ? -ENOMEM : send_aside(r, aside);

    OPENSSL_free(aside);
    return done;
}

/* Wipes the output if the request fails: the driver may have written a part of it. */
static inline __attribute__((always_inline)) ssize_t send_apart(const struct cipher_request *r)
{
    ssize_t done = send_request(r, r->in, r->out);

    if (done < 0)
        OPENSSL_cleanse(r->out, r->base.len);
    return done;
}

__attribute__((hot)) ssize_t cipher_kernel(struct request *base)
{
    const struct cipher_request *r = (const struct cipher_request *)base;

    if (!overlaps(r->out, base->len, r->in, base->len - r->headlen))
        return send_apart(r);
    return base->len <= ASIDE_SHORT ? send_in_place_short(r) : send_in_place(r);
}
