/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/crypto: the loaded implementations, as "key : value" lines with an empty one after each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers.h"

/* The value of @line if its key is @key, with its length in @len; else NULL. */
static const char *line_value(const char *line, const char *key, size_t *len)
{
    size_t keylen = strlen(key);

    if (strncmp(line, key, keylen) != 0 || (line[keylen] != ' ' && line[keylen] != ':'))
        return NULL;
    line = strstr(line + keylen, ": ");
    if (line == NULL)
        return NULL;
    line += 2;
    *len = strcspn(line, "\n");
    return line;
}

static void read_line(struct driver_entry *entry, const char *line)
{
    const char *value;
    size_t len;

    if ((value = line_value(line, "name", &len)) != NULL)
        afalg_drivers_copy_name(entry->name, value, len);
    else if ((value = line_value(line, "driver", &len)) != NULL)
        afalg_drivers_copy_name(entry->driver, value, len);
    else if ((value = line_value(line, "type", &len)) != NULL)
        afalg_drivers_copy_name(entry->type, value, len);
    else if ((value = line_value(line, "priority", &len)) != NULL)
        entry->priority = (int)strtol(value, NULL, 10);
    else if ((value = line_value(line, "internal", &len)) != NULL)
        entry->internal = strncmp(value, "yes", len) == 0;
    else if ((value = line_value(line, "async", &len)) != NULL && strncmp(value, "yes", len) == 0)
        entry->flags |= CRYPTO_ALG_ASYNC;
}

int afalg_proc_crypto_read(struct afalg_drivers *d)
{
    FILE *file = fopen("/proc/crypto", "re");
    struct driver_entry entry = { 0 };
    char *line = NULL;
    size_t room = 0;
    int error = 0;

    if (file == NULL)
        return afalg_error_is_transient(-errno) ? -errno : 0;
    while (error == 0 && getline(&line, &room, file) > 0) {
        if (*line != '\n') {
            read_line(&entry, line);
            continue;
        }
        error = afalg_drivers_add(d, &entry);
        entry = (struct driver_entry){ 0 };
    }
    free(line);
    fclose(file);
    return error;
}
