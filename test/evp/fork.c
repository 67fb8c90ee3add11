/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight children inherit contexts in the middle of a message and all of them, and their parent,
 * carry on at the same time. Each must get what the oracle gets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stream.h"
#include "support.h"

enum { CHILDREN = 8, PROCESSES = CHILDREN + 1, ROUNDS = 40, PIECE = 1000, HEAD = 20000 };

static uint8_t text[HEAD + PROCESSES * ROUNDS * PIECE];

/* One message, and the first part of a second: enough of it that the kernel has got some. */
static bool begin(struct stream *stream)
{
    return stream_start(stream, 0) && stream_update(stream, text, HEAD) && stream_finish(stream) &&
           stream_start(stream, 1) && stream_update(stream, text, HEAD);
}

/* The rest of the second message, which is another for each process, and a third. */
static bool carry_on(struct stream *stream, unsigned int process)
{
    for (unsigned int round = 0; round < ROUNDS; round++) {
        if (!stream_update(stream, text + (process * ROUNDS + round) * PIECE, PIECE))
            return false;
    }
    return stream_finish(stream) && stream_start(stream, 2 + process) &&
           stream_update(stream, text, HEAD) && stream_finish(stream);
}

/* Carries on where begin() ended. Returns whether the output is the oracle's. */
static bool agrees(struct stream *stream, OSSL_LIB_CTX *oracle, unsigned int process)
{
    struct stream expected = stream_open(oracle, NULL, stream->kind, stream->number);
    bool same = carry_on(stream, process);

    if (!same)
        fprintf(stderr, "process %u cannot carry on\n", process);
    if (!begin(&expected) || !carry_on(&expected, process))
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
                         const int gate[2])
{
    pid_t child = fork();
    char nothing;
    bool ok;

    if (child != 0)
        return child;
    close(gate[1]);
    if (read(gate[0], &nothing, 1) != 0)
        _exit(EXIT_FAILURE);
    ok = agrees(stream, oracle, process);
    stream_close(stream);
    _exit(ok ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool try_kind(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *oracle, const struct stream_kind *kind)
{
    struct stream stream = stream_open(libctx, subject_query(), kind, 1);
    pid_t child[CHILDREN];
    int gate[2];
    bool ok = true;

    if (!begin(&stream) || pipe(gate) != 0)
        die("%s cannot begin", kind->name);
    for (unsigned int i = 0; i < CHILDREN; i++)
        child[i] = start_child(&stream, oracle, i, gate);
    close(gate[0]);
    close(gate[1]);
    ok = agrees(&stream, oracle, CHILDREN);
    for (unsigned int i = 0; i < CHILDREN; i++)
        ok = succeeds(child[i]) && ok;
    stream_close(&stream);
    printf("%s%s%s: %s\n", kind->mac != NULL ? kind->mac : "", kind->mac != NULL ? "/" : "",
           kind->name, ok ? "exact in all processes" : "FAILED");
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
    for (const struct stream_kind *kind = stream_kinds; kind->name != NULL; kind++)
        ok = try_kind(libctx, oracle, kind) && ok;
    if (descriptors_open() != before)
        die("descriptors are left");
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
