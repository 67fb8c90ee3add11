/* SPDX-License-Identifier: Apache-2.0 */
/* Trials of digests. */
#include <openssl/evp.h>

#include "differential.h"
#include "support.h"

enum { PIECES_MAX = 6, COPIES_MAX = 2 };

struct digests {
    EVP_MD *const *digest; /* of SIDES, borrowed */
    EVP_MD_CTX *ctx[SIDES];
};

static struct digests digests_new(EVP_MD *const digest[SIDES])
{
    struct digests new = { .digest = digest };

    for (int side = 0; side < SIDES; side++) {
        new.ctx[side] = EVP_MD_CTX_new();
        if (new.ctx[side] == NULL)
            die("out of memory");
    }
    return new;
}

static void digests_free(struct digests *digests)
{
    for (int side = 0; side < SIDES; side++)
        EVP_MD_CTX_free(digests->ctx[side]);
}

static bool start(struct trial *trial, struct digests *digests, bool with_type)
{
    struct outcome outcome[SIDES];

    trial_step(trial, "init%s", with_type ? "" : " again");
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(
            EVP_DigestInit_ex2(digests->ctx[side], with_type ? digests->digest[side] : NULL, NULL));
    return trial_agree(trial, "EVP_DigestInit_ex2", outcome);
}

static void update(struct trial *trial, struct digests *digests, const uint8_t *bytes,
                   size_t length)
{
    struct place place = place_choose(trial, bytes, length, length, false);
    struct outcome outcome[SIDES];

    trial_step(trial, "update %zu%s", length, bytes == NULL ? " of NULL" : "");
    outcome[OURS] =
        outcome_of(EVP_DigestUpdate(digests->ctx[OURS], bytes == NULL ? NULL : place.in, length));
    outcome[ORACLE] = outcome_of(EVP_DigestUpdate(digests->ctx[ORACLE], bytes, length));
    trial_agree(trial, "EVP_DigestUpdate", outcome);
}

static void copy_to(struct trial *trial, struct digests *to, const struct digests *from)
{
    struct outcome outcome[SIDES];

    trial_step(trial, "copy");
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_MD_CTX_copy_ex(to->ctx[side], from->ctx[side]));
    trial_agree(trial, "EVP_MD_CTX_copy_ex", outcome);
}

static void finish(struct trial *trial, struct digests *digests)
{
    uint8_t bytes[SIDES][EVP_MAX_MD_SIZE];
    unsigned int length[SIDES] = { 0 };
    struct outcome outcome[SIDES];

    trial_step(trial, "final");
    for (int side = 0; side < SIDES; side++)
        outcome[side] =
            outcome_of(EVP_DigestFinal_ex(digests->ctx[side], bytes[side], &length[side]));
    if (!trial_agree(trial, "EVP_DigestFinal_ex", outcome))
        return;
    trial_same_number(trial, "length of digest", length[OURS], length[ORACLE]);
    trial_same_bytes(trial, "digest", bytes[OURS], bytes[ORACLE], length[ORACLE]);
}

static void stream(struct trial *trial, struct digests *digests, size_t from, size_t length,
                   unsigned int copies);

/* Copies into a fresh context or into one that is in use, and feeds both: the copy first or last.
 */
static void run_copy(struct trial *trial, struct digests *digests, size_t from, size_t length,
                     unsigned int copies)
{
    struct digests copy = digests_new(digests->digest);

    if (trial_once_in(trial, 3) && start(trial, &copy, true) && trial_once_in(trial, 2))
        update(trial, &copy, trial->message, length < 100 ? length : 100);
    copy_to(trial, &copy, digests);
    if (trial_once_in(trial, 2)) {
        struct digests first = *digests;

        *digests = copy;
        copy = first;
    }
    if (!trial->failed)
        stream(trial, &copy, from, length, copies + 1);
    digests_free(&copy);
    trial_step(trial, "back from the copy");
}

/* The rest of trial->message from byte from on. */
static void stream(struct trial *trial, struct digests *digests, size_t from, size_t length,
                   unsigned int copies)
{
    size_t pieces = 1 + trial_below(trial, PIECES_MAX);

    while (from < length && !trial->failed) {
        size_t left = length - from;
        size_t piece = trial_once_in(trial, pieces)
                           ? left
                           : 1 + trial_below(trial, trial_once_in(trial, 2) ? left : 200);

        piece = piece < left ? piece : left;
        if (copies < COPIES_MAX && trial_once_in(trial, 6))
            run_copy(trial, digests, from, length, copies);
        if (trial_once_in(trial, 8))
            update(trial, digests, NULL, 0);
        update(trial, digests, trial->message + from, piece);
        from += piece;
    }
    if (copies < COPIES_MAX && trial_once_in(trial, 6))
        run_copy(trial, digests, from, length, copies);
    if (!trial->failed)
        finish(trial, digests);
}

/* OpenSSL leaves undefined what comes of this, but it has to end well. */
static void after_the_end(struct digests *digests)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned int length;

    EVP_DigestUpdate(digests->ctx[OURS], "x", 1);
    EVP_DigestFinal_ex(digests->ctx[OURS], bytes, &length);
    outcome_of(0);
}

/* A copy of a context that has no digest yet is empty, and can be started. */
static void copy_before_start(struct trial *trial, struct digests *digests)
{
    struct digests copy = digests_new(digests->digest);

    copy_to(trial, &copy, digests);
    outcome_of(0);
    digests_free(&copy);
}

static void oneshot(struct trial *trial, const struct algorithm *algorithm, size_t length)
{
    uint8_t bytes[SIDES][EVP_MAX_MD_SIZE];
    unsigned int written[SIDES] = { 0 };
    struct outcome outcome[SIDES];

    trial_step(trial, "EVP_Digest %zu", length);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_Digest(trial->message, length, bytes[side], &written[side],
                                              algorithm->digest[side], NULL));
    if (!trial_agree(trial, "EVP_Digest", outcome))
        return;
    trial_same_number(trial, "length of EVP_Digest", written[OURS], written[ORACLE]);
    trial_same_bytes(trial, "EVP_Digest", bytes[OURS], bytes[ORACLE], written[ORACLE]);
}

void trial_digest(struct trial *trial, const struct algorithm *algorithm)
{
    size_t block = (size_t)EVP_MD_get_block_size(algorithm->digest[ORACLE]);
    struct digests digests = digests_new(algorithm->digest);
    size_t rounds = 1 + trial_below(trial, 3);

    if (trial_once_in(trial, 10))
        copy_before_start(trial, &digests);
    for (size_t round = 0; round < rounds && !trial->failed; round++) {
        size_t length = random_length(&trial->random, block, MESSAGE_LIMIT);

        random_fill(&trial->random, trial->message, length);
        if (trial_once_in(trial, 5)) {
            oneshot(trial, algorithm, length);
        } else if (start(trial, &digests,
                         round == 0 || trial_once_in(trial, 2) ||
                             !EVP_MD_CTX_get0_md(digests.ctx[OURS]))) {
            if (trial_once_in(trial, 8))
                continue; /* started, never used, started again */
            stream(trial, &digests, 0, length, 0);
            if (trial_once_in(trial, 6))
                after_the_end(&digests);
        }
    }
    digests_free(&digests);
}
