/* SPDX-License-Identifier: Apache-2.0 */
/* Odd calls of ciphers, with and without authentication. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "odd_cipher.h"
#include "support.h"

/* OpenSSL 3.5.9's CCM and others of that time seal an empty message by final alone. */
static bool seals_by_final(const struct algorithm *algorithm)
{
    static const uint8_t key[EVP_MAX_KEY_LENGTH];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t tag[12];
    int written;
    bool seals = EVP_EncryptInit_ex2(ctx, algorithm->cipher[ORACLE], key, key, NULL) > 0 &&
                 EVP_EncryptFinal_ex(ctx, tag, &written) > 0 &&
                 EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag) > 0;

    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
    return seals;
}

static void *open_ciphers(struct trial *trial, const struct algorithm *algorithm)
{
    struct ciphers *ciphers = calloc(1, sizeof(*ciphers));

    if (ciphers == NULL)
        die("out of memory");
    ciphers->algorithm = algorithm;
    ciphers->mode = EVP_CIPHER_get_mode(algorithm->cipher[ORACLE]);
    ciphers->aead = algorithm->kind == KIND_AEAD;
    ciphers->chacha20 = strncmp(algorithm->name, "ChaCha20", 8) == 0;
    ciphers->block = (size_t)EVP_CIPHER_get_block_size(algorithm->cipher[ORACLE]);
    ciphers->key_length = (size_t)EVP_CIPHER_get_key_length(algorithm->cipher[ORACLE]);
    ciphers->cipher_ends =
        !ciphers->chacha20 || !ciphers->aead || pair_cipher_ends(algorithm->cipher[ORACLE]);
    ciphers->seals_by_final = ciphers->mode != EVP_CIPH_CCM_MODE || seals_by_final(algorithm);
    random_fill(&trial->random, ciphers->key, sizeof(ciphers->key));
    random_fill(&trial->random, ciphers->iv, sizeof(ciphers->iv));
    for (unsigned int i = 0; i < SLOTS; i++) {
        ciphers->slot[i].pair = pair_new(algorithm->cipher);
        ciphers->slot[i].pair.number = i;
    }
    return ciphers;
}

static void close_ciphers(void *contexts)
{
    struct ciphers *ciphers = contexts;

    for (unsigned int i = 0; i < SLOTS; i++)
        pair_free(&ciphers->slot[i].pair);
    free(ciphers);
}

struct slot *odd_choose_slot(struct trial *trial, struct ciphers *ciphers)
{
    struct slot *slot = &ciphers->slot[odd_slot(trial)];

    ciphers->used = slot;
    return slot;
}

bool odd_is_encrypting(const struct slot *slot)
{
    return EVP_CIPHER_CTX_is_encrypting(slot->pair.ctx[ORACLE]) != 0;
}

/* Encryption and decryption have a key schedule each: without a new key the direction stays. */
static bool is_bound(const struct ciphers *ciphers)
{
    return ciphers->block > 1 || ciphers->mode == EVP_CIPH_XTS_MODE;
}

/*
 * GCM makes itself a random IV if it has none to encrypt with. A block cipher whose final was
 * refused still holds that block, and nothing is promised of what comes next.
 */
static bool can_cipher(const struct ciphers *ciphers, const struct slot *slot)
{
    return slot->has_key && !slot->lost && (!slot->spoilt || ciphers->block == 1) &&
           (slot->has_iv || ciphers->mode != EVP_CIPH_GCM_MODE);
}

static bool is_ccm(const struct ciphers *ciphers)
{
    return ciphers->mode == EVP_CIPH_CCM_MODE;
}

/*
 * Whether an init leaves the default provider with what nobody has asked for: GCM's counter at 0 if
 * a key comes after a final that was refused, a record's nonce in ChaCha20-Poly1305, CCM's MAC of
 * the ciphertext if the direction changes without a new key. With a new key in the middle of a
 * block ChaCha20 goes on with that block, or from OpenSSL 3.6 on with the next.
 */
static bool loses(const struct ciphers *ciphers, const struct slot *slot, bool with_key,
                  bool before)
{
    if (is_ccm(ciphers))
        return !with_key && odd_is_encrypting(slot) != before;
    return with_key && ((slot->spoilt && ciphers->mode == EVP_CIPH_GCM_MODE) ||
                        (slot->records && ciphers->chacha20) ||
                        (slot->opened && ciphers->chacha20 && !ciphers->aead &&
                         OpenSSL_version_num() >= 0x30600000L));
}

static void init(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    bool whole = !trial_once_in(trial, slot->has_cipher ? 3 : 8);
    bool with_cipher = !slot->has_cipher || trial_once_in(trial, 4);
    const uint8_t *key =
        whole || trial_once_in(trial, 2) ? ciphers->key[trial_below(trial, 2)] : NULL;
    const uint8_t *iv =
        whole || trial_once_in(trial, 2) ? ciphers->iv[trial_below(trial, 2)] : NULL;
    int enc = (int)trial_below(trial, 3) - 1;
    bool before = odd_is_encrypting(slot);

    if (key == NULL && !with_cipher && is_bound(ciphers) && enc >= 0)
        enc = before;
    trial_step(trial, "key = key%d; iv = iv%d;", key == ciphers->key[1], iv == ciphers->iv[1]);
    pair_init(trial, &slot->pair, with_cipher, key, iv, enc, NULL);
    if (with_cipher)
        *slot = (struct slot){ .pair = slot->pair };
    slot->lost =
        (slot->lost || loses(ciphers, slot, key != NULL, before)) && (key == NULL || iv == NULL);
    if (iv == NULL) {
        slot->stale = slot->stale || key != NULL || odd_is_encrypting(slot) != before;
    } else {
        slot->stale = slot->length_set;
        slot->ended = false;
    }
    if (iv != NULL || (key != NULL && ciphers->chacha20))
        slot->opened = slot->has_aad = false;
    slot->has_cipher = slot->has_cipher || with_cipher;
    slot->has_key = (slot->has_key || key != NULL) && !slot->pair.dead;
    slot->has_iv = (slot->has_iv || iv != NULL) && !slot->pair.dead;
    slot->pair.fed = slot->refused = slot->pair.dead;
    slot->spoilt = false;
}

/*
 * Text that CCM refuses has set its own length; of another length than was set, it ended all: the
 * default provider has lost the tag's length then.
 */
static void note_text(const struct ciphers *ciphers, struct slot *slot, bool taken)
{
    slot->lost = is_ccm(ciphers) && !taken && (slot->lost || slot->opened || slot->length_set);
    slot->opened = slot->opened || taken || slot->length_set || (is_ccm(ciphers) && slot->tagged);
    slot->length_set = is_ccm(ciphers) && !(taken && !odd_is_encrypting(slot));
}

static void note_end(const struct ciphers *ciphers, struct slot *slot)
{
    slot->spoilt = slot->pair.dead;
    slot->ended = slot->sealed = true;
    slot->length_set = slot->length_set || (is_ccm(ciphers) && !slot->opened);
}

static void update(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    size_t length = trial_once_in(trial, 12) ? 0 : odd_length(trial, ciphers->block);
    const uint8_t *in = length == 0 && trial_once_in(trial, 2) ? NULL : odd_bytes(trial, length);
    size_t produced;
    bool taken;

    if (!can_cipher(ciphers, slot) || slot->records)
        return;
    taken = pair_update(trial, &slot->pair, in, length, &produced);
    if (in != NULL)
        note_text(ciphers, slot, taken);
}

/*
 * Additional data; of CCM also the length of what will come. After a record, the default provider
 * has CCM take records for ever.
 */
static void add_aad(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    size_t length = odd_length(trial, 1);
    bool sets_length = is_ccm(ciphers) && trial_once_in(trial, 2);

    if (!ciphers->aead || !can_cipher(ciphers, slot) || (slot->records && is_ccm(ciphers)))
        return;
    pair_aad(trial, &slot->pair, sets_length ? NULL : odd_bytes(trial, length), length);
    slot->length_set = slot->length_set || sets_length;
    slot->has_aad = slot->has_aad || !sets_length;
}

/* Without a buffer, CCM's default takes it for the length of an empty text. */
static void final(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);

    if (!can_cipher(ciphers, slot))
        return;
    pair_final(trial, &slot->pair,
               ciphers->block > 1 || is_ccm(ciphers) || !trial_once_in(trial, 3));
    note_end(ciphers, slot);
}

/* Whole blocks; nothing is promised for others, nor for key wrapping. */
static void oneshot(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    size_t length = odd_length(trial, ciphers->block) / ciphers->block * ciphers->block;
    bool end = trial_once_in(trial, 3) && ciphers->cipher_ends;
    bool taken;

    if (!can_cipher(ciphers, slot) || slot->records || ciphers->mode == EVP_CIPH_WRAP_MODE)
        return;
    taken =
        pair_oneshot(trial, &slot->pair, end ? NULL : odd_bytes(trial, length), end ? 0 : length);
    if (end)
        note_end(ciphers, slot);
    else
        note_text(ciphers, slot, taken);
}

/* Both in place, as TLS must. The default provider spoils such input if it has buffered some. */
static void update_in_place(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    size_t length = odd_length(trial, ciphers->block);
    const uint8_t *in = odd_bytes(trial, length);
    int written[SIDES] = { 0 };
    struct outcome outcome[SIDES];
    bool agree;

    if (!can_cipher(ciphers, slot) || (slot->pair.fed && ciphers->block > 1 && !slot->records))
        return;
    trial_step(trial, "EVP_CipherUpdate(c%u, in, &outl, in, %zu);", slot->pair.number, length);
    for (int side = 0; side < SIDES; side++) {
        memcpy(trial->out[side], in, length);
        outcome[side] = outcome_of(EVP_CipherUpdate(slot->pair.ctx[side], trial->out[side],
                                                    &written[side], trial->out[side], (int)length));
    }
    slot->pair.fed = true;
    agree = odd_agree(trial, "EVP_CipherUpdate", outcome);
    note_text(ciphers, slot, agree);
    if (!agree)
        return;
    trial_same_number(trial, "length of update", written[OURS], written[ORACLE]);
    trial_same_bytes(trial, "update", trial->out[OURS], trial->out[ORACLE],
                     (size_t)written[ORACLE]);
}

/* Nothing is promised of the bytes then, but that no others are written. */
static void update_overlapping(struct trial *trial, void *contexts)
{
    enum { FRONT = 512 };
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    size_t length = odd_length(trial, ciphers->block);
    const uint8_t *in = odd_bytes(trial, length);
    size_t shift = trial_below(trial, 2 * ciphers->block + 2);
    int written[SIDES] = { 0 };
    struct outcome outcome[SIDES];

    if (!can_cipher(ciphers, slot) || slot->records || !trial_once_in(trial, 4))
        return;
    shift = trial_once_in(trial, 2) ? FRONT - shift : FRONT + shift;
    trial_step(trial, "EVP_CipherUpdate(c%u, in %+zd, &outl, in, %zu);", slot->pair.number,
               (ssize_t)shift - FRONT, length);
    for (int side = 0; side < SIDES; side++) {
        memcpy(trial->out[side] + FRONT, in, length);
        outcome[side] =
            outcome_of(EVP_CipherUpdate(slot->pair.ctx[side], trial->out[side] + shift,
                                        &written[side], trial->out[side] + FRONT, (int)length));
    }
    if (odd_agree(trial, "EVP_CipherUpdate", outcome))
        trial_same_number(trial, "length of update", written[OURS], written[ORACLE]);
    trial->over = true;
}

static void copy(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *from = odd_choose_slot(trial, ciphers);
    struct slot *to = &ciphers->slot[trial_below(trial, SLOTS)];
    struct outcome outcome[SIDES];
    struct pair pair = to->pair;

    if (to == from || !from->has_cipher)
        return;
    trial_step(trial, "EVP_CIPHER_CTX_copy(c%u, c%u);", to->pair.number, from->pair.number);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_CIPHER_CTX_copy(to->pair.ctx[side], from->pair.ctx[side]));
    if (!odd_agree(trial, "EVP_CIPHER_CTX_copy", outcome)) {
        trial->over = true;
        return;
    }
    pair.fed = from->pair.fed;
    *to = *from;
    to->pair = pair;
}

static void reset(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    struct pair pair = slot->pair;

    trial_step(trial, "EVP_CIPHER_CTX_reset(c%u);", pair.number);
    for (int side = 0; side < SIDES; side++) {
        EVP_CIPHER_CTX_reset(pair.ctx[side]);
        EVP_CIPHER_CTX_set_flags(pair.ctx[side], EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    }
    *slot = (struct slot){ .pair = pair };
}

static bool is_end(const char *call)
{
    return strcmp(call, "EVP_CipherFinal_ex") == 0 || strcmp(call, "EVP_Cipher") == 0;
}

/* The default provider reuses a nonce then, or accepts unverified data. */
static bool is_stricter_aead(const struct ciphers *ciphers, const struct slot *slot,
                             const char *call)
{
    bool unverified = !odd_is_encrypting(slot) && (!slot->opened || !slot->tagged);
    bool without_output = strcmp(call, "EVP_CipherUpdate without output") == 0;

    if (is_ccm(ciphers) && slot->tagged && !slot->opened &&
        (strcmp(call, "get tag") == 0 || strcmp(call, "EVP_CIPHER_CTX_ctrl 0x10") == 0))
        return true; /* it was set to be verified */
    if (slot->stale || slot->ended || (unverified && is_end(call)))
        return true;
    if (slot->records && is_end(call) && ciphers->mode != EVP_CIPH_GCM_MODE)
        return true;
    if (ciphers->chacha20)
        return without_output && (slot->opened || slot->records);
    return is_ccm(ciphers) && (slot->opened || (without_output && slot->has_aad) ||
                               (slot->length_set && is_end(call)));
}

/* doc/afalg-provider.md, "DIFFERENCES FROM THE DEFAULT PROVIDER" */
static bool is_stricter(struct trial *trial, void *contexts, const char *call)
{
    const struct ciphers *ciphers = contexts;
    const struct slot *slot = ciphers->used;

    (void)trial;
    if (strcmp(call, "set tls-mac-size") == 0 || strcmp(call, "EVP_CIPHER_CTX_ctrl 0x06") == 0)
        return true; /* longer than any MAC; a key into a shorter buffer */
    if (strcmp(call, "set num") == 0)
        return true; /* before OpenSSL 3.5 */
    if (strcmp(call, "EVP_CIPHER_CTX_ctrl 0x12") == 0 && ciphers->mode == EVP_CIPH_GCM_MODE)
        return true; /* a fixed part that is longer than the IV */
    return ciphers->aead &&
           (strcmp(call, "set keylen") == 0 || is_stricter_aead(ciphers, slot, call));
}

static const struct operation operations[] = {
    { init, 20 },
    { update, 24 },
    { add_aad, 12 },
    { final, 12 },
    { oneshot, 5 },
    { update_in_place, 6 },
    { update_overlapping, 4 },
    { odd_set, 8 },
    { odd_set_record, 4 },
    { odd_control_tag, 12 },
    { odd_control_record, 6 },
    { odd_control_other, 3 },
    { odd_get, 3 },
    { odd_get_iv, 3 },
    { odd_get_numbers, 3 },
    { odd_write_iv, 2 },
    { copy, 6 },
    { reset, 1 },
    { NULL, 0 },
};

const struct odd_kind odd_cipher = { open_ciphers, close_ciphers, operations, is_stricter };
