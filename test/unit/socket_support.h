/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of socket/ share. The test fails if one of these can't do its work. */
#ifndef AFALG_TEST_SOCKET_SUPPORT_H
#define AFALG_TEST_SOCKET_SUPPORT_H

#include <afalg/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Group set-up and tear-down: a reference to the registry of descriptors. */
int hold_registry(void **state);
int release_registry(void **state);

/* Waits for a child, which must end with status 0. */
void assert_child_succeeds(pid_t child);

/* How many descriptors this process has open. */
unsigned open_descriptors(void);

/* Fills size bytes; equal seeds give equal bytes. */
void fill(void *bytes, size_t size, uint32_t seed);

/* size bytes for the caller to free. */
uint8_t *buffer(size_t size);

/* A request by its fields, in their order: op, iv, ivlen, aadlen, in, out, nin, nout. */
#define REQUEST(...) (&(const struct afalg_request){ __VA_ARGS__ })

/* One segment of a request. */
struct iovec segment(const void *bytes, size_t size);

/* Opens *s, which may be anything, with a key of keylen bytes (NULL and 0 for none). */
void open_socket(struct afalg_socket *s, const char *type, const char *name, const void *key,
                 size_t keylen);

/* Ends a SHA-256 hash with rest. Whether the digest is that of "abc". */
bool ends_as_abc(struct afalg_socket *s, const char *rest);

#endif
