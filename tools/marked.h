/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an openssl.cnf, and in it the lines between the marks of afalgctl enable. */
#ifndef AFALGCTL_MARKED_H
#define AFALGCTL_MARKED_H

#include <stdbool.h>
#include <stddef.h>

/** A text; data is allocated, and NULL if there is no file. */
struct text {
    char *data;
    size_t len;
};

enum marks { MARKS_NONE, MARKS_FOUND, MARKS_BROKEN /* a mark without its other end */ };

enum marks marks_of(const struct text *text);

/**
 * Appends @lines between marks. What is appended later by hand is in the section that it would be
 * in without them.
 * @return false if memory is short
 */
bool marked_append(const struct text *text, const char *lines, struct text *result);

/**
 * Takes the marked lines out, and the marks.
 * @return false if memory is short. A file that was made for them becomes none (data == NULL)
 */
bool marked_remove(const struct text *text, struct text *result);

/** Sets the value of @key, once between the marks. @return false if memory is short or there is no
 * such key */
bool marked_set(const struct text *text, const char *key, const char *value, struct text *result);

#endif
