/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command whose socket(2) fails with EPERM, as in many containers. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <unistd.h>

#include "seccomp.h"

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: no_sockets COMMAND [ARGUMENT...]\n");
        return 2;
    }
    if (!forbid_sockets(SECCOMP_RET_ERRNO | EPERM)) {
        perror("no_sockets: seccomp");
        return 1;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
