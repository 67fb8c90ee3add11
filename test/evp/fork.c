/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight children inherit a context in the middle of a message, four of them from a child that has
 * not touched it, and all of them and their parent carry on at the same time. Each must get what
 * the oracle gets. After _Fork(), which calls no handlers, a child may have an error instead if
 * stream_may_be_lost() says so, but then its next message must be right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>

#include "stream.h"
#include "support.h"

enum { CHILDREN = 8, PARENT = CHILDREN, ROUNDS = 40, PIECE = 1000 };

/* How children are forked. */
static const struct fork_call {
    const char *name;
    pid_t (*fork)(void);
    bool handlers;   /* pthread_atfork(3)'s handlers are called */
    size_t heads[4]; /* bytes before it; 0 at the end */
} fork_calls[] = {
    { "fork", fork, true, { STREAM_FEW, STREAM_MANY, STREAM_LONG } },
    { "_Fork", _Fork, false, { STREAM_LONG } },
};

static uint8_t text[STREAM_LONG + (CHILDREN + 1) * ROUNDS * PIECE];

/* One message, and the first bytes of a second. */
static bool begin(struct stream *stream, size_t head)
{
    return stream_start(stream, 0) && stream_update(stream, text, STREAM_MANY) &&
           stream_finish(stream) && stream_start(stream, 1) && stream_update(stream, text, head);
}

/* The rest of the second message, which is another for each process. */
static bool end_message(struct stream *stream, unsigned int process)
{
    for (unsigned int round = 0; round < ROUNDS; round++) {
        if (!stream_update(stream, text + (process * ROUNDS + round) * PIECE, PIECE))
            return false;
    }
    return stream_finish(stream);
}

static bool next_message(struct stream *stream, unsigned int process)
{
    return stream_start(stream, 2 + process) && stream_update(stream, text, STREAM_MANY) &&
           stream_finish(stream);
}

/* Carries on where begin() ended. Returns whether the output is the oracle's, or excused. */
static bool agrees(struct stream *stream, OSSL_LIB_CTX *oracle, unsigned int process, size_t head,
                   bool may_be_lost)
{
    struct stream expected = stream_open(oracle, NULL, stream->kind, stream->number);
    size_t before = stream->length;
    bool ended;
    bool same;

    ERR_clear_error();
    ended = end_message(stream, process);
    if (!ended)
        stream->length = before;
    same = ended || (may_be_lost && ERR_peek_error() != 0);
    ERR_clear_error();
    same = same && next_message(stream, process);
    if (!same)
        fprintf(stderr, "process %u cannot carry on\n", process);
    if (!begin(&expected, head) || (ended && !end_message(&expected, process)) ||
        !next_message(&expected, process))
        die("the oracle fails");
    if (same && !stream_same(stream, &expected)) {
        fprintf(stderr, "process %u has another result\n", process);
        same = false;
    }
    stream_close(&expected);
    return same;
}

/* In a child: has a child of its own do the work, and passes on the result. */
static void delegate(const struct fork_call *call)
{
    pid_t child = call->fork();

    if (child != 0)
        _exit(child_succeeds(child) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Children wait until all are there: the closing of the pipe's other end lets them go. */
static pid_t start_child(const struct fork_call *call, struct stream *stream, OSSL_LIB_CTX *oracle,
                         unsigned int process, size_t head, const int gate[2])
{
    pid_t child = call->fork();
    bool may_be_lost = !call->handlers && stream_may_be_lost(stream, head);
    char nothing;
    bool ok;

    if (child != 0)
        return child;
    close(gate[1]);
    if (process % 2 != 0)
        delegate(call);
    if (read(gate[0], &nothing, 1) != 0)
        _exit(EXIT_FAILURE);
    ok = agrees(stream, oracle, process, head, may_be_lost);
    stream_close(stream);
    _exit(ok ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool try_kind(const struct fork_call *call, OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *oracle,
                     const struct stream_kind *kind, size_t head)
{
    struct stream stream = stream_open(libctx, subject_query(), kind, 1);
    pid_t child[CHILDREN];
    int gate[2];
    bool ok = true;

    if (!begin(&stream, head) || pipe(gate) != 0)
        die("%s cannot begin", kind->name);
    for (unsigned int i = 0; i < CHILDREN; i++)
        child[i] = start_child(call, &stream, oracle, i, head, gate);
    close(gate[0]);
    close(gate[1]);
    ok = agrees(&stream, oracle, PARENT, head, false);
    for (unsigned int i = 0; i < CHILDREN; i++)
        ok = child_succeeds(child[i]) && ok;
    printf("%s, %s after %zu bytes: %s\n", call->name, stream_name(&stream), head,
           ok ? "ok" : "FAILED");
    stream_close(&stream);
    return ok;
}

static bool try_fork_call(const struct fork_call *call, OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *oracle)
{
    bool ok = true;

    for (const struct stream_kind *kind = stream_kinds; kind->name != NULL; kind++) {
        for (const size_t *head = call->heads; *head != 0; head++)
            ok = try_kind(call, libctx, oracle, kind, *head) && ok;
    }
    return ok;
}

/* What the provider has asked the C library to call at each fork is called after its end, too. */
static bool forks_without_provider(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(EXIT_SUCCESS);
    return child_succeeds(child);
}

int main(int argc, char **argv)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    OSSL_LIB_CTX *oracle = oracle_open();
    size_t before = descriptors_open();
    bool ok = true;

    stream_choose_kinds(argc, argv);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 7 + i / 251);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof(fork_calls) / sizeof(fork_calls[0]); i++)
        ok = try_fork_call(&fork_calls[i], libctx, oracle) && ok;
    if (descriptors_open() != before)
        die("descriptors are left");
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    return ok && forks_without_provider() ? EXIT_SUCCESS : EXIT_FAILURE;
}
