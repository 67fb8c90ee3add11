/* SPDX-License-Identifier: Apache-2.0 */
#include "raw_alg.h"

#include <errno.h>
#include <linux/if_alg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmocka_test.h"

enum { MAX_IV = 16 };

int raw_alg_bind(const char *type, const char *name)
{
    struct sockaddr_alg addr = { .salg_family = AF_ALG };
    int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int err;

    if (fd < 0)
        return -errno;
    (void)snprintf((char *)addr.salg_type, sizeof(addr.salg_type), "%s", type);
    (void)snprintf((char *)addr.salg_name, sizeof(addr.salg_name), "%s", name);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return fd;
    err = errno;
    (void)close(fd);
    return -err;
}

int raw_alg_accept(int bound)
{
    int fd = accept4(bound, NULL, NULL, SOCK_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int raw_alg_must_bind(const char *type, const char *name)
{
    int fd = raw_alg_bind(type, name);

    if (fd < 0)
        fail_msg("bind to %s %s: %s", type, name, strerror(-fd));
    return fd;
}

int raw_alg_must_accept(int bound)
{
    int fd = raw_alg_accept(bound);

    if (fd < 0)
        fail_msg("accept: %s", strerror(-fd));
    return fd;
}

/* Fills *header with an option of SOL_ALG and returns the one behind it. */
static struct cmsghdr *put(struct msghdr *msg, struct cmsghdr *header, int type, const void *data,
                           size_t len)
{
    header->cmsg_level = SOL_ALG;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(header), data, len);
    msg->msg_controllen += CMSG_SPACE(len);
    return (struct cmsghdr *)((char *)header + CMSG_SPACE(len));
}

static ssize_t send_request(int fd, const struct raw_alg_request *request)
{
    _Alignas(struct cmsghdr) char control[256] = "";
    struct iovec iov = { .iov_base = (void *)(uintptr_t)request->in, .iov_len = request->inlen };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
    struct cmsghdr *header = (struct cmsghdr *)control;

    header = put(&msg, header, ALG_SET_OP, &request->op, sizeof(request->op));
    header =
        put(&msg, header, ALG_SET_AEAD_ASSOCLEN, &request->assoclen, sizeof(request->assoclen));
    if (request->iv != NULL) {
        char iv[sizeof(struct af_alg_iv) + MAX_IV];
        uint32_t ivlen = (uint32_t)request->ivlen;

        memcpy(iv, &ivlen, sizeof(ivlen));
        memcpy(iv + sizeof(ivlen), request->iv, request->ivlen);
        (void)put(&msg, header, ALG_SET_IV, iv, sizeof(ivlen) + request->ivlen);
    }
    return sendmsg(fd, &msg, 0);
}

ssize_t raw_alg_request(int fd, const struct raw_alg_request *request)
{
    char none;
    /* A request is only worked off by a receive with room, even if it yields nothing. */
    void *out = request->outlen > 0 ? request->out : &none;
    ssize_t got;

    if (send_request(fd, request) < 0)
        return -errno;
    got = recv(fd, out, request->outlen > 0 ? request->outlen : 1, 0);
    return got < 0 ? -errno : got;
}

ssize_t raw_alg_digest(int fd, const void *message, size_t len, void *digest, size_t size)
{
    ssize_t got;

    if (send(fd, message, len, 0) < 0)
        return -errno;
    got = recv(fd, digest, size, 0);
    return got < 0 ? -errno : got;
}

bool raw_alg_kernel_is(unsigned major, unsigned minor)
{
    struct utsname name;
    unsigned is_major;
    unsigned is_minor;

    if (uname(&name) != 0 || sscanf(name.release, "%u.%u", &is_major, &is_minor) != 2)
        return false;
    return is_major > major || (is_major == major && is_minor >= minor);
}
