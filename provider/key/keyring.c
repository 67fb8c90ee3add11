/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

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

long keyring_read(int32_t serial, void *payload, size_t size)
{
    return result(syscall(SYS_keyctl, KEYCTL_READ, serial, payload, size));
}

int32_t keyring_add(const char *type, const char *description, const void *payload, size_t len)
{
    return (int32_t)result(
        syscall(SYS_add_key, type, description, payload, len, KEY_SPEC_USER_KEYRING));
}
