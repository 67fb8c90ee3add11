/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing: from a transform's name to one descriptor for requests. */
#include "transform.h"

#include <errno.h>
#include <linux/if_alg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "afalg/sockopt.h"
#include "registry.h"

static bool is_alg_socket(int fd)
{
    int domain = 0;
    socklen_t len = sizeof(domain);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_ALG;
}

int afalg_transform_bind(int fd, const char *type, const char *name)
{
    struct sockaddr_alg address = { .salg_family = AF_ALG };

    if (strlen(type) >= sizeof(address.salg_type) || strlen(name) >= sizeof(address.salg_name))
        return -ENOENT;
    strcpy((char *)address.salg_type, type);
    strcpy((char *)address.salg_name, name);
    while (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

/* Key and tag length belong to the bound descriptor. 0 or -errno. */
static int transform_configure(int fd, const struct afalg_transform *t)
{
    int error = 0;

    if (t->serial != 0)
        error = sockopt_alg_key_serial(fd, t->serial);
    else if (t->key != NULL)
        error = sockopt_alg_key(fd, t->key, t->keylen);
    if (error == 0 && t->authsize != 0)
        error = sockopt_alg_aead_authsize(fd, t->authsize);
    return -error;
}

static int accept_request(int bound)
{
    int fd;

    do
        fd = accept4(bound, NULL, NULL, SOCK_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

/* Makes @s the owner of @fd, or closes it. 0 or -errno. */
static int socket_adopt(struct afalg_socket *s, int fd, enum registry_use use)
{
    int error = afalg_registry_enter(fd, s, use);

    *s = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    if (error != 0) {
        close(fd);
        return error;
    }
    s->fd = fd;
    s->place = afalg_registry_place(fd);
    return 0;
}

/* A descriptor for requests, from one that is about to be bound; or -errno. */
static int accept_from(int bound, const struct afalg_transform *t)
{
    int error = afalg_transform_bind(bound, t->type, t->name);

    if (error == 0)
        error = transform_configure(bound, t);
    return error == 0 ? accept_request(bound) : error;
}

int afalg_socket_open(struct afalg_socket *s, const struct afalg_transform *t)
{
    int bound, fd, error;

    afalg_socket_close(s);
    error = afalg_registry_has_room();
    if (error != 0)
        return error;
    bound = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (bound < 0)
        return -errno;
    error = afalg_registry_enter(bound, &bound, USE_TRANSIENT);
    if (error != 0) {
        close(bound);
        return error;
    }
    fd = accept_from(bound, t);
    error = fd < 0 ? fd : socket_adopt(s, fd, USE_REQUESTS);
    /* What has just accepted is a socket of AF_ALG; of what failed it has to be asked. */
    if (afalg_registry_leave(bound, &bound) && (fd >= 0 || is_alg_socket(bound)))
        close(bound);
    return error;
}

int afalg_socket_accept(struct afalg_socket *s, int bound, uint64_t inode)
{
    struct stat now;
    int fd, error;

    afalg_socket_close(s);
    error = afalg_registry_has_room();
    if (error != 0)
        return error;
    /* On a number that is a stranger's, accept would take a connection of its, or wait for one. */
    if (fstat(bound, &now) != 0 || now.st_ino != inode || !is_alg_socket(bound))
        return -EBADF;
    fd = accept_request(bound);
    return fd < 0 ? fd : socket_adopt(s, fd, USE_REQUESTS);
}

__attribute__((hot)) bool afalg_socket_valid(const struct afalg_socket *s)
{
    return afalg_registry_owns(s->place, s);
}

/* Replaces @s by a copy of it, which is this process's alone. 0 or -errno. */
static int replace_by_copy(struct afalg_socket *s)
{
    int fd;

    if (!afalg_registry_claimed(s->fd, s) || !is_alg_socket(s->fd))
        return -EBADF;
    fd = accept_request(s->fd);
    /* A driver that can't copy it: a child has nothing of it then, and the parent all. */
    if (fd == -ENOSYS && afalg_socket_valid(s))
        return 0;
    if (fd < 0)
        return fd;
    afalg_socket_close(s);
    return socket_adopt(s, fd, USE_COPY);
}

int afalg_socket_unshare(struct afalg_socket *s)
{
    unsigned generation = afalg_registry_generation();
    int error = s->generation == generation ? 0 : replace_by_copy(s);

    if (error != 0)
        return error;
    s->running = true;
    s->generation = generation;
    return 0;
}

int afalg_socket_clone(struct afalg_socket *to, struct afalg_socket *from)
{
    int fd, error = from->running ? afalg_socket_unshare(from) : 0;

    afalg_socket_close(to);
    if (error == 0 && (!afalg_socket_valid(from) || !is_alg_socket(from->fd)))
        error = -EBADF;
    if (error != 0)
        return error;
    fd = accept_request(from->fd);
    if (fd < 0)
        return fd;
    error = socket_adopt(to, fd, USE_COPY);
    to->running = from->running && error == 0;
    to->generation = from->generation;
    return error;
}

void afalg_socket_close(struct afalg_socket *s)
{
    if (s->fd >= 0 && afalg_registry_leave(s->fd, s) && is_alg_socket(s->fd))
        close(s->fd);
    s->fd = -1;
    s->place = NULL;
    s->running = false;
}
