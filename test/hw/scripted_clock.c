/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted_clock.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

/* A clock that moves on when it is read, by whether the kernel was asked since the last time. */
static struct {
    bool scripted, asked;
    long kernel, software, now;
} script;

void scripted_clock(long kernel, long software)
{
    script.kernel = kernel;
    script.software = software;
    script.asked = false;
    script.scripted = true;
}

void system_clock(void)
{
    script.scripted = false;
}

/* The module finds these before the C library's. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*real)(int, const struct msghdr *, int) =
        (ssize_t(*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");

    script.asked = true;
    return real(fd, message, flags);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int clock_gettime(clockid_t id, struct timespec *time)
{
    int (*real)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");

    if (!script.scripted)
        return real(id, time);
    script.now += script.asked ? script.kernel : script.software;
    script.asked = false;
    *time = (struct timespec){ .tv_sec = 1, .tv_nsec = script.now };
    return 0;
}
