/* SPDX-License-Identifier: Apache-2.0 */
/* The implementations that the kernel has loaded, and which of them a bind takes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers.h"

/* cra_flags of the kernel's include/linux/crypto.h: no header for user space has them. */
#define CRYPTO_ALG_INSTANCE         0x00000800
#define CRYPTO_ALG_KERN_DRIVER_ONLY 0x00001000
#define CRYPTO_ALG_ALLOCATES_MEMORY 0x00010000

static int drivers_grow(struct afalg_drivers *d)
{
    size_t room = d->room == 0 ? 64 : d->room * 2;
    struct loaded_driver *loaded = reallocarray(d->loaded, room, sizeof(*loaded));

    if (loaded == NULL)
        return -ENOMEM;
    d->loaded = loaded;
    d->room = room;
    return 0;
}

int afalg_drivers_add(struct afalg_drivers *d, const struct driver_entry *entry)
{
    size_t name = strlen(entry->name) + 1, driver = strlen(entry->driver) + 1;
    size_t type = strlen(entry->type) + 1;
    char *text;

    if (d->count == d->room && drivers_grow(d) != 0)
        return -ENOMEM;
    text = malloc(name + driver + type);
    if (text == NULL)
        return -ENOMEM;
    d->loaded[d->count++] = (struct loaded_driver){
        .name = memcpy(text, entry->name, name),
        .driver = memcpy(text + name, entry->driver, driver),
        .type = memcpy(text + name + driver, entry->type, type),
        .priority = entry->priority,
        .flags = entry->flags,
        .internal = entry->internal,
    };
    return 0;
}

void afalg_drivers_clear(struct afalg_drivers *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->loaded[i].name);
    free(d->loaded);
    *d = (struct afalg_drivers){ 0 };
}

void afalg_drivers_copy_name(char to[AFALG_NAME_MAX], const char *from, size_t len)
{
    if (len >= AFALG_NAME_MAX)
        len = AFALG_NAME_MAX - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

/* shash and ahash are one kind of socket; lskcipher (Linux 6.7) is reached as skcipher. */
static bool type_is(const struct loaded_driver *entry, const char *type)
{
    const char *own = entry->type;

    if (strcmp(type, "hash") == 0)
        return strcmp(own, "shash") == 0 || strcmp(own, "ahash") == 0;
    return strcmp(own, type) == 0 ||
           (strcmp(type, "skcipher") == 0 && strcmp(own, "lskcipher") == 0);
}

/* As the kernel looks names up: a driver's own name at once, else the first of highest priority. */
const struct loaded_driver *afalg_drivers_lookup(const struct afalg_drivers *d, const char *type,
                                                 const char *name)
{
    const struct loaded_driver *best = NULL;

    for (size_t i = 0; i < d->count; i++) {
        const struct loaded_driver *entry = &d->loaded[i];

        if (entry->internal || !type_is(entry, type))
            continue;
        if (strcmp(entry->driver, name) == 0)
            return entry;
        if (strcmp(entry->name, name) == 0 && (best == NULL || entry->priority > best->priority))
            best = entry;
    }
    return best;
}

static bool name_has_word(const char *name, const char *word, size_t len)
{
    while (*name != '\0') {
        size_t own = strcspn(name, "(),");

        if (own == len && memcmp(name, word, len) == 0)
            return true;
        name += own;
        name += strspn(name, "(),");
    }
    return false;
}

bool afalg_drivers_have_word(const struct afalg_drivers *d, const char *word, size_t len)
{
    for (size_t i = 0; i < d->count; i++) {
        if (name_has_word(d->loaded[i].name, word, len))
            return true;
    }
    return false;
}

static bool is_hardware(uint32_t flags)
{
    const uint32_t offload = CRYPTO_ALG_ASYNC | CRYPTO_ALG_ALLOCATES_MEMORY;

    return (flags & CRYPTO_ALG_KERN_DRIVER_ONLY) != 0 ||
           ((flags & offload) == offload && (flags & CRYPTO_ALG_INSTANCE) == 0);
}

/* Above what any of the kernel's portable implementations has. */
#define PRIORITY_PORTABLE_MAX 300

bool afalg_drivers_may_be_hardware(const struct afalg_drivers *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct loaded_driver *entry = &d->loaded[i];
        bool template = strchr(entry->driver, '(') != NULL;

        if (!entry->internal && !template &&
            ((entry->flags & CRYPTO_ALG_ASYNC) != 0 || entry->priority > PRIORITY_PORTABLE_MAX))
            return true;
    }
    return d->count == 0;
}

int afalg_drivers_find(const struct afalg_drivers *d, const char *type, const char *name,
                       struct afalg_driver *found)
{
    const struct loaded_driver *entry = afalg_drivers_lookup(d, type, name);

    if (entry == NULL)
        return -ENOENT;
    strcpy(found->driver, entry->driver);
    strcpy(found->algorithm, entry->name);
    found->priority = entry->priority;
    found->known = d->known;
    found->hardware = d->known && is_hardware(entry->flags);
    return 0;
}
