/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "afalg/socket.h"

static long result(long returned)
{
    return returned < 0 ? -errno : returned;
}

int32_t keyring_find(const char *type, const char *description)
{
    static const int32_t others[] = { KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING,
                                      KEY_SPEC_USER_SESSION_KEYRING };
    long serial = result(syscall(SYS_request_key, type, description, NULL, 0));

    /* It passes over an expired key, which a search names as such. A service has a session keyring
     * of its own, to which the user's may not be linked. */
    for (size_t i = 0; serial == -ENOKEY && i < sizeof(others) / sizeof(others[0]); i++)
        serial = result(syscall(SYS_keyctl, KEYCTL_SEARCH, others[i], type, description, 0));
    return (int32_t)serial;
}

int32_t keyring_find_master(const char *master)
{
    static const char *const types[] = { "user", "trusted" };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t len = strlen(types[i]);

        if (strncmp(master, types[i], len) == 0 && master[len] == ':')
            return keyring_find(types[i], master + len + 1);
    }
    return -EINVAL;
}

long keyring_read(int32_t serial, void *payload, size_t size)
{
    return result(syscall(SYS_keyctl, KEYCTL_READ, serial, payload, size));
}

/* --- a new key --- */

/* KEYCTL_DESCRIBE yields "TYPE;UID;GID;PERMISSIONS;DESCRIPTION", or nothing if that is longer. */
enum { DESCRIBED_MAX = 4096 + 128 };

enum { USER_SEARCH = 0x00080000 }; /* keyctl_setperm(3)'s KEY_USR_SEARCH */

static long permit_search(int32_t serial)
{
    char text[DESCRIBED_MAX];
    unsigned permissions;
    long len = result(syscall(SYS_keyctl, KEYCTL_DESCRIBE, serial, text, sizeof(text)));

    if (len < 0)
        return len;
    if (len > (long)sizeof(text) || sscanf(text, "%*[^;];%*d;%*d;%x", &permissions) != 1)
        return -EINVAL;
    return result(syscall(SYS_keyctl, KEYCTL_SETPERM, serial, permissions | USER_SEARCH));
}

int32_t keyring_add(int32_t keyring, const char *type, const char *description, const void *payload,
                    size_t len)
{
    const int32_t mine = KEY_SPEC_THREAD_KEYRING; /* it possesses the key until it is linked */
    long serial, error;

    if (syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, type, description, 0) >= 0)
        return -EEXIST;
    serial = result(syscall(SYS_add_key, type, description, payload, len, mine));
    if (serial < 0)
        return (int32_t)serial;
    error = permit_search((int32_t)serial);
    if (error == 0)
        error = result(syscall(SYS_keyctl, KEYCTL_LINK, serial, keyring));
    (void)syscall(SYS_keyctl, KEYCTL_UNLINK, serial, mine);
    return (int32_t)(error < 0 ? error : serial);
}

/* --- all keys of a type --- */

enum { KEYRING_MAX = 4096 }; /* keys that are looked at in one */

struct list {
    const char *type;
    int32_t *serials;
    size_t count;
};

static bool is_of_type(int32_t serial, const char *type)
{
    char text[DESCRIBED_MAX];
    size_t len = strlen(type);

    return syscall(SYS_keyctl, KEYCTL_DESCRIBE, serial, text, sizeof(text)) > (long)len &&
           strncmp(text, type, len) == 0 && text[len] == ';';
}

static bool has(const struct list *l, int32_t serial)
{
    size_t i = 0;

    while (i < l->count && l->serials[i] != serial)
        i++;
    return i < l->count;
}

/* False if memory is short. */
static bool add(struct list *l, int32_t serial)
{
    int32_t *serials = reallocarray(l->serials, l->count + 1, sizeof(*serials));

    if (serials == NULL)
        return false;
    l->serials = serials;
    l->serials[l->count++] = serial;
    return true;
}

static bool add_keys_of(struct list *l, int32_t keyring)
{
    int32_t keys[KEYRING_MAX];
    long len = keyring_read(keyring, keys, sizeof(keys));
    bool ok = true;

    for (size_t i = 0; ok && len > 0 && i < (size_t)len / sizeof(keys[0]) && i < KEYRING_MAX; i++) {
        if (is_of_type(keys[i], l->type) && !has(l, keys[i]) && afalg_key_length(keys[i]) >= 0)
            ok = add(l, keys[i]);
    }
    return ok;
}

int keyring_list(const char *type, int32_t **serials, size_t *count)
{
    static const int32_t keyrings[] = { KEY_SPEC_THREAD_KEYRING, KEY_SPEC_PROCESS_KEYRING,
                                        KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_SESSION_KEYRING,
                                        KEY_SPEC_USER_KEYRING };
    struct list l = { .type = type };

    for (size_t i = 0; i < sizeof(keyrings) / sizeof(keyrings[0]); i++) {
        if (add_keys_of(&l, keyrings[i]))
            continue;
        free(l.serials);
        return -ENOMEM;
    }
    *serials = l.serials;
    *count = l.count;
    return 0;
}
