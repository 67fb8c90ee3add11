/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The client sleeps until so many bytes are there; its receive buffer holds several times that. */
enum { LOW_MARK = 512 * 1024, RECEIVE_BUFFER = 4 * 1024 * 1024, TIMEOUT = 60 };

static int tcp_connect(int port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
    };
    const struct timeval limit = { .tv_sec = TIMEOUT };
    const int room = RECEIVE_BUFFER;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    perror("connect");
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool set_suite(SSL_CTX *ctx, const char *suite)
{
    if (strncmp(suite, "TLS_", 4) == 0)
        return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
               SSL_CTX_set_ciphersuites(ctx, suite) == 1;
    return SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, suite) == 1;
}

/* An explicit nonce in TLS 1.2, the type of what is in it in 1.3, and the tag. CBC's padding
 * varies. */
static size_t overhead_of(const SSL *ssl)
{
    enum { NONCE = 8, TYPE = 1, TAG = 16 };

    if (!SSL_CIPHER_is_aead(SSL_get_current_cipher(ssl)))
        return 0;
    return TAG + (SSL_version(ssl) == TLS1_3_VERSION ? TYPE : NONCE);
}

static bool tls_connect(struct tls_client *client, const char *suite)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    bool done = ctx != NULL && set_suite(ctx, suite) && (client->ssl = SSL_new(ctx)) != NULL &&
                SSL_set_fd(client->ssl, client->fd) == 1 && SSL_connect(client->ssl) == 1;

    if (done)
        client->overhead = overhead_of(client->ssl);
    SSL_CTX_free(ctx);
    return done;
}

/* Reads the whole response into @data, @room bytes; returns where the body begins, or 0. In TLS 1.3
 * the server's tickets come before it. */
static size_t read_response(SSL *ssl, char *data, size_t room, size_t size)
{
    size_t have = 0, more, body = 0;

    while (body == 0 || have < body + size) {
        const char *end;

        if (SSL_read_ex(ssl, data + have, room - have, &more) != 1)
            return 0;
        have += more;
        end = body == 0 ? memmem(data, have, "\r\n\r\n", 4) : NULL;
        if (end != NULL)
            body = (size_t)(end - data) + 4;
    }
    return body;
}

static bool first_response(struct tls_client *client, const unsigned char *content, size_t size)
{
    size_t room = size + 4096, body;
    char *data = malloc(room);
    uint64_t before = BIO_number_read(SSL_get_rbio(client->ssl));
    bool same;

    if (data == NULL ||
        SSL_write(client->ssl, client->request, (int)strlen(client->request)) <= 0) {
        free(data);
        return false;
    }
    body = read_response(client->ssl, data, room, size);
    client->response = client->overhead != 0
                           ? body + size
                           : (size_t)(BIO_number_read(SSL_get_rbio(client->ssl)) - before);
    same = body != 0 && strncmp(data, "HTTP/1.1 200", 12) == 0 &&
           memcmp(data + body, content, size) == 0;
    free(data);
    return same;
}

bool tls_client_open(struct tls_client *client, int port, const char *suite, const char *name,
                     const unsigned char *content, size_t size)
{
    *client = (struct tls_client){ .fd = tcp_connect(port) };
    snprintf(client->request, sizeof(client->request), "GET /%s HTTP/1.1\r\nHost: bench\r\n\r\n",
             name);
    if (client->fd >= 0 && tls_connect(client, suite) && first_response(client, content, size))
        return true;
    fprintf(stderr, "port %d, %s: no or a wrong answer for %s\n", port, suite, name);
    ERR_print_errors_fp(stderr);
    tls_client_close(client);
    return false;
}

void tls_client_close(struct tls_client *client)
{
    SSL_free(client->ssl);
    if (client->fd >= 0)
        close(client->fd);
}

/* Sleeps until LOW_MARK bytes are there, or the last @left of a response. @return how many, or 0 */
static size_t await_data(struct tls_client *client, size_t left)
{
    int mark = left < LOW_MARK ? (int)left : LOW_MARK;
    struct pollfd readable = { .fd = client->fd, .events = POLLIN };

    if (mark != client->mark &&
        setsockopt(client->fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)) != 0)
        return 0;
    client->mark = mark;
    return poll(&readable, 1, TIMEOUT * 1000) == 1 ? (size_t)mark : 0;
}

/* MSG_TRUNC: TCP throws the data away without a copy, tcp(7). */
static bool discard(struct tls_client *client, size_t len)
{
    while (len > 0) {
        ssize_t got = recv(client->fd, NULL, len, MSG_TRUNC);

        if (got <= 0)
            return false;
        len -= (size_t)got;
    }
    return true;
}

/* Takes one record away, of which only the header is read. @return its length on the wire; 0:
 * failed */
static size_t discard_record(struct tls_client *client, size_t *left)
{
    unsigned char header[5]; /* type, version, length */
    size_t len;

    if (recv(client->fd, header, sizeof(header), MSG_WAITALL) != sizeof(header))
        return 0;
    len = (size_t)header[3] << 8 | header[4];
    if (header[0] != SSL3_RT_APPLICATION_DATA || len < client->overhead ||
        len - client->overhead > *left || !discard(client, len))
        return 0;
    *left -= len - client->overhead;
    return sizeof(header) + len;
}

/* The records of a response, wherever the server has cut it. */
static bool discard_records(struct tls_client *client)
{
    size_t left = client->response, ready = 0;

    while (left > 0) {
        size_t len;

        if (ready == 0)
            ready = await_data(client, left);
        len = ready == 0 ? 0 : discard_record(client, &left);
        if (len == 0)
            return false;
        ready -= len < ready ? len : ready;
    }
    return true;
}

static bool discard_bytes(struct tls_client *client)
{
    size_t left = client->response;

    while (left > 0) {
        ssize_t got = await_data(client, left) > 0 ? recv(client->fd, NULL, left, MSG_TRUNC) : -1;

        if (got <= 0)
            return false;
        left -= (size_t)got;
    }
    return true;
}

bool tls_client_again(struct tls_client *client)
{
    bool done = SSL_write(client->ssl, client->request, (int)strlen(client->request)) > 0 &&
                (client->overhead != 0 ? discard_records(client) : discard_bytes(client));

    if (!done)
        perror("response");
    return done;
}
