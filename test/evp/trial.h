/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One differential trial: the same calls on the subject and on the oracle, chosen by a seed. The
 * first difference fails the trial for good; what was done up to it is printed together with the
 * command that repeats it.
 */
#ifndef TEST_EVP_TRIAL_H
#define TEST_EVP_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <openssl/core.h>

#include "random.h"

/* Index of everything that exists twice. */
enum { OURS, ORACLE, SIDES };

/* Bytes of the longest message, and of every buffer, which has room for misalignment and for a
 * guard behind. */
enum { MESSAGE_LIMIT = 1 << 20, BUFFER_SIZE = MESSAGE_LIMIT + 4096 };

struct trial;

/* Whether the subject may refuse this call though the oracle accepts it; arg is the trial's. */
typedef bool stricter_fn(struct trial *trial, void *arg, const char *call);

struct trial {
    struct random random;
    const char *algorithm;
    uint64_t seed;
    bool failed;
    bool over;             /* nothing more can be compared */
    stricter_fn *stricter; /* NULL: never */
    void *stricter_arg;
    FILE *trace;
    char *trace_text;
    size_t trace_size;
    /* BUFFER_SIZE bytes each, kept from one trial to the next. */
    uint8_t *message;
    uint8_t *in;
    uint8_t *out[SIDES];
};

/* What a call of OpenSSL gave, and whether it left an error on the queue. */
struct outcome {
    int result;
    unsigned long error, last; /* the first and last of OpenSSL's queue; 0: none */
};

/* Where the subject reads and writes: at any alignment, and in place if in == out. */
struct place {
    uint8_t *in;
    uint8_t *out;
    size_t room;
};

/* Ends the program if there is no memory. trial_close gives it back. */
void trial_open(struct trial *trial);
void trial_close(struct trial *trial);

/* Starts and ends one trial; the end tells whether it passed. */
void trial_begin(struct trial *trial, const char *algorithm, uint64_t seed);
bool trial_end(struct trial *trial);

/* Ends a trial without a word. *text gets what was done, to be freed. */
bool trial_end_silently(struct trial *trial, char **text);

/* random_below and random_once_in for the trial's own sequence. */
size_t trial_below(struct trial *trial, size_t below);
bool trial_once_in(struct trial *trial, size_t times);

/* A note of what is done, shown only when the trial fails. */
void trial_step(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fails the trial for this reason, unless it has failed already. */
void trial_fail(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the error queue away, so what it says is of the call whose result is given. */
struct outcome outcome_of(int result);

/* Whether the trial's stricter allows the subject's refusal of this call. It ends the trial then.
 */
bool trial_may_refuse(struct trial *trial, const char *call);

/*
 * Both must succeed (a result above 0) or both refuse; if both refuse, the subject must leave the
 * oracle's error on the queue, or none if the oracle does; if it succeeds, it must not leave one.
 * Returns whether both succeeded. A refusal that the trial's stricter allows ends the trial without
 * failing it.
 */
bool trial_agree(struct trial *trial, const char *call, const struct outcome outcome[SIDES]);

void trial_same_bytes(struct trial *trial, const char *what, const uint8_t *ours,
                      const uint8_t *oracle, size_t length);
void trial_same_number(struct trial *trial, const char *what, long long ours, long long oracle);

/* Picks the place for length bytes from in, with room bytes for the output. */
struct place place_choose(struct trial *trial, const uint8_t *in, size_t length, size_t room,
                          bool in_place);

/* Fails the trial if something was written behind the room. */
void place_check(struct trial *trial, const struct place *place);

/* Gets one object's parameters: EVP_CIPHER_CTX_get_params and its like behind one type. */
typedef int get_params_fn(void *object, OSSL_PARAM params[]);

/*
 * Reads every parameter that the oracle's list names from both objects. What is random by nature or
 * counts up with each reading is left out.
 */
void trial_same_params(struct trial *trial, const OSSL_PARAM *gettable, get_params_fn *get,
                       void *const object[SIDES]);

/* Fails if a key of the oracle's list is missing in ours. */
void trial_same_keys(struct trial *trial, const char *list, const OSSL_PARAM *ours,
                     const OSSL_PARAM *oracle);

#endif
