/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTPS client that costs next to nothing: it decrypts the first response of a
 * connection and checks it, and throws the records of all later ones away as they
 * come from TCP, so that a slow machine's time is the server's.
 */
#ifndef AFALG_BENCH_TLS_CLIENT_H
#define AFALG_BENCH_TLS_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

/** A connection that asks for one file again and again. */
struct tls_client {
    int mark; /* SO_RCVLOWAT; 0: as it was */
    SSL *ssl;
    int fd;
    char request[256];
    size_t response; /* bytes of its records on the wire; with an overhead, of what is in them */
    size_t overhead; /* of each record beside what is in it; 0: it varies */
};

/**
 * Connects to @port of this machine with the cipher suite @suite, by the version of TLS that has
 * it, and asks for @name once: the answer must be the @size bytes of @content. False, with a
 * message, if it failed.
 */
bool tls_client_open(struct tls_client *client, int port, const char *suite, const char *name,
                     const unsigned char *content, size_t size);
void tls_client_close(struct tls_client *client);

/** Asks for the file once more and discards it. False, with a message, if it failed. */
bool tls_client_again(struct tls_client *client);

#endif
