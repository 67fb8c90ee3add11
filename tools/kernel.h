/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this process gets AF_ALG sockets at all. */
#ifndef AFALGCTL_KERNEL_H
#define AFALGCTL_KERNEL_H

/**
 * Whether this process gets an AF_ALG socket.
 * @return 0, or an errno value: EAFNOSUPPORT no AF_ALG, EPERM or EACCES a sandbox
 */
int kernel_refusal(void);

/** Says on standard error why the provider offers nothing. @return STATUS_NO_KERNEL */
int complain_of_kernel(int error);

#endif
