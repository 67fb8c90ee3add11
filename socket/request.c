/* SPDX-License-Identifier: Apache-2.0 */
/* The two system calls of a request, and what is laid into them. */
#include <errno.h>
#include <string.h>

#include "request.h"

/* A control message type that no family knows: all but AF_ALG refuse it with EINVAL (measured). */
#define GUARD_TYPE 0x7fff

__attribute__((hot)) static void *message_add(struct message *m, int level, int type, size_t len)
{
    struct cmsghdr *header = (struct cmsghdr *)(void *)(m->control.bytes + m->msg.msg_controllen);

    m->msg.msg_controllen += CMSG_SPACE(len);
    /* What pads it is in the last word, which may be the header's. */
    memset(m->control.bytes + m->msg.msg_controllen - sizeof(size_t), 0, sizeof(size_t));
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(len);
    return CMSG_DATA(header);
}

__attribute__((hot)) size_t afalg_segments_length(const struct iovec *v, int n)
{
    size_t len = 0;

    while (n-- > 0)
        len += v++->iov_len;
    return len;
}

/* Copies into @to as many segments of @from as hold @len bytes; returns their number. */
static int segments_cut(struct iovec *to, const struct iovec *from, int n, size_t len)
{
    int i;

    for (i = 0; i < n && len > 0; i++) {
        to[i] = from[i];
        if (to[i].iov_len > len)
            to[i].iov_len = len;
        len -= to[i].iov_len;
    }
    return i;
}

__attribute__((hot)) void afalg_message_begin(struct message *m, const struct iovec *in, int nin,
                                              size_t len)
{
    m->msg = (struct msghdr){
        .msg_iov = (struct iovec *)(uintptr_t)in,
        .msg_iovlen = (size_t)nin,
        .msg_control = m->control.bytes,
    };
    m->len = len;
    message_add(m, SOL_SOCKET, GUARD_TYPE, 0);
}

__attribute__((hot)) void afalg_message_add_op(struct message *m, enum afalg_op op)
{
    uint32_t value = op;

    memcpy(message_add(m, SOL_ALG, ALG_SET_OP, sizeof(value)), &value, sizeof(value));
}

void afalg_message_add_assoclen(struct message *m, size_t aadlen)
{
    uint32_t value = (uint32_t)aadlen;

    memcpy(message_add(m, SOL_ALG, ALG_SET_AEAD_ASSOCLEN, sizeof(value)), &value, sizeof(value));
}

__attribute__((hot)) int afalg_message_add_iv(struct message *m, const void *iv, size_t ivlen)
{
    uint32_t value = (uint32_t)ivlen;
    unsigned char *data;

    if (ivlen == 0)
        return 0;
    if (ivlen > AFALG_IV_MAX)
        return -EINVAL;
    data = message_add(m, SOL_ALG, ALG_SET_IV, sizeof(value) + ivlen);
    memcpy(data, &value, sizeof(value)); /* struct af_alg_iv: length, then the bytes */
    memcpy(data + sizeof(value), iv, ivlen);
    return 0;
}

__attribute__((hot)) int afalg_message_send(struct message *m, const struct afalg_socket *s,
                                            int flags)
{
    ssize_t sent;

    do
        sent = sendmsg(s->fd, &m->msg, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return -errno;
    return (size_t)sent == m->len ? 0 : -ENOBUFS;
}

__attribute__((hot)) ssize_t afalg_receive_some(const struct afalg_socket *s, void *to, size_t len)
{
    ssize_t got;

    do
        got = recv(s->fd, to, len, RECV_FLAGS);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* The same into the first @len bytes of the segments. */
static ssize_t receive_segments(const struct afalg_socket *s, const struct iovec *out, int nout,
                                size_t len)
{
    struct iovec segments[AFALG_SEGMENTS_MAX];
    struct msghdr msg = { .msg_iov = segments };
    ssize_t got;

    msg.msg_iovlen = (size_t)segments_cut(segments, out, nout, len);
    do
        got = recvmsg(s->fd, &msg, RECV_FLAGS);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

__attribute__((hot)) int afalg_receive(const struct afalg_socket *s, const struct iovec *out,
                                       int nout, size_t len)
{
    ssize_t got =
        nout == 1 ? afalg_receive_some(s, out->iov_base, len) : receive_segments(s, out, nout, len);

    if (got < 0)
        return (int)got;
    return (size_t)got == len ? 0 : -EIO;
}

int afalg_receive_nothing(const struct afalg_socket *s)
{
    unsigned char room;
    ssize_t got = afalg_receive_some(s, &room, sizeof(room));

    return got > 0 ? -EIO : (int)got;
}

int afalg_request_failed(struct afalg_socket *s, int error)
{
    if (error != -EBADMSG)
        afalg_socket_close(s);
    return error;
}
