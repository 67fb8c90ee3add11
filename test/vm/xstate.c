/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wrapper round ptrace(2), preloaded into user-mode Linux.
 *
 * Up to Linux 6.12 a user-mode kernel restores a process's vector registers (PTRACE_SETREGSET,
 * NT_X86_XSTATE) from a buffer that is too short for processors with a large XSAVE area (AMX);
 * the host refuses it and the guest dies at its first process. Here such a buffer is laid over
 * the head of the whole area before it is set. If the area is no larger than the buffer,
 * every request goes through unchanged.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Larger than any XSAVE area: 11008 bytes with AMX. */
enum { AREA_MAX = 65536 };

typedef long ptrace_fn(enum __ptrace_request request, ...);

/* The C library's ptrace; dlsym finds it in every dynamically linked program. */
static ptrace_fn *next_ptrace(void)
{
    static ptrace_fn *next;

    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "ptrace");
    return next;
}

/* Sets the vector registers of pid from head, completed from what they are now. As ptrace. */
static long set_xstate(pid_t pid, void *type, const struct iovec *head)
{
    static size_t area_size;
    static unsigned char area[AREA_MAX];
    struct iovec whole = { .iov_base = area, .iov_len = sizeof(area) };

    if (area_size != 0 && head->iov_len >= area_size)
        return next_ptrace()(PTRACE_SETREGSET, pid, type, head);
    if (next_ptrace()(PTRACE_GETREGSET, pid, type, &whole) != 0)
        return -1;
    area_size = whole.iov_len;
    if (head->iov_len >= area_size)
        return next_ptrace()(PTRACE_SETREGSET, pid, type, head);
    memcpy(area, head->iov_base, head->iov_len);
    return next_ptrace()(PTRACE_SETREGSET, pid, type, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list args;

    va_start(args, request);
    pid_t pid = va_arg(args, pid_t);
    void *addr = va_arg(args, void *);
    void *data = va_arg(args, void *);
    va_end(args);
    if (request == PTRACE_SETREGSET && addr == (void *)NT_X86_XSTATE)
        return set_xstate(pid, addr, data);
    return next_ptrace()(request, pid, addr, data);
}
