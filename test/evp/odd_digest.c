/* SPDX-License-Identifier: Apache-2.0 */
/* Odd calls of digests. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "inject.h"
#include "odd.h"
#include "support.h"

struct slot {
    EVP_MD_CTX *ctx[SIDES];
    bool started; /* and not ended: else nothing is promised of an update or a final */
};

struct digests {
    const struct algorithm *algorithm;
    struct slot slot[SLOTS];
    unsigned int used;
};

static void *open_digests(struct trial *trial, const struct algorithm *algorithm)
{
    struct digests *digests = calloc(1, sizeof(*digests));

    (void)trial;
    if (digests == NULL)
        die("out of memory");
    digests->algorithm = algorithm;
    for (unsigned int i = 0; i < SLOTS; i++) {
        for (int side = 0; side < SIDES; side++) {
            digests->slot[i].ctx[side] = EVP_MD_CTX_new();
            if (digests->slot[i].ctx[side] == NULL)
                die("out of memory");
        }
    }
    return digests;
}

static void close_digests(void *contexts)
{
    struct digests *digests = contexts;

    for (unsigned int i = 0; i < SLOTS; i++) {
        for (int side = 0; side < SIDES; side++)
            EVP_MD_CTX_free(digests->slot[i].ctx[side]);
    }
    free(digests);
}

static struct slot *choose_slot(struct trial *trial, struct digests *digests)
{
    digests->used = odd_slot(trial);
    return &digests->slot[digests->used];
}

static void init(struct trial *trial, void *contexts)
{
    struct digests *digests = contexts;
    struct slot *slot = choose_slot(trial, digests);
    bool again = EVP_MD_CTX_get0_md(slot->ctx[ORACLE]) != NULL && trial_once_in(trial, 2);
    struct outcome outcome[SIDES];

    trial_step(trial, "EVP_DigestInit_ex2(c%u, %s, NULL);", digests->used,
               again ? "NULL" : "digest");
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_DigestInit_ex2(
            slot->ctx[side], again ? NULL : digests->algorithm->digest[side], NULL));
    slot->started = odd_agree(trial, "EVP_DigestInit_ex2", outcome);
}

static void update(struct trial *trial, void *contexts)
{
    struct digests *digests = contexts;
    struct slot *slot = choose_slot(trial, digests);
    size_t length = trial_once_in(trial, 10) ? 0 : odd_length(trial, 64);
    const uint8_t *in = length == 0 && trial_once_in(trial, 2) ? NULL : odd_bytes(trial, length);
    struct outcome outcome[SIDES];

    if (!slot->started)
        return;
    trial_step(trial, "EVP_DigestUpdate(c%u, %s, %zu);", digests->used, in == NULL ? "NULL" : "in",
               length);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_DigestUpdate(slot->ctx[side], in, length));
    slot->started = odd_agree(trial, "EVP_DigestUpdate", outcome);
}

static void final(struct trial *trial, void *contexts)
{
    struct digests *digests = contexts;
    struct slot *slot = choose_slot(trial, digests);
    uint8_t out[SIDES][EVP_MAX_MD_SIZE] = { { 0 } };
    unsigned int length[SIDES] = { 0 };
    bool with_length = !trial_once_in(trial, 4);
    struct outcome outcome[SIDES];

    if (!slot->started)
        return;
    trial_step(trial, "EVP_DigestFinal_ex(c%u, out, %s);", digests->used,
               with_length ? "&length" : "NULL");
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(
            EVP_DigestFinal_ex(slot->ctx[side], out[side], with_length ? &length[side] : NULL));
    slot->started = false;
    if (!odd_agree(trial, "EVP_DigestFinal_ex", outcome))
        return;
    trial_same_number(trial, "length of digest", length[OURS], length[ORACLE]);
    trial_same_bytes(trial, "digest", out[OURS], out[ORACLE], sizeof(out[ORACLE]));
}

/* As many bytes as wanted, from digests that can. */
static void final_xof(struct trial *trial, void *contexts)
{
    struct digests *digests = contexts;
    struct slot *slot = choose_slot(trial, digests);
    size_t length = trial_below(trial, 200);
    struct outcome outcome[SIDES];

    if (!slot->started)
        return;
    trial_step(trial, "EVP_DigestFinalXOF(c%u, out, %zu);", digests->used, length);
    for (int side = 0; side < SIDES; side++) {
        memset(trial->out[side], 0, length);
        outcome[side] = outcome_of(EVP_DigestFinalXOF(slot->ctx[side], trial->out[side], length));
    }
    slot->started = false;
    if (odd_agree(trial, "EVP_DigestFinalXOF", outcome))
        trial_same_bytes(trial, "digest", trial->out[OURS], trial->out[ORACLE], length);
}

/* SSL 3.0's way with SHA-1 and MD5; its length is 48, and others are refused. */
static void control(struct trial *trial, void *contexts)
{
    struct digests *digests = contexts;
    struct slot *slot = choose_slot(trial, digests);
    int length = trial_once_in(trial, 4) ? (int)trial_below(trial, 60) : 48;
    const uint8_t *secret = odd_bytes(trial, 64);
    struct outcome outcome[SIDES];

    if (!slot->started)
        return;
    trial_step(trial, "EVP_MD_CTX_ctrl(c%u, EVP_CTRL_SSL3_MASTER_SECRET, %d, in);", digests->used,
               length);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(
            EVP_MD_CTX_ctrl(slot->ctx[side], EVP_CTRL_SSL3_MASTER_SECRET, length, (void *)secret));
    odd_agree(trial, "EVP_MD_CTX_ctrl", outcome);
}

static int get_ctx_params(void *ctx, OSSL_PARAM params[])
{
    return EVP_MD_CTX_get_params(ctx, params);
}

static void get(struct trial *trial, void *contexts)
{
    struct digests *digests = contexts;
    struct slot *slot = choose_slot(trial, digests);
    void *const object[SIDES] = { slot->ctx[OURS], slot->ctx[ORACLE] };

    if (!slot->started)
        return;
    trial_step(trial, "EVP_MD_CTX_get_params(c%u, params);", digests->used);
    trial_same_params(trial, EVP_MD_gettable_ctx_params(digests->algorithm->digest[ORACLE]),
                      get_ctx_params, object);
}

static void copy(struct trial *trial, void *contexts)
{
    struct digests *digests = contexts;
    struct slot *from = choose_slot(trial, digests);
    unsigned int to = (unsigned int)trial_below(trial, SLOTS);
    struct outcome outcome[SIDES];

    if (to == digests->used)
        return;
    trial_step(trial, "EVP_MD_CTX_copy_ex(c%u, c%u);", to, digests->used);
    for (int side = 0; side < SIDES; side++)
        outcome[side] =
            outcome_of(EVP_MD_CTX_copy_ex(digests->slot[to].ctx[side], from->ctx[side]));
    digests->slot[to].started = odd_agree(trial, "EVP_MD_CTX_copy_ex", outcome) && from->started;
}

static void reset(struct trial *trial, void *contexts)
{
    struct digests *digests = contexts;
    struct slot *slot = choose_slot(trial, digests);

    trial_step(trial, "EVP_MD_CTX_reset(c%u);", digests->used);
    for (int side = 0; side < SIDES; side++)
        EVP_MD_CTX_reset(slot->ctx[side]);
    slot->started = false;
}

static bool is_stricter(struct trial *trial, void *contexts, const char *call)
{
    const struct digests *digests = contexts;

    (void)trial;
    /* OpenSSL 3.5 and later cut SHA3's digests to any length, and BLAKE2b's to none. */
    if (strcmp(call, "EVP_DigestFinalXOF") == 0 &&
        (strncmp(digests->algorithm->name, "SHA3", 4) == 0 ||
         strncmp(digests->algorithm->name, "BLAKE2", 6) == 0))
        return true;
    /* What the kernel has hashed is gone with its socket. */
    return inject_fired() > 0;
}

static const struct operation operations[] = {
    { init, 16 }, { update, 30 }, { final, 10 }, { final_xof, 3 }, { control, 2 },
    { get, 2 },   { copy, 12 },   { reset, 2 },  { NULL, 0 },
};

const struct odd_kind odd_digest = { open_digests, close_digests, operations, is_stricter };
