/* SPDX-License-Identifier: Apache-2.0 */
/* What lies below afalg_socket_open(). */
#ifndef AFALG_SOCKET_TRANSFORM_H
#define AFALG_SOCKET_TRANSFORM_H

#include "afalg/socket.h"

/** Binds a socket of AF_ALG, bound before or not, to a type and name. 0 or -errno. */
int afalg_transform_bind(int fd, const char *type, const char *name);

/**
 * Makes sure that a running hash is this process's alone. 0; -EBADF if the descriptor was closed or
 * is another's by now; else as afalg_hash_update() says, with @s as it was. @s->running is true.
 */
int afalg_socket_unshare(struct afalg_socket *s);

#endif
