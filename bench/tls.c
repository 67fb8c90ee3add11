/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs of HTTPS servers in turn, one of each pair on afalg and one on default:
 * tls DIRECTORY PAIRS.tsv AFALG_PORT DEFAULT_PORT...
 * DIRECTORY has the files that all serve. Adds a line to PAIRS.tsv for each pair, suite and file,
 * see tls_pair.h. bench/README.md says what is measured.
 */
#include "statistics.h"
#include "tls_client.h"
#include "tls_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS_MAX = 41, PAIRS_MAX = 16 };

static const char *const suites[] = { "AES128-SHA", "AES128-SHA256" };

/* A served file, and how many of the pairs are asked for it: each first answer is checked. */
static const struct file {
    const char *name;
    size_t size;
    unsigned pairs;
} files[] = { { "1KiB", 1024, 16 }, { "64KiB", 64 * 1024, 16 }, { "10MiB", 10 * 1024 * 1024, 4 } };

enum { FILES = sizeof(files) / sizeof(files[0]) };

/* What every server is asked for first: afalg has decided after 162 records of 16 KiB whether the
 * kernel does them. */
static const struct file *const warm_up = &files[1];
enum { WARM_UP_REQUESTS = 48 };

static const double slice = 60e6;      /* nanoseconds that a server has in a round, or a request */
static const double time_limit = 10e9; /* nanoseconds after which a file's next round is its last */

/* Seconds of all processors since the start, by what they did. */
struct cpu {
    double seconds[CPU_STATES];
};

/* One server of a pair at one file. */
struct lane {
    struct tls_client client;
    unsigned requests;        /* per round */
    double times[ROUNDS_MAX]; /* nanoseconds per request */
};

/* All pairs at one suite and file. */
struct contest {
    const struct file *file;
    unsigned pairs, rounds;
    struct lane lanes[PAIRS_MAX][SERVERS];
    struct tls_pair results[PAIRS_MAX];
};

static bool read_cpu(struct cpu *cpu)
{
    double user, nice, system, idle, iowait, irq, softirq, tick = (double)sysconf(_SC_CLK_TCK);
    FILE *file = fopen("/proc/stat", "re");
    bool done = file != NULL && fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf", &user, &nice,
                                       &system, &idle, &iowait, &irq, &softirq) == 7;

    if (file != NULL)
        fclose(file);
    if (done)
        *cpu = (struct cpu){ { (user + nice) / tick, (system + irq + softirq) / tick,
                               (idle + iowait) / tick } };
    return done;
}

/* Nanoseconds of @requests requests; negative if one failed. */
static double run(struct tls_client *client, unsigned requests)
{
    double begin = now();

    while (requests-- > 0) {
        if (!tls_client_again(client))
            return -1;
    }
    return now() - begin;
}

/* Finds how many requests take about as long as a slice. */
static bool calibrate(struct lane *lane)
{
    unsigned requests = 1;
    double time = run(&lane->client, requests);

    while (time >= 0 && time < slice / 4) {
        requests *= 4;
        time = run(&lane->client, requests);
    }
    lane->requests = (unsigned)(requests * slice / (time + 1)) + 1;
    return time >= 0;
}

static bool run_slice(struct contest *c, unsigned pair, unsigned server)
{
    struct lane *lane = &c->lanes[pair][server];
    struct tls_server *result = &c->results[pair].servers[server];
    struct cpu before, after;
    double time;

    if (!read_cpu(&before))
        return false;
    time = run(&lane->client, lane->requests);
    if (time < 0 || !read_cpu(&after))
        return false;
    lane->times[c->rounds] = time / lane->requests;
    result->gigabytes += (double)c->file->size * lane->requests / 1e9;
    for (int i = 0; i < CPU_STATES; i++)
        result->seconds[i] += after.seconds[i] - before.seconds[i];
    return true;
}

/* Each pair in turn; which server begins alternates between pairs, and from round to round. */
static bool run_round(struct contest *c)
{
    for (unsigned pair = 0; pair < c->pairs; pair++) {
        unsigned first = (pair + c->rounds) % SERVERS;

        if (!run_slice(c, pair, first) || !run_slice(c, pair, 1 - first))
            return false;
    }
    c->rounds++;
    return true;
}

/* Rounds until the time is over; their number is odd. */
static bool run_rounds(struct contest *c)
{
    double begin = now();

    while (c->rounds < ROUNDS_MAX) {
        if (c->rounds % 2 == 1 && now() - begin > time_limit)
            break;
        if (!run_round(c))
            return false;
    }
    return true;
}

/* What a pair's rounds come to. */
static void evaluate(struct contest *c, unsigned pair)
{
    struct lane *lanes = c->lanes[pair];
    struct tls_pair *result = &c->results[pair];
    double ratios[ROUNDS_MAX];

    for (unsigned i = 0; i < c->rounds; i++)
        ratios[i] = lanes[1].times[i] / lanes[0].times[i];
    result->ratio = median_of(ratios, c->rounds);
    for (int i = 0; i < SERVERS; i++)
        result->servers[i].time = median_of(lanes[i].times, c->rounds);
}

static unsigned char *read_content(const char *directory, const struct file *file)
{
    unsigned char *content = malloc(file->size);
    char path[4096];
    FILE *stream;
    bool done;

    snprintf(path, sizeof(path), "%s/%s", directory, file->name);
    stream = fopen(path, "re");
    done = content != NULL && stream != NULL && fread(content, file->size, 1, stream) == 1;
    if (!done)
        perror(path);
    if (stream != NULL)
        fclose(stream);
    if (done)
        return content;
    free(content);
    return NULL;
}

/* What the servers are, what they serve, and where the results go. */
struct bench {
    unsigned char *contents[FILES];
    FILE *results;
    unsigned pairs;
    int ports[PAIRS_MAX * SERVERS];
};

static bool open_client(const struct bench *bench, struct tls_client *client, int port,
                        const char *suite, const struct file *file)
{
    return tls_client_open(client, port, suite, file->name, bench->contents[file - files],
                           file->size);
}

/* Each server on a connection of its own. */
static bool warm_all_up(const struct bench *bench)
{
    bool done = true;

    for (unsigned i = 0; done && i < bench->pairs * SERVERS; i++) {
        struct tls_client client;

        if (!open_client(bench, &client, bench->ports[i], suites[0], warm_up))
            return false;
        done = run(&client, WARM_UP_REQUESTS) >= 0;
        tls_client_close(&client);
    }
    return done;
}

static struct contest *contest_new(const struct file *file, unsigned pairs)
{
    struct contest *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->file = file;
    c->pairs = pairs;
    return c;
}

/* One suite and file. False, with a message, on failure. */
static bool compare(const struct bench *bench, const char *suite, const struct file *file)
{
    unsigned pairs = file->pairs < bench->pairs ? file->pairs : bench->pairs;
    unsigned servers = pairs * SERVERS, opened = 0;
    struct contest *c = contest_new(file, pairs);
    struct lane *lanes = c == NULL ? NULL : c->lanes[0];
    bool done = c != NULL;

    for (; done && opened < servers; opened++)
        done = open_client(bench, &lanes[opened].client, bench->ports[opened], suite, file);
    for (unsigned i = 0; done && i < servers; i++)
        done = calibrate(&lanes[i]);
    done = done && run_rounds(c);
    for (unsigned pair = 0; done && pair < pairs; pair++) {
        evaluate(c, pair);
        tls_pair_write(bench->results, suite, file->name, &c->results[pair]);
    }
    while (opened > 0)
        tls_client_close(&lanes[--opened].client);
    free(c);
    return done;
}

static bool compare_all(const struct bench *bench)
{
    bool done = warm_all_up(bench);

    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        for (size_t j = 0; done && j < FILES; j++)
            done = compare(bench, suites[i], &files[j]);
    }
    return done;
}

/* Takes the ports from the command line. True if they are pairs. */
static bool parse_ports(struct bench *bench, int count, char **ports)
{
    if (count < SERVERS || count > PAIRS_MAX * SERVERS || count % SERVERS != 0)
        return false;
    for (int i = 0; i < count; i++)
        bench->ports[i] = (int)strtol(ports[i], NULL, 10);
    bench->pairs = (unsigned)count / SERVERS;
    return true;
}

int main(int argc, char **argv)
{
    struct bench bench = { .results = NULL };
    bool done = true;

    if (!parse_ports(&bench, argc - 3, argv + 3)) {
        fprintf(stderr, "usage: tls DIRECTORY PAIRS.tsv AFALG_PORT DEFAULT_PORT...\n");
        return EXIT_FAILURE;
    }
    for (int i = 0; i < FILES; i++)
        done = (bench.contents[i] = read_content(argv[1], &files[i])) != NULL && done;
    bench.results = fopen(argv[2], "ae");
    if (bench.results == NULL)
        perror(argv[2]);
    done = done && bench.results != NULL && compare_all(&bench);
    if (bench.results != NULL)
        done = fclose(bench.results) == 0 && done;
    for (int i = 0; i < FILES; i++)
        free(bench.contents[i]);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
