/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's random number generators. */
#include <errno.h>

#include "request.h"

int afalg_rng_read(struct afalg_socket *s, void *out, size_t len)
{
    unsigned char *next = out;
    int error = afalg_socket_valid(s) ? 0 : -EBADF;

    /* A receive yields MAXSIZE of crypto/algif_rng.c, 128 bytes, at most. */
    while (error == 0 && len > 0) {
        ssize_t got = afalg_receive_some(s, next, len);

        if (got > 0) {
            next += got;
            len -= (size_t)got;
        } else {
            error = got == 0 ? -EIO : (int)got;
        }
    }
    return error == 0 ? 0 : afalg_request_failed(s, error);
}
