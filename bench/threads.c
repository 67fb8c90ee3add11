/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many threads at once, afalg beside the bare system calls:
 * bench_threads --config FILE --title TEXT --output FILE [--rounds N] [--slice MILLISECONDS]
 * [--check] Adds a line to the output for each algorithm and number of threads; see
 * bench/README.md.
 */
#include "bench.h"

#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 16, ROUNDS_MAX = 1000 };

static const unsigned thread_counts[] = { 1, 2, 4, 8, 16 };

/* A short request, in which what afalg adds weighs most, and records of TLS. */
static const struct task {
    const char *name;
    size_t size;
} tasks[] = { { "AES-128-CBC", 1024 }, { "AES-128-GCM", 16384 }, { "SHA256", 16384 } };

static const struct peer *const peers[] = { &peer_afalg, &peer_raw };
enum { PEERS = sizeof(peers) / sizeof(peers[0]) };

/* At so many threads, afalg's throughput over that of the system calls. */
enum { CHECKED_THREADS = 4 };
#define LEAST 0.95

struct options {
    const char *config, *title, *output;
    unsigned rounds;
    double slice; /* nanoseconds that all threads work for a peer in a round */
    bool check;
};

/* One thread: its buffers, and a session with each peer. */
struct thread {
    pthread_t id;
    struct buffers buffers;
    struct session sessions[PEERS];
    /* Of the slice that goes on: */
    struct session *session;
    pthread_barrier_t *start;
    atomic_bool *stop;
    unsigned long messages;
    double rate; /* messages per nanosecond; negative if one failed */
};

static const struct work *find_work(const char *name)
{
    const struct work *work = works;

    while (strcmp(work->name, name) != 0)
        work++;
    return work;
}

/* --- one slice --- */

static void *work_on(void *arg)
{
    struct thread *t = arg;
    bool done = true;
    double begin;

    pthread_barrier_wait(t->start);
    begin = now();
    for (t->messages = 0; done && !atomic_load_explicit(t->stop, memory_order_relaxed);
         t->messages++)
        done = t->session->once(t->session);
    t->rate = done ? (double)t->messages / (now() - begin) : -1;
    return NULL;
}

/* Whether the kernel did all that afalg's threads asked for, since it had done @before. */
static bool kernel_did_all(const struct thread *threads, unsigned count, unsigned long long before)
{
    unsigned long long messages = 0;

    for (unsigned i = 0; i < count; i++)
        messages += threads[i].messages;
    return peer_afalg.kernel_requests() - before >= messages;
}

/* Messages per nanosecond of @count threads with one peer; negative if one failed. */
static double run_slice(struct thread *threads, unsigned count, unsigned peer, double slice)
{
    const struct timespec time = { (time_t)(slice / 1e9), (long)slice % 1000000000 };
    unsigned long long before = peer_afalg.kernel_requests();
    pthread_barrier_t start;
    atomic_bool stop = false;
    double rate = 0;

    pthread_barrier_init(&start, NULL, count + 1);
    for (unsigned i = 0; i < count; i++) {
        threads[i].session = &threads[i].sessions[peer];
        threads[i].start = &start;
        threads[i].stop = &stop;
        if (pthread_create(&threads[i].id, NULL, work_on, &threads[i]) != 0)
            abort();
    }
    pthread_barrier_wait(&start);
    nanosleep(&time, NULL);
    stop = true;
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i].id, NULL);
        rate = rate < 0 || threads[i].rate < 0 ? -1 : rate + threads[i].rate;
    }
    pthread_barrier_destroy(&start);
    if (peers[peer] == &peer_afalg && !kernel_did_all(threads, count, before))
        rate = -1;
    if (rate < 0)
        fprintf(stderr, "%s: a request failed, or software did it\n", peers[peer]->name);
    return rate;
}

/* --- one task --- */

/* What came out for a number of threads. */
struct outcome {
    double mbps[PEERS]; /* of the median round */
    struct summary ratio;
};

/* Both peers in turn, round by round; which begins alternates. False if a request failed. */
static bool compare(struct thread *threads, unsigned count, const struct options *options,
                    struct outcome *result)
{
    static double rates[PEERS][ROUNDS_MAX], ratios[ROUNDS_MAX], medians[ROUNDS_MAX];

    for (unsigned round = 0; round < options->rounds; round++) {
        for (unsigned i = 0; i < PEERS; i++) {
            unsigned peer = (round + i) % PEERS;

            rates[peer][round] = run_slice(threads, count, peer, options->slice);
            if (rates[peer][round] < 0)
                return false;
        }
        ratios[round] = rates[0][round] / rates[1][round];
    }
    result->ratio = summarize(ratios, options->rounds, 1, medians);
    for (unsigned peer = 0; peer < PEERS; peer++)
        result->mbps[peer] =
            median_of(rates[peer], options->rounds) * 1e3 * (double)threads[0].sessions[peer].size;
    return true;
}

static bool open_thread(struct thread *t, const struct task *task)
{
    bool done = buffers_make(&t->buffers) == 0;

    for (unsigned peer = 0; done && peer < PEERS; peer++) {
        struct session *session = &t->sessions[peer];

        *session = (struct session){ .peer = peers[peer],
                                     .work = find_work(task->name),
                                     .buffers = &t->buffers,
                                     .size = task->size };
        done = peers[peer]->open(session) && session->once(session);
    }
    return done;
}

static void close_thread(struct thread *t)
{
    for (unsigned peer = 0; peer < PEERS; peer++) {
        if (t->sessions[peer].peer != NULL)
            peers[peer]->close(&t->sessions[peer]);
    }
    buffers_free(&t->buffers);
}

static void report(const struct options *options, const struct task *task, unsigned count,
                   const struct outcome *r, FILE *tsv)
{
    printf("  %-12s %6zu B %3u threads  afalg %8.2f  bare %8.2f MB/s  %.3fx +-%.3f\n", task->name,
           task->size, count, r->mbps[0], r->mbps[1], r->ratio.median, r->ratio.error);
    fflush(stdout);
    fprintf(tsv, "%s\t%s\t%zu\t%u\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\n", options->title,
            task->name, task->size, count, r->mbps[0], r->mbps[1], r->ratio.median, r->ratio.low,
            r->ratio.high, r->ratio.error);
}

/* *worst becomes the least ratio at CHECKED_THREADS. */
static bool run_task(const struct options *options, const struct task *task, FILE *tsv,
                     double *worst)
{
    static struct thread threads[THREADS_MAX];
    struct outcome result;
    bool done = true;

    memset(threads, 0, sizeof(threads));
    for (unsigned i = 0; done && i < THREADS_MAX; i++)
        done = open_thread(&threads[i], task);
    for (size_t i = 0; done && i < sizeof(thread_counts) / sizeof(thread_counts[0]); i++) {
        done = compare(threads, thread_counts[i], options, &result);
        if (!done)
            break;
        report(options, task, thread_counts[i], &result, tsv);
        if (thread_counts[i] == CHECKED_THREADS && result.ratio.median < *worst)
            *worst = result.ratio.median;
    }
    for (unsigned i = 0; i < THREADS_MAX; i++)
        close_thread(&threads[i]);
    return done;
}

/* --- the command line --- */

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        { "config", required_argument, NULL, 'c' },
        { "title", required_argument, NULL, 't' },
        { "output", required_argument, NULL, 'o' },
        { "rounds", required_argument, NULL, 'r' },
        { "slice", required_argument, NULL, 's' },
        { "check", no_argument, NULL, 'C' },
        { 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case 't':
            options->title = optarg;
            break;
        case 'o':
            options->output = optarg;
            break;
        case 'r':
            options->rounds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            options->slice = strtod(optarg, NULL) * 1e6;
            break;
        case 'C':
            options->check = true;
            break;
        default:
            return false;
        }
    }
    return options->config != NULL && options->title != NULL && options->output != NULL &&
           options->rounds > 0 && options->rounds <= ROUNDS_MAX && options->slice > 0;
}

int main(int argc, char **argv)
{
    struct options options = { .rounds = 15, .slice = 100e6 };
    double worst = 1e9;
    bool done;
    FILE *tsv;

    if (!parse_options(argc, argv, &options)) {
        fprintf(stderr,
                "usage: bench_threads --config FILE --title TEXT --output FILE [--rounds N] "
                "[--slice MILLISECONDS] [--check]\n");
        return EXIT_FAILURE;
    }
    tsv = fopen(options.output, "ae");
    done = tsv != NULL && peer_evp_begin(options.config);
    printf("%s\n", options.title);
    for (size_t i = 0; done && i < sizeof(tasks) / sizeof(tasks[0]); i++)
        done = run_task(&options, &tasks[i], tsv, &worst);
    peer_evp_end();
    if (tsv == NULL || fclose(tsv) != 0 || !done)
        return EXIT_FAILURE;
    printf("  %s  %.3f  at least %.2f of the system calls at %d threads\n",
           worst >= LEAST ? "met   " : "MISSED", worst, LEAST, CHECKED_THREADS);
    return worst >= LEAST || !options.check ? EXIT_SUCCESS : EXIT_FAILURE;
}
