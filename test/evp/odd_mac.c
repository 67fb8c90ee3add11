/* SPDX-License-Identifier: Apache-2.0 */
/* Odd calls of MACs. */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "inject.h"
#include "odd.h"
#include "support.h"

enum { KEY_LIMIT = 300, IV_LIMIT = 64 };

/* A slot is empty before its first init, and contexts are made by it. */
struct slot {
    EVP_MAC_CTX *ctx[SIDES];
    bool started; /* and not ended: else nothing is promised of an update or a final */
    bool keyed;
};

struct macs {
    const struct algorithm *algorithm;
    struct slot slot[SLOTS];
    unsigned int used;
    const char *part_key; /* the parameter that names algorithm->part */
    bool gmac;
    uint8_t key[KEY_LIMIT];
    uint8_t iv[IV_LIMIT];
};

static void *open_macs(struct trial *trial, const struct algorithm *algorithm)
{
    struct macs *macs = calloc(1, sizeof(*macs));

    if (macs == NULL)
        die("out of memory");
    macs->algorithm = algorithm;
    macs->part_key =
        algorithm->part_key_length == 0 ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER;
    macs->gmac = strncmp(algorithm->name, "GMAC", 4) == 0;
    random_fill(&trial->random, macs->key, sizeof(macs->key));
    random_fill(&trial->random, macs->iv, sizeof(macs->iv));
    return macs;
}

static void free_contexts(struct slot *slot)
{
    for (int side = 0; side < SIDES; side++)
        EVP_MAC_CTX_free(slot->ctx[side]);
    *slot = (struct slot){ 0 };
}

static void close_macs(void *contexts)
{
    struct macs *macs = contexts;

    for (unsigned int i = 0; i < SLOTS; i++)
        free_contexts(&macs->slot[i]);
    free(macs);
}

static struct slot *choose_slot(struct trial *trial, struct macs *macs)
{
    macs->used = odd_slot(trial);
    return &macs->slot[macs->used];
}

/* The cipher's own length, seldom another; of HMAC round a block. */
static size_t key_length(struct trial *trial, const struct macs *macs)
{
    size_t right = macs->algorithm->part_key_length;

    if (right == 0)
        return odd_length(trial, 64) % KEY_LIMIT;
    return trial_once_in(trial, 12) ? right - 1 + trial_below(trial, 3) : right;
}

/* Contexts that know nothing yet but the digest or cipher that they work with. */
static void renew(struct trial *trial, struct macs *macs, struct slot *slot)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(macs->part_key,
                                                             (char *)macs->algorithm->part, 0),
                            OSSL_PARAM_construct_end() };
    struct outcome outcome[SIDES];

    free_contexts(slot);
    trial_step(trial, "c%u = EVP_MAC_CTX_new(mac); EVP_MAC_CTX_set_params(c%u, %s);", macs->used,
               macs->used, macs->part_key);
    for (int side = 0; side < SIDES; side++) {
        slot->ctx[side] = EVP_MAC_CTX_new(macs->algorithm->mac[side]);
        if (slot->ctx[side] == NULL)
            die("out of memory");
        outcome[side] = outcome_of(EVP_MAC_CTX_set_params(slot->ctx[side], params));
    }
    odd_agree(trial, "EVP_MAC_CTX_set_params", outcome);
}

/* With a key, or none if there is one. GMAC always gets an IV: nothing is promised without. */
static void init(struct trial *trial, void *contexts)
{
    struct macs *macs = contexts;
    struct slot *slot = choose_slot(trial, macs);
    OSSL_PARAM iv[] = { OSSL_PARAM_construct_octet_string(
                            OSSL_MAC_PARAM_IV, macs->iv,
                            trial_once_in(trial, 4) ? 1 + trial_below(trial, IV_LIMIT - 1) : 12),
                        OSSL_PARAM_construct_end() };
    bool with_key = !trial_once_in(trial, 3);
    size_t length = key_length(trial, macs);
    struct outcome outcome[SIDES];

    if (slot->ctx[OURS] == NULL || trial_once_in(trial, 4))
        renew(trial, macs, slot);
    with_key = with_key || !slot->keyed;
    trial_step(trial, "EVP_MAC_init(c%u, %s, %zu, %s);", macs->used, with_key ? "key" : "NULL",
               with_key ? length : 0, macs->gmac ? "iv" : "NULL");
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_MAC_init(slot->ctx[side], with_key ? macs->key : NULL,
                                                with_key ? length : 0, macs->gmac ? iv : NULL));
    slot->started = odd_agree(trial, "EVP_MAC_init", outcome);
    slot->keyed = slot->started;
}

static void update(struct trial *trial, void *contexts)
{
    struct macs *macs = contexts;
    struct slot *slot = choose_slot(trial, macs);
    size_t length = trial_once_in(trial, 10) ? 0 : odd_length(trial, 64);
    const uint8_t *in = length == 0 && trial_once_in(trial, 2) ? NULL : odd_bytes(trial, length);
    struct outcome outcome[SIDES];

    if (!slot->started)
        return;
    trial_step(trial, "EVP_MAC_update(c%u, %s, %zu);", macs->used, in == NULL ? "NULL" : "in",
               length);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_MAC_update(slot->ctx[side], in, length));
    slot->started = odd_agree(trial, "EVP_MAC_update", outcome);
}

/* Without a buffer it only asks for the length. A buffer that is too short ends the promises. */
static void final(struct trial *trial, void *contexts)
{
    struct macs *macs = contexts;
    struct slot *slot = choose_slot(trial, macs);
    uint8_t out[SIDES][EVP_MAX_MD_SIZE] = { { 0 } };
    size_t length[SIDES] = { 0 };
    bool asks = trial_once_in(trial, 4);
    size_t room = trial_once_in(trial, 8) ? trial_below(trial, EVP_MAX_MD_SIZE) : EVP_MAX_MD_SIZE;
    struct outcome outcome[SIDES];

    if (!slot->started)
        return;
    trial_step(trial, "EVP_MAC_final(c%u, %s, &length, %zu);", macs->used, asks ? "NULL" : "out",
               room);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(
            EVP_MAC_final(slot->ctx[side], asks ? NULL : out[side], &length[side], room));
    slot->started = asks;
    if (!odd_agree(trial, "EVP_MAC_final", outcome))
        return;
    trial_same_number(trial, "length of MAC", (long long)length[OURS], (long long)length[ORACLE]);
    trial_same_bytes(trial, "MAC", out[OURS], out[ORACLE], sizeof(out[ORACLE]));
}

static int get_ctx_params(void *ctx, OSSL_PARAM params[])
{
    return EVP_MAC_CTX_get_params(ctx, params);
}

static void get(struct trial *trial, void *contexts)
{
    struct macs *macs = contexts;
    struct slot *slot = choose_slot(trial, macs);
    void *const object[SIDES] = { slot->ctx[OURS], slot->ctx[ORACLE] };

    if (!slot->started)
        return;
    trial_step(trial, "EVP_MAC_CTX_get_params(c%u, params);", macs->used);
    trial_same_params(trial, EVP_MAC_gettable_ctx_params(macs->algorithm->mac[ORACLE]),
                      get_ctx_params, object);
}

/* A key by parameter, in the middle of a message or before it; the message has to be begun again.
 */
static void set_key(struct trial *trial, void *contexts)
{
    struct macs *macs = contexts;
    struct slot *slot = choose_slot(trial, macs);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, macs->key + 1,
                                                              key_length(trial, macs)),
                            OSSL_PARAM_construct_end() };
    struct outcome outcome[SIDES];

    if (slot->ctx[OURS] == NULL)
        return;
    trial_step(trial, "EVP_MAC_CTX_set_params(c%u, key of %zu);", macs->used, params[0].data_size);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_MAC_CTX_set_params(slot->ctx[side], params));
    slot->keyed = odd_agree(trial, "EVP_MAC_CTX_set_params", outcome);
    slot->started = false;
}

static void copy(struct trial *trial, void *contexts)
{
    struct macs *macs = contexts;
    struct slot *from = choose_slot(trial, macs);
    unsigned int to = (unsigned int)trial_below(trial, SLOTS);
    struct slot fresh = *from;
    struct outcome outcome[SIDES];

    if (to == macs->used || from->ctx[OURS] == NULL)
        return;
    trial_step(trial, "c%u = EVP_MAC_CTX_dup(c%u);", to, macs->used);
    free_contexts(&macs->slot[to]);
    for (int side = 0; side < SIDES; side++) {
        fresh.ctx[side] = EVP_MAC_CTX_dup(from->ctx[side]);
        outcome[side] = outcome_of(fresh.ctx[side] != NULL);
    }
    macs->slot[to] = fresh;
    if (!odd_agree(trial, "EVP_MAC_CTX_dup", outcome))
        trial->over = true;
}

static bool is_stricter(struct trial *trial, void *contexts, const char *call)
{
    (void)trial;
    (void)contexts;
    (void)call;
    /* What the kernel has hashed is gone with its socket. */
    return inject_fired() > 0;
}

static const struct operation operations[] = {
    { init, 16 },   { update, 30 }, { final, 12 }, { get, 2 },
    { set_key, 3 }, { copy, 12 },   { NULL, 0 },
};

const struct odd_kind odd_mac = { open_macs, close_macs, operations, is_stricter };
