/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many contexts of all kinds in many threads at once, all of one library context, while another
 * thread reads the counters. Every result is compared with the oracle's. ThreadSanitizer sees more.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "random.h"
#include "stream.h"
#include "support.h"

enum { THREADS = 8, ROUNDS = 12, TEXT = 30000 };

static OSSL_LIB_CTX *libctx;
static OSSL_LIB_CTX *oracle;
static uint8_t text[TEXT];
static atomic_uint differences;
static atomic_bool finished;

/* The text in pieces that the random sequence chooses; records are always the same. */
static bool feed(struct stream *stream, struct random *random)
{
    bool whole = stream->kind->type == STREAM_RECORD;
    size_t from = 0;

    while (from < TEXT) {
        size_t left = TEXT - from;
        size_t piece = whole || random_once_in(random, 4) ? left : 1 + random_below(random, left);

        if (!stream_update(stream, text + from, piece))
            return false;
        from += piece;
    }
    return stream_finish(stream);
}

/* Two messages, of which the second is copied in the middle. */
static bool run_ours(struct stream *stream, struct stream *copy, struct random *random)
{
    return stream_start(stream, 0) && feed(stream, random) && stream_start(stream, 1) &&
           stream_update(stream, text, 5000) && stream_copy(copy, stream) && feed(copy, random) &&
           feed(stream, random);
}

static bool run_oracle(struct stream *stream)
{
    return stream_start(stream, 0) && stream_update(stream, text, TEXT) && stream_finish(stream) &&
           stream_start(stream, 1) && stream_update(stream, text, 5000) &&
           stream_update(stream, text, TEXT) && stream_finish(stream);
}

static bool is_same(const struct stream_kind *kind, uint64_t number)
{
    struct random random = random_start(kind->name, number);
    struct stream ours = stream_open(libctx, subject_query(), kind, number);
    struct stream copy = { 0 };
    struct stream expected = stream_open(oracle, NULL, kind, number);
    bool same;

    if (!run_oracle(&expected))
        die("the oracle fails");
    same = run_ours(&ours, &copy, &random) && stream_same(&ours, &expected) &&
           stream_same(&copy, &expected);
    if (copy.kind != NULL)
        stream_close(&copy);
    stream_close(&ours);
    stream_close(&expected);
    return same;
}

static void *work(void *arg)
{
    const unsigned int *thread = arg;

    for (unsigned int round = 0; round < ROUNDS; round++) {
        for (const struct stream_kind *kind = stream_kinds; kind->name != NULL; kind++) {
            if (!is_same(kind, *thread * 1000 + round))
                atomic_fetch_add(&differences, 1);
        }
    }
    return NULL;
}

static void *watch(void *arg)
{
    (void)arg;
    while (!atomic_load(&finished))
        counters_read(libctx);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    unsigned int number[THREADS];
    pthread_t watcher;
    struct counters counters;

    stream_choose_kinds(argc, argv);
    libctx = subject_open(NULL);
    oracle = oracle_open();
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (uint8_t)(i * 13 + i / 255);
    if (pthread_create(&watcher, NULL, watch, NULL) != 0)
        die("no thread");
    for (unsigned int i = 0; i < THREADS; i++) {
        number[i] = i;
        if (pthread_create(&threads[i], NULL, work, &number[i]) != 0)
            die("no thread");
    }
    for (unsigned int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&finished, true);
    pthread_join(watcher, NULL);
    counters = counters_read(libctx);
    printf("%u threads, %u differences, %llu requests to the kernel, %llu sockets left\n", THREADS,
           atomic_load(&differences), (unsigned long long)counters.kernel_requests,
           (unsigned long long)counters.sockets);
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    return atomic_load(&differences) == 0 && counters.sockets == 0 &&
                   (counters.kernel_requests > 0 || !subject_counts())
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
