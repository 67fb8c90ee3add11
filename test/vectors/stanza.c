/* SPDX-License-Identifier: Apache-2.0 */
#include "stanza.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FIELDS = 16 };

struct stanza {
    FILE *file;
    unsigned lines; /* read so far */
    unsigned start; /* line of the first field */
    size_t count;
    bool failed;
    char *key[MAX_FIELDS];         /* each a line, cut in two behind the key */
    const char *value[MAX_FIELDS]; /* within that line */
};

struct stanza *stanza_open(const char *path)
{
    struct stanza *s = calloc(1, sizeof(*s));

    if (s == NULL || (s->file = fopen(path, "re")) != NULL)
        return s;
    free(s);
    return NULL;
}

static void forget_fields(struct stanza *s)
{
    while (s->count > 0)
        free(s->key[--s->count]);
}

static bool fail(struct stanza *s, const char *what)
{
    (void)fprintf(stderr, "vectors, line %u: %s\n", s->lines, what);
    s->failed = true;
    return false;
}

static void trim_end(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
}

/* Takes line, "key = value", as a field. On failure line stays the caller's. */
static bool add_field(struct stanza *s, char *line)
{
    char *equals = strchr(line, '=');

    if (equals == NULL)
        return fail(s, "neither 'key = value' nor a comment");
    *equals = '\0';
    trim_end(line);
    if (s->count == MAX_FIELDS)
        return fail(s, "too many keys in a stanza");
    if (stanza_string(s, line) != NULL)
        return fail(s, "key given twice");
    if (s->count == 0)
        s->start = s->lines;
    s->key[s->count] = line;
    s->value[s->count++] = equals + 1 + strspn(equals + 1, " \t");
    return true;
}

/* The next line without its end, to be freed; NULL at the end of the file. */
static char *read_line(struct stanza *s)
{
    char *line = NULL;
    size_t size = 0;

    if (getline(&line, &size, s->file) < 0) {
        free(line);
        if (!feof(s->file))
            (void)fail(s, "can't be read");
        return NULL;
    }
    s->lines++;
    trim_end(line);
    return line;
}

bool stanza_next(struct stanza *s)
{
    char *line;
    bool ended = false;

    forget_fields(s);
    while (!ended && !s->failed && (line = read_line(s)) != NULL) {
        ended = line[0] == '\0' && s->count > 0;
        if (line[0] == '\0' || line[0] == '#' || !add_field(s, line))
            free(line);
    }
    return !s->failed && s->count > 0;
}

unsigned stanza_line(const struct stanza *s)
{
    return s->start;
}

const char *stanza_string(const struct stanza *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->key[i], key) == 0)
            return s->value[i];
    return NULL;
}

/* Decodes size bytes from hex. false: not hexadecimal. */
static bool decode(uint8_t *bytes, const char *hex, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

        if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
            return false;
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

uint8_t *stanza_bytes(const struct stanza *s, const char *key, size_t *len)
{
    const char *hex = stanza_string(s, key);
    size_t size = hex == NULL ? 0 : strlen(hex) / 2;
    uint8_t *bytes = hex == NULL || strlen(hex) % 2 != 0 ? NULL : malloc(size + 1);

    if (bytes != NULL && !decode(bytes, hex, size)) {
        free(bytes);
        bytes = NULL;
    }
    *len = bytes == NULL ? 0 : size;
    return bytes;
}

bool stanza_close(struct stanza *s)
{
    bool good = !s->failed;

    forget_fields(s);
    (void)fclose(s->file);
    free(s);
    return good;
}
