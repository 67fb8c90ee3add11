/* SPDX-License-Identifier: Apache-2.0 */
/* Cipher requests. The IV goes with each one, so the kernel holds no state that matters. */
#include <errno.h>

#include "internal.h"

/* One request of @len bytes. 0 or -errno. */
static int skcipher_request(const struct afalg_socket *s, enum afalg_op op, const void *iv,
                            size_t ivlen, const struct iovec *in, int nin, const struct iovec *out,
                            int nout, size_t len)
{
    struct request r;
    int error;

    request_begin(&r, in, nin, len);
    request_add_op(&r, op);
    error = request_add_iv(&r, iv, ivlen);
    if (error == 0)
        error = request_send(&r, s, 0);
    if (error == 0)
        error = request_receive(s, out, nout, len);
    return error;
}

__attribute__((hot)) ssize_t afalg_skcipher(struct afalg_socket *s, enum afalg_op op,
                                            const void *iv, size_t ivlen, const struct iovec *in,
                                            int nin, const struct iovec *out, int nout)
{
    size_t len = segments_length(in, nin);
    int error;

    if (nin > AFALG_SEGMENTS_MAX || nout > AFALG_SEGMENTS_MAX)
        return -EINVAL;
    if (!afalg_socket_mine(s))
        return request_failed(s, -EBADF);
    if (len > AFALG_SKCIPHER_MAX || !request_fits(s, len, len, nout))
        return -EMSGSIZE;
    error = skcipher_request(s, op, iv, ivlen, in, nin, out, nout, len);
    return error == 0 ? (ssize_t)len : request_failed(s, error);
}
