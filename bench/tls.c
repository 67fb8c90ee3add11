/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs of HTTPS servers in turn, one of each pair on afalg and one on default:
 * tls DIRECTORY RESULTS.tsv AFALG_PORT DEFAULT_PORT... [--check]
 * DIRECTORY has the files that all serve. See bench/README.md.
 */
#include "statistics.h"
#include "tls_client.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A round is one pair's; in a set of rounds each pair has one. */
enum { SERVERS = 2, PAIRS_MAX = 16, SETS_MAX = 41, STATES = 3 };
enum { ROUNDS_MAX = PAIRS_MAX * SETS_MAX };

static const char *const suites[] = { "AES128-SHA", "AES128-SHA256" };
static const char *const server_names[SERVERS] = { "afalg", "default" };
static const char *const state_names[STATES] = { "user", "system", "idle" };

/*
 * A served file, and the requests after which afalg has settled who does its records: those of 192
 * of 16 KiB, where shorter ones are software's anyway.
 */
static const struct file {
    const char *name;
    size_t size;
    unsigned warm_up;
} files[] = { { "1KiB", 1024, 8 }, { "64KiB", 64 * 1024, 48 }, { "10MiB", 10 * 1024 * 1024, 1 } };

enum { FILES = sizeof(files) / sizeof(files[0]) };

static const double slice = 60e6;      /* nanoseconds that a server has in a round, or a request */
static const double time_limit = 40e9; /* nanoseconds after which no more sets are begun */

/* Seconds of all processors since the start, by what they did. */
struct cpu {
    double seconds[STATES];
};

/* One server at one file. */
struct lane {
    struct tls_client client;
    unsigned requests; /* per round */
};

/* What the servers of one kind took for a file. */
struct tally {
    double times[ROUNDS_MAX]; /* nanoseconds per request */
    double gigabytes;
    struct cpu cpu;
};

/* All pairs at one suite and file. */
struct contest {
    const char *suite;
    const struct file *file;
    unsigned pairs, rounds;
    struct lane lanes[PAIRS_MAX][SERVERS];
    struct tally tallies[SERVERS];
    struct summary ratio; /* afalg's speed over default's */
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

/* Nanoseconds of @requests requests; negative where one failed. */
static double run(struct tls_client *client, unsigned requests)
{
    double begin = now();

    while (requests-- > 0) {
        if (!tls_client_again(client))
            return -1;
    }
    return now() - begin;
}

/* Warms the connection up, and finds how many requests take about as long as a slice. */
static bool calibrate(struct lane *lane, unsigned warm_up)
{
    unsigned requests = warm_up;
    double time = run(&lane->client, requests);

    while (time >= 0 && time < slice / 4) {
        requests *= 4;
        time = run(&lane->client, requests);
    }
    lane->requests = (unsigned)(requests * slice / (time + 1)) + 1;
    return time >= 0;
}

static bool run_slice(struct contest *c, unsigned round, unsigned server)
{
    struct lane *lane = &c->lanes[round % c->pairs][server];
    struct tally *tally = &c->tallies[server];
    struct cpu before, after;
    double time;

    if (!read_cpu(&before))
        return false;
    time = run(&lane->client, lane->requests);
    if (time < 0 || !read_cpu(&after))
        return false;
    tally->times[round] = time / lane->requests;
    tally->gigabytes += (double)c->file->size * lane->requests / 1e9;
    for (int i = 0; i < STATES; i++)
        tally->cpu.seconds[i] += after.seconds[i] - before.seconds[i];
    return true;
}

/* A round for each pair; who begins alternates between pairs, and from set to set. */
static bool run_set(struct contest *c, unsigned set)
{
    for (unsigned pair = 0; pair < c->pairs; pair++) {
        unsigned first = (pair + set) % SERVERS;

        if (!run_slice(c, c->rounds, first) || !run_slice(c, c->rounds, 1 - first))
            return false;
        c->rounds++;
    }
    return true;
}

/* Sets until the time is over; their number is odd. */
static bool run_sets(struct contest *c)
{
    double begin = now();

    for (unsigned set = 0; set < SETS_MAX; set++) {
        if (set % 2 == 1 && now() - begin > time_limit)
            break;
        if (!run_set(c, set))
            return false;
    }
    return true;
}

static bool run_contest(struct contest *c, const int *ports, const unsigned char *content)
{
    unsigned servers = c->pairs * SERVERS, opened = 0;
    struct lane *lanes = c->lanes[0];
    bool done = true;

    for (; done && opened < servers; opened++)
        done = tls_client_open(&lanes[opened].client, ports[opened], c->suite, c->file->name,
                               content, c->file->size);
    for (unsigned i = 0; done && i < servers; i++)
        done = calibrate(&lanes[i], c->file->warm_up);
    done = done && run_sets(c);
    while (opened > 0)
        tls_client_close(&lanes[--opened].client);
    return done;
}

/* Sets the ratio. */
static void evaluate(struct contest *c)
{
    unsigned sets = c->rounds / c->pairs;
    double ratios[ROUNDS_MAX], medians[PAIRS_MAX];

    for (unsigned i = 0; i < c->rounds; i++)
        ratios[i % c->pairs * sets + i / c->pairs] =
            c->tallies[1].times[i] / c->tallies[0].times[i];
    c->ratio = summarize(ratios, c->pairs, sets, medians);
}

static void report(FILE *tsv, struct contest *c)
{
    const struct file *file = c->file;

    for (int i = 0; i < SERVERS; i++) {
        struct tally *tally = &c->tallies[i];
        double median = median_of(tally->times, c->rounds);
        double mbps = (double)file->size * 1e3 / median;

        printf("%-14s %-6s %-8s %9.1f %8.2f", c->suite, file->name, server_names[i], 1e9 / median,
               mbps);
        fprintf(tsv, "%s\t%zu\t%s\t%.3f\t%.4f", c->suite, file->size, server_names[i], 1e9 / median,
                mbps);
        for (int state = 0; state < STATES; state++) {
            printf(" %8.2f", tally->cpu.seconds[state] / tally->gigabytes);
            fprintf(tsv, "\t%.3f", tally->cpu.seconds[state] / tally->gigabytes);
        }
        if (i == 0)
            printf("   %.3fx +-%.3f", c->ratio.median, c->ratio.error);
        printf("\n");
        fprintf(tsv, "\t%.4f\t%.4f\t%.4f\t%.4f\t%u\n", c->ratio.median, c->ratio.low, c->ratio.high,
                c->ratio.error, c->rounds);
    }
    fflush(stdout);
}

static void print_heading(FILE *tsv)
{
    printf("%-14s %-6s %-8s %9s %8s", "suite", "file", "provider", "requests", "MB/s");
    fprintf(tsv, "suite\tfile\tprovider\trequests/s\tMB/s");
    for (int state = 0; state < STATES; state++) {
        printf(" %8s", state_names[state]);
        fprintf(tsv, "\t%s s/GB", state_names[state]);
    }
    printf("   afalg is\n%31s%9s %8s %8s %8s %8s\n", "", "per s", "", "s/GB", "s/GB", "s/GB");
    fprintf(tsv, "\tafalg/default\tlower quartile\tupper quartile\tstandard error\trounds\n");
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

/* What the servers are, what they serve, and what came out. */
struct bench {
    const char *directory;
    FILE *tsv;
    unsigned pairs;
    int ports[PAIRS_MAX * SERVERS];
    double worst, large; /* the least ratios: of all, of the large file */
    double error;        /* the largest of the ratios' standard errors */
};

/* One suite and file. False, with a message, on failure. */
static bool compare(struct bench *bench, const char *suite, const struct file *file)
{
    struct contest contest = { .suite = suite, .file = file, .pairs = bench->pairs };
    unsigned char *content = read_content(bench->directory, file);
    bool done = content != NULL && run_contest(&contest, bench->ports, content);

    free(content);
    if (!done)
        return false;
    evaluate(&contest);
    report(bench->tsv, &contest);
    bench->worst = fmin(bench->worst, contest.ratio.median);
    if (file == &files[FILES - 1])
        bench->large = fmin(bench->large, contest.ratio.median);
    bench->error = fmax(bench->error, contest.ratio.error);
    return true;
}

static bool compare_all(struct bench *bench)
{
    bool done = true;

    print_heading(bench->tsv);
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        for (size_t j = 0; done && j < FILES; j++)
            done = compare(bench, suites[i], &files[j]);
    }
    return done;
}

static bool judge(const char *text, double worst, bool met)
{
    printf("  %s  %.3f  %s\n", met ? "met   " : "MISSED", worst, text);
    return met;
}

static bool verdict(const struct bench *bench)
{
    bool met;

    printf("\nafalg's speed over default's (standard errors up to %.3f):\n", bench->error);
    met = judge("at least 0.98 everywhere", bench->worst, bench->worst >= 0.98);
    return judge("above 1 for the large file", bench->large, bench->large > 1) && met;
}

/* Takes the ports from the command line. True where they are pairs. */
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
    bool check = argc > 1 && strcmp(argv[argc - 1], "--check") == 0, done;
    struct bench bench = { .worst = INFINITY, .large = INFINITY };

    if (!parse_ports(&bench, argc - 3 - check, argv + 3)) {
        fprintf(stderr, "usage: tls DIRECTORY RESULTS AFALG_PORT DEFAULT_PORT... [--check]\n");
        return EXIT_FAILURE;
    }
    bench.directory = argv[1];
    bench.tsv = fopen(argv[2], "we");
    if (bench.tsv == NULL) {
        perror(argv[2]);
        return EXIT_FAILURE;
    }
    done = compare_all(&bench);
    if (fclose(bench.tsv) != 0 || !done)
        return EXIT_FAILURE;
    return verdict(&bench) || !check ? EXIT_SUCCESS : EXIT_FAILURE;
}
