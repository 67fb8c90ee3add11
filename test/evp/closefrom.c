/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application closes every descriptor, as daemons do, and gets the numbers again for something
 * else: TCP and UNIX sockets, pipes, or other contexts of the subject. Contexts in the middle of a
 * message carry on with the right result; what has taken their numbers stays open, not one byte
 * arrives there, and what others have sent there is not taken away.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "stream.h"
#include "support.h"

enum { FIRST = 3, LAST = 63, PEERS = 200, STREAMS_MAX = 16 };

static uint8_t text[2 * STREAM_MANY];

/* Two ends of a connection of some family. */
typedef void pair_fn(int ends[2]);

static void unix_stream_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        die("no UNIX sockets");
}

static void unix_packet_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        die("no UNIX sockets");
}

static void pipe_pair(int ends[2])
{
    int made[2];

    if (pipe(made) != 0)
        die("no pipes");
    ends[0] = made[1]; /* what is written there arrives at the other */
    ends[1] = made[0];
}

static void tcp_pair(int ends[2])
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        connect(ends[0], (struct sockaddr *)&address, length) != 0)
        die("no connection by TCP to this host: %s", strerror(errno));
    ends[1] = accept(listener, NULL, NULL);
    close(listener);
}

struct family {
    const char *name;
    pair_fn *make;
    int waiting; /* bytes that the peer sends in advance, for the owner of the number to read */
};

static const struct family families[] = {
    { "TCP", tcp_pair, 5 },
    { "UNIX stream", unix_stream_pair, 5 },
    { "UNIX seqpacket", unix_packet_pair, 5 },
    { "pipe", pipe_pair, 0 },
};

/* Descriptors above LAST are the test's own. */
static void close_all(void)
{
    for (int fd = FIRST; fd <= LAST; fd++)
        close(fd);
}

/* Puts one end on every number up to LAST; the other ends get numbers from PEERS on. */
static void occupy(const struct family *family)
{
    for (int fd = FIRST; fd <= LAST; fd++) {
        int ends[2];
        int here;

        family->make(ends);
        here = fcntl(ends[0], F_DUPFD, PEERS * 2);
        if (here < 0 || dup2(ends[1], PEERS + fd) < 0)
            die("no descriptors");
        if (family->waiting > 0 &&
            write(ends[1], "later", (size_t)family->waiting) != family->waiting)
            die("%s takes no data", family->name);
        close(ends[0]);
        close(ends[1]);
        if (dup2(here, fd) != fd)
            die("no descriptors");
        close(here);
    }
}

/* Returns whether the family's descriptor is as it was left. */
static bool is_untouched(const struct family *family, int fd)
{
    int arrived = 0;
    int waiting = 0;

    if (fcntl(fd, F_GETFD) < 0)
        fprintf(stderr, "%s: descriptor %d has been closed\n", family->name, fd);
    else if (ioctl(PEERS + fd, FIONREAD, &arrived) != 0 || arrived != 0)
        fprintf(stderr, "%s: %d bytes arrived from descriptor %d\n", family->name, arrived, fd);
    else if (ioctl(fd, FIONREAD, &waiting) != 0 || waiting != family->waiting)
        fprintf(stderr, "%s: descriptor %d has been read from\n", family->name, fd);
    else
        return true;
    return false;
}

/* Returns whether everything that occupy() put there is untouched; takes it away. */
static bool vacate(const struct family *family)
{
    bool untouched = true;

    for (int fd = FIRST; fd <= LAST; fd++) {
        untouched = is_untouched(family, fd) && untouched;
        close(fd);
        close(PEERS + fd);
    }
    return untouched;
}

/* One stream of every kind, with numbers from first on. Returns how many. */
static size_t open_streams(OSSL_LIB_CTX *libctx, const char *query, uint64_t first,
                           struct stream streams[STREAMS_MAX])
{
    size_t count = 0;

    for (const struct stream_kind *kind = stream_kinds; kind->name != NULL; kind++) {
        if (count == STREAMS_MAX)
            die("more than %d kinds", STREAMS_MAX);
        streams[count] = stream_open(libctx, query, kind, first + count);
        count++;
    }
    return count;
}

/* A message, so that each has its socket, and the first bytes of another. */
static bool begin(struct stream *stream, size_t head)
{
    return stream_start(stream, 0) && stream_update(stream, text, sizeof(text)) &&
           stream_finish(stream) && stream_start(stream, 1) && stream_update(stream, text, head);
}

static bool end_message(struct stream *stream)
{
    return stream_update(stream, text, STREAM_FEW) && stream_update(stream, text, STREAM_MANY) &&
           stream_finish(stream);
}

static bool next_message(struct stream *stream)
{
    return stream_start(stream, 2) && stream_update(stream, text, sizeof(text)) &&
           stream_finish(stream);
}

/*
 * Whether the stream ends with the oracle's output. If stream_may_be_lost() says so, the message
 * may end in an error instead, but the next must be right.
 */
static bool carries_on(struct stream *stream, OSSL_LIB_CTX *oracle, size_t head, bool lost)
{
    struct stream expected = stream_open(oracle, NULL, stream->kind, stream->number);
    size_t before = stream->length;
    bool ended;
    bool same;

    ERR_clear_error();
    ended = end_message(stream);
    if (!ended)
        stream->length = before;
    same = ended || (ERR_peek_error() != 0 && lost && stream_may_be_lost(stream, head));
    ERR_clear_error();
    same = same && next_message(stream);
    if (!begin(&expected, head) || (ended && !end_message(&expected)) || !next_message(&expected))
        die("the oracle fails");
    same = same && stream_same(stream, &expected);
    stream_close(&expected);
    return same;
}

/* Returns whether all streams carry on; frees them. */
static bool finish_streams(OSSL_LIB_CTX *oracle, struct stream *streams, size_t count, size_t head,
                           bool lost)
{
    bool ok = true;

    for (size_t i = 0; i < count; i++) {
        if (!carries_on(&streams[i], oracle, head, lost)) {
            fprintf(stderr, "%s after %zu bytes does not carry on\n", stream_name(&streams[i]),
                    head);
            ERR_print_errors_fp(stderr);
            ok = false;
        }
        stream_close(&streams[i]);
    }
    return ok;
}

static void begin_all(struct stream *streams, size_t count, size_t head)
{
    for (size_t i = 0; i < count; i++) {
        if (!begin(&streams[i], head))
            die("%s cannot begin", stream_name(&streams[i]));
    }
}

static bool survives_strangers(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *oracle,
                               const struct family *family, size_t head)
{
    struct stream streams[STREAMS_MAX];
    size_t count = open_streams(libctx, subject_query(), 0, streams);
    bool ok;

    begin_all(streams, count, head);
    close_all();
    occupy(family);
    ok = finish_streams(oracle, streams, count, head, true);
    ok = vacate(family) && ok;
    printf("numbers taken over by %s after %zu bytes: %s\n", family->name, head,
           ok ? "ok" : "FAILED");
    return ok;
}

/* Nothing takes the numbers, until the contexts open sockets again. */
static bool survives_closing(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *oracle, size_t head)
{
    struct stream streams[STREAMS_MAX];
    size_t count = open_streams(libctx, subject_query(), 0, streams);
    bool ok;

    begin_all(streams, count, head);
    close_all();
    ok = finish_streams(oracle, streams, count, head, true);
    printf("numbers taken over by nobody after %zu bytes: %s\n", head, ok ? "ok" : "FAILED");
    return ok;
}

/*
 * Contexts that begin after the closing get the numbers of those that began before. They run in the
 * other order, so that no number comes back to the kind of context that had it.
 */
static bool survives_siblings(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *oracle, size_t head)
{
    struct stream old[STREAMS_MAX];
    struct stream new[STREAMS_MAX];
    size_t count = open_streams(libctx, subject_query(), 0, old);
    bool ok;

    begin_all(old, count, head);
    close_all();
    open_streams(libctx, subject_query(), 100, new);
    for (size_t i = count; i > 0; i--)
        begin_all(&new[i - 1], 1, head);
    ok = finish_streams(oracle, old, count, head, true);
    ok = finish_streams(oracle, new, count, head, false) && ok;
    printf("numbers taken over by other contexts after %zu bytes: %s\n", head,
           ok ? "ok" : "FAILED");
    return ok;
}

/* Freed without being used again, they must not close what is not theirs. */
static bool freed_contexts_close_nothing(OSSL_LIB_CTX *libctx, const struct family *family)
{
    struct stream streams[STREAMS_MAX];
    size_t count = open_streams(libctx, subject_query(), 0, streams);
    bool ok;

    begin_all(streams, count, STREAM_MANY);
    close_all();
    occupy(family);
    for (size_t i = 0; i < count; i++)
        stream_close(&streams[i]);
    ok = vacate(family);
    printf("contexts freed after their numbers went to %s: %s\n", family->name,
           ok ? "ok" : "FAILED");
    return ok;
}

int main(int argc, char **argv)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    OSSL_LIB_CTX *oracle = oracle_open();
    static const size_t heads[] = { STREAM_FEW, STREAM_MANY };
    bool ok = true;

    stream_choose_kinds(argc, argv);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 11 + i / 253);
    for (size_t i = 0; i < 2; i++) {
        ok = survives_closing(libctx, oracle, heads[i]) && ok;
        ok = survives_siblings(libctx, oracle, heads[i]) && ok;
    }
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        ok = survives_strangers(libctx, oracle, &families[i], heads[0]) && ok;
        ok = survives_strangers(libctx, oracle, &families[i], heads[1]) && ok;
        ok = freed_contexts_close_nothing(libctx, &families[i]) && ok;
    }
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
