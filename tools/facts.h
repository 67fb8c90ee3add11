/* SPDX-License-Identifier: Apache-2.0 */
/* What afalgctl status has found: lines of text, or an object of JSON. */
#ifndef AFALGCTL_FACTS_H
#define AFALGCTL_FACTS_H

#include <stdbool.h>

struct facts {
    struct json_object *json; /* NULL: text, which is printed as it comes */
    bool colour;
};

/** Colours are for a terminal, unless NO_COLOR is set. */
void facts_begin(struct facts *facts, bool json);

/** Tells one. @advice  what to do about it; NULL: nothing */
void fact(struct facts *facts, const char *name, const char *advice, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Prints what is not printed yet. */
void facts_end(struct facts *facts);

#endif
