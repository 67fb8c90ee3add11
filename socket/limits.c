/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much one request can carry. The kernel neither refuses nor queues what is longer, but cuts
 * it, and for some algorithms calls that a success; so a request that may be cut is not made.
 *
 * All of it is counted in pages (include/crypto/if_alg.h and crypto/af_alg.c of Linux 6.1 to 7.2,
 * measured there too):
 * - sendmsg takes SO_SNDBUF, rounded down to pages, but never less than one page.
 * - recvmsg maps the output bit by bit: up to 16 pages of a segment that it touches
 * (ALG_MAX_PAGES), and goes on while SO_RCVBUF, rounded in the same way, has another page for it.
 * So what leaves one page of the buffer free is mapped whole, in however many segments it lies; and
 * a first segment of one page is, whatever the buffer. (Up to Linux 6.12 one of 15 pages is as
 * well, but on 7.2 it is cut to the buffer.)
 *
 * The buffers are a socket's own from when it was accepted: a change of the system's settings
 * concerns the sockets opened after it.
 */
#include <unistd.h>

#include "descriptor.h"
#include "request.h"

/* A socket's buffer in whole pages; one page if it can't be told, which is the least there is. */
static uint32_t buffer_size(int fd, int option, uint32_t page)
{
    int size = 0;
    socklen_t len = sizeof(size);

    if (getsockopt(fd, SOL_SOCKET, option, &size, &len) != 0 || size < (int)page)
        return page;
    return (uint32_t)size / page * page;
}

static void ask_send(struct afalg_limits *limits, int fd)
{
    limits->send = buffer_size(fd, SO_SNDBUF, (uint32_t)sysconf(_SC_PAGESIZE));
}

static void ask_receive(struct afalg_limits *limits, int fd)
{
    uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);

    limits->receive = buffer_size(fd, SO_RCVBUF, page) - page;
    limits->segment = page;
    if (limits->segment < limits->receive)
        limits->segment = limits->receive;
}

static bool holds_sent(struct afalg_socket *s, size_t len)
{
    if (len <= REQUEST_ALWAYS_FITS)
        return true;
    if (s->limits.send == 0)
        ask_send(&s->limits, s->fd);
    return len <= s->limits.send;
}

static bool holds_received(struct afalg_socket *s, size_t len, int segments)
{
    if (len <= REQUEST_ALWAYS_FITS && segments == 1)
        return true;
    if (s->limits.segment == 0)
        ask_receive(&s->limits, s->fd);
    return len <= (segments == 1 ? s->limits.segment : s->limits.receive);
}

bool afalg_limits_hold(struct afalg_socket *s, size_t inlen, size_t outlen, int nout)
{
    return holds_sent(s, inlen) && holds_received(s, outlen, nout);
}

struct afalg_limits afalg_socket_limits(struct afalg_socket *s)
{
    if (s->limits.send == 0)
        ask_send(&s->limits, s->fd);
    if (s->limits.segment == 0)
        ask_receive(&s->limits, s->fd);
    return s->limits;
}

int afalg_default_limits(struct afalg_limits *limits)
{
    struct descriptor d;
    int error = afalg_descriptor_open(&d, AF_ALG, SOCK_SEQPACKET, 0);

    if (error != 0)
        return error;
    ask_send(limits, d.fd);
    ask_receive(limits, d.fd);
    afalg_descriptor_close(&d);
    return 0;
}

size_t afalg_skcipher_max(struct afalg_socket *s)
{
    struct afalg_limits limits = afalg_socket_limits(s);
    size_t max = limits.send < limits.segment ? limits.send : limits.segment;

    return max < AFALG_SKCIPHER_MAX ? max : AFALG_SKCIPHER_MAX;
}

bool afalg_aead_fits(struct afalg_socket *s, size_t inlen, size_t outlen)
{
    return afalg_limits_hold(s, inlen, outlen, AFALG_SEGMENTS_MAX);
}
