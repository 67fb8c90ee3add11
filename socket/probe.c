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
    int fd;                       /* bound again for each name; -1: not opened, or refused */
    int error;                    /* why nothing can be asked: -EAFNOSUPPORT, -EPERM, ... */
    struct afalg_drivers drivers; /* that are loaded */
    bool drivers_stale;           /* a bind has brought another in */
    struct module_index *modules; /* read when something is asked for that is not loaded */
    bool type_works[TYPES];       /* a name was bound */
    bool type_missing[TYPES];     /* its algif module is blocked or not built */
};

struct afalg_probe *afalg_probe_new(void)
{
    struct afalg_probe *p = calloc(1, sizeof(*p));

    if (p != NULL)
        p->fd = -1;
    return p;
}

static int need_modules(struct afalg_probe *p)
{
    if (p->modules == NULL)
        p->modules = module_index_read();
    return p->modules == NULL ? -ENOMEM : 0;
}

/* Where nothing can answer NETLINK_CRYPTO, opening it would run modprobe in each process. */
static bool netlink_possible(struct afalg_probe *p)
{
    if (access("/sys/module/crypto_user", F_OK) == 0)
        return true;
    return need_modules(p) == 0 &&
           (module_index_missing(p->modules) || module_index_netlink(p->modules));
}

static int read_drivers(struct afalg_probe *p)
{
    drivers_clear(&p->drivers);
    p->drivers_stale = false;
    return drivers_fill(&p->drivers, netlink_possible(p));
}

/* Opens the socket and reads what is loaded, once; without a socket, only that. */
static int probe_start(struct afalg_probe *p)
{
    if (p->fd >= 0 || p->error != 0)
        return p->error;
    p->fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    p->error = p->fd < 0 ? -errno : read_drivers(p);
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
    drivers_clear(&p->drivers);
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
    return token_is_library(token, len) || drivers_have_word(&p->drivers, token, len) ||
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

    if (p->drivers.count == 0)
        return true;
    inner = inner == NULL ? name : inner + 1;
    len = strcspn(inner, "(),");
    return drivers_have_word(&p->drivers, inner, len);
}

/* Whether every word of @name, as cts, cbc and aes in cts(cbc(aes)), is known to the kernel. */
static bool possible(struct afalg_probe *p, const char *name)
{
    if (need_modules(p) != 0)
        return false;
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
static bool type_present(struct afalg_probe *p, const char *type)
{
    char path[64];

    snprintf(path, sizeof(path), "/sys/module/algif_%s", type);
    return access(path, F_OK) == 0 || need_modules(p) != 0 ||
           module_index_builtin(p->modules, strrchr(path, '/') + 1);
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
    loaded = drivers_lookup(&p->drivers, type, name) != NULL;
    if (!loaded && !possible(p, name))
        return -ENOENT;
    error = transform_rebind(p->fd, type, name);
    p->drivers_stale |= error == 0 && !loaded;
    if (error == 0)
        p->type_works[t] = true;
    else if (loaded && !p->type_works[t])
        p->type_missing[t] = !type_present(p, type);
    return error;
}

const struct afalg_drivers *afalg_probe_drivers(struct afalg_probe *p)
{
    int error = probe_start(p);

    if (error == 0 && p->drivers_stale)
        error = read_drivers(p);
    return error == 0 ? &p->drivers : NULL;
}
