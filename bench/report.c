/* SPDX-License-Identifier: Apache-2.0 */
/* Results for a person and for a program. */
#include "bench.h"

#include <stdio.h>

/* The next result of the same peer and algorithm, @at itself included; NULL past the end. */
static const struct result *next_of(const struct result *at, const struct result *end,
                                    const struct result *like)
{
    while (at < end && (at->work != like->work || at->peer != like->peer))
        at++;
    return at < end ? at : NULL;
}

static void print_sizes(const struct result *results, const struct result *end)
{
    const struct result *at = results;

    printf("\n%-24s", results->work->name);
    for (; (at = next_of(at, end, results)) != NULL; at++) {
        if (at->size < 1024)
            printf("%6zu B", at->size);
        else
            printf("%4zu KiB", at->size / 1024);
    }
    printf("\n");
}

static void print_peer(const struct result *first, const struct result *end, bool compared)
{
    const struct result *at = first;

    printf("  %-17s MB/s", first->peer->name);
    for (; (at = next_of(at, end, first)) != NULL; at++)
        printf(at->mbps < 10 ? "%8.2f" : "%8.1f", at->mbps);
    if (compared) {
        printf("\n      afalg is          ");
        for (at = first; (at = next_of(at, end, first)) != NULL; at++)
            printf(at->ratio.median < 100 ? "%7.3fx" : "%7.0fx", at->ratio.median);
    }
    printf("\n");
}

void report_table(const struct result *results, size_t count)
{
    const struct result *end = results + count;

    print_sizes(results, end);
    for (const struct result *at = results; at < end && at->size == results->size; at++)
        print_peer(at, end, at != results);
    fflush(stdout);
}

bool report_tsv(const char *path, const struct result *results, size_t count)
{
    FILE *file = fopen(path, "we");

    if (file == NULL) {
        perror(path);
        return false;
    }
    fprintf(file, "algorithm\tsize\tpeer\tMB/s\tafalg/peer\tlower quartile\tupper quartile\t"
                  "standard error\tkernel\n");
    for (const struct result *r = results; r < results + count; r++)
        fprintf(file, "%s\t%zu\t%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%d\n", r->work->name, r->size,
                r->peer->name, r->mbps, r->ratio.median, r->ratio.low, r->ratio.high,
                r->ratio.error, r->kernel);
    return fclose(file) == 0;
}
