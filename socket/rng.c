/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's random number generators. */
#include <errno.h>

#include "internal.h"

/* MAXSIZE of crypto/algif_rng.c: a longer receive yields no more. */
#define RNG_RECEIVE_MAX 128

int afalg_rng_read(struct afalg_socket *s, void *out, size_t len)
{
    unsigned char *next = out;
    int error = afalg_socket_mine(s) ? 0 : -EBADF;

    while (error == 0 && len > 0) {
        size_t part = len < RNG_RECEIVE_MAX ? len : RNG_RECEIVE_MAX;
        struct iovec v = { .iov_base = next, .iov_len = part };

        error = request_receive(s, &v, 1, part);
        next += part;
        len -= part;
    }
    return error == 0 ? 0 : request_failed(s, error);
}
