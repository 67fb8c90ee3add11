/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets with their keys set that a launcher has left to the process: see AFALG_ENV_KEY. */
#ifndef AFALG_KEY_KEY_SOCKET_H
#define AFALG_KEY_KEY_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A socket bound to what was asked for. */
struct key_socket {
    int fd;
    size_t keylen; /* bytes; 0: not known */
    uint64_t inode;
};

/**
 * Copies what the environment has of it, as servers write their titles over it. @return a list that
 * ends with NULL, to be freed with key_sockets_free(); NULL if there is nothing, or memory is short
 */
char **key_sockets_read(void);
void key_sockets_free(char **list);

/** The sockets of this name, as text; NULL if there are none. */
const char *key_sockets_find(char *const *list, const char *name);

/**
 * Finds the socket in @sockets that is bound to a type and algorithm. @return 0, -ENOENT if none
 * is, or -EINVAL if what comes before it is no list of sockets
 */
int key_socket_find(const char *sockets, const char *type, const char *algorithm,
                    struct key_socket *found);

#endif
