/* SPDX-License-Identifier: Apache-2.0 */
/* A key that only the kernel has, or that only its drivers can read. */
#ifndef AFALG_KEY_OPAQUE_H
#define AFALG_KEY_OPAQUE_H

#include "afalg/socket.h"
#include "error.h"

struct algorithm;

/** Such a key. It is constant, and shared by all contexts that use it. */
struct opaque_key;

/** What a key is to be used for. Lengths in bytes. */
struct key_use {
    const struct algorithm *alg; /* EVP's */
    const char *type;            /* AF_ALG's */
    const char *kernel;          /* the algorithm's name there: "cbc(aes)", "hmac(sha256)" */
    size_t keylen;               /* of its keys; 0: any */
};

/**
 * The key that @uri names, see uri.h: one of the keyring is looked up, a blob is read.
 * @return it, with one reference; NULL with the error raised
 */
struct opaque_key *opaque_key_find(const struct provctx *prov, const char *uri);

/** Takes another reference. @return @k */
struct opaque_key *opaque_key_hold(struct opaque_key *k);
/** Gives one back (NULL: none); the last one frees it. */
void opaque_key_release(struct opaque_key *k);

/** The URI that it was found by. */
const char *opaque_key_uri(const struct opaque_key *k);

/** Whether the key can be used so, as far as can be told. False with the error raised. */
bool opaque_key_fits(const struct provctx *prov, const struct opaque_key *k,
                     const struct key_use *use);

/**
 * Opens a request socket with the key. @t has what else it is to be: the name or driver to bind to,
 * unless the URI has one, and the tag's length. @return 0, or -errno as afalg_socket_open()
 */
int opaque_key_open(const struct opaque_key *k, struct afalg_socket *s,
                    const struct afalg_transform *t, const char *kernel);

/** Raises why a socket was not opened, or a request not made (@what): a negative errno value. */
int opaque_key_fail(const struct provctx *prov, const struct opaque_key *k,
                    const struct algorithm *alg, const char *what, int error) __attribute__((cold));

#endif
