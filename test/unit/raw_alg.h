/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_ALG by bare system calls, so that tests of one layer need no other layer.
 * Functions return a descriptor or a length, or a negative errno value.
 */
#ifndef AFALG_TEST_RAW_ALG_H
#define AFALG_TEST_RAW_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One skcipher or aead request; lengths in bytes. */
struct raw_alg_request {
    uint32_t op;    /* ALG_OP_ENCRYPT or ALG_OP_DECRYPT */
    const void *iv; /* up to 16 bytes; NULL: none is sent */
    size_t ivlen;
    uint32_t assoclen; /* aead: how much of in is AAD */
    const void *in;
    size_t inlen;
    void *out;
    size_t outlen; /* what the request yields, no more */
};

/* A socket bound to a name of the kernel: raw_alg_bind("skcipher", "cbc(aes)"). */
int raw_alg_bind(const char *type, const char *name);

/* A request socket of a bound one. */
int raw_alg_accept(int bound);

/* The same; the test fails if the kernel refuses. */
int raw_alg_must_bind(const char *type, const char *name);
int raw_alg_must_accept(int bound);

/* Sends and receives one request. Returns the bytes received. */
ssize_t raw_alg_request(int fd, const struct raw_alg_request *request);

/* Digest or MAC of one message. Returns the bytes received. */
ssize_t raw_alg_digest(int fd, const void *message, size_t len, void *digest, size_t size);

/* Whether the running kernel is of this version or a later one. */
bool raw_alg_kernel_is(unsigned major, unsigned minor);

#endif
