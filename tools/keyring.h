/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the kernel's key retention service, keyrings(7). */
#ifndef AFALGCTL_KEYRING_H
#define AFALGCTL_KEYRING_H

#include <keyutils.h>
#include <stdbool.h>
#include <stddef.h>

/** What the kernel tells of a key. */
struct key_info {
    key_serial_t serial;
    char type[32];
    int uid, gid;
    key_perm_t permissions;
    char *description; /* owned */
    char expires[8]; /* "never", "expired", or as in /proc/keys: "45s", "3h", "14d"; "-": unknown */
    bool revoked;
    size_t len; /* of the payload, as far as the kernel tells it; 0: not known */
};

/** 0, or -errno with @info empty. */
int keyring_describe(struct key_info *info, key_serial_t serial);
void key_info_free(struct key_info *info);

/** Whether AF_ALG takes keys of this type. */
bool keyring_type_is_usable(const char *type);

enum { KEY_PERMISSIONS_SIZE = 25 };

/** "alswrv-----v------------", as keyctl(1) has it: of possessor, user, group, other. */
void keyring_permissions(key_perm_t permissions, char text[KEY_PERMISSIONS_SIZE]);

/** What an errno value of a call about a key means, and what to do. */
const char *keyring_error(int error);

#endif
