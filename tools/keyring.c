/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool keyring_type_is_usable(const char *type)
{
    return strcmp(type, "user") == 0 || strcmp(type, "logon") == 0 ||
           strcmp(type, "encrypted") == 0 || strcmp(type, "trusted") == 0;
}

/* "TYPE;UID;GID;PERMISSIONS;DESCRIPTION" */
static bool parse_description(struct key_info *info, const char *text)
{
    int end = 0;

    if (sscanf(text, "%31[^;];%d;%d;%x;%n", info->type, &info->uid, &info->gid, &info->permissions,
               &end) != 4 ||
        end == 0)
        return false;
    info->description = strdup(text + end);
    return info->description != NULL;
}

static void set_expiry(struct key_info *info, const char *timeout)
{
    if (strcmp(timeout, "perm") == 0)
        timeout = "never";
    else if (strcmp(timeout, "expd") == 0)
        timeout = "expired";
    snprintf(info->expires, sizeof(info->expires), "%s", timeout);
}

/* "DESCRIPTION: LENGTH" of the types that AF_ALG takes; of the wrapped ones the length is another.
 */
static void set_summary(struct key_info *info, char *text)
{
    char *len = strrchr(text, ':');

    if (len != NULL && (strcmp(info->type, "user") == 0 || strcmp(info->type, "logon") == 0))
        info->len = strtoul(len + 1, NULL, 10);
    if (info->description != NULL)
        return;
    if (len != NULL)
        *len = '\0';
    info->description = strdup(text);
}

/*
 * A line of /proc/keys: "SERIAL FLAGS USAGE TIMEOUT PERMISSIONS UID GID TYPE SUMMARY". What another
 * call has told of the key already is not taken from it: a description can imitate a line.
 */
static void parse_proc_line(struct key_info *info, char *line)
{
    struct key_info told = { .expires = "-" };
    char flags[16], timeout[8];
    unsigned serial;
    int end = 0;

    if (sscanf(line, "%x %15s %*d %7s %x %d %d %31s %n", &serial, flags, timeout, &told.permissions,
               &told.uid, &told.gid, told.type, &end) != 7 ||
        (key_serial_t)serial != info->serial)
        return;
    if (info->description == NULL) {
        told.serial = info->serial;
        *info = told;
    }
    info->revoked = flags[1] == 'R';
    if (!info->revoked) /* else it is the time of the revocation */
        set_expiry(info, timeout);
    set_summary(info, line + end);
}

/* What no call tells: expiry, state, length; of a key that has ended everything. */
static void read_proc_keys(struct key_info *info)
{
    FILE *in = fopen("/proc/keys", "re");
    char *line = NULL;
    size_t size = 0;

    while (in != NULL && getline(&line, &size, in) > 0)
        parse_proc_line(info, line);
    free(line);
    if (in != NULL)
        fclose(in);
}

/* The text of an encrypted key is "FORMAT MASTER-KEY LENGTH BLOB". */
static void read_encrypted_length(struct key_info *info)
{
    char *text = NULL;

    if (strcmp(info->type, "encrypted") != 0 || keyctl_read_alloc(info->serial, (void **)&text) < 0)
        return;
    if (sscanf(text, "%*s %*s %zu", &info->len) != 1)
        info->len = 0;
    free(text);
}

int keyring_describe(struct key_info *info, key_serial_t serial)
{
    char *text = NULL;
    int error = 0;

    *info = (struct key_info){ .serial = serial, .expires = "-" };
    if (keyctl_describe_alloc(serial, &text) < 0)
        error = errno;
    else if (!parse_description(info, text))
        error = ENOMEM;
    free(text);
    if (error == 0 || error == EKEYREVOKED || error == EKEYEXPIRED)
        read_proc_keys(info);
    if (info->description == NULL) {
        key_info_free(info);
        return error == 0 ? -ENOMEM : -error;
    }
    read_encrypted_length(info);
    return 0;
}

void key_info_free(struct key_info *info)
{
    free(info->description);
    *info = (struct key_info){ 0 };
}

void keyring_permissions(key_perm_t permissions, char text[KEY_PERMISSIONS_SIZE])
{
    static const char letters[] = "alswrv"; /* bits 5 to 0: setattr, link, search, ... */

    memset(text, '-', KEY_PERMISSIONS_SIZE - 1);
    for (int i = 0; i < KEY_PERMISSIONS_SIZE - 1; i++) {
        int bit = 24 - i / 6 * 8 + 5 - i % 6;

        if ((permissions >> bit & 1) != 0)
            text[i] = letters[i % 6];
    }
    text[KEY_PERMISSIONS_SIZE - 1] = '\0';
}

const char *keyring_error(int error)
{
    switch (error) {
    case ENOKEY:
        return "no such key in the keyrings of this process; see afalgctl key list";
    case EKEYEXPIRED:
        return "the key has expired: load it again";
    case EKEYREVOKED:
        return "the key has been revoked: load another";
    case EACCES:
        return "no permission: the key has to be in the session keyring (keyctl link @u @s), or "
               "give the user the permission Search (keyctl setperm)";
    case ENODEV:
        return "this kernel doesn't have the key's type: is a module missing (modprobe "
               "encrypted-keys, modprobe trusted)?";
    case EDQUOT:
        return "the user's quota of keys is used up: see /proc/key-users and kernel.keys.maxbytes";
    default:
        return strerror(error);
    }
}
