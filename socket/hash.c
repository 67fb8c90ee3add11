/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, keyed or not: the one kind of request whose state is in the kernel. */
#include <errno.h>

#include "registry.h"
#include "request.h"
#include "transform.h"

/* A send takes all of it: the kernel hashes as it copies. The limit is only that of ssize_t. */
#define HASH_SEND_MAX ((size_t)1 << 30)

/* What comes before each request: 0, or -errno, after which the socket is closed if that is due. */
static int hash_prepare(struct afalg_socket *s)
{
    int error = s->running ? afalg_socket_unshare(s) : 0;

    if (error == 0 && !afalg_socket_valid(s))
        error = -EBADF;
    return error == -EBADF ? afalg_request_failed(s, error) : error;
}

static int hash_send(struct afalg_socket *s, const void *data, size_t len, int flags)
{
    struct iovec in = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
    struct message m;

    afalg_message_begin(&m, &in, 1, len);
    return afalg_message_send(&m, s, flags);
}

/* All of it, as a part of a message. 0 or -errno. */
static int hash_send_parts(struct afalg_socket *s, const unsigned char *data, size_t len)
{
    int error = 0;

    while (error == 0 && len > 0) {
        size_t part = len < HASH_SEND_MAX ? len : HASH_SEND_MAX;

        error = hash_send(s, data, part, MSG_MORE);
        data += part;
        len -= part;
    }
    return error;
}

int afalg_hash_update(struct afalg_socket *s, const void *data, size_t len)
{
    int error = hash_prepare(s);

    if (error != 0 || len == 0)
        return error;
    if (!s->running)
        s->generation = afalg_registry_generation();
    s->running = true;
    error = hash_send_parts(s, data, len);
    return error == 0 ? 0 : afalg_request_failed(s, error);
}

int afalg_hash_final(struct afalg_socket *s, const void *data, size_t len, void *digest,
                     size_t size)
{
    struct iovec out = { .iov_base = digest, .iov_len = size };
    size_t first = len > HASH_SEND_MAX ? len - HASH_SEND_MAX : 0;
    int error = hash_prepare(s);

    if (error != 0)
        return error;
    error = hash_send_parts(s, data, first);
    /* With nothing left to send, receiving alone ends the hash (measured). */
    if (error == 0 && len > first)
        error = hash_send(s, (const unsigned char *)data + first, len - first, 0);
    if (error == 0)
        error = afalg_receive(s, &out, 1, size);
    s->running = false;
    return error == 0 ? 0 : afalg_request_failed(s, error);
}
