/* SPDX-License-Identifier: Apache-2.0 */
#include "marked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN       "# BEGIN afalg"
#define END         "# END afalg"
#define EXPLANATION ": added by afalgctl enable, removed by afalgctl disable"
/* What else has to be undone. */
#define NO_NEWLINE ", with a newline before"
#define NO_FILE    ", with the file"

/* Part of a text. */
struct span {
    size_t begin, end;
};

/* The first line from @from on that begins with @word; at the end of the text if there is none. */
static struct span line_find(const struct text *text, size_t from, const char *word)
{
    struct span line = { from, from };

    while (line.begin < text->len) {
        const char *newline = memchr(text->data + line.begin, '\n', text->len - line.begin);

        line.end = newline == NULL ? text->len : (size_t)(newline - text->data) + 1;
        if (line.end - line.begin >= strlen(word) &&
            memcmp(text->data + line.begin, word, strlen(word)) == 0)
            return line;
        line.begin = line.end;
    }
    return line;
}

static bool is_found(const struct span *line)
{
    return line->begin < line->end;
}

enum marks marks_of(const struct text *text)
{
    struct span begin = line_find(text, 0, BEGIN);
    struct span end = line_find(text, is_found(&begin) ? begin.end : 0, END);
    struct span other = line_find(text, begin.end, BEGIN);

    if (!is_found(&begin))
        return is_found(&end) ? MARKS_BROKEN : MARKS_NONE;
    return is_found(&end) && (!is_found(&other) || other.begin > end.begin) ? MARKS_FOUND
                                                                            : MARKS_BROKEN;
}

static bool has_crlf(const struct text *text)
{
    const char *newline = text->len == 0 ? NULL : memchr(text->data, '\n', text->len);

    return newline != NULL && newline > text->data && newline[-1] == '\r';
}

/* The section that the text ends in, without brackets; "default" if it names none. */
static void print_section(FILE *out, const struct text *text)
{
    const char *name = "default", *data = text->data;
    size_t len = strlen(name);
    struct span line = { 0, 0 };

    while (line.begin < text->len) {
        size_t begin, size;

        line = line_find(text, line.begin, "");
        for (begin = line.begin; begin < line.end && strchr(" \t", data[begin]) != NULL;)
            begin++;
        size = strcspn(data + begin, "]\n");
        if (begin < line.end && data[begin] == '[' && begin + size < line.end) {
            name = data + begin + 1;
            len = size - 1;
        }
        line.begin = line.end;
    }
    fprintf(out, "[%.*s]\n", (int)len, name);
}

/* Writes lines with the line ends of the text. */
static void print_lines(FILE *out, const char *lines, bool crlf)
{
    for (; *lines != '\0'; lines++) {
        if (crlf && *lines == '\n')
            fputc('\r', out);
        fputc(*lines, out);
    }
}

/* What is appended, with Unix line ends; allocated. The empty line ends a last line that is
 * continued. */
static char *block(const struct text *text, const char *lines)
{
    bool open_ended = text->len > 0 && text->data[text->len - 1] != '\n';
    struct text result = { NULL, 0 };
    FILE *out = open_memstream(&result.data, &result.len);

    if (out == NULL)
        return NULL;
    fprintf(out, "%s\n" BEGIN EXPLANATION "%s\n%s", open_ended ? "\n" : "",
            open_ended           ? NO_NEWLINE
            : text->data == NULL ? NO_FILE
                                 : "",
            lines);
    print_section(out, text);
    fputs(END "\n", out);
    if (fclose(out) == 0)
        return result.data;
    free(result.data);
    return NULL;
}

bool marked_append(const struct text *text, const char *lines, struct text *result)
{
    char *added = block(text, lines);
    FILE *out = added == NULL ? NULL : open_memstream(&result->data, &result->len);

    if (out != NULL) {
        if (text->len > 0)
            fwrite(text->data, 1, text->len, out);
        print_lines(out, added, has_crlf(text));
    }
    free(added);
    return out != NULL && fclose(out) == 0;
}

/* Replaces part of a text; allocated. */
static bool text_replace(const struct text *text, struct span span, const char *by,
                         struct text *result)
{
    FILE *out = open_memstream(&result->data, &result->len);

    if (out == NULL)
        return false;
    fwrite(text->data, 1, span.begin, out);
    fputs(by, out);
    fwrite(text->data + span.end, 1, text->len - span.end, out);
    return fclose(out) == 0;
}

/* The offset without the line end that is before it. */
static size_t without_newline(const struct text *text, size_t offset)
{
    if (offset > 0 && text->data[offset - 1] == '\n')
        offset--;
    if (offset > 0 && text->data[offset - 1] == '\r')
        offset--;
    return offset;
}

/* Whether the line before the offset is empty. */
static bool is_after_empty_line(const struct text *text, size_t offset)
{
    size_t before = without_newline(text, offset);

    return before < offset && (before == 0 || text->data[before - 1] == '\n');
}

static bool says(const struct text *text, const struct span *line, const char *what)
{
    return memmem(text->data + line->begin, line->end - line->begin, what, strlen(what)) != NULL;
}

bool marked_remove(const struct text *text, struct text *result)
{
    struct span mark = line_find(text, 0, BEGIN);
    struct span end = line_find(text, mark.end, END);
    struct span cut = { mark.begin, end.end };

    if (is_after_empty_line(text, cut.begin))
        cut.begin = without_newline(text, cut.begin);
    if (cut.end == text->len && says(text, &mark, NO_NEWLINE))
        cut.begin = without_newline(text, cut.begin);
    if (!text_replace(text, cut, "", result))
        return false;
    if (result->len == 0 && says(text, &mark, NO_FILE)) {
        free(result->data);
        result->data = NULL;
    }
    return true;
}

bool marked_set(const struct text *text, const char *key, const char *value, struct text *result)
{
    struct span begin = line_find(text, 0, BEGIN), end = line_find(text, begin.end, END), line;
    char word[64];

    snprintf(word, sizeof(word), "%s = ", key);
    line = line_find(text, begin.end, word);
    if (!is_found(&line) || line.begin > end.begin)
        return false;
    line.begin += strlen(word);
    line.end = without_newline(text, line.end);
    return text_replace(text, line, value, result);
}
