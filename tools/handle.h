/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that URIs name, and sockets with such a key set. */
#ifndef AFALGCTL_HANDLE_H
#define AFALGCTL_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "afalg/socket.h"
#include "key/uri.h"

/** A key that a URI names. */
struct key_source {
    struct key_uri uri;
    int32_t serial;      /* of the keyring; 0: none */
    size_t len;          /* of the key; 0: not known, as of one that is wrapped */
    unsigned char *blob; /* of a file; owned; NULL: none */
    size_t bloblen;
};

/**
 * Looks up the key that @uri names, a key of the keyring or a file.
 * @return false, with the reason on standard error, if there is none or it can't be used
 */
bool key_source_open(struct key_source *key, const char *uri);
void key_source_close(struct key_source *key);

/** What an algorithm is for the kernel. */
struct target {
    const char *type; /* AF_ALG's; NULL: whichever has the name */
    char name[AFALG_NAME_MAX];
    size_t keylen; /* bytes; 0: not known, or any */
};

/**
 * Finds OpenSSL's name of a cipher ("AES-256-CBC"), that of a MAC and of what it is made of
 * ("HMAC:SHA256"), or else takes @algorithm for the kernel's name ("cbc(aes)").
 * @return false if it is too long, or has characters that no such name has
 */
bool target_find(struct target *target, const char *algorithm);

/** Whether the lengths of the key and of the target are both known and differ. */
bool target_refuses(const struct target *target, const struct key_source *key);

/**
 * Binds a socket to the target, or to the cipher or driver that the key's URI names, sets the key,
 * and sets target->type if it was NULL. The socket is inherited by programs that are executed.
 * @return the descriptor; or -errno with @call saying what has failed: "socket", "bind", or "key"
 */
int handle_open(struct target *target, const struct key_source *key, const char **call);

/** Why handle_open() has failed, and what to do. */
const char *handle_error(const struct key_source *key, const char *call, int error);

#endif
