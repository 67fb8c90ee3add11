/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What would be no openssl.cnf. */
enum { FILE_MAX = 1 << 24 };

static bool read_all(int fd, char *data, size_t len)
{
    ssize_t n = 1;

    while (len > 0 && n > 0) {
        n = read(fd, data, len);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EINTR) {
            n = 1;
        }
    }
    if (n == 0)
        errno = EIO;
    return len == 0;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return true;
}

/* Reads what an open file holds. */
static int read_open(int fd, struct text *text)
{
    struct stat status;
    int error = 0;

    if (fstat(fd, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode))
        return EINVAL;
    if (status.st_size > FILE_MAX)
        return EFBIG;
    text->len = (size_t)status.st_size;
    text->data = calloc(1, text->len + 1);
    if (text->data == NULL)
        return ENOMEM;
    if (!read_all(fd, text->data, text->len)) {
        error = errno;
        free(text->data);
        text->data = NULL;
    }
    return error;
}

int file_read(const char *path, struct text *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int error;

    text->data = NULL;
    text->len = 0;
    if (fd < 0)
        return errno;
    error = read_open(fd, text);
    close(fd);
    return error;
}

static bool fill(int fd, const struct text *text, const struct stat *like)
{
    return (like == NULL || fchown(fd, like->st_uid, like->st_gid) == 0) &&
           fchmod(fd, like == NULL ? 0644 : like->st_mode & 07777) == 0 &&
           write_all(fd, text->data, text->len) && fsync(fd) == 0;
}

/* Has the new name of a file outlive a loss of power. */
static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char directory[PATH_MAX];
    int fd;

    snprintf(directory, sizeof(directory), "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
             slash == NULL ? "." : path);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int file_replace(const char *path, const struct text *text, const struct stat *like)
{
    char temporary[PATH_MAX];
    int error = 0, fd;

    if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= sizeof(temporary))
        return ENAMETOOLONG;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return errno;
    if (!fill(fd, text, like))
        error = errno;
    close(fd);
    if (error == 0 && rename(temporary, path) != 0)
        error = errno;
    if (error != 0)
        unlink(temporary);
    else
        sync_directory(path);
    return error;
}
