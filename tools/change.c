/* SPDX-License-Identifier: Apache-2.0 */
#include "change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "afalgctl.h"

/* The name of the file without symbolic links. A link that leads nowhere is not followed to make a
 * file. */
static int resolve(struct change *change, const char *file)
{
    struct stat link;
    int error;

    if (realpath(file, change->path) != NULL)
        return stat(change->path, &change->status) == 0 ? 0 : errno;
    error = errno;
    if (error != ENOENT || lstat(file, &link) == 0)
        return error;
    snprintf(change->path, sizeof(change->path), "%s", file);
    return 0;
}

int change_open(struct change *change, const char *file)
{
    int error, len;

    *change = (struct change){ 0 };
    error = resolve(change, file);
    if (error != 0)
        return error;
    len = snprintf(change->backup, sizeof(change->backup), "%s.afalg-backup", change->path);
    if ((size_t)len >= sizeof(change->backup))
        return ENAMETOOLONG;
    error = file_read(change->path, &change->before);
    return error == ENOENT ? 0 : error;
}

void change_close(struct change *change)
{
    free(change->before.data);
    free(change->after.data);
}

static bool is_same(const struct text *a, const struct text *b)
{
    if (a->data == NULL || b->data == NULL)
        return a->data == b->data;
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

bool change_is_any(const struct change *change)
{
    return !is_same(&change->before, &change->after);
}

/* Puts the text into a file in memory, which is read from its beginning. @return the descriptor or
 * -1 */
static int text_to_descriptor(const struct text *text)
{
    int fd = memfd_create("after", MFD_CLOEXEC);

    if (fd >= 0 &&
        (write(fd, text->data, text->len) != (ssize_t)text->len || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static _Noreturn void run_diff(const struct change *change, int after)
{
    const char *before = change->before.data == NULL ? "/dev/null" : change->path;

    if (dup2(after, STDIN_FILENO) == STDIN_FILENO)
        execlp("diff", "diff", "-u", "-L", change->path, "-L", change->path, before, "-", NULL);
    perror("afalgctl: diff");
    _exit(127);
}

int change_print(const struct change *change)
{
    int after = text_to_descriptor(&change->after), status = -1;
    pid_t pid;

    if (after < 0) {
        perror("afalgctl: memory for a diff");
        return STATUS_USAGE;
    }
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        run_diff(change, after);
    close(after);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return STATUS_USAGE;
    return WIFEXITED(status) && WEXITSTATUS(status) <= 1 ? STATUS_OK : STATUS_USAGE;
}

int change_back_up(const struct change *change)
{
    if (change->before.data == NULL)
        return 0;
    return file_replace(change->backup, &change->before, &change->status);
}

static int put(const struct change *change, const struct text *text)
{
    if (text->data == NULL)
        return unlink(change->path) == 0 ? 0 : errno;
    return file_replace(change->path, text, change->before.data == NULL ? NULL : &change->status);
}

int change_write(const struct change *change)
{
    return put(change, &change->after);
}

int change_undo(const struct change *change)
{
    return put(change, &change->before);
}

void change_drop_backup(const struct change *change)
{
    struct text backup;

    if (file_read(change->backup, &backup) != 0)
        return;
    if (is_same(&backup, &change->after))
        unlink(change->backup);
    free(backup.data);
}
