/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files. Failures are errno values. */
#ifndef AFALGCTL_FILE_H
#define AFALGCTL_FILE_H

#include <sys/stat.h>

#include "marked.h"

/** Reads a regular file; text->data is allocated, and ends in a 0 that doesn't count. @return 0 or
 * an errno value */
int file_read(const char *path, struct text *text);

/**
 * Puts a file into the place of another, so that a reader sees the one or the other, and so does
 * whoever reads after a loss of power.
 * @like  its owner and mode; NULL: this process's, 0644
 * @return 0 or an errno value; then nothing has changed
 */
int file_replace(const char *path, const struct text *text, const struct stat *like);

#endif
