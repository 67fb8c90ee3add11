/* SPDX-License-Identifier: Apache-2.0 */
/* One file that is changed, with a backup beside it. */
#ifndef AFALGCTL_CHANGE_H
#define AFALGCTL_CHANGE_H

#include <limits.h>

#include "file.h"

struct change {
    char path[PATH_MAX];   /* of the file itself, no symbolic link's */
    char backup[PATH_MAX]; /* beside it */
    struct text before, after;
    struct stat status; /* the file's; of no meaning if there is none */
};

/**
 * Reads the file, or finds that there is none.
 * @return 0, or an errno value; then there is nothing to close
 */
int change_open(struct change *change, const char *file);
void change_close(struct change *change);

/** Whether after is not before. */
bool change_is_any(const struct change *change);

/** Prints a unified diff to standard output. @return an exit status */
int change_print(const struct change *change);

/** Writes before into the backup, if there was a file. @return 0 or an errno value */
int change_back_up(const struct change *change);

/**
 * Writes after; without after->data the file is removed.
 * @return 0, or an errno value; then the file is as it was
 */
int change_write(const struct change *change);

/** Puts the file back as it was. @return 0 or an errno value */
int change_undo(const struct change *change);

/** Removes a backup that says no more than the file does now, after change_write(). */
void change_drop_backup(const struct change *change);

#endif
