/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "json.h"

#define BOLD   "\033[1m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[m"

void facts_begin(struct facts *facts, bool json)
{
    facts->json = json ? json_object_new_object() : NULL;
    facts->colour = !json && isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
}

static void add(struct json_object *json, const char *name, const char *value, const char *advice)
{
    struct json_object *object = json_object_new_object();

    json_add_text(object, "value", value);
    json_add_text(object, "advice", advice);
    json_object_object_add(json, name, object);
}

static void print(bool colour, const char *name, const char *value, const char *advice)
{
    const char *bold = colour ? BOLD : "", *yellow = colour ? YELLOW : "",
               *plain = colour ? PLAIN : "";

    printf("%s%-16s%s %s\n", bold, name, plain, value);
    if (advice != NULL)
        printf("%-16s   %s-> %s%s\n", "", yellow, advice, plain);
}

void fact(struct facts *facts, const char *name, const char *advice, const char *format, ...)
{
    char value[512];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    if (facts->json != NULL)
        add(facts->json, name, value, advice);
    else
        print(facts->colour, name, value, advice);
}

void facts_end(struct facts *facts)
{
    if (facts->json == NULL)
        return;
    json_print(facts->json);
}
