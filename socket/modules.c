/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module index of the running kernel: which crypto names a module could
 * answer to. A bind to a name that none has costs a modprobe each time, 5 to 350
 * ms (measured), and the kernel doesn't remember; the index costs a millisecond once.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"

struct mapped {
    const char *text;
    size_t len;
};

struct module_index {
    struct mapped alias;   /* modules.alias: lines "alias crypto-NAME MODULE" */
    struct mapped builtin; /* modules.builtin.modinfo: "MODULE.alias=crypto-NAME", NUL after each */
};

static void map_file(struct mapped *m, const char *release, const char *name)
{
    char path[sizeof("/lib/modules//modules.builtin.modinfo") +
              sizeof(((struct utsname *)0)->release)];
    struct stat st;
    void *text;
    int fd;

    snprintf(path, sizeof(path), "/lib/modules/%s/%s", release, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (text != MAP_FAILED)
            *m = (struct mapped){ .text = text, .len = (size_t)st.st_size };
    }
    close(fd);
}

static void unmap_file(const struct mapped *m)
{
    if (m->text != NULL)
        munmap((void *)(uintptr_t)m->text, m->len);
}

struct module_index *module_index_read(void)
{
    struct module_index *index = calloc(1, sizeof(*index));
    struct utsname name;

    if (index != NULL && uname(&name) == 0) {
        map_file(&index->alias, name.release, "modules.alias");
        map_file(&index->builtin, name.release, "modules.builtin.modinfo");
    }
    return index;
}

void module_index_free(struct module_index *index)
{
    if (index == NULL)
        return;
    unmap_file(&index->alias);
    unmap_file(&index->builtin);
    free(index);
}

bool module_index_missing(const struct module_index *index)
{
    return index->alias.text == NULL && index->builtin.text == NULL;
}

/* Whether @name stands at @at, before one of the characters @after; depmod may turn - into _. */
static bool name_at(const char *at, const char *end, const char *name, size_t len,
                    const char *after)
{
    if ((size_t)(end - at) <= len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (at[i] != name[i] && !(at[i] == '_' && name[i] == '-'))
            return false;
    }
    return at[len] == '\0' || strchr(after, at[len]) != NULL;
}

static bool mapped_has(const struct mapped *m, const char *prefix, const char *name, size_t len,
                       const char *after)
{
    const char *end = m->text + m->len;
    const char *at = m->text;
    size_t prefixlen = strlen(prefix);

    while (at != NULL && (at = memmem(at, (size_t)(end - at), prefix, prefixlen)) != NULL) {
        at += prefixlen;
        if (name_at(at, end, name, len, after))
            return true;
    }
    return false;
}

bool module_index_has(const struct module_index *index, const char *name, size_t len)
{
    return mapped_has(&index->alias, "alias crypto-", name, len, " -\n") ||
           mapped_has(&index->builtin, ".alias=crypto-", name, len, "-");
}

bool module_index_builtin(const struct module_index *index, const char *module)
{
    char entry[AFALG_NAME_MAX];
    int len = snprintf(entry, sizeof(entry), "%s.license=", module);

    return index->builtin.text != NULL &&
           memmem(index->builtin.text, index->builtin.len, entry, (size_t)len) != NULL;
}
