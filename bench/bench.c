/* SPDX-License-Identifier: Apache-2.0 */
/* The side-by-side benchmark: bench auto|device|kernel; see bench/README.md. */
#include "bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct peer *const peers[] = {
    &peer_afalg,  &peer_default, &peer_raw, &peer_kcapi,
#ifdef HAVE_ENGINE
    &peer_engine,
#endif
    NULL,
};

/* What is measured, and where the results go. */
struct bench {
    const char *name;
    const char *mode; /* afalg's, which has the thresholds */
    struct plan plan;
    const char *output;
    bool check;
    bool is_run; /* this process is one of them */
    unsigned number;
};

/* Sizes lie closer where hardware overtakes software. */
static const size_t auto_sizes[] = { 16,   64,    256,   1024,  2048,  4096, 6144,
                                     8192, 12288, 16384, 32768, 65536, 0 };
static const size_t device_sizes[] = { 16, 256, 1024, 4096, 8192, 16384, 32768, 65536, 0 };
static const size_t kernel_sizes[] = { 16, 64, 256, 1024, 4096, 16384, 65536, 0 };

/* Lengths that are chosen between kernel and software are so after 162 requests (backend.c). */
static const struct bench benches[] = {
    { .name = "auto",
      .mode = "auto",
      .plan = { .peers = peers,
                .sizes = auto_sizes,
                .works = 1,
                .runs = 60,
                .rounds = 15,
                .slice = 1e6,
                .messages = 16,
                .warm_up = 200 } },
    { .name = "device",
      .mode = "auto",
      .plan = { .peers = peers,
                .sizes = device_sizes,
                .works = 5,
                .runs = 20,
                .rounds = 7,
                .slice = 1e6,
                .messages = 4,
                .warm_up = 200 } },
    { .name = "kernel",
      .mode = "kernel",
      .plan = { .peers = peers,
                .sizes = kernel_sizes,
                .works = 5,
                .runs = 180,
                .rounds = 15,
                .slice = 0.5e6 } },
};

enum { RESULTS_MAX = 256 };

static int usage(void)
{
    fprintf(stderr, "usage: bench auto|device|kernel --config FILE [--output FILE] [--runs N] "
                    "[--rounds N] [--slice MILLISECONDS] [--messages N] [--check]\n");
    return EXIT_FAILURE;
}

static bool parse_options(int argc, char **argv, struct bench *bench)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },
        { "output", required_argument, NULL, 'o' },
        { "runs", required_argument, NULL, 'n' },
        { "rounds", required_argument, NULL, 'r' },
        { "slice", required_argument, NULL, 's' },
        { "messages", required_argument, NULL, 'm' },
        { "check", no_argument, NULL, 'C' },
        { "run", required_argument, NULL, 'N' },
        { 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            bench->plan.config = optarg;
            break;
        case 'o':
            bench->output = optarg;
            break;
        case 'n':
            bench->plan.runs = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'r':
            bench->plan.rounds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            bench->plan.slice = strtod(optarg, NULL) * 1e6;
            break;
        case 'm':
            bench->plan.messages = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'C':
            bench->check = true;
            break;
        case 'N':
            bench->is_run = true;
            bench->number = (unsigned)strtoul(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    }
    return bench->plan.config != NULL && bench->plan.runs > 0 && bench->plan.rounds > 0 &&
           bench->plan.slice > 0;
}

/* Prints what came out. False if that failed, or if, with --check, too little was reached. */
static bool report(const struct bench *bench, const struct point *points, size_t count)
{
    static struct result results[RESULTS_MAX];
    size_t all = 0, begin = 0;

    for (size_t i = 0; i < count; i++) {
        if (!evaluate(&bench->plan, &points[i], &results[all]))
            return false;
        all += points[i].count;
        if (i + 1 < count && points[i + 1].work == points[i].work)
            continue;
        report_table(&results[begin], all - begin);
        begin = all;
    }
    if (bench->output != NULL && !report_tsv(bench->output, results, all))
        return false;
    return thresholds_met(bench->mode, results, all) || !bench->check;
}

static bool run_bench(struct bench *bench, char **argv)
{
    size_t count;
    struct point *points;
    bool done;

    if (bench->is_run)
        bench->plan.runs = 1;
    points = points_make(&bench->plan, &count);
    if (points == NULL)
        return false;
    if (bench->is_run)
        done = process_run_measure(&bench->plan, points, count, bench->number);
    else
        done =
            process_runs_collect(&bench->plan, points, count, argv) && report(bench, points, count);
    points_free(points, count);
    return done;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
        struct bench bench = benches[i];

        if (strcmp(name, bench.name) != 0)
            continue;
        if (!parse_options(argc - 1, argv + 1, &bench))
            return usage();
        return run_bench(&bench, argv) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    return usage();
}
