/* SPDX-License-Identifier: Apache-2.0 */
/* Trials of authenticated ciphers. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "differential.h"
#include "pair.h"
#include "support.h"

enum { AAD_LIMIT = 5000, TAG_LIMIT = 16, COPIES_MAX = 2 };

/* When the one who decrypts says what the tag is. */
enum tag_time { TAG_BEFORE_KEY, TAG_BEFORE_DATA, TAG_BEFORE_FINAL };

struct letter {
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

/* Of ChaCha20-Poly1305 the default provider does so from some 3.0.x on only: without, there is no
 * tag, and none is checked. */
static bool cipher_ends(EVP_CIPHER *cipher)
{
    static const uint8_t zeros[TAG_LIMIT];
    uint8_t key[64] = { 0 }, iv[128] = { 0 }, tag[TAG_LIMIT] = { 0 };
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

/* Mostly the lengths that everybody uses; now and then others, a few of them wrong. */
static void choose_lengths(struct trial *trial, struct letter *letter, const EVP_CIPHER *cipher)
{
    letter->iv_length = (size_t)EVP_CIPHER_get_iv_length(cipher);
    letter->tag_length = TAG_LIMIT;
    if (trial_once_in(trial, 4))
        letter->iv_length = letter->ccm ? 7 + trial_below(trial, 7) : 1 + trial_below(trial, 16);
    if (trial_once_in(trial, 20))
        letter->iv_length = trial_below(trial, 80);
    if (trial_once_in(trial, 3))
        letter->tag_length =
            letter->ccm ? 4 + 2 * trial_below(trial, 7) : 4 + trial_below(trial, 13);
    /* Of ChaCha20-Poly1305 the default provider accepts a text without any tag (3.0 to 3.6). */
    if (trial_once_in(trial, 20))
        letter->tag_length = letter->chacha ? 1 + trial_below(trial, 16) : trial_below(trial, 18);
}

static void compose(struct trial *trial, struct letter *letter)
{
    letter->aad_length = trial_once_in(trial, 12) ? trial_below(trial, AAD_LIMIT)
                                                  : trial_below(trial, 3) * trial_below(trial, 24);
    letter->length = random_length(&trial->random, 16, MESSAGE_LIMIT);
    letter->pieces = trial_once_in(trial, letter->ccm ? 20 : 3) ? 2 + trial_below(trial, 4) : 1;
    letter->tag_time =
        letter->ccm && !trial_once_in(trial, 20) ? trial_below(trial, 2) : trial_below(trial, 3);
    random_fill(&trial->random, letter->aad, letter->aad_length);
    random_fill(&trial->random, trial->message, letter->length);
    random_fill(&trial->random, letter->tag, sizeof(letter->tag));
}

static OSSL_PARAM tag_param(uint8_t *tag, size_t length)
{
    return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, length);
}

/* Puts the oracle's ciphertext of trial->message in its place, and the tag into the letter. False
 * if it refuses. */
static bool seal(struct trial *trial, struct letter *letter, EVP_CIPHER *cipher)
{
    OSSL_PARAM lengths[] = {
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN, &letter->iv_length),
        letter->ccm ? tag_param(NULL, letter->tag_length) : OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end()
    };
    OSSL_PARAM tag[] = { tag_param(letter->tag, letter->tag_length), OSSL_PARAM_construct_end() };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok;

    ok = ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, lengths) > 0 &&
         EVP_EncryptInit_ex2(ctx, NULL, letter->key, letter->iv, NULL) > 0 &&
         (!letter->ccm || EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)letter->length) > 0) &&
         (letter->aad_length == 0 ||
          EVP_EncryptUpdate(ctx, NULL, &n, letter->aad, (int)letter->aad_length) > 0) &&
         EVP_EncryptUpdate(ctx, trial->out[ORACLE], &n, trial->message, (int)letter->length) > 0 &&
         EVP_EncryptFinal_ex(ctx, trial->out[ORACLE] + n, &n) > 0 &&
         EVP_CIPHER_CTX_get_params(ctx, tag) > 0;
    if (ok)
        memcpy(trial->message, trial->out[ORACLE], letter->length);
    outcome_of(0);
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

static bool set_tag(struct trial *trial, struct pair *pair, struct letter *letter)
{
    OSSL_PARAM params[] = { tag_param(letter->enc ? NULL : letter->tag, letter->tag_length),
                            OSSL_PARAM_construct_end() };

    trial_step(trial, "tag of %zu bytes", letter->tag_length);
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

/* Lengths are told before key and IV: in the init or apart from it. */
static bool tell_lengths(struct trial *trial, struct pair *pair, struct letter *letter)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN,
                                                        &letter->iv_length),
                            OSSL_PARAM_construct_end() };
    bool in_init = trial_once_in(trial, 2);

    trial_step(trial, "ivlen = %zu", letter->iv_length);
    if (!pair_init(trial, pair, true, NULL, NULL, letter->enc, in_init ? params : NULL))
        return false;
    if (!in_init && !pair_set(trial, pair, params))
        return false;
    if (letter->enc ? !letter->ccm : letter->tag_time != TAG_BEFORE_KEY)
        return true;
    return set_tag(trial, pair, letter);
}

static bool start(struct trial *trial, struct pair *pair, struct letter *letter)
{
    pair->dead = true;
    if (!tell_lengths(trial, pair, letter)) {
        pair->dead = true;
        return false;
    }
    switch (trial_below(trial, 4)) {
    case 0:
        return pair_init(trial, pair, false, letter->key, NULL, letter->enc, NULL) &&
               pair_init(trial, pair, false, NULL, letter->iv, -1, NULL);
    case 1:
        return pair_init(trial, pair, false, NULL, letter->iv, -1, NULL) &&
               pair_init(trial, pair, false, letter->key, NULL, letter->enc, NULL);
    default:
        return pair_init(trial, pair, false, letter->key, letter->iv, letter->enc, NULL);
    }
}

/* The next letter of a session: only its IV is new, as in TLS 1.3, or its key too, or neither. */
static bool restart(struct trial *trial, struct pair *pair, struct letter *letter, size_t kind)
{
    if (pair->dead || kind == 0)
        return start(trial, pair, letter);
    if (kind == 1)
        return pair_init(trial, pair, false, letter->key, letter->iv, letter->enc, NULL);
    return pair_init(trial, pair, false, NULL, letter->iv,
                     trial_once_in(trial, 2) ? -1 : letter->enc, NULL);
}

/* CCM takes additional data in one call only, EVP_EncryptInit(3). */
static void aad_in_pieces(struct trial *trial, struct pair *pair, const struct letter *letter)
{
    size_t from = 0;

    if (letter->ccm && (letter->length == 0 || !trial_once_in(trial, 20)))
        pair_tell(trial, pair, NULL, letter->length);
    while (from < letter->aad_length && !pair->dead) {
        size_t left = letter->aad_length - from;
        bool cut = !letter->ccm && trial_once_in(trial, 3);
        size_t piece = cut ? 1 + trial_below(trial, left) : left;

        pair_tell(trial, pair, letter->aad + from, piece);
        from += piece;
    }
}

/* CCM does its work in the update, that it needs for an empty text too; its final is a formality.
 */
static void finish(struct trial *trial, struct pair *pair, struct letter *letter)
{
    size_t produced;

    if (!letter->enc && letter->tag_time == TAG_BEFORE_FINAL)
        set_tag(trial, pair, letter);
    if (!letter->ccm && trial_once_in(trial, 10))
        same_tag(trial, pair, letter->tag_length);
    if (!pair_final(trial, pair, letter->ccm || !trial_once_in(trial, 3)))
        return;
    same_tag(trial, pair, letter->tag_length);
    if (trial_once_in(trial, 4))
        pair_same_params(trial, pair);
    /* Without another init GCM refuses all that follows; of the others OpenSSL promises nothing. */
    if (EVP_CIPHER_get_mode(pair->cipher[ORACLE]) != EVP_CIPH_GCM_MODE)
        return;
    if (trial_once_in(trial, 10))
        pair_final(trial, pair, true);
    if (trial_once_in(trial, 10))
        pair_update(trial, pair, trial->message, letter->length < 40 ? letter->length : 40,
                    &produced);
}

static void stream(struct trial *trial, struct pair *pair, struct letter *letter, size_t from,
                   unsigned int copies);

/* Runs a copy of the pair to the end, or the pair itself and goes on with the copy. */
static void run_copy(struct trial *trial, struct pair *pair, struct letter *letter, size_t from,
                     unsigned int copies)
{
    struct pair copy = pair_branch(trial, pair);

    if (!copy.dead)
        stream(trial, &copy, letter, from, copies + 1);
    pair_free(&copy);
    trial_step(trial, "back from the copy");
}

static void stream(struct trial *trial, struct pair *pair, struct letter *letter, size_t from,
                   unsigned int copies)
{
    size_t produced;
    bool empty = letter->length == 0 && (letter->ccm || trial_once_in(trial, 2));

    while (!trial->failed && !pair->dead && (from < letter->length || empty)) {
        size_t left = letter->length - from;
        size_t piece = letter->pieces == 1 || trial_once_in(trial, letter->pieces)
                           ? left
                           : 1 + trial_below(trial, left);

        empty = false;
        if (copies < COPIES_MAX && trial_once_in(trial, 8))
            run_copy(trial, pair, letter, from, copies);
        if (trial_once_in(trial, 20))
            pair_same_params(trial, pair);
        if (!letter->ccm && trial_once_in(trial, 30) && !pair->dead)
            pair_update(trial, pair, NULL, 0, &produced);
        if (!pair->dead)
            pair_update(trial, pair, trial->message + from, piece, &produced);
        from += piece;
    }
    if (!trial->failed && !pair->dead)
        finish(trial, pair, letter);
}

static void oneshot(struct trial *trial, struct pair *pair, struct letter *letter)
{
    if (letter->length > 0)
        pair_oneshot(trial, pair, trial->message, letter->length);
    if (!letter->enc && letter->tag_time == TAG_BEFORE_FINAL)
        set_tag(trial, pair, letter);
    if (!pair->dead && pair_oneshot(trial, pair, NULL, 0))
        same_tag(trial, pair, letter->tag_length);
}

/*
 * Opens the letter in one piece. What is in *out afterwards the subject has released: the
 * plaintext, if the letter is what the sender sealed.
 */
static bool open_letter(struct trial *trial, const struct letter *letter, EVP_CIPHER *cipher,
                        uint8_t *out)
{
    size_t iv_length = letter->iv_length;
    uint8_t expected[TAG_LIMIT + 1];
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN, &iv_length),
                            tag_param(expected, letter->tag_length), OSSL_PARAM_construct_end() };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok;

    memcpy(expected, letter->tag, sizeof(expected));
    ok = ctx != NULL && EVP_DecryptInit_ex2(ctx, cipher, NULL, NULL, params) > 0 &&
         EVP_DecryptInit_ex2(ctx, NULL, letter->key, letter->iv, NULL) > 0 &&
         (!letter->ccm || EVP_DecryptUpdate(ctx, NULL, &n, NULL, (int)letter->length) > 0) &&
         (letter->aad_length == 0 ||
          EVP_DecryptUpdate(ctx, NULL, &n, letter->aad, (int)letter->aad_length) > 0) &&
         EVP_DecryptUpdate(ctx, out, &n, trial->message, (int)letter->length) > 0 &&
         EVP_DecryptFinal_ex(ctx, out + n, &n) > 0;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

/* Spoils one bit of the tag, the additional data or the text. */
static void spoil(struct trial *trial, struct letter *letter)
{
    uint8_t bit = (uint8_t)(1 << trial_below(trial, 8));

    if (letter->length > 0 && trial_once_in(trial, 3))
        trial->message[trial_below(trial, letter->length)] ^= bit;
    else if (letter->aad_length > 0 && trial_once_in(trial, 2))
        letter->aad[trial_below(trial, letter->aad_length)] ^= bit;
    else
        letter->tag[trial_below(trial, letter->tag_length)] ^= bit;
}

/*
 * A forged letter is refused, by the update or by the final, and with an error. Nothing of it
 * comes out that the default provider keeps to itself.
 */
static void forge(struct trial *trial, struct letter *letter, EVP_CIPHER *const cipher[SIDES])
{
    uint8_t plain[32];
    size_t compared;
    struct outcome ours;

    memcpy(plain, trial->message, sizeof(plain));
    if (letter->tag_length < 4 || letter->tag_length > TAG_LIMIT ||
        !seal(trial, letter, cipher[ORACLE]))
        return;
    spoil(trial, letter);
    compared = letter->length < sizeof(plain) ? letter->length : sizeof(plain);
    memset(trial->out[OURS], 0, compared);
    ours = outcome_of(open_letter(trial, letter, cipher[OURS], trial->out[OURS]));
    trial_step(trial, "forged letter of %zu bytes, aad %zu, tag %zu, iv %zu", letter->length,
               letter->aad_length, letter->tag_length, letter->iv_length);
    if (ours.result > 0)
        trial_fail(trial, "ours accepts a forged letter");
    if (outcome_of(open_letter(trial, letter, cipher[ORACLE], trial->out[ORACLE])).result > 0)
        trial_fail(trial, "oracle accepts a forged letter");
    /* EVP's update gives plaintext out before final can judge it; see aead_release.c for more. */
    if (compared >= 8 && memcmp(trial->out[OURS], plain, compared) == 0 &&
        memcmp(trial->out[ORACLE], plain, compared) != 0)
        trial_fail(trial, "ours gives the plaintext of a forged letter away, default does not");
}

/* The letters of one session. */
static void correspond(struct trial *trial, struct pair *pair, struct letter *letter)
{
    size_t rounds = 1 + trial_below(trial, 3);

    pair->dead = true;
    while (rounds-- > 0 && !trial->failed) {
        size_t kind = trial_below(trial, 4);

        if (pair->dead || kind <= 1) {
            random_fill(&trial->random, letter->key, sizeof(letter->key));
            letter->enc = (int)trial_below(trial, 2);
        }
        random_fill(&trial->random, letter->iv, sizeof(letter->iv));
        compose(trial, letter);
        if (!letter->enc)
            seal(trial, letter, pair->cipher[ORACLE]);
        if (!restart(trial, pair, letter, kind))
            continue;
        if (!letter->enc && letter->tag_time != TAG_BEFORE_FINAL)
            set_tag(trial, pair, letter);
        aad_in_pieces(trial, pair, letter);
        if (!pair->dead && letter->cipher_ends && !(letter->ccm && letter->length == 0) &&
            trial_once_in(trial, 8))
            oneshot(trial, pair, letter);
        else if (!pair->dead)
            stream(trial, pair, letter, 0, 0);
    }
}

static void trial_letters(struct trial *trial, const struct row *row)
{
    int mode = EVP_CIPHER_get_mode(row->cipher[ORACLE]);
    struct letter letter = { .ccm = mode == EVP_CIPH_CCM_MODE,
                             .chacha = mode == EVP_CIPH_STREAM_CIPHER };

    letter.cipher_ends = !letter.chacha || cipher_ends(row->cipher[ORACLE]);
    choose_lengths(trial, &letter, row->cipher[ORACLE]);
    if (trial_once_in(trial, 5)) {
        random_fill(&trial->random, letter.key, sizeof(letter.key));
        random_fill(&trial->random, letter.iv, sizeof(letter.iv));
        compose(trial, &letter);
        forge(trial, &letter, row->cipher);
    } else {
        struct pair pair = pair_new(row->cipher);

        correspond(trial, &pair, &letter);
        pair_free(&pair);
    }
}

void trial_aead(struct trial *trial, const struct row *row)
{
    if (trial_once_in(trial, 6))
        trial_tls(trial, row);
    else
        trial_letters(trial, row);
}
