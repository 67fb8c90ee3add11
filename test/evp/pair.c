/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "support.h"

struct pair pair_new(EVP_CIPHER *const cipher[SIDES])
{
    struct pair pair = { .cipher = cipher };

    for (int side = 0; side < SIDES; side++) {
        pair.ctx[side] = EVP_CIPHER_CTX_new();
        if (pair.ctx[side] == NULL)
            die("out of memory");
        /* Key wrapping is refused without this flag, EVP_EncryptInit(3). */
        EVP_CIPHER_CTX_set_flags(pair.ctx[side], EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    }
    return pair;
}

void pair_free(struct pair *pair)
{
    for (int side = 0; side < SIDES; side++)
        EVP_CIPHER_CTX_free(pair->ctx[side]);
}

struct pair pair_branch(struct trial *trial, struct pair *pair)
{
    struct pair branch = pair_new(pair->cipher);
    struct outcome outcome[SIDES];

    trial_step(trial, "EVP_CIPHER_CTX_copy(copy, c%u);", pair->number);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_CIPHER_CTX_copy(branch.ctx[side], pair->ctx[side]));
    branch.dead = !trial_agree(trial, "EVP_CIPHER_CTX_copy", outcome);
    branch.fed = pair->fed;
    if (!branch.dead && trial_once_in(trial, 2)) {
        struct pair first = *pair;

        *pair = branch;
        branch = first;
    }
    return branch;
}

bool pair_init(struct trial *trial, struct pair *pair, bool with_cipher, const uint8_t *key,
               const uint8_t *iv, int enc, const OSSL_PARAM params[])
{
    struct outcome outcome[SIDES];

    if (trial->failed)
        return false;
    trial_step(trial, "EVP_CipherInit_ex2(c%u, %s, %s, %s, %d, %s);", pair->number,
               with_cipher ? "cipher" : "NULL", key != NULL ? "key" : "NULL",
               iv != NULL ? "iv" : "NULL", enc, params != NULL ? params->key : "NULL");
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_CipherInit_ex2(
            pair->ctx[side], with_cipher ? pair->cipher[side] : NULL, key, iv, enc, params));
    pair->dead = !trial_agree(trial, "EVP_CipherInit_ex2", outcome);
    pair->fed = false;
    return !pair->dead;
}

/*
 * Whether the subject may be given one buffer for both directions. The default provider spoils its
 * input if it holds bytes back from an earlier update (which is what openssl/openssl#23738 is
 * about): not asked of it.
 */
static bool may_be_in_place(const struct pair *pair, size_t block)
{
    return subject_counts() || block == 1 || !pair->fed;
}

bool pair_update(struct trial *trial, struct pair *pair, const uint8_t *in, size_t length,
                 size_t *produced)
{
    size_t block = (size_t)EVP_CIPHER_get_block_size(pair->cipher[ORACLE]);
    bool in_place = random_once_in(&trial->random, 2) && may_be_in_place(pair, block);
    struct place place =
        place_choose(trial, in, length, length + (block > 1 ? block : 0), in_place);
    int written[SIDES] = { -1, -1 };
    struct outcome outcome[SIDES];

    *produced = 0;
    if (trial->failed)
        return false;
    trial_step(trial, "EVP_CipherUpdate(c%u, %s, &outl, %s, %zu);", pair->number,
               in_place ? "in" : "out", in == NULL ? "NULL" : "in", length);
    outcome[OURS] = outcome_of(EVP_CipherUpdate(pair->ctx[OURS], place.out, &written[OURS],
                                                in == NULL ? NULL : place.in, (int)length));
    outcome[ORACLE] = outcome_of(
        EVP_CipherUpdate(pair->ctx[ORACLE], trial->out[ORACLE], &written[ORACLE], in, (int)length));
    place_check(trial, &place);
    pair->fed = true;
    pair->dead = !trial_agree(trial, "EVP_CipherUpdate", outcome);
    if (pair->dead)
        return false;
    trial_same_number(trial, "length of update", written[OURS], written[ORACLE]);
    trial_same_bytes(trial, "update", place.out, trial->out[ORACLE], (size_t)written[ORACLE]);
    *produced = (size_t)written[ORACLE];
    return !trial->failed;
}

bool pair_aad(struct trial *trial, struct pair *pair, const uint8_t *in, size_t length)
{
    struct place place = place_choose(trial, in, in == NULL ? 0 : length, 0, false);
    int written[SIDES] = { -1, -1 };
    struct outcome outcome[SIDES];

    if (trial->failed)
        return false;
    trial_step(trial, "EVP_CipherUpdate(c%u, NULL, &outl, %s, %zu);", pair->number,
               in == NULL ? "NULL" : "in", length);
    outcome[OURS] = outcome_of(EVP_CipherUpdate(pair->ctx[OURS], NULL, &written[OURS],
                                                in == NULL ? NULL : place.in, (int)length));
    outcome[ORACLE] =
        outcome_of(EVP_CipherUpdate(pair->ctx[ORACLE], NULL, &written[ORACLE], in, (int)length));
    pair->dead = !trial_agree(trial, "EVP_CipherUpdate without output", outcome);
    if (!pair->dead)
        trial_same_number(trial, "length of update without output", written[OURS], written[ORACLE]);
    return !pair->dead && !trial->failed;
}

bool pair_final(struct trial *trial, struct pair *pair, bool with_buffer)
{
    struct place place = place_choose(trial, NULL, 0, EVP_MAX_BLOCK_LENGTH, false);
    int written[SIDES] = { 0, 0 };
    struct outcome outcome[SIDES];

    if (trial->failed)
        return false;
    trial_step(trial, "EVP_CipherFinal_ex(c%u, %s, &outl);", pair->number,
               with_buffer ? "out" : "NULL");
    outcome[OURS] = outcome_of(
        EVP_CipherFinal_ex(pair->ctx[OURS], with_buffer ? place.out : NULL, &written[OURS]));
    outcome[ORACLE] = outcome_of(EVP_CipherFinal_ex(
        pair->ctx[ORACLE], with_buffer ? trial->out[ORACLE] : NULL, &written[ORACLE]));
    place_check(trial, &place);
    pair->dead = !trial_agree(trial, "EVP_CipherFinal_ex", outcome);
    if (pair->dead)
        return false;
    trial_same_number(trial, "length of final", written[OURS], written[ORACLE]);
    trial_same_bytes(trial, "final", place.out, trial->out[ORACLE], (size_t)written[ORACLE]);
    return !trial->failed;
}

bool pair_oneshot(struct trial *trial, struct pair *pair, const uint8_t *in, size_t length)
{
    struct place place = place_choose(trial, in, length, length + EVP_MAX_BLOCK_LENGTH, false);
    struct outcome outcome[SIDES];

    if (trial->failed)
        return false;
    trial_step(trial, "EVP_Cipher(c%u, out, %s, %zu);", pair->number, in == NULL ? "NULL" : "in",
               length);
    outcome[OURS] = outcome_of(
        EVP_Cipher(pair->ctx[OURS], place.out, in == NULL ? NULL : place.in, (unsigned int)length));
    outcome[ORACLE] =
        outcome_of(EVP_Cipher(pair->ctx[ORACLE], trial->out[ORACLE], in, (unsigned int)length));
    place_check(trial, &place);
    pair->fed = true;
    pair->dead = outcome[ORACLE].result < 0;
    if (!pair->dead && outcome[OURS].result < 0 && trial_may_refuse(trial, "EVP_Cipher"))
        return false;
    trial_same_number(trial, "result of EVP_Cipher", outcome[OURS].result, outcome[ORACLE].result);
    if (outcome[ORACLE].result > 0)
        trial_same_bytes(trial, "EVP_Cipher", place.out, trial->out[ORACLE],
                         (size_t)outcome[ORACLE].result);
    return !pair->dead && !trial->failed;
}

bool pair_cipher_ends(EVP_CIPHER *cipher)
{
    enum { TAG_LENGTH = 16 };
    static const uint8_t zeros[TAG_LENGTH];
    uint8_t key[64] = { 0 }, iv[128] = { 0 }, tag[TAG_LENGTH] = { 0 };
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag,
                                                              sizeof(tag)),
                            OSSL_PARAM_construct_end() };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ends;

    ends = ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL) > 0 &&
           EVP_Cipher(ctx, tag, zeros, 1) > 0 && EVP_Cipher(ctx, NULL, NULL, 0) >= 0 &&
           EVP_CIPHER_CTX_get_params(ctx, params) > 0 && memcmp(tag, zeros, sizeof(tag)) != 0;
    outcome_of(0);
    EVP_CIPHER_CTX_free(ctx);
    return ends;
}

bool pair_set(struct trial *trial, struct pair *pair, const OSSL_PARAM params[])
{
    struct outcome outcome[SIDES];
    char what[64];

    if (trial->failed)
        return false;
    snprintf(what, sizeof(what), "set %s", params->key);
    trial_step(trial, "EVP_CIPHER_CTX_set_params(c%u, %s);", pair->number, params->key);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_CIPHER_CTX_set_params(pair->ctx[side], params));
    return trial_agree(trial, what, outcome);
}

static int get_ctx_params(void *ctx, OSSL_PARAM params[])
{
    return EVP_CIPHER_CTX_get_params(ctx, params);
}

void pair_same_params(struct trial *trial, struct pair *pair)
{
    void *const object[SIDES] = { pair->ctx[OURS], pair->ctx[ORACLE] };

    trial_step(trial, "EVP_CIPHER_CTX_get_params(c%u, params);", pair->number);
    trial_same_params(trial, EVP_CIPHER_gettable_ctx_params(pair->cipher[ORACLE]), get_ctx_params,
                      object);
}
