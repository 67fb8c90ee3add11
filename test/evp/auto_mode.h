/* SPDX-License-Identifier: Apache-2.0 */
/* The subject in mode = auto on a kernel that has no hardware. */
#ifndef TEST_EVP_AUTO_MODE_H
#define TEST_EVP_AUTO_MODE_H

#include <openssl/types.h>

/*
 * The subject in a library context as subject_open() makes it with settings, with every driver that
 * /proc/crypto lists taken for hardware.
 */
OSSL_LIB_CTX *auto_open(const char *settings);

#endif
