/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted_clock.h"

#include <dlfcn.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

/* A clock that moves on when it is read: by little if the kernel was asked since the last time. */
static struct {
    bool scripted, asked;
    long now;
} script;

void scripted_clock(bool on)
{
    script.scripted = on;
}

/* The module finds this before the C library's. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
ssize_t recv(int fd, void *buffer, size_t len, int flags)
{
    ssize_t (*real)(int, void *, size_t, int) =
        (ssize_t(*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");

    script.asked = true;
    return real(fd, buffer, len, flags);
}

/* The same. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int clock_gettime(clockid_t id, struct timespec *time)
{
    int (*real)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");

    if (!script.scripted)
        return real(id, time);
    script.now += script.asked ? 1000 : 3000;
    script.asked = false;
    *time = (struct timespec){ .tv_sec = 1, .tv_nsec = script.now };
    return 0;
}
