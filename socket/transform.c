/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing: from a transform's name to one descriptor for requests. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "afalg/sockopt.h"
#include "internal.h"

int transform_rebind(int fd, const char *type, const char *name)
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

int transform_bind(const char *type, const char *name)
{
    int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -errno;
    error = transform_rebind(fd, type, name);
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

/* Key and tag length belong to the bound descriptor. 0 or -errno. */
static int transform_configure(int fd, const struct afalg_transform *t)
{
    int error = 0;

    if (t->key != NULL)
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

/* Makes @s the owner of @fd, or closes it. Copies are not @limited: nothing else can go on with
 * them. */
static int socket_adopt(struct afalg_socket *s, int fd, bool limited)
{
    int error;

    *s = (struct afalg_socket){ .fd = fd };
    error = registry_enter(s, limited);
    if (error == 0)
        return 0;
    s->fd = -1;
    close(fd);
    return error;
}

int afalg_socket_open(struct afalg_socket *s, const struct afalg_transform *t)
{
    int bound, error;

    afalg_socket_close(s);
    error = registry_has_room();
    if (error != 0)
        return error;
    bound = transform_bind(t->type, t->name);
    if (bound < 0)
        return bound;
    error = transform_configure(bound, t);
    if (error == 0) {
        int fd = accept_request(bound);

        error = fd < 0 ? fd : socket_adopt(s, fd, true);
    }
    close(bound);
    return error;
}

static bool is_alg_socket(int fd)
{
    int domain = 0;
    socklen_t len = sizeof(domain);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_ALG;
}

/* Replaces @s by a copy of it, which is this process's alone. 0 or -errno. */
static int replace_by_copy(struct afalg_socket *s)
{
    int fd;

    if (!registry_claimed(s) || !is_alg_socket(s->fd))
        return -EBADF;
    fd = accept_request(s->fd);
    /* A driver that can't copy it: a child has nothing of it then, and the parent all. */
    if (fd == -ENOSYS && afalg_socket_valid(s))
        return 0;
    if (fd < 0)
        return fd;
    afalg_socket_close(s);
    return socket_adopt(s, fd, false);
}

int socket_unshare(struct afalg_socket *s)
{
    unsigned generation = registry_generation();
    int error = s->generation == generation ? 0 : replace_by_copy(s);

    if (error != 0)
        return error;
    s->running = true;
    s->generation = generation;
    return 0;
}

int afalg_socket_clone(struct afalg_socket *to, struct afalg_socket *from)
{
    int fd, error = from->running ? socket_unshare(from) : 0;

    afalg_socket_close(to);
    if (error == 0 && !afalg_socket_valid(from))
        error = -EBADF;
    if (error != 0)
        return error;
    fd = accept_request(from->fd);
    if (fd < 0)
        return fd;
    error = socket_adopt(to, fd, false);
    to->running = from->running && error == 0;
    to->generation = from->generation;
    return error;
}

void afalg_socket_close(struct afalg_socket *s)
{
    s->running = false;
    if (s->fd < 0)
        return;
    if (registry_leave(s) && is_alg_socket(s->fd))
        close(s->fd);
    s->fd = -1;
}
