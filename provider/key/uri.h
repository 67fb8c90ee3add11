/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URIs that name a key which the kernel has, with attributes as PKCS#11's have them (RFC 7512):
 *
 *     afalg:keyring=TYPE;name=DESCRIPTION   a key of the keyring, found as request_key(2) does
 *     afalg:keyring=TYPE                    all keys of a type; names no single key
 *     afalg:serial=NUMBER                   a key of the keyring
 *     afalg:fd=NAME                         a socket with its key set: see AFALG_ENV_KEY
 *     afalg:file=PATH;cipher=NAME           a blob that only the kernel's NAME can unwrap
 *
 * A key of the keyring with cipher=NAME has such a blob as its payload. driver=NAME has a socket
 * bound to this driver. Values are percent-encoded (RFC 3986). Nothing secret is ever in a URI.
 */
#ifndef AFALG_KEY_URI_H
#define AFALG_KEY_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_URI_SCHEME "afalg:"

/** What a URI names. Strings are decoded, NULL if the URI hasn't the attribute, and in @text. */
struct key_uri {
    const char *keyring, *name;  /* a keyring key's type and description */
    const char *fd;              /* a name in the environment */
    const char *file;            /* a path */
    const char *cipher, *driver; /* kernel names */
    int32_t serial;              /* 0: none */
    char *text;                  /* owned */
};

/**
 * Parses @uri. @return NULL; or what is wrong with it, a constant string, with @u empty
 */
const char *key_uri_parse(struct key_uri *u, const char *uri);

void key_uri_free(struct key_uri *u);

#endif
