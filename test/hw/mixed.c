/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mode = auto against the default provider: sizes below and above min_size in one context, cut
 * anywhere, in place, unaligned, copied in mid-stream, keyed anew. The device and software must
 * both have had their part.
 *
 *     mixed [--algorithm NAME --seed NUMBER]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "device.h"
#include "pair.h"
#include "support.h"

/* The largest are more than the 31 pages that virtio_crypto survives in one request. */
enum { SEEDS = 40, PIECES_MAX = 8, MIN_SIZE = 12288, LARGE_MAX = 200000 };

static const char *const names[] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" };

/* Mostly no whole number of blocks. */
static size_t choose_size(struct trial *trial)
{
    switch (trial_below(trial, 4)) {
    case 0:
        return trial_below(trial, 65);
    case 1:
        return MIN_SIZE - 32 + trial_below(trial, 65);
    case 2:
        return 16 * trial_below(trial, 2 * MIN_SIZE / 16);
    default:
        return trial_below(trial, LARGE_MAX);
    }
}

static bool init(struct trial *trial, struct pair *pair, bool with_cipher)
{
    unsigned int padding = trial_once_in(trial, 2);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding),
                            OSSL_PARAM_construct_end() };
    uint8_t key[32], iv[16];

    random_fill(&trial->random, key, sizeof(key));
    random_fill(&trial->random, iv, sizeof(iv));
    return pair_init(trial, pair, with_cipher, key, iv, (int)trial_below(trial, 2), params);
}

static bool update(struct trial *trial, struct pair *pair)
{
    size_t size = choose_size(trial), produced;

    return pair_update(trial, pair, trial->message + trial_below(trial, 4096), size, &produced);
}

/* Both go on by themselves; the second one to its end. */
static void branch_off(struct trial *trial, struct pair *pair)
{
    struct pair branch = pair_branch(trial, pair);

    if (!branch.dead && update(trial, &branch))
        pair_final(trial, &branch, true);
    pair_free(&branch);
}

static void run_message(struct trial *trial, struct pair *pair)
{
    size_t pieces = 1 + trial_below(trial, PIECES_MAX);

    while (pieces-- > 0 && update(trial, pair)) {
        if (trial_once_in(trial, 6))
            branch_off(trial, pair);
    }
    if (!pair->dead)
        pair_final(trial, pair, true);
}

static bool run_trial(struct trial *trial, EVP_CIPHER *const cipher[SIDES], const char *name,
                      uint64_t seed)
{
    struct pair pair = pair_new(cipher);

    trial_begin(trial, name, seed);
    if (init(trial, &pair, true))
        run_message(trial, &pair);
    if (init(trial, &pair, pair.dead))
        run_message(trial, &pair);
    pair_free(&pair);
    return trial_end(trial);
}

/* Returns how many trials failed. */
static unsigned int run_cipher(struct trial *trial, OSSL_LIB_CTX *const libctx[SIDES],
                               const char *name, uint64_t first, uint64_t seeds)
{
    EVP_CIPHER *cipher[SIDES] = { subject_cipher(libctx[OURS], name),
                                  EVP_CIPHER_fetch(libctx[ORACLE], name, NULL) };
    unsigned int failures = 0;

    for (int side = 0; side < SIDES; side++) {
        if (cipher[side] == NULL)
            die("%s is not offered", name);
    }
    for (uint64_t seed = first; seed < first + seeds && failures == 0; seed++)
        failures += !run_trial(trial, cipher, name, seed);
    for (int side = 0; side < SIDES; side++)
        EVP_CIPHER_free(cipher[side]);
    return failures;
}

/* Whether both had their part, by the provider's account and by the device's interrupts. */
static bool both_took_part(OSSL_LIB_CTX *libctx, unsigned long interrupts)
{
    struct counters c = counters_read(libctx);

    printf("requests: %" PRIu64 " device, %" PRIu64 " software, %" PRIu64
           " fallbacks; %lu interrupts of the device\n",
           c.kernel_requests, c.software_requests, c.fallbacks, interrupts);
    return c.kernel_requests > 0 && c.software_requests > 0 && c.fallbacks == 0 && interrupts > 0;
}

int main(int argc, char **argv)
{
    bool one = argc == 5 && strcmp(argv[1], "--algorithm") == 0 && strcmp(argv[3], "--seed") == 0;
    OSSL_LIB_CTX *libctx[SIDES] = { subject_open("mode = auto\n"), oracle_open() };
    unsigned long interrupts = device_interrupts();
    unsigned int failures = 0;
    struct trial trial;

    trial_open(&trial);
    trial.random = random_start("message", 0);
    random_fill(&trial.random, trial.message, LARGE_MAX + 4096);
    if (one)
        failures = run_cipher(&trial, libctx, argv[2], strtoull(argv[4], NULL, 10), 1);
    for (size_t i = 0; !one && i < sizeof(names) / sizeof(names[0]); i++)
        failures += run_cipher(&trial, libctx, names[i], 0, SEEDS);
    if (!one && !both_took_part(libctx[OURS], device_interrupts() - interrupts))
        failures++;
    trial_close(&trial);
    for (int side = 0; side < SIDES; side++)
        OSSL_LIB_CTX_free(libctx[side]);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
