/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor that the library opens for itself, not for a context's requests. */
#ifndef AFALG_SOCKET_DESCRIPTOR_H
#define AFALG_SOCKET_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/types.h>

/** It does not move in memory while it is open. Closed: fd is -1. */
struct descriptor {
    int fd;
    void *place; /* in the registry */
    dev_t device;
    ino_t inode;
};

#define DESCRIPTOR_CLOSED                                                                          \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/** Opens a socket, CLOEXEC, and enters it in the registry. 0, or -errno with @d closed. */
int afalg_descriptor_open(struct descriptor *d, int domain, int type, int protocol);

/**
 * Whether the number still is what afalg_descriptor_open() has opened in this process, and not
 * something that the application has put there. One system call.
 */
bool afalg_descriptor_valid(const struct descriptor *d);

/** Closes it, unless its number is something else's by now. */
void afalg_descriptor_close(struct descriptor *d);

#endif
