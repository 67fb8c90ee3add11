/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel has: asked by bind, which alone is honest, and only for names that it could
 * have; or told from what is loaded and could be, which costs no bind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptor.h"
#include "drivers.h"
#include "modules.h"
#include "transform.h"

enum { TYPES = 4 };
static const char *const type_names[TYPES] = { "skcipher", "aead", "hash", "rng" };

struct afalg_probe {
    struct descriptor socket;     /* bound again for each name */
    int error;                    /* why nothing can be asked: -EAFNOSUPPORT, -EPERM, ... */
    struct afalg_drivers drivers; /* that are loaded */
    bool drivers_current;         /* read, and no bind has brought another in since */
    struct module_index *modules; /* read when something is asked for that is not loaded */
    bool type_works[TYPES];       /* a name was bound */
    bool type_missing[TYPES];     /* its algif module is blocked or not built */
};

struct afalg_probe *afalg_probe_new(void)
{
    struct afalg_probe *p = calloc(1, sizeof(*p));

    if (p != NULL)
        p->socket = (struct descriptor)DESCRIPTOR_CLOSED;
    return p;
}

static int need_modules(struct afalg_probe *p)
{
    return p->modules != NULL ? 0 : afalg_module_index_read(&p->modules);
}

/* If nothing can answer NETLINK_CRYPTO, opening it would run modprobe in each process. */
static bool netlink_possible(struct afalg_probe *p)
{
    if (access("/sys/module/crypto_user", F_OK) == 0)
        return true;
    return need_modules(p) == 0 &&
           (afalg_module_index_missing(p->modules) || afalg_module_index_netlink(p->modules));
}

/* /proc/crypto first: if no driver there can be hardware, the flags are not worth a socket. */
static int read_drivers(struct afalg_probe *p)
{
    int error;

    afalg_drivers_clear(&p->drivers);
    error = afalg_drivers_fill(&p->drivers, false);
    if (error == 0 && afalg_drivers_may_be_hardware(&p->drivers) && netlink_possible(p))
        error = afalg_drivers_fill_flags(&p->drivers);
    p->drivers_current = error == 0;
    return error;
}

int afalg_probe_read(struct afalg_probe *p)
{
    if (!p->drivers_current && p->error == 0)
        p->error = read_drivers(p);
    return p->error;
}

static int open_socket(struct afalg_probe *p)
{
    if (p->socket.fd < 0 && p->error == 0)
        p->error = afalg_descriptor_open(&p->socket, AF_ALG, SOCK_SEQPACKET, 0);
    return p->error;
}

/* Another socket, if the application has closed the first, or in a child. */
static int renew_socket(struct afalg_probe *p)
{
    if (!afalg_descriptor_valid(&p->socket))
        afalg_descriptor_close(&p->socket);
    return open_socket(p);
}

/* Opens the socket and reads what is loaded, if that has not been done; without a socket neither.
 */
static int probe_start(struct afalg_probe *p)
{
    int error = open_socket(p);

    /* What a bind has brought in since only adds to what is known. */
    return error != 0 || p->drivers.count > 0 ? error : afalg_probe_read(p);
}

int afalg_probe_open(struct afalg_probe *p)
{
    int error = probe_start(p);

    if (error == 0)
        error = p->error = need_modules(p);
    return error;
}

int afalg_probe_error(const struct afalg_probe *p)
{
    return p->error;
}

void afalg_probe_free(struct afalg_probe *p)
{
    if (p == NULL)
        return;
    afalg_descriptor_close(&p->socket);
    afalg_drivers_clear(&p->drivers);
    afalg_module_index_free(p->modules);
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
    return token_is_library(token, len) || afalg_drivers_have_word(&p->drivers, token, len) ||
           afalg_module_index_has(p->modules, token, len);
}

/*
 * Without an index only what is loaded is known, and templates are not listed:
 * then a name is possible if its innermost algorithm is loaded.
 */
static bool possible_without_index(const struct afalg_probe *p, const char *name)
{
    const char *inner = strrchr(name, '(');
    size_t len;

    if (p->drivers.count == 0)
        return true;
    inner = inner == NULL ? name : inner + 1;
    len = strcspn(inner, "(),");
    return afalg_drivers_have_word(&p->drivers, inner, len);
}

/*
 * Whether every word of @name, as cts, cbc and aes in cts(cbc(aes)), is known to the kernel.
 * If the index can't be read now, it may be.
 */
static bool could_load(struct afalg_probe *p, const char *name)
{
    if (need_modules(p) != 0)
        return true;
    if (afalg_module_index_missing(p->modules))
        return possible_without_index(p, name);
    if (afalg_module_index_has(p->modules, name, strlen(name)))
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

/* Whether AF_ALG's module for @type is there, loaded or built in. */
static bool type_present(struct afalg_probe *p, const char *type)
{
    char path[64];

    snprintf(path, sizeof(path), "/sys/module/algif_%s", type);
    return access(path, F_OK) == 0 || need_modules(p) != 0 ||
           afalg_module_index_builtin(p->modules, strrchr(path, '/') + 1);
}

static bool is_loaded(const struct afalg_probe *p, const char *type, const char *name)
{
    return afalg_drivers_lookup(&p->drivers, type, name) != NULL;
}

int afalg_probe_possible(struct afalg_probe *p, const char *type, const char *name)
{
    int error = probe_start(p);

    if (error != 0)
        return error;
    if (type_index(type) == TYPES)
        return -ENOENT;
    return is_loaded(p, type, name) || could_load(p, name) ? 0 : -ENOENT;
}

int afalg_probe_bind(struct afalg_probe *p, const char *type, const char *name)
{
    int t = type_index(type);
    bool loaded;
    int error;

    error = afalg_probe_possible(p, type, name);
    if (error != 0)
        return error;
    if (p->type_missing[t])
        return -ENOENT;
    error = renew_socket(p);
    if (error != 0)
        return error;
    loaded = is_loaded(p, type, name);
    error = afalg_transform_bind(p->socket.fd, type, name);
    p->drivers_current &= error != 0 || loaded;
    if (error == 0)
        p->type_works[t] = true;
    else if (loaded && !p->type_works[t])
        p->type_missing[t] = !type_present(p, type);
    return error;
}

const struct afalg_drivers *afalg_probe_drivers(struct afalg_probe *p)
{
    return afalg_probe_read(p) == 0 ? &p->drivers : NULL;
}
