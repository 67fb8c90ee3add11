/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the kernel by bind, which alone is honest, and only for names that it could have. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { TYPES = 4 };
static const char *const type_names[TYPES] = { "skcipher", "aead", "hash", "rng" };

struct afalg_probe {
    int fd;                      /* bound again for each name; -1: not opened, or refused */
    int error;                   /* why nothing can be asked: -EAFNOSUPPORT, -EPERM, ... */
    struct afalg_drivers loaded; /* by /proc/crypto, which needs no module */
    struct module_index *modules;
    bool type_works[TYPES];   /* a name was bound */
    bool type_missing[TYPES]; /* its algif module is blocked or not built */
};

struct afalg_probe *afalg_probe_new(void)
{
    struct afalg_probe *p = calloc(1, sizeof(*p));

    if (p != NULL)
        p->fd = -1;
    return p;
}

/* Opens the socket and reads what is known of the kernel, once; without a socket, only that. */
static int probe_start(struct afalg_probe *p)
{
    if (p->fd >= 0 || p->error != 0)
        return p->error;
    p->fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (p->fd < 0) {
        p->error = -errno;
        return p->error;
    }
    p->modules = module_index_read();
    if (proc_crypto_read(&p->loaded) != 0 || p->modules == NULL)
        p->error = -ENOMEM;
    return p->error;
}

int afalg_probe_error(const struct afalg_probe *p)
{
    return p->error;
}

void afalg_probe_free(struct afalg_probe *p)
{
    if (p == NULL)
        return;
    if (p->fd >= 0)
        close(p->fd);
    free(p->loaded.entries);
    module_index_free(p->modules);
    free(p);
}

/* From 7.2 on poly1305 is library code: rfc7539() takes the word, but no algorithm has the name. */
static bool token_is_library(const char *token, size_t len)
{
    static const char name[] = "poly1305";

    return len == sizeof(name) - 1 && memcmp(token, name, len) == 0;
}

static bool token_possible(const struct afalg_probe *p, const char *token, size_t len)
{
    return token_is_library(token, len) || drivers_have_word(&p->loaded, token, len) ||
           module_index_has(p->modules, token, len);
}

/*
 * Without an index only what is loaded is known, and templates are not listed:
 * then a name is possible where its innermost algorithm is loaded.
 */
static bool possible_without_index(const struct afalg_probe *p, const char *name)
{
    const char *inner = strrchr(name, '(');
    size_t len;

    if (p->loaded.count == 0)
        return true;
    inner = inner == NULL ? name : inner + 1;
    len = strcspn(inner, "(),");
    return drivers_have_word(&p->loaded, inner, len);
}

/* Whether every word of @name, as cts, cbc and aes in cts(cbc(aes)), is known to the kernel. */
static bool possible(const struct afalg_probe *p, const char *name)
{
    if (module_index_missing(p->modules))
        return possible_without_index(p, name);
    if (module_index_has(p->modules, name, strlen(name)))
        return true;
    while (*name != '\0') {
        size_t len = strcspn(name, "(),");

        if (len > 0 && !token_possible(p, name, len))
            return false;
        name += len;
        name += strspn(name, "(),");
    }
    return true;
}

static int type_index(const char *type)
{
    int i = 0;

    while (i < TYPES && strcmp(type, type_names[i]) != 0)
        i++;
    return i;
}

/* Whether the kernel has AF_ALG's module for @type by now; asked after a bind has tried to load it.
 */
static bool type_present(const struct afalg_probe *p, const char *type)
{
    char path[64];

    snprintf(path, sizeof(path), "/sys/module/algif_%s", type);
    return access(path, F_OK) == 0 || module_index_builtin(p->modules, strrchr(path, '/') + 1);
}

int afalg_probe_bind(struct afalg_probe *p, const char *type, const char *name)
{
    int t = type_index(type);
    bool loaded;
    int error;

    error = probe_start(p);
    if (error != 0)
        return error;
    if (t == TYPES || p->type_missing[t])
        return -ENOENT;
    loaded = drivers_lookup(&p->loaded, type, name) != NULL;
    if (!loaded && !possible(p, name))
        return -ENOENT;
    error = transform_rebind(p->fd, type, name);
    if (error == 0)
        p->type_works[t] = true;
    else if (loaded && !p->type_works[t])
        p->type_missing[t] = !type_present(p, type);
    return error;
}
