/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all groups of servers come to: tls_report GROUPS.tsv RESULTS.tsv [--check]
 * GROUPS.tsv is what tls wrote, in one process run after the other. See bench/README.md.
 */
#include "statistics.h"
#include "tls_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONTESTS_MAX = 16, GROUPS_MAX = 512 };

static const char *const server_names[SERVERS_MAX] = { "afalg", "default", "kTLS" };
static const char *const state_names[CPU_STATES] = { "user", "system", "idle" };
static const char large[] = "10MiB";

/* All groups at one suite and file. */
struct contest {
    char suite[TLS_NAME_MAX], file[TLS_NAME_MAX];
    unsigned count;
    struct tls_group groups[GROUPS_MAX];
    struct summary ratios[SERVERS_MAX]; /* speed over default's */
};

struct contests {
    unsigned count;
    struct contest contest[CONTESTS_MAX];
};

/* The contest of a suite and file, which may be new; NULL: there are too many. */
static struct contest *find(struct contests *all, const char *suite, const char *file)
{
    struct contest *c = all->contest;

    for (unsigned i = 0; i < all->count; i++, c++) {
        if (strcmp(c->suite, suite) == 0 && strcmp(c->file, file) == 0)
            return c;
    }
    if (all->count == CONTESTS_MAX)
        return NULL;
    all->count++;
    snprintf(c->suite, sizeof(c->suite), "%s", suite);
    snprintf(c->file, sizeof(c->file), "%s", file);
    return c;
}

static bool read_all(struct contests *all, FILE *in)
{
    char suite[TLS_NAME_MAX], file[TLS_NAME_MAX];
    struct tls_group group;

    while (tls_group_read(in, suite, file, &group)) {
        struct contest *c = find(all, suite, file);

        if (c == NULL || c->count == GROUPS_MAX)
            return false;
        c->groups[c->count++] = group;
    }
    return feof(in) && all->count > 0;
}

static double median_time(const struct contest *c, unsigned server)
{
    double times[GROUPS_MAX];

    for (unsigned i = 0; i < c->count; i++)
        times[i] = c->groups[i].servers[server].time;
    return median_of(times, c->count);
}

/* What all groups together served, and took for it. */
static struct tls_server sum(const struct contest *c, unsigned server)
{
    struct tls_server sum = { .gigabytes = 0 };

    for (unsigned i = 0; i < c->count; i++) {
        const struct tls_server *one = &c->groups[i].servers[server];

        sum.gigabytes += one->gigabytes;
        for (int state = 0; state < CPU_STATES; state++)
            sum.seconds[state] += one->seconds[state];
    }
    return sum;
}

/* How many servers the groups have. */
static unsigned servers_of(const struct contest *c)
{
    unsigned count = c->groups[0].count;

    return count < SERVERS_MAX ? count : SERVERS_MAX;
}

static void evaluate(struct contest *c)
{
    double ratios[GROUPS_MAX], medians[GROUPS_MAX];

    for (unsigned server = 0; server < servers_of(c); server++) {
        for (unsigned i = 0; i < c->count; i++)
            ratios[i] = c->groups[i].servers[server].ratio;
        c->ratios[server] = summarize(ratios, c->count, 1, medians);
    }
}

static void print_heading(FILE *tsv)
{
    printf("%-28s %-6s %-8s %9s", "suite", "file", "provider", "requests");
    fprintf(tsv, "suite\tfile\tprovider\trequests/s\tMB/s");
    printf(" %8s", "MB/s");
    for (int state = 0; state < CPU_STATES; state++) {
        printf(" %8s", state_names[state]);
        fprintf(tsv, "\t%s s/GB", state_names[state]);
    }
    printf("   of default\n%45s%9s %8s %8s %8s %8s\n", "", "per s", "", "s/GB", "s/GB", "s/GB");
    fprintf(tsv, "\tof default\tlower quartile\tupper quartile\tstandard error\tgroups\n");
}

static void report_server(FILE *tsv, const struct contest *c, unsigned server, double megabytes)
{
    double rate = 1e9 / median_time(c, server);
    const struct summary *ratio = &c->ratios[server];
    struct tls_server all = sum(c, server);

    printf("%-28s %-6s %-8s %9.1f %8.2f", c->suite, c->file, server_names[server], rate,
           rate * megabytes);
    fprintf(tsv, "%s\t%s\t%s\t%.3f\t%.4f", c->suite, c->file, server_names[server], rate,
            rate * megabytes);
    for (int state = 0; state < CPU_STATES; state++) {
        printf(" %8.2f", all.seconds[state] / all.gigabytes);
        fprintf(tsv, "\t%.3f", all.seconds[state] / all.gigabytes);
    }
    if (server != TLS_DEFAULT)
        printf("   %.3fx +-%.3f", ratio->median, ratio->error);
    printf("\n");
    fprintf(tsv, "\t%.4f\t%.4f\t%.4f\t%.4f\t%u\n", ratio->median, ratio->low, ratio->high,
            ratio->error, c->count);
}

/* Of a name like 64KiB. */
static double megabytes_of(const char *file)
{
    char *unit;
    double number = strtod(file, &unit);

    return number * (strcmp(unit, "MiB") == 0 ? 1048576 : 1024) / 1e6;
}

static bool check_threshold(const char *text, double worst, bool met)
{
    printf("  %s  %.3f  %s\n", met ? "met   " : "MISSED", worst, text);
    return met;
}

static bool thresholds_met(const struct contests *all)
{
    double worst = INFINITY, worst_large = INFINITY, error = 0;
    bool met;

    for (unsigned i = 0; i < all->count; i++) {
        const struct contest *c = &all->contest[i];
        const struct summary *ratio = &c->ratios[TLS_AFALG];

        worst = fmin(worst, ratio->median);
        error = fmax(error, ratio->error);
        if (strcmp(c->file, large) == 0)
            worst_large = fmin(worst_large, ratio->median);
    }
    printf("\nafalg's speed over default's (standard errors up to %.3f):\n", error);
    met = check_threshold("at least 0.98 everywhere", worst, worst >= 0.98);
    return check_threshold("above 1 for the large file", worst_large, worst_large > 1) && met;
}

static bool report_all(struct contests *all, const char *path)
{
    FILE *tsv = fopen(path, "we");

    if (tsv == NULL)
        return false;
    print_heading(tsv);
    for (unsigned i = 0; i < all->count; i++) {
        struct contest *c = &all->contest[i];

        evaluate(c);
        for (unsigned server = 0; server < servers_of(c); server++)
            report_server(tsv, c, server, megabytes_of(c->file));
    }
    return fclose(tsv) == 0;
}

int main(int argc, char **argv)
{
    static struct contests all;
    bool check = argc == 4 && strcmp(argv[3], "--check") == 0;
    FILE *groups = argc == 3 || check ? fopen(argv[1], "re") : NULL;

    if (groups == NULL) {
        fprintf(stderr, "usage: tls_report GROUPS.tsv RESULTS.tsv [--check]\n");
        return EXIT_FAILURE;
    }
    if (!read_all(&all, groups) || !report_all(&all, argv[2])) {
        fprintf(stderr, "%s: no results in it, or %s can't be written\n", argv[1], argv[2]);
        fclose(groups);
        return EXIT_FAILURE;
    }
    fclose(groups);
    return thresholds_met(&all) || !check ? EXIT_SUCCESS : EXIT_FAILURE;
}
