/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that only look random: the same name and seed give the same ones on every machine. */
#ifndef TEST_EVP_RANDOM_H
#define TEST_EVP_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

struct random random_start(const char *name, uint64_t seed);

uint64_t random_next(struct random *random);

/* From 0 to below - 1; 0 if below is 0. */
size_t random_below(struct random *random, size_t below);

/* True once in times on average. */
bool random_once_in(struct random *random, size_t times);

void random_fill(struct random *random, void *bytes, size_t length);

/*
 * A length for a message in units of a cipher's block: mostly up to four blocks, sometimes at the
 * edges of a page, seldom up to limit bytes.
 */
size_t random_length(struct random *random, size_t block, size_t limit);

#endif
