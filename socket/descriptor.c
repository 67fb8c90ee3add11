/* SPDX-License-Identifier: Apache-2.0 */
#include "descriptor.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry.h"

/* Whether the number is the file that was opened. A closed socket's inode number is not given out
 * again until 2^32 others were. */
static bool is_same_file(const struct descriptor *d)
{
    struct stat now;

    return fstat(d->fd, &now) == 0 && now.st_dev == d->device && now.st_ino == d->inode;
}

static int note_file(struct descriptor *d)
{
    struct stat now;

    if (fstat(d->fd, &now) != 0)
        return -errno;
    d->device = now.st_dev;
    d->inode = now.st_ino;
    return 0;
}

int afalg_descriptor_open(struct descriptor *d, int domain, int type, int protocol)
{
    int error;

    *d = (struct descriptor){ .fd = socket(domain, type | SOCK_CLOEXEC, protocol) };
    if (d->fd < 0)
        return -errno;
    error = afalg_registry_enter(d->fd, d, USE_TRANSIENT);
    if (error == 0)
        error = note_file(d);
    if (error != 0) {
        if (afalg_registry_leave(d->fd, d))
            close(d->fd);
        *d = (struct descriptor)DESCRIPTOR_CLOSED;
        return error;
    }
    d->place = afalg_registry_place(d->fd);
    return 0;
}

bool afalg_descriptor_valid(const struct descriptor *d)
{
    return afalg_registry_owns(d->place, d) && is_same_file(d);
}

void afalg_descriptor_close(struct descriptor *d)
{
    if (d->fd >= 0 && afalg_registry_leave(d->fd, d) && is_same_file(d))
        close(d->fd);
    *d = (struct descriptor)DESCRIPTOR_CLOSED;
}
