/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of afalgctl key. */
#ifndef AFALGCTL_KEY_H
#define AFALGCTL_KEY_H

#include <keyutils.h>
#include <stdbool.h>
#include <stddef.h>

struct key_options {
    const char *uri;      /* NULL of list */
    bool json;            /* list */
    size_t bytes;         /* new; 0: not given */
    const char *master;   /* new: "TYPE:DESCRIPTION" of an encrypted key's master key; or NULL */
    key_serial_t keyring; /* new, load: where the key is linked */
};

/** Each returns the exit status. */
int key_list(const struct key_options *options);
int key_show(const struct key_options *options);
int key_new(const struct key_options *options);
int key_load(const struct key_options *options);

#endif
