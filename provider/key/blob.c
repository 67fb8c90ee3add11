/* SPDX-License-Identifier: Apache-2.0 */
#include "blob.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t blob_read(const char *path, unsigned char blob[BLOB_MAX + 1])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = 0, got = fd < 0 ? -1 : 1;

    while (got > 0 && len <= BLOB_MAX) {
        got = read(fd, blob + len, (size_t)(BLOB_MAX + 1 - len));
        len += got > 0 ? got : 0;
    }
    if (got < 0)
        len = -errno;
    if (fd >= 0)
        close(fd);
    return len;
}
