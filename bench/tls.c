/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of HTTPS servers in turn, in each one on afalg and one on default, and there may be one
 * with kTLS: tls DIRECTORY GROUPS.tsv SUITE[,SUITE...] SERVERS PORT... DIRECTORY has the files that
 * all serve, SERVERS is how many of the ports make a group. Adds a line to GROUPS.tsv for each
 * group, suite and file, see tls_group.h. bench/README.md says what is measured.
 */
#include "device.h"
#include "statistics.h"
#include "tls_client.h"
#include "tls_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS_MAX = 41, GROUPS_MAX = 16, SUITES_MAX = 4 };

/* A served file, and how many of the groups are asked for it: each first answer is checked. */
static const struct file {
    const char *name;
    size_t size;
    unsigned groups;
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

/* One server of a group at one file. */
struct lane {
    struct tls_client client;
    unsigned requests;        /* per round */
    double times[ROUNDS_MAX]; /* nanoseconds per request */
};

/* All groups at one suite and file. */
struct contest {
    const struct file *file;
    unsigned groups, servers, rounds; /* servers: of each group */
    struct lane lanes[GROUPS_MAX][SERVERS_MAX];
    struct tls_group results[GROUPS_MAX];
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

static bool run_slice(struct contest *c, unsigned group, unsigned server)
{
    struct lane *lane = &c->lanes[group][server];
    struct tls_server *result = &c->results[group].servers[server];
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

/* Each group in turn; which server begins differs between groups, and from round to round. */
static bool run_round(struct contest *c)
{
    for (unsigned group = 0; group < c->groups; group++) {
        for (unsigned i = 0; i < c->servers; i++) {
            if (!run_slice(c, group, (group + c->rounds + i) % c->servers))
                return false;
        }
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

/* What a group's rounds come to. */
static void evaluate(struct contest *c, unsigned group)
{
    struct lane *lanes = c->lanes[group];
    struct tls_group *result = &c->results[group];
    double ratios[ROUNDS_MAX];

    result->count = c->servers;
    for (unsigned i = 0; i < c->servers; i++) {
        for (unsigned round = 0; round < c->rounds; round++)
            ratios[round] = lanes[TLS_DEFAULT].times[round] / lanes[i].times[round];
        result->servers[i].ratio = median_of(ratios, c->rounds);
    }
    /* Only now: the median sorts them. */
    for (unsigned i = 0; i < c->servers; i++)
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
    const char *suites[SUITES_MAX];
    unsigned suite_count;
    unsigned groups, servers; /* servers: of each group */
    int ports[GROUPS_MAX * SERVERS_MAX];
};

/* Answers are checked here alone. */
static bool open_client(const struct bench *bench, struct tls_client *client, int port,
                        const char *suite, const struct file *file)
{
    bool done;

    device_computes(true);
    done =
        tls_client_open(client, port, suite, file->name, bench->contents[file - files], file->size);
    device_computes(false);
    return done;
}

/* Each server on a connection of its own. All suites have one cipher. */
static bool warm_all_up(const struct bench *bench)
{
    bool done = true;

    for (unsigned i = 0; done && i < bench->groups * bench->servers; i++) {
        struct tls_client client;

        if (!open_client(bench, &client, bench->ports[i], bench->suites[0], warm_up))
            return false;
        done = run(&client, WARM_UP_REQUESTS) >= 0;
        tls_client_close(&client);
    }
    return done;
}

static struct contest *contest_new(const struct bench *bench, const struct file *file)
{
    struct contest *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->file = file;
    c->groups = file->groups < bench->groups ? file->groups : bench->groups;
    c->servers = bench->servers;
    return c;
}

/* The lane of the contest's server number @i, counted through all groups. */
static struct lane *lane_of(struct contest *c, unsigned i)
{
    return &c->lanes[i / c->servers][i % c->servers];
}

/* One suite and file. False, with a message, on failure. */
static bool compare(const struct bench *bench, const char *suite, const struct file *file)
{
    struct contest *c = contest_new(bench, file);
    unsigned servers, opened = 0;
    bool done = c != NULL;

    if (!done)
        return false;
    servers = c->groups * c->servers;
    for (; done && opened < servers; opened++)
        done = open_client(bench, &lane_of(c, opened)->client, bench->ports[opened], suite, file);
    for (unsigned i = 0; done && i < servers; i++)
        done = calibrate(lane_of(c, i));
    done = done && run_rounds(c);
    for (unsigned group = 0; done && group < c->groups; group++) {
        evaluate(c, group);
        tls_group_write(bench->results, suite, file->name, &c->results[group]);
    }
    while (opened > 0)
        tls_client_close(&lane_of(c, --opened)->client);
    free(c);
    return done;
}

static bool compare_all(const struct bench *bench)
{
    bool done = warm_all_up(bench);

    for (unsigned i = 0; done && i < bench->suite_count; i++) {
        for (size_t j = 0; done && j < FILES; j++)
            done = compare(bench, bench->suites[i], &files[j]);
    }
    return done;
}

static bool parse_suites(struct bench *bench, char *list)
{
    char *rest = NULL;

    for (const char *suite = strtok_r(list, ",", &rest); suite != NULL;
         suite = strtok_r(NULL, ",", &rest)) {
        if (bench->suite_count == SUITES_MAX)
            return false;
        bench->suites[bench->suite_count++] = suite;
    }
    return bench->suite_count > 0;
}

/* SERVERS PORT...: true if the ports are groups. */
static bool parse_ports(struct bench *bench, int count, char **arguments)
{
    bench->servers = count < 2 ? 0 : (unsigned)strtoul(arguments[0], NULL, 10);
    count--;
    if (bench->servers <= TLS_DEFAULT || bench->servers > SERVERS_MAX ||
        count > GROUPS_MAX * SERVERS_MAX || (unsigned)count % bench->servers != 0)
        return false;
    for (int i = 0; i < count; i++)
        bench->ports[i] = (int)strtol(arguments[i + 1], NULL, 10);
    bench->groups = (unsigned)count / bench->servers;
    return bench->groups <= GROUPS_MAX;
}

int main(int argc, char **argv)
{
    struct bench bench = { .results = NULL };
    bool done = true;

    if (argc < 5 || !parse_suites(&bench, argv[3]) || !parse_ports(&bench, argc - 4, argv + 4)) {
        fprintf(stderr, "usage: tls DIRECTORY GROUPS.tsv SUITE[,SUITE...] SERVERS PORT...\n");
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
