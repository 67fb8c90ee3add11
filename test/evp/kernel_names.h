/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's names of what OpenSSL names, told apart from the provider's own table: this is the
 * tests' oracle. */
#ifndef TEST_EVP_KERNEL_NAMES_H
#define TEST_EVP_KERNEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "algorithms.h"

/* Writes the kernel's name of the algorithm. False if this map has none. */
bool kernel_name(const struct algorithm *algorithm, char *name, size_t size);

/* Whether bind takes that type and name here. */
bool kernel_binds(const char *type, const char *name);

/*
 * Whether the running kernel has that algorithm: it may have a digest, but not HMAC over it. A name
 * that it lacks costs a run of modprobe.
 */
bool kernel_has(const struct algorithm *algorithm);

#endif
