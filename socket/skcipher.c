/* SPDX-License-Identifier: Apache-2.0 */
/* Cipher requests. The IV goes with each one, so the kernel holds no state that matters. */
#include <errno.h>

#include "request.h"

/* One request of @len bytes. 0 or -errno. */
static int skcipher_request(const struct afalg_socket *s, const struct afalg_request *r, size_t len)
{
    struct message m;
    int error;

    afalg_message_begin(&m, r->in, r->nin, len);
    afalg_message_add_op(&m, r->op);
    error = afalg_message_add_iv(&m, r->iv, r->ivlen);
    if (error == 0)
        error = afalg_message_send(&m, s, 0);
    if (error == 0)
        error = afalg_receive(s, r->out, r->nout, len);
    return error;
}

__attribute__((hot)) ssize_t afalg_skcipher(struct afalg_socket *s, const struct afalg_request *r)
{
    size_t len = afalg_segments_length(r->in, r->nin);
    int error;

    if (r->nin > AFALG_SEGMENTS_MAX || r->nout > AFALG_SEGMENTS_MAX)
        return -EINVAL;
    if (!afalg_socket_valid(s))
        return afalg_request_failed(s, -EBADF);
    if (len > AFALG_SKCIPHER_MAX || !request_fits(s, len, len, r->nout))
        return -EMSGSIZE;
    error = skcipher_request(s, r, len);
    return error == 0 ? (ssize_t)len : afalg_request_failed(s, error);
}
