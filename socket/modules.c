/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module index of the running kernel: which crypto names a module could
 * answer to. A bind to a name that none has costs a modprobe each time, 5 to 350
 * ms (measured), and the kernel doesn't remember. Of a distribution's index, more than
 * a MiB, only the few KiB that can be asked for are stored.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "afalg/socket.h"
#include "modules.h"

#define ALIAS_CRYPTO   "crypto-"
#define MODULE_AF_ALG  "algif_"
#define BUILTIN_MARKER ".license=" /* every module has a licence */

struct module_index {
    bool found; /* at least one of its files */
    /* Aliases of crypto and of netlink, and built-in modules of AF_ALG, with a NUL after each. */
    char *words;
    size_t len, room;
};

static int add_word(struct module_index *index, const char *word, size_t len)
{
    if (index->room - index->len <= len) {
        size_t room = 2 * index->room + len + 1024;
        char *words = realloc(index->words, room);

        if (words == NULL)
            return -ENOMEM;
        index->words = words;
        index->room = room;
    }
    memcpy(index->words + index->len, word, len);
    index->words[index->len + len] = '\0';
    index->len += len + 1;
    return 0;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static int add_alias(struct module_index *index, const char *alias)
{
    if (!begins(alias, ALIAS_CRYPTO) && !begins(alias, NETLINK_CRYPTO_ALIAS))
        return 0;
    return add_word(index, alias, strcspn(alias, " \n"));
}

/* A line of modules.alias: "alias ALIAS MODULE". */
static int take_alias(struct module_index *index, const char *line)
{
    static const char keyword[] = "alias ";

    return begins(line, keyword) ? add_alias(index, line + sizeof(keyword) - 1) : 0;
}

/* An entry of modules.builtin.modinfo: "MODULE.KEY=VALUE". */
static int take_builtin(struct module_index *index, const char *entry)
{
    static const char key[] = ".alias=";
    const char *dot = strchr(entry, '.');

    if (dot == NULL)
        return 0;
    if (begins(dot, key))
        return add_alias(index, dot + sizeof(key) - 1);
    if (begins(entry, MODULE_AF_ALG) && begins(dot, BUILTIN_MARKER))
        return add_word(index, entry, (size_t)(dot - entry));
    return 0;
}

/* Hands every entry of a file of the index to @take. 0 (also without the file) or -errno. */
static int read_file(struct module_index *index, const char *release, const char *name, int end,
                     int (*take)(struct module_index *, const char *))
{
    char path[sizeof("/lib/modules//modules.builtin.modinfo") +
              sizeof(((struct utsname *)0)->release)];
    char buffer[8192], *entry = NULL;
    size_t room = 0;
    int error = 0;
    FILE *file;

    stpcpy(stpcpy(stpcpy(stpcpy(path, "/lib/modules/"), release), "/"), name);
    file = fopen(path, "re");
    if (file == NULL)
        return afalg_error_is_transient(-errno) ? -errno : 0;
    index->found = true;
    setvbuf(file, buffer, _IOFBF, sizeof(buffer)); /* the library's own may be a KiB */
    while (error == 0 && getdelim(&entry, &room, end, file) > 0)
        error = take(index, entry);
    free(entry);
    fclose(file);
    return error;
}

int afalg_module_index_read(struct module_index **index)
{
    struct module_index *new = calloc(1, sizeof(*new));
    struct utsname name;
    int error;

    if (new == NULL)
        return -ENOMEM;
    error = uname(&name) != 0 ? -errno
                              : read_file(new, name.release, "modules.alias", '\n', take_alias);
    if (error == 0)
        error = read_file(new, name.release, "modules.builtin.modinfo", '\0', take_builtin);
    if (error == 0)
        *index = new;
    else
        afalg_module_index_free(new);
    return error;
}

void afalg_module_index_free(struct module_index *index)
{
    if (index == NULL)
        return;
    free(index->words);
    free(index);
}

bool afalg_module_index_missing(const struct module_index *index)
{
    return !index->found;
}

/* Whether @word is @prefix and @name, alone or with "-more" behind; depmod may turn - into _. */
static bool word_is(const char *word, const char *prefix, const char *name, size_t len)
{
    if (!begins(word, prefix))
        return false;
    word += strlen(prefix);
    for (size_t i = 0; i < len; i++) {
        if (word[i] != name[i] && !(word[i] == '_' && name[i] == '-'))
            return false;
    }
    return word[len] == '\0' || word[len] == '-';
}

static bool index_has(const struct module_index *index, const char *prefix, const char *name,
                      size_t len)
{
    size_t at = 0;

    while (at < index->len && !word_is(index->words + at, prefix, name, len))
        at += strlen(index->words + at) + 1;
    return at < index->len;
}

bool afalg_module_index_has(const struct module_index *index, const char *name, size_t len)
{
    return index_has(index, ALIAS_CRYPTO, name, len);
}

bool afalg_module_index_netlink(const struct module_index *index)
{
    return index_has(index, "", NETLINK_CRYPTO_ALIAS, strlen(NETLINK_CRYPTO_ALIAS));
}

bool afalg_module_index_builtin(const struct module_index *index, const char *module)
{
    return index_has(index, "", module, strlen(module));
}
