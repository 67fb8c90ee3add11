/* SPDX-License-Identifier: Apache-2.0 */
/* Trials of authenticated ciphers. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "differential.h"
#include "pair.h"
#include "support.h"

enum { AAD_LIMIT = 5000, TAG_LIMIT = 16, COPIES_MAX = 2 };

/* When the tag is set to decrypt. */
enum tag_time { TAG_BEFORE_KEY, TAG_BEFORE_DATA, TAG_BEFORE_FINAL };

struct aead_message {
    uint8_t key[64];
    uint8_t iv[128];
    size_t iv_length;
    uint8_t aad[AAD_LIMIT];
    size_t aad_length;
    size_t length; /* of the text, that is in trial->message */
    size_t pieces;
    uint8_t tag[TAG_LIMIT + 1];
    size_t tag_length;
    enum tag_time tag_time;
    int enc;
    bool ccm;
    bool chacha;
    bool cipher_ends; /* EVP_Cipher without input ends the oracle's messages */
};

/* Mostly the lengths that everybody uses; now and then others, a few of them wrong. */
static void choose_lengths(struct trial *trial, struct aead_message *message,
                           const EVP_CIPHER *cipher)
{
    message->iv_length = (size_t)EVP_CIPHER_get_iv_length(cipher);
    message->tag_length = TAG_LIMIT;
    if (trial_once_in(trial, 4))
        message->iv_length = message->ccm ? 7 + trial_below(trial, 7) : 1 + trial_below(trial, 16);
    if (trial_once_in(trial, 20))
        message->iv_length = trial_below(trial, 80);
    if (trial_once_in(trial, 3))
        message->tag_length =
            message->ccm ? 4 + 2 * trial_below(trial, 7) : 4 + trial_below(trial, 13);
    /* Of ChaCha20-Poly1305 the default provider accepts a text without any tag (3.0 to 3.6). */
    if (trial_once_in(trial, 20))
        message->tag_length = message->chacha ? 1 + trial_below(trial, 16) : trial_below(trial, 18);
}

static void compose(struct trial *trial, struct aead_message *message)
{
    message->aad_length = trial_once_in(trial, 12) ? trial_below(trial, AAD_LIMIT)
                                                   : trial_below(trial, 3) * trial_below(trial, 24);
    message->length = random_length(&trial->random, 16, MESSAGE_LIMIT);
    message->pieces = trial_once_in(trial, message->ccm ? 20 : 3) ? 2 + trial_below(trial, 4) : 1;
    message->tag_time =
        message->ccm && !trial_once_in(trial, 20) ? trial_below(trial, 2) : trial_below(trial, 3);
    random_fill(&trial->random, message->aad, message->aad_length);
    random_fill(&trial->random, trial->message, message->length);
    random_fill(&trial->random, message->tag, sizeof(message->tag));
}

static OSSL_PARAM tag_param(uint8_t *tag, size_t length)
{
    return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, length);
}

/* Puts the oracle's ciphertext of trial->message in its place, and the tag into the message. False
 * if it refuses. */
static bool seal(struct trial *trial, struct aead_message *message, EVP_CIPHER *cipher)
{
    OSSL_PARAM lengths[] = {
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN, &message->iv_length),
        message->ccm ? tag_param(NULL, message->tag_length) : OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end()
    };
    OSSL_PARAM tag[] = { tag_param(message->tag, message->tag_length), OSSL_PARAM_construct_end() };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok;

    ok = ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, lengths) > 0 &&
         EVP_EncryptInit_ex2(ctx, NULL, message->key, message->iv, NULL) > 0 &&
         (!message->ccm || EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)message->length) > 0) &&
         (message->aad_length == 0 ||
          EVP_EncryptUpdate(ctx, NULL, &n, message->aad, (int)message->aad_length) > 0) &&
         EVP_EncryptUpdate(ctx, trial->out[ORACLE], &n, trial->message, (int)message->length) > 0 &&
         EVP_EncryptFinal_ex(ctx, trial->out[ORACLE] + n, &n) > 0 &&
         EVP_CIPHER_CTX_get_params(ctx, tag) > 0;
    if (ok)
        memcpy(trial->message, trial->out[ORACLE], message->length);
    outcome_of(0);
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

static bool set_tag(struct trial *trial, struct pair *pair, struct aead_message *message)
{
    OSSL_PARAM params[] = { tag_param(message->enc ? NULL : message->tag, message->tag_length),
                            OSSL_PARAM_construct_end() };

    trial_step(trial, "tag of %zu bytes", message->tag_length);
    return pair_set(trial, pair, params);
}

/* Fails the trial unless both give the same tag, or both none. */
static void same_tag(struct trial *trial, struct pair *pair, size_t length)
{
    uint8_t tag[SIDES][32] = { { 0 } };
    struct outcome outcome[SIDES];

    for (int side = 0; side < SIDES; side++) {
        OSSL_PARAM params[] = { tag_param(tag[side], length), OSSL_PARAM_construct_end() };

        outcome[side] = outcome_of(EVP_CIPHER_CTX_get_params(pair->ctx[side], params));
    }
    trial_step(trial, "get tag of %zu bytes", length);
    if (trial_agree(trial, "get tag", outcome))
        trial_same_bytes(trial, "tag", tag[OURS], tag[ORACLE], length);
}

/* Lengths are set before key and IV: in the init or apart from it. */
static bool set_lengths(struct trial *trial, struct pair *pair, struct aead_message *message)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN,
                                                        &message->iv_length),
                            OSSL_PARAM_construct_end() };
    bool in_init = trial_once_in(trial, 2);

    trial_step(trial, "ivlen = %zu", message->iv_length);
    if (!pair_init(trial, pair, true, NULL, NULL, message->enc, in_init ? params : NULL))
        return false;
    if (!in_init && !pair_set(trial, pair, params))
        return false;
    if (message->enc ? !message->ccm : message->tag_time != TAG_BEFORE_KEY)
        return true;
    return set_tag(trial, pair, message);
}

static bool start(struct trial *trial, struct pair *pair, struct aead_message *message)
{
    pair->dead = true;
    if (!set_lengths(trial, pair, message)) {
        pair->dead = true;
        return false;
    }
    switch (trial_below(trial, 4)) {
    case 0:
        return pair_init(trial, pair, false, message->key, NULL, message->enc, NULL) &&
               pair_init(trial, pair, false, NULL, message->iv, -1, NULL);
    case 1:
        return pair_init(trial, pair, false, NULL, message->iv, -1, NULL) &&
               pair_init(trial, pair, false, message->key, NULL, message->enc, NULL);
    default:
        return pair_init(trial, pair, false, message->key, message->iv, message->enc, NULL);
    }
}

/* The next message of a session: only its IV is new, as in TLS 1.3, or its key too, or neither. */
static bool restart(struct trial *trial, struct pair *pair, struct aead_message *message,
                    size_t kind)
{
    if (pair->dead || kind == 0)
        return start(trial, pair, message);
    if (kind == 1)
        return pair_init(trial, pair, false, message->key, message->iv, message->enc, NULL);
    return pair_init(trial, pair, false, NULL, message->iv,
                     trial_once_in(trial, 2) ? -1 : message->enc, NULL);
}

/* CCM takes additional data in one call only, EVP_EncryptInit(3). */
static void aad_in_pieces(struct trial *trial, struct pair *pair,
                          const struct aead_message *message)
{
    size_t from = 0;

    if (message->ccm && (message->length == 0 || !trial_once_in(trial, 20)))
        pair_aad(trial, pair, NULL, message->length);
    while (from < message->aad_length && !pair->dead) {
        size_t left = message->aad_length - from;
        bool cut = !message->ccm && trial_once_in(trial, 3);
        size_t piece = cut ? 1 + trial_below(trial, left) : left;

        pair_aad(trial, pair, message->aad + from, piece);
        from += piece;
    }
}

/* CCM does its work in the update, that it needs for an empty text too; its final is a formality.
 */
static void finish(struct trial *trial, struct pair *pair, struct aead_message *message)
{
    size_t produced;

    if (!message->enc && message->tag_time == TAG_BEFORE_FINAL)
        set_tag(trial, pair, message);
    if (!message->ccm && trial_once_in(trial, 10))
        same_tag(trial, pair, message->tag_length);
    if (!pair_final(trial, pair, message->ccm || !trial_once_in(trial, 3)))
        return;
    same_tag(trial, pair, message->tag_length);
    if (trial_once_in(trial, 4))
        pair_same_params(trial, pair);
    /* Without another init GCM refuses all that follows; of the others OpenSSL promises nothing. */
    if (EVP_CIPHER_get_mode(pair->cipher[ORACLE]) != EVP_CIPH_GCM_MODE)
        return;
    if (trial_once_in(trial, 10))
        pair_final(trial, pair, true);
    if (trial_once_in(trial, 10))
        pair_update(trial, pair, trial->message, message->length < 40 ? message->length : 40,
                    &produced);
}

static void stream(struct trial *trial, struct pair *pair, struct aead_message *message,
                   size_t from, unsigned int copies);

/* Runs a copy of the pair to the end, or the pair itself and goes on with the copy. */
static void run_copy(struct trial *trial, struct pair *pair, struct aead_message *message,
                     size_t from, unsigned int copies)
{
    struct pair copy = pair_branch(trial, pair);

    if (!copy.dead)
        stream(trial, &copy, message, from, copies + 1);
    pair_free(&copy);
    trial_step(trial, "back from the copy");
}

static void stream(struct trial *trial, struct pair *pair, struct aead_message *message,
                   size_t from, unsigned int copies)
{
    size_t produced;
    bool empty = message->length == 0 && (message->ccm || trial_once_in(trial, 2));

    while (!trial->failed && !pair->dead && (from < message->length || empty)) {
        size_t left = message->length - from;
        size_t piece = message->pieces == 1 || trial_once_in(trial, message->pieces)
                           ? left
                           : 1 + trial_below(trial, left);

        empty = false;
        if (copies < COPIES_MAX && trial_once_in(trial, 8))
            run_copy(trial, pair, message, from, copies);
        if (trial_once_in(trial, 20))
            pair_same_params(trial, pair);
        if (!message->ccm && trial_once_in(trial, 30) && !pair->dead)
            pair_update(trial, pair, NULL, 0, &produced);
        if (!pair->dead)
            pair_update(trial, pair, trial->message + from, piece, &produced);
        from += piece;
    }
    if (!trial->failed && !pair->dead)
        finish(trial, pair, message);
}

static void oneshot(struct trial *trial, struct pair *pair, struct aead_message *message)
{
    if (message->length > 0)
        pair_oneshot(trial, pair, trial->message, message->length);
    if (!message->enc && message->tag_time == TAG_BEFORE_FINAL)
        set_tag(trial, pair, message);
    if (!pair->dead && pair_oneshot(trial, pair, NULL, 0))
        same_tag(trial, pair, message->tag_length);
}

/*
 * Opens the message in one piece. What is in *out afterwards the subject has released: the
 * plaintext, if the message is what the sender sealed.
 */
static bool open_message(struct trial *trial, const struct aead_message *message,
                         EVP_CIPHER *cipher, uint8_t *out)
{
    size_t iv_length = message->iv_length;
    uint8_t expected[TAG_LIMIT + 1];
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN, &iv_length),
                            tag_param(expected, message->tag_length), OSSL_PARAM_construct_end() };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok;

    memcpy(expected, message->tag, sizeof(expected));
    ok = ctx != NULL && EVP_DecryptInit_ex2(ctx, cipher, NULL, NULL, params) > 0 &&
         EVP_DecryptInit_ex2(ctx, NULL, message->key, message->iv, NULL) > 0 &&
         (!message->ccm || EVP_DecryptUpdate(ctx, NULL, &n, NULL, (int)message->length) > 0) &&
         (message->aad_length == 0 ||
          EVP_DecryptUpdate(ctx, NULL, &n, message->aad, (int)message->aad_length) > 0) &&
         EVP_DecryptUpdate(ctx, out, &n, trial->message, (int)message->length) > 0 &&
         EVP_DecryptFinal_ex(ctx, out + n, &n) > 0;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

/* Spoils one bit of the tag, the additional data or the text. */
static void spoil(struct trial *trial, struct aead_message *message)
{
    uint8_t bit = (uint8_t)(1 << trial_below(trial, 8));

    if (message->length > 0 && trial_once_in(trial, 3))
        trial->message[trial_below(trial, message->length)] ^= bit;
    else if (message->aad_length > 0 && trial_once_in(trial, 2))
        message->aad[trial_below(trial, message->aad_length)] ^= bit;
    else
        message->tag[trial_below(trial, message->tag_length)] ^= bit;
}

/*
 * A tampered message is refused, by the update or by the final, and with an error. Nothing of it
 * comes out that the default provider keeps to itself.
 */
static void try_tampered(struct trial *trial, struct aead_message *message,
                         EVP_CIPHER *const cipher[SIDES])
{
    uint8_t plain[32];
    size_t compared;
    struct outcome ours;

    memcpy(plain, trial->message, sizeof(plain));
    if (message->tag_length < 4 || message->tag_length > TAG_LIMIT ||
        !seal(trial, message, cipher[ORACLE]))
        return;
    spoil(trial, message);
    compared = message->length < sizeof(plain) ? message->length : sizeof(plain);
    memset(trial->out[OURS], 0, compared);
    ours = outcome_of(open_message(trial, message, cipher[OURS], trial->out[OURS]));
    trial_step(trial, "tampered message of %zu bytes, aad %zu, tag %zu, iv %zu", message->length,
               message->aad_length, message->tag_length, message->iv_length);
    if (ours.result > 0)
        trial_fail(trial, "ours accepts a tampered message");
    if (outcome_of(open_message(trial, message, cipher[ORACLE], trial->out[ORACLE])).result > 0)
        trial_fail(trial, "oracle accepts a tampered message");
    /* EVP's update gives plaintext out before final can judge it; see aead_release.c for more. */
    if (compared >= 8 && memcmp(trial->out[OURS], plain, compared) == 0 &&
        memcmp(trial->out[ORACLE], plain, compared) != 0)
        trial_fail(trial, "ours gives the plaintext of a tampered message away, default does not");
}

/* The letters of one session. */
static void run_session(struct trial *trial, struct pair *pair, struct aead_message *message)
{
    size_t rounds = 1 + trial_below(trial, 3);

    pair->dead = true;
    while (rounds-- > 0 && !trial->failed) {
        size_t kind = trial_below(trial, 4);

        if (pair->dead || kind <= 1) {
            random_fill(&trial->random, message->key, sizeof(message->key));
            message->enc = (int)trial_below(trial, 2);
        }
        random_fill(&trial->random, message->iv, sizeof(message->iv));
        compose(trial, message);
        if (!message->enc)
            seal(trial, message, pair->cipher[ORACLE]);
        if (!restart(trial, pair, message, kind))
            continue;
        if (!message->enc && message->tag_time != TAG_BEFORE_FINAL)
            set_tag(trial, pair, message);
        aad_in_pieces(trial, pair, message);
        if (!pair->dead && message->cipher_ends && !(message->ccm && message->length == 0) &&
            trial_once_in(trial, 8))
            oneshot(trial, pair, message);
        else if (!pair->dead)
            stream(trial, pair, message, 0, 0);
    }
}

static void trial_messages(struct trial *trial, const struct algorithm *algorithm)
{
    int mode = EVP_CIPHER_get_mode(algorithm->cipher[ORACLE]);
    struct aead_message message = { .ccm = mode == EVP_CIPH_CCM_MODE,
                                    .chacha = mode == EVP_CIPH_STREAM_CIPHER };

    message.cipher_ends = !message.chacha || pair_cipher_ends(algorithm->cipher[ORACLE]);
    choose_lengths(trial, &message, algorithm->cipher[ORACLE]);
    if (trial_once_in(trial, 5)) {
        random_fill(&trial->random, message.key, sizeof(message.key));
        random_fill(&trial->random, message.iv, sizeof(message.iv));
        compose(trial, &message);
        try_tampered(trial, &message, algorithm->cipher);
    } else {
        struct pair pair = pair_new(algorithm->cipher);

        run_session(trial, &pair, &message);
        pair_free(&pair);
    }
}

void trial_aead(struct trial *trial, const struct algorithm *algorithm)
{
    if (trial_once_in(trial, 6))
        trial_tls(trial, algorithm);
    else
        trial_messages(trial, algorithm);
}
