/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the subject with the oracle, for every algorithm that the subject offers and as many
 * seeds as asked for.
 *
 *     differential [--kind cipher|aead|digest|mac] [--algorithm NAME]
 *                  [--auto SIZE | --hardware SIZE] [--seeds COUNT | --seed NUMBER]
 *
 * COUNT is AFALG_SEEDS of the environment, or 1000, unless given. With --auto the subject takes
 * every driver of the kernel for hardware and gives it requests of SIZE bytes and more, so that
 * contexts go from software to the kernel and back; with --hardware it takes for it what is. Fails
 * if no algorithm was tried.
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

struct options {
    const char *kind;
    const char *algorithm;
    const char *auto_size;
    bool hardware; /* mode = auto with the hardware that there is, and nothing declared to be */
    const char *verify; /* the key of the provider's section */
    uint64_t first_seed;
    uint64_t seeds;
};

static trial_fn *const trial_of[KINDS] = { trial_cipher, trial_aead, trial_digest, trial_mac };

static struct options parse(int argc, char **argv)
{
    static const struct option list[] = {
        { "kind", required_argument, NULL, 'k' },   { "algorithm", required_argument, NULL, 'a' },
        { "seeds", required_argument, NULL, 'n' },  { "seed", required_argument, NULL, 's' },
        { "auto", required_argument, NULL, 'm' },   { "hardware", required_argument, NULL, 'h' },
        { "verify", required_argument, NULL, 'v' }, { NULL, 0, NULL, 0 },
    };
    const char *seeds = getenv("AFALG_SEEDS");
    struct options options = { .seeds = seeds == NULL ? 1000 : strtoull(seeds, NULL, 10) };
    int option;

    while ((option = getopt_long(argc, argv, "", list, NULL)) != -1) {
        if (option == 'k')
            options.kind = optarg;
        else if (option == 'a')
            options.algorithm = optarg;
        else if (option == 'm' || option == 'h')
            options.auto_size = optarg, options.hardware = option == 'h';
        else if (option == 'v')
            options.verify = optarg;
        else if (option == 'n')
            options.seeds = strtoull(optarg, NULL, 10);
        else if (option == 's')
            options.first_seed = strtoull(optarg, NULL, 10), options.seeds = 1;
        else
            die("usage: %s [--kind KIND] [--algorithm NAME] [--auto SIZE | --hardware SIZE] "
                "[--verify HOW] "
                "[--seeds COUNT | --seed NUMBER]",
                argv[0]);
    }
    return options;
}

static bool is_selected(const struct options *options, const struct algorithm *algorithm)
{
    return (options->kind == NULL || strcasecmp(options->kind, kind_name[algorithm->kind]) == 0) &&
           (options->algorithm == NULL || strcasecmp(options->algorithm, algorithm->name) == 0);
}

/* Returns how many trials failed. */
static unsigned int try_seeds(struct trial *trial, const struct algorithm *algorithm,
                              const struct options *options)
{
    unsigned int failures = 0;

    for (uint64_t i = 0; i < options->seeds && failures < FAILURES_SHOWN; i++) {
        trial_begin(trial, algorithm->name, options->first_seed + i);
        trial_of[algorithm->kind](trial, algorithm);
        failures += !trial_end(trial);
    }
    return failures;
}

/* Whether the kernel must have a part in trials: of a MAC, hardware has it with some digests only.
 */
static bool needs_kernel(const struct options *options, const struct algorithm *algorithm)
{
    if (!subject_counts() || options->seeds <= 1)
        return false;
    if (options->hardware)
        return algorithm->kind != KIND_MAC;
    return options->auto_size == NULL && kernel_has(algorithm);
}

/* All trials of one algorithm. Returns whether they passed, and the kernel had its part in them. */
static bool try_algorithm(struct trial *trial, const struct algorithm *algorithm,
                          const struct options *options, OSSL_LIB_CTX *libctx)
{
    struct counters before = counters_read(libctx);
    struct counters after;
    bool passed;

    trial_begin(trial, algorithm->name, options->first_seed);
    trial_attributes(trial, algorithm, libctx);
    passed = trial_end(trial);
    passed = try_seeds(trial, algorithm, options) == 0 && passed;
    after = counters_read(libctx);
    if (after.kernel_requests == before.kernel_requests && needs_kernel(options, algorithm)) {
        fprintf(stderr, "FAILED: %s made no request to the kernel\n", algorithm->name);
        passed = false;
    }
    printf("%-6s %-26s %s: %" PRIu64 " seeds, requests: %" PRIu64 " kernel, %" PRIu64 " software\n",
           kind_name[algorithm->kind], algorithm->name, passed ? "same" : "DIFFERS", options->seeds,
           after.kernel_requests - before.kernel_requests,
           after.software_requests - before.software_requests);
    fflush(stdout);
    return passed;
}

static OSSL_LIB_CTX *open_ours(const struct options *options)
{
    char settings[64];

    if (options->auto_size == NULL && options->verify == NULL)
        return subject_open(NULL);
    if (options->auto_size == NULL)
        snprintf(settings, sizeof(settings), "verify = %s\n", options->verify);
    else
        snprintf(settings, sizeof(settings), "%smin_size = %s\n",
                 options->hardware ? "mode = auto\n" : "", options->auto_size);
    return options->auto_size == NULL || options->hardware ? subject_open(settings)
                                                           : auto_open(settings);
}

int main(int argc, char **argv)
{
    const struct options options = parse(argc, argv);
    OSSL_LIB_CTX *libctx[SIDES] = { open_ours(&options), oracle_open() };
    struct algorithms algorithms = algorithms_open(libctx);
    struct trial trial;
    size_t tried = 0;
    size_t passed = 0;

    trial_open(&trial);
    for (size_t i = 0; i < algorithms.count; i++) {
        if (!is_selected(&options, &algorithms.list[i]))
            continue;
        tried++;
        passed += try_algorithm(&trial, &algorithms.list[i], &options, libctx[OURS]);
    }
    printf("%zu of %zu algorithms of %s agree with the default provider\n", passed, tried,
           subject_name());
    trial_close(&trial);
    algorithms_close(&algorithms);
    for (int side = 0; side < SIDES; side++)
        OSSL_LIB_CTX_free(libctx[side]);
    return tried > 0 && passed == tried ? EXIT_SUCCESS : EXIT_FAILURE;
}
