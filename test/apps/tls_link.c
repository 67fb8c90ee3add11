/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "random.h"
#include "support.h"

enum {
    WRITE_MAX = 16384,
    RECORD_HEADER = 5,
    DATAGRAM_HEADER = 13,
    DATAGRAM_MAX = 32768,
    HANDSHAKE_TURNS = 20,
};

/* Delivers what one end has sent. */
static void deliver(SSL *from, SSL *to)
{
    char *bytes;
    long len = BIO_get_mem_data(SSL_get_wbio(from), &bytes);

    if (len > 0 && BIO_write(SSL_get_rbio(to), bytes, (int)len) != len)
        die("out of memory");
    (void)BIO_reset(SSL_get_wbio(from));
}

static bool is_datagrams(const struct terms *terms)
{
    return terms->version >> 8 == DTLS1_VERSION_MAJOR;
}

static SSL *end_new(SSL_CTX *const ctx[2], const struct terms *terms)
{
    SSL *ssl = SSL_new(ctx[is_datagrams(terms)]);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    bool tls13 = terms->version == TLS1_3_VERSION;

    if (ssl == NULL || in == NULL || out == NULL)
        die("out of memory");
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    if ((tls13 ? SSL_set_ciphersuites(ssl, terms->suite)
               : SSL_set_cipher_list(ssl, terms->suite)) != 1 ||
        SSL_set_min_proto_version(ssl, terms->version) != 1 ||
        SSL_set_max_proto_version(ssl, terms->version) != 1)
        die("%s: not to be had", terms->suite);
    if (terms->no_encrypt_then_mac)
        SSL_set_options(ssl, SSL_OP_NO_ENCRYPT_THEN_MAC);
    if (is_datagrams(terms)) {
        SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
        SSL_set_mtu(ssl, DATAGRAM_MAX);
    }
    return ssl;
}

static void count_key_updates(int sent, int version, int type, const void *bytes, size_t len,
                              SSL *ssl, void *arg)
{
    struct link *link = arg;

    (void)sent;
    (void)version;
    (void)ssl;
    if (type == SSL3_RT_HANDSHAKE && len > 0 && *(const unsigned char *)bytes == SSL3_MT_KEY_UPDATE)
        link->key_updates++;
}

static bool turn(struct link *link, SSL *ssl)
{
    int result = SSL_do_handshake(ssl);

    if (result != 1 && SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ)
        die("%s: handshake failed", link->what);
    return result == 1;
}

bool link_turn(struct link *link)
{
    bool client = turn(link, link->client);
    bool server;

    deliver(link->client, link->server);
    server = turn(link, link->server);
    deliver(link->server, link->client);
    return client && server;
}

static void shake_hands(struct link *link)
{
    for (int turns = 0; turns < HANDSHAKE_TURNS; turns++) {
        if (link_turn(link))
            return;
    }
    die("%s: handshake without end", link->what);
}

static void check_terms(struct link *link, bool resumed)
{
    if (strcmp(SSL_get_cipher_name(link->server), link->terms.suite) != 0 ||
        SSL_version(link->server) != link->terms.version)
        die("%s: got %s, %s", link->what, SSL_get_version(link->server),
            SSL_get_cipher_name(link->server));
    if (SSL_get_verify_result(link->client) != X509_V_OK)
        die("%s: certificate not verified", link->what);
    if ((SSL_session_reused(link->client) == 1) != resumed ||
        (SSL_session_reused(link->server) == 1) != resumed)
        die("%s: %s", link->what, resumed ? "not resumed" : "resumed");
}

struct link *link_begin(const struct side *client, const struct side *server,
                        const struct terms *terms, SSL_SESSION *session)
{
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL)
        die("out of memory");
    link->terms = *terms;
    snprintf(link->what, sizeof(link->what), "%s to %s, %x, %s%s%s", client->name, server->name,
             (unsigned)terms->version, terms->suite,
             terms->no_encrypt_then_mac ? ", MAC-then-encrypt" : "",
             session == NULL ? "" : ", resumed");
    link->client = end_new(client->client, terms);
    link->server = end_new(server->server, terms);
    SSL_set_connect_state(link->client);
    SSL_set_accept_state(link->server);
    SSL_set_msg_callback(link->client, count_key_updates);
    SSL_set_msg_callback_arg(link->client, link);
    if (session != NULL && SSL_set_session(link->client, session) != 1)
        die("%s: session refused", link->what);
    return link;
}

struct link *link_open(const struct side *client, const struct side *server,
                       const struct terms *terms, SSL_SESSION *session)
{
    struct link *link = link_begin(client, server, terms, session);

    shake_hands(link);
    check_terms(link, session != NULL);
    return link;
}

void link_close(struct link *link)
{
    SSL_free(link->client);
    SSL_free(link->server);
    free(link);
    ERR_clear_error();
}

static void receive(struct link *link, SSL *ssl, const unsigned char *expected, size_t len)
{
    unsigned char bytes[WRITE_MAX];
    size_t got = 0;

    while (got < len) {
        size_t some = 0;

        if (SSL_read_ex(ssl, bytes + got, len - got, &some) != 1)
            die("%s: record refused", link->what);
        got += some;
    }
    if (memcmp(bytes, expected, len) != 0)
        die("%s: other data received than sent", link->what);
}

/* Mostly as large as a record can be, but all kinds of padding as well. */
static size_t write_size(struct random *random, size_t left)
{
    size_t size = random_once_in(random, 4) ? 1 + random_below(random, 300) : WRITE_MAX;

    return size < left ? size : left;
}

void link_send(struct link *link, bool to_server, size_t total)
{
    SSL *from = to_server ? link->client : link->server;
    SSL *to = to_server ? link->server : link->client;
    struct random random = random_start(link->terms.suite, total);
    unsigned char bytes[WRITE_MAX];

    while (total > 0) {
        size_t size = write_size(&random, total);
        size_t written = 0;

        random_fill(&random, bytes, size);
        if (SSL_write_ex(from, bytes, size, &written) != 1 || written != size)
            die("%s: cannot write", link->what);
        deliver(from, to);
        receive(link, to, bytes, size);
        deliver(to, from); /* an answer to a KeyUpdate, a ticket */
        total -= size;
    }
}

void link_update_keys(struct link *link)
{
    if (SSL_key_update(link->client, SSL_KEY_UPDATE_REQUESTED) != 1)
        die("%s: no KeyUpdate", link->what);
}

SSL_SESSION *link_session(struct link *link)
{
    /* A copy: OpenSSL makes a session unusable when its connection ends without notice or by an
     * alert. */
    SSL_SESSION *session = SSL_SESSION_dup(SSL_get0_session(link->client));

    if (session == NULL || SSL_SESSION_is_resumable(session) != 1 ||
        SSL_SESSION_has_ticket(session) != 1)
        die("%s: no session ticket", link->what);
    return session;
}

/* Whether libssl says so, anywhere in the queue: 3.5 adds an entry of its own behind. */
static bool refused_as_tampered(void)
{
    unsigned long error;

    while ((error = ERR_get_error()) != 0) {
        int reason = ERR_GET_REASON(error);

        if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
            (reason == SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC ||
             reason == SSL_R_DECRYPTION_FAILED))
            return true;
    }
    return false;
}

/*
 * What the other end does with a record that is not authentic: TLS ends the connection, DTLS may
 * (OpenSSL 3.0 does with encrypt-then-MAC) or drop it. Returns whether it was dropped.
 */
static bool check_refusal(struct link *link, SSL *to)
{
    char text[100];
    int got = SSL_read(to, text, sizeof(text));

    if (got > 0)
        die("%s: tampered record accepted", link->what);
    if (is_datagrams(&link->terms) && SSL_get_error(to, got) == SSL_ERROR_WANT_READ)
        return true;
    if (!refused_as_tampered())
        die("%s: tampered record refused for another reason", link->what);
    return false;
}

void link_tamper(struct link *link, bool to_server)
{
    SSL *from = to_server ? link->client : link->server;
    SSL *to = to_server ? link->server : link->client;
    long header = is_datagrams(&link->terms) ? DATAGRAM_HEADER : RECORD_HEADER, len;
    char text[100] = "text", *record;

    ERR_clear_error();
    if (SSL_write(from, text, sizeof(text)) != sizeof(text))
        die("%s: cannot write", link->what);
    len = BIO_get_mem_data(SSL_get_wbio(from), &record);
    record[to_server ? len - 1 : (header + len) / 2] ^= 1;
    deliver(from, to);
    if (check_refusal(link, to))
        link_send(link, to_server, sizeof(text));
}
