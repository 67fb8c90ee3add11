/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two HTTPS servers in turn, afalg's and default's: tls PORT PORT DIRECTORY RESULTS.tsv [--check].
 * DIRECTORY has the files that both serve. See bench/README.md.
 */
#include "statistics.h"
#include "tls_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SERVERS = 2, ROUNDS = 41, STATES = 3 };

static const char *const suites[] = { "AES128-SHA", "AES128-SHA256" };
static const char *const server_names[SERVERS] = { "afalg", "default" };
static const char *const state_names[STATES] = { "user", "system", "idle" };

/* A served file and how much of a round each server has for it. */
static const struct file {
    const char *name;
    size_t size;
} files[] = { { "1KiB", 1024 }, { "64KiB", 64 * 1024 }, { "10MiB", 10 * 1024 * 1024 } };

static const double slice = 150e6; /* nanoseconds */

/* Seconds of all processors since the start, by what they did. */
struct cpu {
    double seconds[STATES];
};

/* One server at one file: its connection, and what its requests took. */
struct lane {
    struct tls_client client;
    unsigned requests;    /* per round */
    double times[ROUNDS]; /* nanoseconds per request */
    struct cpu cpu;       /* in all rounds */
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

static bool run_slice(struct lane *lane, unsigned round)
{
    struct cpu before, after;
    double time;

    if (!read_cpu(&before))
        return false;
    time = run(&lane->client, lane->requests);
    if (time < 0 || !read_cpu(&after))
        return false;
    lane->times[round] = time / lane->requests;
    for (int i = 0; i < STATES; i++)
        lane->cpu.seconds[i] += after.seconds[i] - before.seconds[i];
    return true;
}

/* afalg's speed over default's: the median of the rounds. */
static double speed_ratio(const struct lane lanes[SERVERS])
{
    double ratios[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        ratios[i] = lanes[1].times[i] / lanes[0].times[i];
    sort(ratios, ROUNDS);
    return quantile(ratios, ROUNDS, 0.5);
}

static void report(FILE *tsv, const char *suite, const struct file *file,
                   const struct lane lanes[SERVERS], double ratio)
{
    for (int i = 0; i < SERVERS; i++) {
        const struct lane *lane = &lanes[i];
        double gigabytes = (double)file->size * lane->requests * ROUNDS / 1e9, median;
        double times[ROUNDS];

        memcpy(times, lane->times, sizeof(times));
        sort(times, ROUNDS);
        median = quantile(times, ROUNDS, 0.5);
        printf("%-14s %-6s %-8s %9.1f %8.2f", suite, file->name, server_names[i], 1e9 / median,
               (double)file->size * 1e3 / median);
        fprintf(tsv, "%s\t%zu\t%s\t%.3f\t%.4f", suite, file->size, server_names[i], 1e9 / median,
                (double)file->size * 1e3 / median);
        for (int state = 0; state < STATES; state++) {
            printf(" %8.2f", lane->cpu.seconds[state] / gigabytes);
            fprintf(tsv, "\t%.3f", lane->cpu.seconds[state] / gigabytes);
        }
        printf(i == 0 ? "   %.3fx\n" : "\n", ratio);
        fprintf(tsv, "\t%.4f\n", i == 0 ? ratio : 1.0);
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
    fprintf(tsv, "\tafalg/default\n");
}

/* The ratio of the two servers at one suite and file; negative on failure. */
static double compare_servers(FILE *tsv, const int ports[SERVERS], const char *suite,
                              const struct file *file, const unsigned char *content)
{
    struct lane lanes[SERVERS] = { 0 };
    bool done = true;
    double ratio = -1;
    int opened = 0;

    while (opened < SERVERS && tls_client_open(&lanes[opened].client, ports[opened], suite,
                                               file->name, content, file->size))
        done = calibrate(&lanes[opened++]) && done;
    done = done && opened == SERVERS;
    for (unsigned round = 0; done && round < ROUNDS; round++)
        done = run_slice(&lanes[round % SERVERS], round) &&
               run_slice(&lanes[(round + 1) % SERVERS], round);
    while (opened > 0)
        tls_client_close(&lanes[--opened].client);
    if (done) {
        ratio = speed_ratio(lanes);
        report(tsv, suite, file, lanes, ratio);
    }
    return ratio;
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

static bool judge(const char *text, double worst, bool met)
{
    printf("  %s  %.3f  %s\n", met ? "met   " : "MISSED", worst, text);
    return met;
}

/* All suites and files. False on failure; the smallest ratios go to @worst and @large. */
static bool run_all(FILE *tsv, const int ports[SERVERS], const char *directory, double *worst,
                    double *large)
{
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        for (size_t j = 0; j < sizeof(files) / sizeof(files[0]); j++) {
            unsigned char *content = read_content(directory, &files[j]);
            double ratio =
                content == NULL ? -1 : compare_servers(tsv, ports, suites[i], &files[j], content);

            free(content);
            if (ratio < 0)
                return false;
            *worst = ratio < *worst ? ratio : *worst;
            if (j == sizeof(files) / sizeof(files[0]) - 1)
                *large = ratio < *large ? ratio : *large;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    double worst = 1e9, large = 1e9;
    bool done, met;
    FILE *tsv;

    if (argc < 5) {
        fprintf(stderr, "usage: tls PORT PORT DIRECTORY RESULTS [--check]\n");
        return EXIT_FAILURE;
    }
    const int ports[SERVERS] = { (int)strtol(argv[1], NULL, 10), (int)strtol(argv[2], NULL, 10) };

    tsv = fopen(argv[4], "we");
    if (tsv == NULL) {
        perror(argv[4]);
        return EXIT_FAILURE;
    }
    print_heading(tsv);
    done = run_all(tsv, ports, argv[3], &worst, &large);
    if (fclose(tsv) != 0 || !done)
        return EXIT_FAILURE;
    printf("\nafalg's speed over default's:\n");
    met = judge("at least 0.98 everywhere", worst, worst >= 0.98);
    met = judge("above 1 for the large file", large, large > 1) && met;
    return met || argc < 6 ? EXIT_SUCCESS : EXIT_FAILURE;
}
