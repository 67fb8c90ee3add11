/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the subject with the oracle, for every algorithm that the subject offers and as many
 * seeds as asked for.
 *
 *     differential [--kind cipher|aead|digest|mac] [--algorithm NAME] [--auto SIZE]
 *                  [--seeds COUNT | --seed NUMBER]
 *
 * COUNT is AFALG_SEEDS of the environment, or 1000, unless given. With --auto the subject takes
 * every driver of the kernel for hardware and gives it requests of SIZE bytes and more, so that
 * contexts go from software to the kernel and back. Fails where no algorithm was tried.
 */
#include "differential.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "auto_mode.h"
#include "kernel_names.h"
#include "support.h"

enum { FAILURES_SHOWN = 3 };

struct wanted {
    const char *kind;
    const char *algorithm;
    const char *auto_size;
    uint64_t first_seed;
    uint64_t seeds;
};

static trial_fn *const trial_of[KINDS] = { trial_cipher, trial_aead, trial_digest, trial_mac };

static struct wanted parse(int argc, char **argv)
{
    static const struct option options[] = {
        { "kind", required_argument, NULL, 'k' },  { "algorithm", required_argument, NULL, 'a' },
        { "seeds", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 's' },
        { "auto", required_argument, NULL, 'm' },  { NULL, 0, NULL, 0 },
    };
    const char *seeds = getenv("AFALG_SEEDS");
    struct wanted wanted = { .seeds = seeds == NULL ? 1000 : strtoull(seeds, NULL, 10) };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'k')
            wanted.kind = optarg;
        else if (option == 'a')
            wanted.algorithm = optarg;
        else if (option == 'm')
            wanted.auto_size = optarg;
        else if (option == 'n')
            wanted.seeds = strtoull(optarg, NULL, 10);
        else if (option == 's')
            wanted.first_seed = strtoull(optarg, NULL, 10), wanted.seeds = 1;
        else
            die("usage: %s [--kind KIND] [--algorithm NAME] [--auto SIZE] "
                "[--seeds COUNT | --seed NUMBER]",
                argv[0]);
    }
    return wanted;
}

static bool is_wanted(const struct wanted *wanted, const struct row *row)
{
    return (wanted->kind == NULL || strcasecmp(wanted->kind, kind_name[row->kind]) == 0) &&
           (wanted->algorithm == NULL || strcasecmp(wanted->algorithm, row->name) == 0);
}

/* Returns how many trials failed. */
static unsigned int try_seeds(struct trial *trial, const struct row *row,
                              const struct wanted *wanted)
{
    unsigned int failures = 0;

    for (uint64_t i = 0; i < wanted->seeds && failures < FAILURES_SHOWN; i++) {
        trial_begin(trial, row->name, wanted->first_seed + i);
        trial_of[row->kind](trial, row);
        failures += !trial_end(trial);
    }
    return failures;
}

/* All trials of one algorithm. Returns whether they passed, and the kernel had its part in them. */
static bool try_row(struct trial *trial, const struct row *row, const struct wanted *wanted,
                    OSSL_LIB_CTX *libctx)
{
    struct counters before = counters_read(libctx);
    struct counters after;
    bool passed;

    trial_begin(trial, row->name, wanted->first_seed);
    trial_attributes(trial, row, libctx);
    passed = trial_end(trial);
    passed = try_seeds(trial, row, wanted) == 0 && passed;
    after = counters_read(libctx);
    if (subject_counts() && wanted->seeds > 1 && wanted->auto_size == NULL &&
        after.kernel_requests == before.kernel_requests && kernel_has(row)) {
        fprintf(stderr, "FAILED: %s made no request to the kernel\n", row->name);
        passed = false;
    }
    printf("%-6s %-26s %s: %" PRIu64 " seeds, requests: %" PRIu64 " kernel, %" PRIu64 " software\n",
           kind_name[row->kind], row->name, passed ? "same" : "DIFFERS", wanted->seeds,
           after.kernel_requests - before.kernel_requests,
           after.software_requests - before.software_requests);
    fflush(stdout);
    return passed;
}

static OSSL_LIB_CTX *open_auto(const char *size)
{
    char settings[64];

    snprintf(settings, sizeof(settings), "min_size = %s\n", size);
    return auto_open(settings);
}

int main(int argc, char **argv)
{
    const struct wanted wanted = parse(argc, argv);
    OSSL_LIB_CTX *libctx[SIDES] = {
        wanted.auto_size == NULL ? subject_open(NULL) : open_auto(wanted.auto_size),
        oracle_open(),
    };
    struct rows rows = rows_open(libctx);
    struct trial trial;
    size_t tried = 0;
    size_t passed = 0;

    trial_open(&trial);
    for (size_t i = 0; i < rows.count; i++) {
        if (!is_wanted(&wanted, &rows.row[i]))
            continue;
        tried++;
        passed += try_row(&trial, &rows.row[i], &wanted, libctx[OURS]);
    }
    printf("%zu of %zu algorithms of %s agree with the default provider\n", passed, tried,
           subject_name());
    trial_close(&trial);
    rows_close(&rows);
    for (int side = 0; side < SIDES; side++)
        OSSL_LIB_CTX_free(libctx[side]);
    return tried > 0 && passed == tried ? EXIT_SUCCESS : EXIT_FAILURE;
}
