/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of the test vectors in this directory; README.md has the format.
 *
 *     struct stanza *s = stanza_open(path);
 *     while (stanza_next(s))
 *         use stanza_string(s, "algorithm") and stanza_bytes(s, "key", &len);
 *     malformed = !stanza_close(s);
 */
#ifndef AFALG_TEST_STANZA_H
#define AFALG_TEST_STANZA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stanza;

/* Opens a file of vectors, in front of its first stanza. NULL: errno tells why. */
struct stanza *stanza_open(const char *path);

/*
 * Goes to the next stanza. false: there is none, or the file has a malformed
 * line, a key twice in one stanza or too many of them, or memory is short; one
 * line on stderr tells which and where.
 */
bool stanza_next(struct stanza *s);

/* Number, from 1 on, of the line on which the present stanza begins. */
unsigned stanza_line(const struct stanza *s);

/* The value of key, or NULL without that key. Valid until the next stanza. */
const char *stanza_string(const struct stanza *s, const char *key);

/*
 * The value of key, read as pairs of hexadecimal digits: *len bytes, to be
 * given to free(). Not NULL for an empty value. NULL, with *len 0: no such key,
 * not hexadecimal, or memory is short.
 */
uint8_t *stanza_bytes(const struct stanza *s, const char *key, size_t *len);

/* Closes the file and frees s. false if stanza_next() ended with an error. */
bool stanza_close(struct stanza *s);

#endif
