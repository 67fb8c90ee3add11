/* SPDX-License-Identifier: Apache-2.0 */
/* A wrapped key in a file: bytes that only the driver or the machine that made them can unwrap. */
#ifndef AFALG_KEY_BLOB_H
#define AFALG_KEY_BLOB_H

#include <sys/types.h>

/* Bytes of the longest: CAAM's is the longest of those known, 52 bytes more than the key. */
enum { BLOB_MAX = 4096 };

/** @return the length of the file's content, BLOB_MAX + 1 if it is longer, or -errno */
ssize_t blob_read(const char *path, unsigned char blob[BLOB_MAX + 1]);

#endif
