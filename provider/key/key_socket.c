/* SPDX-License-Identifier: Apache-2.0 */
#include "key_socket.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "afalg/params.h"

static bool is_key(const char *variable)
{
    return strncmp(variable, AFALG_ENV_KEY, strlen(AFALG_ENV_KEY)) == 0;
}

char **key_sockets_read(void)
{
    size_t count = 0, at = 0;
    char **list;

    /* A program with the privileges of another user takes no descriptors from its caller. */
    if (environ == NULL || getauxval(AT_SECURE) != 0)
        return NULL;
    for (char **e = environ; *e != NULL; e++)
        count += is_key(*e);
    list = count == 0 ? NULL : calloc(count + 1, sizeof(*list));
    for (char **e = environ; list != NULL && *e != NULL && at < count; e++) {
        if (!is_key(*e))
            continue;
        list[at] = strdup(*e + strlen(AFALG_ENV_KEY));
        if (list[at++] == NULL) {
            key_sockets_free(list);
            return NULL;
        }
    }
    return list;
}

void key_sockets_free(char **list)
{
    for (char **entry = list; entry != NULL && *entry != NULL; entry++)
        free(*entry);
    free(list);
}

const char *key_sockets_find(char *const *list, const char *name)
{
    size_t len = strlen(name);

    for (; list != NULL && *list != NULL; list++) {
        if (strncmp(*list, name, len) == 0 && (*list)[len] == '=')
            return *list + len + 1;
    }
    return NULL;
}

/* The number in front of @end, and what follows that; NULL if there is none, or more than @max. */
static const char *parse_number(const char *text, char end, uint64_t max, uint64_t *number)
{
    char *behind;

    if (*text < '0' || *text > '9')
        return NULL;
    errno = 0;
    *number = strtoumax(text, &behind, 10);
    if (errno != 0 || *number > max)
        return NULL;
    if (*behind == end)
        return behind + (end != '\0');
    return end == ' ' && *behind == '\0' ? behind : NULL;
}

/* The field in front of a colon is @expected. */
static bool field_is(const char *text, const char *expected)
{
    size_t len = strlen(expected);

    return strcspn(text, ": ") == len && strncmp(text, expected, len) == 0;
}

/* Behind the next colon; NULL if the entry has no more. */
static const char *next_field(const char *text)
{
    size_t len = text == NULL ? 0 : strcspn(text, ": ");

    return len > 0 && text[len] == ':' ? text + len + 1 : NULL;
}

int key_socket_find(const char *sockets, const char *type, const char *algorithm,
                    struct key_socket *found)
{
    while (*sockets != '\0') {
        const char *name = next_field(sockets), *rest = next_field(name);
        uint64_t keylen = 0, fd = 0, inode = 0;
        bool wanted = name != NULL && field_is(sockets, type) && field_is(name, algorithm);

        rest = rest == NULL ? NULL : parse_number(rest, ':', INT_MAX, &keylen);
        rest = rest == NULL ? NULL : parse_number(rest, ':', INT_MAX, &fd);
        rest = rest == NULL ? NULL : parse_number(rest, ' ', UINT64_MAX, &inode);
        if (rest == NULL)
            return -EINVAL;
        if (wanted) {
            *found = (struct key_socket){ (int)fd, (size_t)keylen, inode };
            return 0;
        }
        sockets = rest;
    }
    return -ENOENT;
}
