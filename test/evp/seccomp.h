/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_EVP_SECCOMP_H
#define TEST_EVP_SECCOMP_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Has the kernel answer socket(2) with a seccomp action, SECCOMP_RET_..., from now on.
 * @return false, with errno set, if that fails
 */
bool forbid_sockets(uint32_t action);

#endif
