/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl key list: the keys that AF_ALG could take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "afalgctl.h"
#include "json.h"
#include "key.h"
#include "keyring.h"

/* Keys as they are found, each once. */
struct found {
    struct {
        key_serial_t serial;
        bool possessed;
    } * keys;
    size_t count;
    bool possessed; /* of the keyring that is being searched */
    bool short_of_memory;
};

/* recursive_key_scanner_t */
static int add_key_found(key_serial_t parent, key_serial_t serial, char *description, int len,
                         void *vfound)
{
    struct found *found = vfound;
    void *larger;

    (void)parent;
    (void)description;
    (void)len;
    for (size_t i = 0; i < found->count; i++) {
        if (found->keys[i].serial == serial)
            return 0;
    }
    larger = realloc(found->keys, (found->count + 1) * sizeof(*found->keys));
    if (larger == NULL) {
        found->short_of_memory = true;
        return 0;
    }
    found->keys = larger;
    found->keys[found->count].serial = serial;
    found->keys[found->count++].possessed = found->possessed;
    return 1;
}

/* The session keyring comes first: what it leads to is possessed by this process. */
static void find_keys(struct found *found)
{
    static const key_serial_t keyrings[] = { KEY_SPEC_SESSION_KEYRING,
                                             KEY_SPEC_USER_SESSION_KEYRING, KEY_SPEC_USER_KEYRING };

    for (size_t i = 0; i < sizeof(keyrings) / sizeof(*keyrings); i++) {
        key_serial_t keyring = keyctl_get_keyring_ID(keyrings[i], 0);

        found->possessed = i == 0;
        if (keyring >= 0)
            recursive_key_scan(keyring, add_key_found, found);
    }
}

/* Whether the permission Search, which AF_ALG needs, is granted (keyrings(7), "Access rights"). */
static bool may_search(const struct key_info *info, bool possessed)
{
    key_perm_t granted = possessed ? info->permissions & KEY_POS_SEARCH : 0;

    if ((uid_t)info->uid == geteuid())
        granted |= info->permissions & KEY_USR_SEARCH;
    else if ((gid_t)info->gid == getegid())
        granted |= info->permissions & KEY_GRP_SEARCH;
    else
        granted |= info->permissions & KEY_OTH_SEARCH;
    return granted != 0;
}

/* NULL if the key can be used. */
static const char *why_not(const struct key_info *info, bool possessed)
{
    if (info->revoked)
        return "revoked";
    if (strcmp(info->expires, "expired") == 0)
        return "expired";
    if (may_search(info, possessed))
        return NULL;
    return possessed ? "no permission" : "not in the session keyring";
}

static void print_line(const struct key_info *info, const char *problem)
{
    char permissions[KEY_PERMISSIONS_SIZE];

    keyring_permissions(info->permissions, permissions);
    printf("%-10d %-9s %-7s %s %-26s %s\n", info->serial, info->type, info->expires, permissions,
           problem == NULL ? "yes" : problem, info->description);
}

static void add_object(struct json_object *array, const struct key_info *info, const char *problem)
{
    struct json_object *object = json_object_new_object();
    char permissions[KEY_PERMISSIONS_SIZE];

    keyring_permissions(info->permissions, permissions);
    json_object_object_add(object, "serial", json_object_new_int(info->serial));
    json_object_object_add(object, "type", json_object_new_string(info->type));
    json_object_object_add(object, "description", json_object_new_string(info->description));
    json_object_object_add(object, "permissions", json_object_new_string(permissions));
    json_object_object_add(object, "uid", json_object_new_int64(info->uid));
    json_object_object_add(object, "gid", json_object_new_int64(info->gid));
    json_object_object_add(object, "expires", json_object_new_string(info->expires));
    json_object_object_add(object, "usable", json_object_new_boolean(problem == NULL));
    json_add_text(object, "reason", problem);
    json_object_array_add(array, object);
}

/* Prints the key, or adds it to @array unless that is NULL. */
static void list_key(key_serial_t serial, bool possessed, struct json_object *array)
{
    struct key_info info;

    if (keyring_describe(&info, serial) != 0)
        return;
    if (keyring_type_is_usable(info.type)) {
        if (array != NULL)
            add_object(array, &info, why_not(&info, possessed));
        else
            print_line(&info, why_not(&info, possessed));
    }
    key_info_free(&info);
}

int key_list(const struct key_options *options)
{
    struct json_object *array = options->json ? json_object_new_array() : NULL;
    struct found found = { 0 };

    find_keys(&found);
    if (array == NULL)
        printf("%-10s %-9s %-7s %-24s %-26s %s\n", "serial", "type", "expires", "permissions",
               "usable", "description");
    for (size_t i = 0; i < found.count; i++)
        list_key(found.keys[i].serial, found.keys[i].possessed, array);
    if (array != NULL)
        json_print(array);
    free(found.keys);
    return found.short_of_memory ? STATUS_FAILED : STATUS_OK;
}
