/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "afalgctl.h"

int kernel_refusal(void)
{
    int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

int complain_of_kernel(int error)
{
    fprintf(stderr,
            "afalgctl: the provider offers nothing here: socket(AF_ALG): %s; see afalgctl status\n",
            strerror(error));
    return STATUS_NO_KERNEL;
}
