/* SPDX-License-Identifier: Apache-2.0 */
/* AEAD messages: whole or not at all, as the kernel has no streaming interface for them. */
#include <errno.h>

#include "request.h"

static int aead_request(const struct afalg_socket *s, const struct afalg_request *r, size_t inlen,
                        size_t outlen)
{
    struct message m;
    int error;

    afalg_message_begin(&m, r->in, r->nin, inlen);
    afalg_message_add_op(&m, r->op);
    afalg_message_add_assoclen(&m, r->aadlen);
    error = afalg_message_add_iv(&m, r->iv, r->ivlen);
    if (error == 0)
        error = afalg_message_send(&m, s, 0);
    if (error != 0)
        return error;
    return outlen == 0 ? afalg_receive_nothing(s) : afalg_receive(s, r->out, r->nout, outlen);
}

ssize_t afalg_aead(struct afalg_socket *s, const struct afalg_request *r)
{
    size_t inlen = afalg_segments_length(r->in, r->nin);
    size_t outlen = afalg_segments_length(r->out, r->nout);
    int error;

    /* Without an IV the kernel would take the last one again, or zeros (measured). */
    if (r->nin > AFALG_SEGMENTS_MAX || r->nout > AFALG_SEGMENTS_MAX || r->ivlen == 0)
        return -EINVAL;
    if (!afalg_socket_valid(s))
        return afalg_request_failed(s, -EBADF);
    if (!request_fits(s, inlen, outlen, r->nout))
        return -EMSGSIZE;
    error = aead_request(s, r, inlen, outlen);
    if (error == -EBADMSG && r->op == AFALG_ENCRYPT)
        error = -EIO; /* there is no tag that could be wrong: the driver has failed */
    return error == 0 ? (ssize_t)outlen : afalg_request_failed(s, error);
}
