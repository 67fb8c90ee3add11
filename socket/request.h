/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of requests share: their two system calls, and whether they fit a socket. */
#ifndef AFALG_SOCKET_REQUEST_H
#define AFALG_SOCKET_REQUEST_H

#include <linux/if_alg.h>
#include <sys/socket.h>

#include "afalg/socket.h"

/*
 * recv flags under which every family but AF_ALG refuses or has nothing: MSG_OOB
 * is refused by UNIX and netlink sockets, MSG_ERRQUEUE keeps TCP and UDP from giving
 * data. AF_ALG looks at neither (measured). MSG_DONTWAIT: a request that
 * yields less than was asked for fails instead of blocking for ever.
 */
#define RECV_FLAGS (MSG_DONTWAIT | MSG_OOB | MSG_ERRQUEUE)

/** What one sendmsg takes; see afalg_message_begin(). */
struct message {
    struct msghdr msg;
    size_t len; /* of the data to send */
    union {
        struct cmsghdr align;
        unsigned char bytes[CMSG_SPACE(0) + 2 * CMSG_SPACE(sizeof(uint32_t)) +
                            CMSG_SPACE(sizeof(struct af_alg_iv) + AFALG_IV_MAX)];
    } control;
};

/** Starts a message of @len bytes in all: the guard against foreign sockets, nothing else yet. */
void afalg_message_begin(struct message *m, const struct iovec *in, int nin, size_t len);
void afalg_message_add_op(struct message *m, enum afalg_op op);
void afalg_message_add_assoclen(struct message *m, size_t aadlen);
/** @return 0, or -EINVAL for an IV longer than AFALG_IV_MAX. */
int afalg_message_add_iv(struct message *m, const void *iv, size_t ivlen);
/** Sends all of it or fails: 0 or -errno (-ENOBUFS if the kernel took only a part). */
int afalg_message_send(struct message *m, const struct afalg_socket *s, int flags);
/** Receives up to @len bytes: how many came, or -errno. */
ssize_t afalg_receive_some(const struct afalg_socket *s, void *to, size_t len);

/**
 * Receives exactly @len bytes into the segments: 0 or -errno, -EIO if fewer came. What is missing
 * is not asked for then: the kernel has dropped it of a digest or an AEAD message, and with XTS or
 * CTS it would start another message.
 */
int afalg_receive(const struct afalg_socket *s, const struct iovec *out, int nout, size_t len);

/**
 * Ends a request that yields no byte, as an AEAD message of neither AAD nor text
 * does. Receiving into no room would return without looking at the tag.
 */
int afalg_receive_nothing(const struct afalg_socket *s);

/* What every socket takes, and gives into one segment, whatever its buffers: see limits.c. */
#define REQUEST_ALWAYS_FITS ((size_t)4096)

/** request_fits() of what is longer than that. */
bool afalg_limits_hold(struct afalg_socket *s, size_t inlen, size_t outlen, int nout);

/** Whether the kernel takes @inlen bytes at once, and gives @outlen at once into @nout segments. */
static inline bool request_fits(struct afalg_socket *s, size_t inlen, size_t outlen, int nout)
{
    return (inlen <= REQUEST_ALWAYS_FITS && outlen <= REQUEST_ALWAYS_FITS && nout == 1) ||
           afalg_limits_hold(s, inlen, outlen, nout);
}

/** Sum of the segments' lengths. */
size_t afalg_segments_length(const struct iovec *v, int n);

/** What to do with a socket after a request ended with @error: returns @error. */
int afalg_request_failed(struct afalg_socket *s, int error);

#endif
