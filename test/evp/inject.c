/* SPDX-License-Identifier: Apache-2.0 */
#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#include "support.h"

const char *const call_name[CALLS] = {
    "socket", "bind", "setsockopt", "accept4", "sendmsg", "recv"
};

static struct {
    bool counting;
    const struct fault *fault;
    unsigned int seen[CALLS];
    unsigned int fired;
} state;

void inject_start(const struct fault *fault)
{
    state.fault = fault;
    state.fired = 0;
    for (enum call call = 0; call < CALLS; call++)
        state.seen[call] = 0;
    state.counting = true;
}

void inject_stop(void)
{
    state.counting = false;
}

unsigned int inject_seen(enum call call)
{
    return state.seen[call];
}

unsigned int inject_fired(void)
{
    return state.fired;
}

/* Whether this call has to misbehave. */
static bool strikes(enum call call)
{
    const struct fault *fault = state.fault;
    unsigned int number;

    if (!state.counting)
        return false;
    number = state.seen[call]++;
    if (fault == NULL || fault->call != call || number < fault->after ||
        (number > fault->after + fault->more && !fault->for_ever))
        return false;
    state.fired++;
    return true;
}

static int fail(void)
{
    errno = state.fault->error;
    return -1;
}

/* The C library's function of this name. */
static void *next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL)
        die("no function %s", name);
    return function;
}

/* The C library's headers name parameters in its own reserved way. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int socket(int domain, int type, int protocol)
{
    int (*real)(int, int, int) = next("socket");

    return domain == AF_ALG && strikes(CALL_SOCKET) ? fail() : real(domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    int (*real)(int, const struct sockaddr *, socklen_t) = next("bind");

    return address->sa_family == AF_ALG && strikes(CALL_BIND) ? fail() : real(fd, address, length);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    int (*real)(int, int, int, const void *, socklen_t) = next("setsockopt");

    return level == SOL_ALG && strikes(CALL_SETSOCKOPT) ? fail()
                                                        : real(fd, level, name, value, length);
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    int (*real)(int, struct sockaddr *, socklen_t *, int) = next("accept4");

    return strikes(CALL_ACCEPT) ? fail() : real(fd, address, length, flags);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* Leaves the first half of what the vector covers. */
static void halve(struct msghdr *message)
{
    size_t total = 0;
    size_t left;

    for (size_t i = 0; i < message->msg_iovlen; i++)
        total += message->msg_iov[i].iov_len;
    left = total / 2;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        size_t length = message->msg_iov[i].iov_len;

        message->msg_iov[i].iov_len = length < left ? length : left;
        left -= message->msg_iov[i].iov_len;
    }
}

/* A call on half of the message; the caller's vector is as before afterwards. */
static ssize_t with_half(int fd, const struct msghdr *message, int flags,
                         ssize_t (*real)(int, struct msghdr *, int))
{
    struct iovec vector[8] = { { 0 } };
    struct msghdr half = *message;

    if (message->msg_iovlen > sizeof(vector) / sizeof(vector[0]))
        die("a message of %zu parts", message->msg_iovlen);
    for (size_t i = 0; i < message->msg_iovlen; i++)
        vector[i] = message->msg_iov[i];
    half.msg_iov = vector;
    halve(&half);
    return real(fd, &half, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*real)(int, const struct msghdr *, int) = next("sendmsg");

    if (!strikes(CALL_SEND))
        return real(fd, message, flags);
    return state.fault->error != 0
               ? fail()
               : with_half(fd, message, flags, (ssize_t(*)(int, struct msghdr *, int))real);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t (*real)(int, struct msghdr *, int) = next("recvmsg");

    if (!strikes(CALL_RECEIVE))
        return real(fd, message, flags);
    if (state.fault->late)
        (void)real(fd, message, flags);
    return state.fault->error != 0 ? fail() : with_half(fd, message, flags, real);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
ssize_t recv(int fd, void *bytes, size_t length, int flags)
{
    ssize_t (*real)(int, void *, size_t, int) = next("recv");

    if (!strikes(CALL_RECEIVE))
        return real(fd, bytes, length, flags);
    if (state.fault->late)
        (void)real(fd, bytes, length, flags);
    return state.fault->error != 0 ? fail() : real(fd, bytes, length / 2, flags);
}
