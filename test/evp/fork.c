/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight children inherit a context in the middle of a message and all of them, and their parent,
 * carry on at the same time. Each must get what the oracle gets; where stream_may_be_lost() says
 * so, a child may have an error instead, but then its next message must be right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>

#include "stream.h"
#include "support.h"

enum { CHILDREN = 8, PARENT = CHILDREN, ROUNDS = 40, PIECE = 1000 };

static uint8_t text[STREAM_MANY + (CHILDREN + 1) * ROUNDS * PIECE];

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

/* Whether the process may fail to end its message, and has given an error. */
static bool excused(struct stream *stream, unsigned int process, size_t head)
{
    bool error = ERR_peek_error() != 0;

    ERR_clear_error();
    return error && process != PARENT && stream_may_be_lost(stream, head);
}

/* Carries on where begin() ended. Returns whether the output is the oracle's. */
static bool agrees(struct stream *stream, OSSL_LIB_CTX *oracle, unsigned int process, size_t head)
{
    struct stream expected = stream_open(oracle, NULL, stream->kind, stream->number);
    size_t before = stream->length;
    bool ended;
    bool same;

    ERR_clear_error();
    ended = end_message(stream, process);
    if (!ended)
        stream->length = before;
    same = (ended || excused(stream, process, head)) && next_message(stream, process);
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

/* Returns whether the child succeeded. */
static bool succeeds(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Children wait until all are there: the closing of the pipe's other end lets them go. */
static pid_t start_child(struct stream *stream, OSSL_LIB_CTX *oracle, unsigned int process,
                         size_t head, const int gate[2])
{
    pid_t child = fork();
    char nothing;
    bool ok;

    if (child != 0)
        return child;
    close(gate[1]);
    if (read(gate[0], &nothing, 1) != 0)
        _exit(EXIT_FAILURE);
    ok = agrees(stream, oracle, process, head);
    stream_close(stream);
    _exit(ok ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool try_kind(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *oracle, const struct stream_kind *kind,
                     size_t head)
{
    struct stream stream = stream_open(libctx, subject_query(), kind, 1);
    pid_t child[CHILDREN];
    int gate[2];
    bool ok = true;

    if (!begin(&stream, head) || pipe(gate) != 0)
        die("%s cannot begin", kind->name);
    for (unsigned int i = 0; i < CHILDREN; i++)
        child[i] = start_child(&stream, oracle, i, head, gate);
    close(gate[0]);
    close(gate[1]);
    ok = agrees(&stream, oracle, PARENT, head);
    for (unsigned int i = 0; i < CHILDREN; i++)
        ok = succeeds(child[i]) && ok;
    printf("%s after %zu bytes: %s\n", stream_name(&stream), head, ok ? "ok" : "FAILED");
    stream_close(&stream);
    return ok;
}

int main(void)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    OSSL_LIB_CTX *oracle = oracle_open();
    size_t before = descriptors_open();
    bool ok = true;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 7 + i / 251);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (const struct stream_kind *kind = stream_kinds; kind->name != NULL; kind++) {
        ok = try_kind(libctx, oracle, kind, STREAM_FEW) && ok;
        ok = try_kind(libctx, oracle, kind, STREAM_MANY) && ok;
    }
    if (descriptors_open() != before)
        die("descriptors are left");
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
