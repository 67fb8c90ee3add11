/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, keyed or not: the one kind of request whose state is in the kernel. */
#include <errno.h>

#include "internal.h"

/* A send takes all of it: the kernel hashes as it copies. The cut only keeps ssize_t whole. */
#define HASH_SEND_MAX ((size_t)1 << 30)

static int hash_send(struct afalg_socket *s, const void *data, size_t len, int flags)
{
    struct iovec in = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
    struct request r;

    request_begin(&r, &in, 1, len);
    return request_send(&r, s, flags);
}

int afalg_hash_update(struct afalg_socket *s, const void *data, size_t len)
{
    const unsigned char *next = data;
    int error = afalg_socket_mine(s) ? 0 : -EBADF;

    while (error == 0 && len > 0) {
        size_t part = len < HASH_SEND_MAX ? len : HASH_SEND_MAX;

        error = hash_send(s, next, part, MSG_MORE);
        next += part;
        len -= part;
    }
    return error == 0 ? 0 : request_failed(s, error);
}

int afalg_hash_final(struct afalg_socket *s, const void *data, size_t len, void *digest,
                     size_t size)
{
    struct iovec out = { .iov_base = digest, .iov_len = size };
    const unsigned char *last = data;
    int error = 0;

    if (len > HASH_SEND_MAX) {
        error = afalg_hash_update(s, last, len - HASH_SEND_MAX);
        last += len - HASH_SEND_MAX;
        len = HASH_SEND_MAX;
    }
    if (error == 0 && !afalg_socket_mine(s))
        error = -EBADF;
    /* With nothing left to send, receiving alone ends the hash (measured). */
    if (error == 0 && len > 0)
        error = hash_send(s, last, len, 0);
    if (error == 0)
        error = request_receive(s, &out, 1, size);
    return error == 0 ? 0 : request_failed(s, error);
}
