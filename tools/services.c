/* SPDX-License-Identifier: Apache-2.0 */
#include "services.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A process, by what restarts it. */
struct user {
    char name[128];
    long pid;
};

static FILE *open_of(long pid, const char *file)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/%s", pid, file);
    return fopen(path, "re");
}

static bool maps_libcrypto(long pid)
{
    FILE *in = open_of(pid, "maps");
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    while (in != NULL && !found && getline(&line, &size, in) >= 0)
        found = strstr(line, "/libcrypto.so.") != NULL;
    free(line);
    if (in != NULL)
        fclose(in);
    return found;
}

/* A line of the file, without its end; "" if there is none that has the word. */
static void line_with(long pid, const char *file, const char *word, char *line, int size)
{
    FILE *in = open_of(pid, file);
    bool found = false;

    while (in != NULL && !found && fgets(line, size, in) != NULL)
        found = strstr(line, word) != NULL;
    if (!found)
        *line = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (in != NULL)
        fclose(in);
}

/* The name of the innermost unit in a line of cgroup, "0::/system.slice/nginx.service"; NULL if it
 * is in none. */
static const char *unit_in(char *line)
{
    const char *unit = NULL;
    char *rest = NULL;

    for (char *part = strtok_r(line, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        const char *suffix = strrchr(part, '.');

        if (suffix != NULL && strcmp(suffix, ".service") == 0)
            unit = part;
    }
    return unit;
}

/* The unit of systemd that the process belongs to, else its executable. */
static struct user user_of(long pid)
{
    struct user user = { .pid = pid };
    char line[512];
    const char *unit;

    line_with(pid, "cgroup", ".service", line, sizeof(line));
    unit = unit_in(line);
    if (unit != NULL)
        snprintf(user.name, sizeof(user.name), "%s", unit);
    else
        line_with(pid, "comm", "", user.name, sizeof(user.name));
    return user;
}

static int by_name(const void *a, const void *b)
{
    const struct user *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : (x->pid > y->pid) - (x->pid < y->pid);
}

/* @return their number; *users is allocated */
static size_t users_find(struct user **users)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t count = 0;

    *users = NULL;
    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        long pid = isdigit((unsigned char)entry->d_name[0]) ? strtol(entry->d_name, NULL, 10) : 0;
        struct user *more;

        if (pid == 0 || pid == getpid() || !maps_libcrypto(pid))
            continue;
        more = realloc(*users, (count + 1) * sizeof(*more));
        if (more == NULL)
            break;
        *users = more;
        more[count++] = user_of(pid);
    }
    if (proc != NULL)
        closedir(proc);
    return count;
}

void services_print(void)
{
    struct user *users;
    size_t count = users_find(&users);

    if (count == 0)
        return;
    qsort(users, count, sizeof(*users), by_name);
    fputs("Running programs that use libcrypto have read the file as it was; restart them:",
          stdout);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(users[i].name, users[i - 1].name) != 0)
            printf("\n  %s: process", users[i].name);
        printf(" %ld", users[i].pid);
    }
    putchar('\n');
    free(users);
}
