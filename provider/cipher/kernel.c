/* SPDX-License-Identifier: Apache-2.0 */
/* One request of the kernel's, which leaves the input as it was if it fails. */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "cipher.h"

static bool overlaps(const unsigned char *a, size_t alen, const unsigned char *b, size_t blen)
{
    return (uintptr_t)a < (uintptr_t)b + blen && (uintptr_t)b < (uintptr_t)a + alen;
}

/*
 * One request, and after a failure another one with a new socket, as some kernels fail one with
 * EBUSY for no reason. After a failure @ciphertext, unless it is NULL, is laid back to the last
 * segment of @in. @return 0 or -errno
 */
__attribute__((hot)) static int request_twice(struct cipher *c, const struct iovec *to,
                                              const struct iovec *in, int nin,
                                              const unsigned char *ciphertext)
{
    struct afalg_request r = {
        .op = c->encrypting ? AFALG_ENCRYPT : AFALG_DECRYPT,
        .iv = c->iv,
        .ivlen = c->alg->ivlen,
        .in = in,
        .nin = nin,
        .out = to,
        .nout = 1,
    };
    ssize_t done = 0;

    for (int attempt = 0; attempt < 2; attempt++) {
        done =
            backend_open(c->alg_state, &c->socket, c->alg->type, NULL, c->key, c->alg->keylen, 0);
        if (done != 0)
            break;
        done = afalg_skcipher(&c->socket, &r);
        if (done >= 0)
            break;
        if (ciphertext != NULL)
            memcpy(in[nin - 1].iov_base, ciphertext, in[nin - 1].iov_len);
        if (done == -EBADMSG || done == -EMSGSIZE)
            break;
    }
    return backend_outcome(c->prov, c->alg_state, &c->alg_state->kernel, done) < 0 ? (int)done : 0;
}

/*
 * In place. A driver that fails in the middle has overwritten a part of the input, which the next
 * attempt or software needs. So the ciphertext is put into @aside, which has room for the output:
 * encrypting until all of it is there, decrypting a copy. No plaintext ever gets there.
 */
static int request_aside(struct cipher *c, const struct iovec *to, const struct iovec *in, int nin,
                         unsigned char *aside)
{
    const struct iovec *data = &in[nin - 1];
    struct iovec to_aside = { .iov_base = aside, .iov_len = to->iov_len };
    int error;

    if (!c->encrypting) {
        memcpy(aside, data->iov_base, data->iov_len);
        return request_twice(c, to, in, nin, aside);
    }
    error = request_twice(c, &to_aside, in, nin, NULL);
    if (error == 0)
        memcpy(to->iov_base, aside, to->iov_len);
    return error;
}

/* Up to so many bytes are put aside on the stack. */
#define ASIDE_SHORT ((size_t)4096)

static __attribute__((noinline)) int
request_in_place_short(struct cipher *c, const struct iovec *to, const struct iovec *in, int nin)
{
    unsigned char aside[ASIDE_SHORT];

    return request_aside(c, to, in, nin, aside);
}

static int request_in_place(struct cipher *c, const struct iovec *to, const struct iovec *in,
                            int nin)
{
    unsigned char *aside;
    int error = -ENOMEM;

    if (to->iov_len <= ASIDE_SHORT)
        return request_in_place_short(c, to, in, nin);
    aside = OPENSSL_malloc(to->iov_len);
    if (aside != NULL)
        error = request_aside(c, to, in, nin, aside);
    OPENSSL_free(aside);
    return error;
}

__attribute__((hot)) int cipher_kernel_request(struct cipher *c, unsigned char *out, size_t outlen,
                                               const struct iovec *in, int nin)
{
    const struct iovec *data = &in[nin - 1];
    struct iovec to = { .iov_base = out, .iov_len = outlen };

    if (overlaps(out, outlen, data->iov_base, data->iov_len))
        return request_in_place(c, &to, in, nin);
    return request_twice(c, &to, in, nin, NULL);
}
