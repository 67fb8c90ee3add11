/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's key retention service (keyrings(7)), by system calls: as the module is loaded into
 * every process, it brings no library for the few that have such keys. */
#ifndef AFALG_KEY_KEYRING_H
#define AFALG_KEY_KEYRING_H

#include <stddef.h>
#include <stdint.h>

/**
 * The key of this type and description: in the thread's, process's and session's keyrings, as
 * request_key(2) searches them, or else in the user's. @return its serial, or -errno
 */
int32_t keyring_find(const char *type, const char *description);

/**
 * The key that is to wrap an encrypted one: "user:NAME" or "trusted:NAME". The kernel itself looks
 * for it no sooner than when the encrypted key is saved or loaded.
 * @return its serial, or -errno: -EINVAL if @master is neither
 */
int32_t keyring_find_master(const char *master);

/**
 * Reads the payload of a key that the caller may read: at most @size bytes. @return its length,
 * which may be more, or -errno
 */
long keyring_read(int32_t serial, void *payload, size_t size);

/**
 * Adds a new key to @keyring (its serial, or KEY_SPEC_USER_KEYRING and the like), and gives the
 * user the permission Search: other sessions possess it only if they are linked to that keyring, as
 * those of services are not.
 * @return its serial, or -errno: -EEXIST if the keyring has one of this type and description, whose
 * payload add_key(2) would replace
 */
int32_t keyring_add(int32_t keyring, const char *type, const char *description, const void *payload,
                    size_t len);

/**
 * The keys of a type in this process's and this user's keyrings that a transform takes as a key.
 * *@serials is to be freed. @return 0, or -errno
 */
int keyring_list(const char *type, int32_t **serials, size_t *count);

#endif
