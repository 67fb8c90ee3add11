/* SPDX-License-Identifier: Apache-2.0 */
/* The side-by-side benchmark: bench auto|kernel; see bench/README.md. */
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
    size_t works; /* the first of the table */
    struct plan plan;
    const char *config, *output;
    bool check;
};

/* Sizes lie closer where hardware overtakes software. */
static const size_t auto_sizes[] = { 16,   64,    256,   1024,  2048,  4096, 6144,
                                     8192, 12288, 16384, 32768, 65536, 0 };
static const size_t kernel_sizes[] = { 16, 64, 256, 1024, 4096, 16384, 65536, 0 };

static const struct bench benches[] = {
    { .name = "auto", .works = 1, .plan = { peers, auto_sizes, 201, 2e6 } },
    { .name = "kernel", .works = 5, .plan = { peers, kernel_sizes, 301, 1e6 } },
};

enum { RESULTS_MAX = 256 };

static int usage(void)
{
    fprintf(stderr, "usage: bench auto|kernel --config FILE [--output FILE] [--rounds N] "
                    "[--slice MILLISECONDS] [--check]\n");
    return EXIT_FAILURE;
}

static bool parse_options(int argc, char **argv, struct bench *bench)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "output", required_argument, NULL, 'o' },
        { "rounds", required_argument, NULL, 'r' }, { "slice", required_argument, NULL, 's' },
        { "check", no_argument, NULL, 'C' },        { 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            bench->config = optarg;
            break;
        case 'o':
            bench->output = optarg;
            break;
        case 'r':
            bench->plan.rounds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            bench->plan.slice = strtod(optarg, NULL) * 1e6;
            break;
        case 'C':
            bench->check = true;
            break;
        default:
            return false;
        }
    }
    return bench->config != NULL && bench->plan.rounds > 0 && bench->plan.slice > 0;
}

/* Appends the results of one algorithm. False where a peer failed. */
static bool run_work(const struct bench *bench, const struct work *work, struct buffers *b,
                     struct result *results, size_t *count)
{
    size_t begin = *count;

    for (const size_t *size = bench->plan.sizes; *size != 0; size++) {
        int more = measure(&bench->plan, work, *size, b, &results[*count]);

        if (more < 0)
            return false;
        *count += (size_t)more;
    }
    report_table(&results[begin], *count - begin);
    return true;
}

static int run_bench(const struct bench *bench)
{
    static struct result results[RESULTS_MAX];
    struct buffers buffers;
    size_t count = 0;
    bool done = true, met;

    if (buffers_make(&buffers) != 0)
        return EXIT_FAILURE;
    for (size_t i = 0; done && i < bench->works; i++)
        done = run_work(bench, &works[i], &buffers, results, &count);
    buffers_free(&buffers);
    if (!done || (bench->output != NULL && !report_tsv(bench->output, results, count)))
        return EXIT_FAILURE;
    met = verdict(bench->name, results, count);
    return met || !bench->check ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    int status = EXIT_FAILURE;

    for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
        struct bench bench = benches[i];

        if (strcmp(name, bench.name) != 0)
            continue;
        if (!parse_options(argc - 1, argv + 1, &bench))
            return usage();
        if (peer_evp_begin(bench.config))
            status = run_bench(&bench);
        peer_evp_end();
        return status;
    }
    return usage();
}
