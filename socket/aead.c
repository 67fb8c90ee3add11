/* SPDX-License-Identifier: Apache-2.0 */
/* AEAD messages: whole or not at all, as the kernel has no streaming interface for them. */
#include <errno.h>

#include "internal.h"

static int aead_request(const struct afalg_socket *s, enum afalg_op op, const void *iv,
                        size_t ivlen, size_t aadlen, const struct iovec *in, int nin, size_t inlen,
                        const struct iovec *out, int nout, size_t outlen)
{
    struct request r;
    int error;

    request_begin(&r, in, nin, inlen);
    request_add_op(&r, op);
    request_add_assoclen(&r, aadlen);
    error = request_add_iv(&r, iv, ivlen);
    if (error == 0)
        error = request_send(&r, s, 0);
    if (error != 0)
        return error;
    return outlen == 0 ? request_receive_nothing(s) : request_receive(s, out, nout, outlen);
}

ssize_t afalg_aead(struct afalg_socket *s, enum afalg_op op, const void *iv, size_t ivlen,
                   size_t aadlen, const struct iovec *in, int nin, const struct iovec *out,
                   int nout)
{
    size_t inlen = segments_length(in, nin);
    size_t outlen = segments_length(out, nout);
    int error;

    /* Without an IV the kernel would take the last one again, or zeros (measured). */
    if (nin > AFALG_SEGMENTS_MAX || nout > AFALG_SEGMENTS_MAX || ivlen == 0)
        return -EINVAL;
    if (!afalg_socket_mine(s))
        return request_failed(s, -EBADF);
    if (!request_fits(s, inlen, outlen, nout))
        return -EMSGSIZE;
    error = aead_request(s, op, iv, ivlen, aadlen, in, nin, inlen, out, nout, outlen);
    return error == 0 ? (ssize_t)outlen : request_failed(s, error);
}
