/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS or DTLS connection of two ends in one process, with the test between them as the
 * network. Every function ends the program with a message if it fails.
 */
#ifndef TEST_APPS_TLS_LINK_H
#define TEST_APPS_TLS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "tls_side.h"

/* What a connection is to use. */
struct terms {
    const char *suite; /* OpenSSL's name */
    int version;       /* TLS1_VERSION ..., DTLS1_VERSION, DTLS1_2_VERSION */
    bool no_encrypt_then_mac;
};

struct link {
    struct terms terms;
    SSL *client, *server;
    unsigned key_updates; /* seen by the client, in both directions */
    char what[128];       /* for messages */
};

/* Shakes hands; with @session (may be NULL) resumed by its ticket. The caller closes it. */
struct link *link_open(const struct side *client, const struct side *server,
                       const struct terms *terms, SSL_SESSION *session);
void link_close(struct link *link);

/* The same in two steps: link_turn lets each end do what it can, and returns whether both are done.
 */
struct link *link_begin(const struct side *client, const struct side *server,
                        const struct terms *terms, SSL_SESSION *session);
bool link_turn(struct link *link);

/* Moves @total bytes in one direction, in writes of many sizes, and compares them. */
void link_send(struct link *link, bool to_server, size_t total);

/* New keys in both directions, TLS 1.3. They show with the next bytes. */
void link_update_keys(struct link *link);

/* A copy of the client's session, to be freed by the caller. */
SSL_SESSION *link_session(struct link *link);

/* Alters one byte of the next record: the other end must refuse it. The link is of no use
 * afterwards; if DTLS drops the record, it must go on as if that had been lost. */
void link_tamper(struct link *link, bool to_server);

#endif
