/* SPDX-License-Identifier: Apache-2.0 */
/* Odd parameters and controls of ciphers, set and read. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "odd_cipher.h"

enum { DATA_LIMIT = 256, TLS_AAD_SIZE = 13 };

static void set_number(struct trial *trial, struct slot *slot, const char *key, unsigned int value)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(key, &value), OSSL_PARAM_construct_end() };

    trial_step(trial, "*params = OSSL_PARAM_construct_uint(\"%s\", &(unsigned int){ %u });", key,
               value);
    pair_set(trial, &slot->pair, params);
}

static void set_length(struct trial *trial, struct slot *slot, const char *key, size_t value)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(key, &value), OSSL_PARAM_construct_end() };

    trial_step(trial, "*params = OSSL_PARAM_construct_size_t(\"%s\", &(size_t){ %zu });", key,
               value);
    pair_set(trial, &slot->pair, params);
}

/* What is used of a block of keystream, so no mode without and nothing beyond it may be asked for.
 */
static void set_num(struct trial *trial, const struct ciphers *ciphers, struct slot *slot)
{
    size_t below = (size_t)EVP_CIPHER_get_iv_length(ciphers->algorithm->cipher[ORACLE]);
    unsigned int num = trial_once_in(trial, 2) ? 0 : (unsigned int)trial_below(trial, below);

    if (ciphers->aead || ciphers->block > 1 || ciphers->mode == EVP_CIPH_XTS_MODE)
        return;
    set_number(trial, slot, OSSL_CIPHER_PARAM_NUM, num);
}

static void set_cts_mode(struct trial *trial, struct slot *slot)
{
    static const char *const modes[] = { "CS1", "CS2", "CS3", "CS4", "" };
    const char *mode = modes[trial_below(trial, 5)];
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE,
                                                             (char *)mode, 0),
                            OSSL_PARAM_construct_end() };

    trial_step(trial, "*params = OSSL_PARAM_construct_utf8_string(\"cts_mode\", \"%s\", 0);", mode);
    pair_set(trial, &slot->pair, params);
}

/* A length that is accepted leaves the default provider without a schedule that fits it. */
static void set_key_length(struct trial *trial, const struct ciphers *ciphers, struct slot *slot)
{
    size_t length = trial_once_in(trial, 2) ? ciphers->key_length
                                            : ciphers->key_length - 1 + trial_below(trial, 3);

    set_length(trial, slot, OSSL_CIPHER_PARAM_KEYLEN, trial_once_in(trial, 8) ? 0 : length);
}

static void set_iv_length(struct trial *trial, struct slot *slot)
{
    static const size_t lengths[] = { 0, 1, 7, 8, 11, 12, 13, 14, 15, 16, 17, 64, 128, 129 };

    set_length(trial, slot, OSSL_CIPHER_PARAM_IVLEN, lengths[trial_below(trial, 14)]);
    slot->has_iv = false;
    slot->stale = true;
}

void odd_set(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);

    if (!slot->has_cipher)
        return;
    switch (trial_below(trial, 6)) {
    case 0:
        set_num(trial, ciphers, slot);
        break;
    case 1:
        set_cts_mode(trial, slot);
        break;
    case 2:
        set_key_length(trial, ciphers, slot);
        break;
    case 3:
        set_iv_length(trial, slot);
        break;
    case 4:
        set_number(trial, slot, OSSL_CIPHER_PARAM_USE_BITS, (unsigned int)trial_below(trial, 2));
        break;
    default:
        set_number(trial, slot, OSSL_CIPHER_PARAM_PADDING, (unsigned int)trial_below(trial, 3));
    }
}

/* TLS 1.2's way with CBC, MAC-then-encrypt. */
void odd_set_record(struct trial *trial, void *contexts)
{
    static const unsigned int versions[] = { 0, 0x301, 0x302, 0x303, 0x304 };
    static const size_t mac_sizes[] = { 0, 16, 20, 32, 48, 64, 65, 1000 };
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    unsigned int version = versions[trial_below(trial, 5)];

    if (!slot->has_cipher || ciphers->mode != EVP_CIPH_CBC_MODE || !trial_once_in(trial, 4))
        return;
    if (trial_once_in(trial, 2)) {
        set_length(trial, slot, OSSL_CIPHER_PARAM_TLS_MAC_SIZE, mac_sizes[trial_below(trial, 8)]);
        return;
    }
    set_number(trial, slot, OSSL_CIPHER_PARAM_TLS_VERSION, version);
    slot->records = slot->records || version != 0;
}

/* One control on both sides; data is what it reads, or has room for what it writes. */
static bool control(struct trial *trial, struct slot *slot, int type, int arg, const uint8_t *data,
                    uint8_t answer[SIDES][DATA_LIMIT])
{
    struct outcome outcome[SIDES];
    char what[48];

    snprintf(what, sizeof(what), "EVP_CIPHER_CTX_ctrl 0x%02x", (unsigned int)type);
    trial_step(trial, "EVP_CIPHER_CTX_ctrl(c%u, 0x%02x, %d, %s);", slot->pair.number,
               (unsigned int)type, arg, data == NULL ? "NULL" : "data");
    for (int side = 0; side < SIDES; side++) {
        if (data != NULL)
            memcpy(answer[side], data, DATA_LIMIT);
        outcome[side] = outcome_of(EVP_CIPHER_CTX_ctrl(slot->pair.ctx[side], type, arg,
                                                       data == NULL ? NULL : answer[side]));
    }
    return odd_agree(trial, what, outcome);
}

/* Whether the tag that the default provider gives means nothing: CCM's empty message has none in
 * some versions, and a record's additional data takes the place of GCM's. */
static bool is_tag_undefined(const struct ciphers *ciphers, const struct slot *slot)
{
    return slot->lost || (slot->ended && !slot->opened && !ciphers->seals_by_final) ||
           (ciphers->mode == EVP_CIPH_GCM_MODE && slot->records);
}

void odd_control_tag(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    int length = trial_once_in(trial, 2) ? 16 : (int)trial_below(trial, 18);
    uint8_t tag[SIDES][DATA_LIMIT] = { { 0 } };
    bool with_tag;

    if (!ciphers->aead || !slot->has_cipher)
        return;
    if (trial_once_in(trial, 3)) {
        if (is_tag_undefined(ciphers, slot))
            return;
        if (control(trial, slot, EVP_CTRL_AEAD_GET_TAG, length, ciphers->tag, tag)) {
            trial_same_bytes(trial, "tag", tag[OURS], tag[ORACLE], DATA_LIMIT);
            slot->length_set = false;
        }
        memcpy(ciphers->tag, tag[ORACLE], sizeof(ciphers->tag));
        return;
    }
    if (ciphers->mode == EVP_CIPH_GCM_MODE && odd_is_encrypting(slot) && slot->sealed)
        return; /* the default provider refuses it, but the message's tag is gone */
    with_tag = !trial_once_in(trial, 4);
    slot->tagged =
        (control(trial, slot, EVP_CTRL_AEAD_SET_TAG, length, with_tag ? ciphers->tag : NULL, tag) &&
         with_tag) ||
        slot->tagged;
}

/* TLS 1.2's way with AEAD. Encryption makes itself random bytes unless the fixed part is all. */
void odd_control_record(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    uint8_t answer[SIDES][DATA_LIMIT] = { { 0 } };
    size_t kind = trial_below(trial, 4);
    int fixed = odd_is_encrypting(slot) ? -1 : (int)trial_below(trial, 14) - 1;

    if (!ciphers->aead || !slot->has_cipher || !trial_once_in(trial, 2))
        return;
    if (kind == 0)
        control(trial, slot, EVP_CTRL_AEAD_TLS1_AAD,
                trial_once_in(trial, 6) ? 12 + (int)trial_below(trial, 3) : TLS_AAD_SIZE,
                odd_bytes(trial, DATA_LIMIT), answer);
    else if (kind == 1)
        control(trial, slot, EVP_CTRL_AEAD_SET_IV_FIXED, fixed, odd_bytes(trial, DATA_LIMIT),
                answer);
    else if (kind == 2 && control(trial, slot, EVP_CTRL_GCM_IV_GEN, (int)trial_below(trial, 14),
                                  odd_bytes(trial, DATA_LIMIT), answer))
        trial_same_bytes(trial, "generated IV", answer[OURS], answer[ORACLE], DATA_LIMIT);
    else if (kind == 3 && EVP_CIPHER_CTX_get_iv_length(slot->pair.ctx[ORACLE]) >= 8)
        control(trial, slot, EVP_CTRL_GCM_SET_IV_INV, 8, odd_bytes(trial, DATA_LIMIT), answer);
    slot->records = slot->records || kind == 0;
    slot->stale = slot->stale || (kind == 1 && ciphers->mode != EVP_CIPH_GCM_MODE);
}

void odd_control_other(struct trial *trial, void *contexts)
{
    static const int types[] = { EVP_CTRL_INIT,           EVP_CTRL_COPY,
                                 EVP_CTRL_AEAD_SET_IVLEN, EVP_CTRL_CCM_SET_L,
                                 EVP_CTRL_GET_IVLEN,      EVP_CTRL_AEAD_SET_MAC_KEY,
                                 EVP_CTRL_SET_KEY_LENGTH, EVP_CTRL_PBE_PRF_NID,
                                 EVP_CTRL_RAND_KEY };
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    int type = types[trial_below(trial, 9)];
    uint8_t answer[SIDES][DATA_LIMIT] = { { 0 } };
    int arg =
        type == EVP_CTRL_SET_KEY_LENGTH ? (int)ciphers->key_length : (int)trial_below(trial, 17);

    if (!slot->has_cipher)
        return;
    control(trial, slot, type, arg, odd_bytes(trial, DATA_LIMIT), answer);
    if (type == EVP_CTRL_AEAD_SET_IVLEN || type == EVP_CTRL_CCM_SET_L) {
        slot->has_iv = false;
        slot->stale = true;
    }
}

/* From OpenSSL 4.0 on GCM makes itself a random IV if it has none when it is asked for it. */
static bool makes_iv(const struct ciphers *ciphers, const struct slot *slot)
{
    return ciphers->mode == EVP_CIPH_GCM_MODE && !slot->has_iv;
}

/* An init that is refused leaves default with a part of what it came with, and ours as it was. */
static bool has_values(const struct slot *slot)
{
    return slot->has_cipher && !slot->refused;
}

void odd_get(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);

    if (has_values(slot) && !slot->records && !makes_iv(ciphers, slot) &&
        !is_tag_undefined(ciphers, slot))
        pair_same_params(trial, &slot->pair);
}

/* Into buffers that may be too short. The default provider's ChaCha20 leaves them as they are, and
 * its CCM fills them from what lies behind the IV. */
void odd_get_iv(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    size_t room = trial_below(trial, 20);
    size_t length;
    bool updated = trial_once_in(trial, 2);
    uint8_t iv[SIDES][IV_LIMIT] = { { 0 } };
    struct outcome outcome[SIDES];

    if (!has_values(slot) || ciphers->chacha20 || makes_iv(ciphers, slot))
        return;
    length = (size_t)EVP_CIPHER_CTX_get_iv_length(slot->pair.ctx[ORACLE]);
    trial_step(trial, "EVP_CIPHER_CTX_get_%s_iv(c%u, out, %zu);", updated ? "updated" : "original",
               slot->pair.number, room);
    for (int side = 0; side < SIDES; side++) {
        EVP_CIPHER_CTX *ctx = slot->pair.ctx[side];

        outcome[side] = outcome_of(updated ? EVP_CIPHER_CTX_get_updated_iv(ctx, iv[side], room)
                                           : EVP_CIPHER_CTX_get_original_iv(ctx, iv[side], room));
    }
    if (odd_agree(trial, "get IV", outcome))
        trial_same_bytes(trial, "IV", iv[OURS], iv[ORACLE], room < length ? room : length);
}

void odd_get_numbers(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    EVP_CIPHER_CTX *ours = slot->pair.ctx[OURS];
    EVP_CIPHER_CTX *oracle = slot->pair.ctx[ORACLE];

    if (!has_values(slot))
        return;
    trial_step(trial, "EVP_CIPHER_CTX_get_num(c%u) and its like;", slot->pair.number);
    trial_same_number(trial, "num", EVP_CIPHER_CTX_get_num(ours), EVP_CIPHER_CTX_get_num(oracle));
    trial_same_number(trial, "iv length", EVP_CIPHER_CTX_get_iv_length(ours),
                      EVP_CIPHER_CTX_get_iv_length(oracle));
    trial_same_number(trial, "key length", EVP_CIPHER_CTX_get_key_length(ours),
                      EVP_CIPHER_CTX_get_key_length(oracle));
    trial_same_number(trial, "tag length", EVP_CIPHER_CTX_get_tag_length(ours),
                      EVP_CIPHER_CTX_get_tag_length(oracle));
    outcome_of(0);
}

/* Applications write to the IV by this pointer, deprecated as it is. */
void odd_write_iv(struct trial *trial, void *contexts)
{
    struct ciphers *ciphers = contexts;
    struct slot *slot = odd_choose_slot(trial, ciphers);
    size_t length = (size_t)EVP_CIPHER_get_iv_length(ciphers->algorithm->cipher[ORACLE]);
    const uint8_t *bytes = odd_bytes(trial, length);
    uint8_t *iv[SIDES];

    if (!slot->has_iv || ciphers->aead || ciphers->mode == EVP_CIPH_WRAP_MODE || length == 0)
        return;
    trial_step(trial, "memcpy(EVP_CIPHER_CTX_iv_noconst(c%u), in, %zu);", slot->pair.number,
               length);
    for (int side = 0; side < SIDES; side++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        iv[side] = EVP_CIPHER_CTX_iv_noconst(slot->pair.ctx[side]);
#pragma GCC diagnostic pop
        if (iv[side] != NULL)
            memcpy(iv[side], bytes, length);
    }
    if (!ciphers->chacha20) /* OpenSSL 4.0's has none to give */
        trial_same_number(trial, "an IV to write to", iv[OURS] != NULL, iv[ORACLE] != NULL);
    outcome_of(0);
}
