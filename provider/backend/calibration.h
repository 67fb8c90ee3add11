/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which is faster at an algorithm's requests, the kernel's device or software: found out on this
 * machine, again and again, for each class of lengths. Used by any number of threads at once.
 *
 * In each period the first CALIBRATION_WARM_UP requests are the kernel's (after the first period
 * they are left out). Then comes the trial: samples are handed out in turn to the kernel and to
 * software, both are timed, and two samples that follow each other make a pair. A pair counts once
 * both of its halves have been recorded, whoever did them; a half whose other one never comes
 * counts nothing. The one that wins CALIBRATION_WINS pairs first has won most of 49, and does the
 * rest of the period's CALIBRATION_PERIOD requests. So does at once the one that wins
 * CALIBRATION_FAR_PAIRS pairs in a row by far: the other took more than CALIBRATION_FAR times as
 * long.
 *
 * While the kernel does the rest, one in CALIBRATION_WATCH requests is timed, and the next ones if
 * it took more than CALIBRATION_FAR times as long as software's fastest sample. After
 * CALIBRATION_FAR_PAIRS such requests in a row there is another trial.
 */
#ifndef AFALG_CALIBRATION_H
#define AFALG_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CALIBRATION_WARM_UP = 1,
    CALIBRATION_WINS = 25,
    CALIBRATION_FAR = 2,
    CALIBRATION_FAR_PAIRS = 4,
    CALIBRATION_WATCH = 64,
    CALIBRATION_PERIOD = 8192,
};

struct calibration;

/** What is known of one algorithm, nothing yet; to be freed by free(). NULL if memory is short. */
struct calibration *calibration_new(void);

/** One request, from the choice to its end. */
struct sample {
    struct calibration *of; /* its class of lengths; NULL: nothing is to be recorded */
    uint64_t start;         /* ns; 0: not timed */
    unsigned number;        /* of one in the trial: even numbers are the kernel's */
};

/** Whether the kernel is to do a request of @len bytes. Starts @sample. */
bool calibration_choose(struct calibration *all, size_t len, struct sample *sample);

/**
 * Counts @skipped requests as long as @sample's that software has done without asking, and says
 * whether as many may go that way again: software is the faster, and the period is not over.
 * Before calibration_record().
 */
bool calibration_skip(const struct sample *sample, unsigned skipped);

/**
 * Ends @sample: the request is done, by the kernel or by software. One that was meant for
 * the kernel and done by software took for ever. A request that failed altogether is not recorded.
 */
void calibration_record(struct sample *sample, bool kernel);

#endif
