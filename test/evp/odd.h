/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls in any order, with arguments that make little sense. A call's arguments come from a seed of
 * its own, so that a sequence from which calls are left out still makes the others as before.
 */
#ifndef TEST_EVP_ODD_H
#define TEST_EVP_ODD_H

#include "algorithms.h"
#include "trial.h"

/* Contexts of a sort that a sequence has side by side. */
enum { SLOTS = 3 };

/*
 * One call on both sides. What the default provider does not define is not called: the function
 * does nothing then.
 */
typedef void operation_fn(struct trial *trial, void *contexts);

struct operation {
    operation_fn *run;
    unsigned int weight; /* how often it is chosen, beside the others */
};

/* The first operation begins each sequence. The list ends with one without a function. */
struct odd_kind {
    void *(*open)(struct trial *trial, const struct algorithm *algorithm);
    void (*close)(void *contexts);
    const struct operation *operations;
    stricter_fn *stricter; /* its arg: the contexts */
};

extern const struct odd_kind odd_cipher; /* AEAD as well */
extern const struct odd_kind odd_digest;
extern const struct odd_kind odd_mac;

/* A slot's index, mostly 0. */
unsigned int odd_slot(struct trial *trial);

/* A length in units of a block: round each limit, seldom the long ones. */
size_t odd_length(struct trial *trial, size_t block);

/* So many bytes of trial->message or fewer, from any byte on. */
const uint8_t *odd_bytes(struct trial *trial, size_t length);

/* Fails the trial if the results are not the same number, and by trial_agree. */
bool odd_agree(struct trial *trial, const char *call, const struct outcome outcome[SIDES]);

#endif
