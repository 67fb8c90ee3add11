/* SPDX-License-Identifier: Apache-2.0 */
/* Trials of ciphers without authentication. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "differential.h"
#include "pair.h"
#include "support.h"

enum { PIECES_MAX = 7, COPIES_MAX = 2 };

/* Key and IV have room for every length that a cipher may accept by mistake. */
struct secret {
    uint8_t key[128];
    uint8_t iv[64];
    size_t key_length;
    int enc;
    bool padding;
    const char *cts_mode;
};

struct message {
    const uint8_t *bytes;
    size_t length;
    size_t pieces;
    size_t block;
};

/*
 * Now and then an IV of which one end is about to overflow: counters wrap there; or the only one
 * with which the kernel unwraps keys (RFC 3394, 2.2.3.1).
 */
static void renew_iv(struct trial *trial, struct secret *secret)
{
    random_fill(&trial->random, secret->iv, sizeof(secret->iv));
    if (trial_once_in(trial, 4)) {
        size_t length = 1 + trial_below(trial, 16);

        memset(trial_once_in(trial, 2) ? secret->iv : secret->iv + 16 - length, 0xff, length);
    } else if (trial_once_in(trial, 4)) {
        memset(secret->iv, 0xa6, sizeof(secret->iv));
    }
}

/* Now and then a key whose parts are equal, which XTS must refuse and 3DES may. */
static void renew_key(struct trial *trial, struct secret *secret)
{
    random_fill(&trial->random, secret->key, sizeof(secret->key));
    if (trial_once_in(trial, 25))
        memcpy(secret->key + secret->key_length / 2, secret->key, secret->key_length / 2);
    else if (trial_once_in(trial, 50))
        memcpy(secret->key + 8, secret->key, 8);
}

static void renew_direction(struct trial *trial, struct secret *secret)
{
    static const char *const modes[] = { "CS1", "CS2", "CS3" };

    secret->enc = (int)trial_below(trial, 2);
    secret->padding = !trial_once_in(trial, 4);
    secret->cts_mode = modes[trial_below(trial, 3)];
}

/* The enc argument of an init that is not the first: the same, or -1 for unchanged. */
static int again(struct trial *trial, const struct secret *secret)
{
    return trial_once_in(trial, 2) ? -1 : secret->enc;
}

/* The first init of a context or of one that is dead, in one to three calls. */
static bool start(struct trial *trial, struct pair *pair, const struct secret *s)
{
    unsigned int padding = s->padding;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding),
                            OSSL_PARAM_construct_end() };

    switch (trial_below(trial, 6)) {
    case 0:
        return pair_init(trial, pair, true, NULL, NULL, s->enc, NULL) &&
               pair_init(trial, pair, false, s->key, NULL, again(trial, s), NULL) &&
               pair_init(trial, pair, false, NULL, s->iv, again(trial, s), NULL);
    case 1:
        return pair_init(trial, pair, true, s->key, NULL, s->enc, NULL) &&
               pair_init(trial, pair, false, NULL, s->iv, again(trial, s), NULL);
    case 2:
        return pair_init(trial, pair, true, NULL, s->iv, s->enc, NULL) &&
               pair_init(trial, pair, false, s->key, NULL, again(trial, s), NULL);
    case 3:
        return pair_init(trial, pair, true, s->key, s->iv, s->enc, params);
    default:
        return pair_init(trial, pair, true, s->key, s->iv, s->enc, NULL);
    }
}

/*
 * Another message in a context that has ended one: with its key, with a new one, with a new IV or
 * none. Where ChaCha20 goes on without a new IV changed with OpenSSL 4.0: it always gets one.
 */
static bool restart(struct trial *trial, struct pair *pair, struct secret *s)
{
    bool chacha = EVP_CIPHER_get_mode(pair->cipher[ORACLE]) == EVP_CIPH_STREAM_CIPHER;

    if (pair->dead)
        return start(trial, pair, s);
    switch (trial_below(trial, 5)) {
    case 0:
        renew_key(trial, s);
        return pair_init(trial, pair, false, s->key, chacha ? s->iv : NULL, again(trial, s), NULL);
    case 1:
        return pair_init(trial, pair, false, NULL, chacha ? s->iv : NULL, again(trial, s), NULL);
    case 2:
        renew_iv(trial, s);
        return pair_init(trial, pair, false, NULL, s->iv, again(trial, s), NULL);
    default:
        renew_iv(trial, s);
        renew_key(trial, s);
        renew_direction(trial, s);
        return pair_init(trial, pair, false, s->key, s->iv, s->enc, NULL);
    }
}

static void set_uint(struct trial *trial, struct pair *pair, const char *key, unsigned int value)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(key, &value), OSSL_PARAM_construct_end() };

    trial_step(trial, "%s = %u", key, value);
    pair_set(trial, pair, params);
}

static void set_cts_mode(struct trial *trial, struct pair *pair, const char *mode)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE,
                                                             (char *)mode, 0),
                            OSSL_PARAM_construct_end() };

    trial_step(trial, "cts_mode = %s", mode);
    pair_set(trial, pair, params);
}

static bool is_cts(const struct pair *pair)
{
    return (EVP_CIPHER_get_flags(pair->cipher[ORACLE]) & EVP_CIPH_FLAG_CTS) != 0;
}

/* Parameters between init and data; now and then one that makes no sense. */
static void adjust(struct trial *trial, struct pair *pair, const struct secret *secret)
{
    if (trial_once_in(trial, 2) || !secret->padding)
        set_uint(trial, pair, OSSL_CIPHER_PARAM_PADDING, secret->padding);
    if (is_cts(pair))
        set_cts_mode(trial, pair, trial_once_in(trial, 20) ? "CS9" : secret->cts_mode);
    if (trial_once_in(trial, 15))
        set_uint(trial, pair, OSSL_CIPHER_PARAM_NUM, 0);
    if (trial_once_in(trial, 3))
        pair_same_params(trial, pair);
}

/*
 * A key or IV length that may be wrong. A key length that is accepted is not the key's any more, so
 * the context has to be started again.
 */
static void set_lengths(struct trial *trial, struct pair *pair, const struct secret *secret)
{
    size_t length =
        trial_once_in(trial, 3) ? secret->key_length : trial_below(trial, secret->key_length + 9);
    const char *key = trial_once_in(trial, 2) ? OSSL_CIPHER_PARAM_KEYLEN : OSSL_CIPHER_PARAM_IVLEN;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(key, &length), OSSL_PARAM_construct_end() };

    trial_step(trial, "%s = %zu", key, length);
    if (trial_once_in(trial, 2))
        pair_set(trial, pair, params);
    else
        pair_init(trial, pair, false, NULL, NULL, -1, params);
    pair->dead = true;
}

/* What an application would decrypt: the oracle's own work if there is a way back, else any
 * bytes. */
static void encrypt_message(struct trial *trial, const struct pair *pair, const struct secret *s,
                            struct message *message)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int updated = 0;
    int finished = 0;
    OSSL_PARAM cts[] = { OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE,
                                                          (char *)s->cts_mode, 0),
                         OSSL_PARAM_construct_end() };

    if (ctx == NULL)
        die("out of memory");
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_EncryptInit_ex2(ctx, pair->cipher[ORACLE], s->key, s->iv, is_cts(pair) ? cts : NULL) >
            0 &&
        EVP_CIPHER_CTX_set_padding(ctx, s->padding) > 0 &&
        EVP_EncryptUpdate(ctx, trial->out[ORACLE], &updated, message->bytes, (int)message->length) >
            0 &&
        EVP_EncryptFinal_ex(ctx, trial->out[ORACLE] + updated, &finished) > 0) {
        message->length = (size_t)updated + (size_t)finished;
        memcpy(trial->message, trial->out[ORACLE], message->length);
    }
    outcome_of(0); /* takes away what the oracle had to say of a length */
    EVP_CIPHER_CTX_free(ctx);
}

static struct message compose(struct trial *trial, const struct pair *pair,
                              const struct secret *secret)
{
    size_t block = (size_t)EVP_CIPHER_get_block_size(pair->cipher[ORACLE]);
    struct message m = { .bytes = trial->message, .block = block, .pieces = 1 };

    m.length = random_length(&trial->random, block, MESSAGE_LIMIT);
    if (EVP_CIPHER_get_mode(pair->cipher[ORACLE]) == EVP_CIPH_WRAP_MODE && !trial_once_in(trial, 6))
        m.length &= ~(size_t)7;
    if (!is_cts(pair) || trial_once_in(trial, 10))
        m.pieces = 1 + trial_below(trial, PIECES_MAX);
    random_fill(&trial->random, trial->message, m.length);
    if (!secret->enc && !trial_once_in(trial, 5))
        encrypt_message(trial, pair, secret, &m);
    return m;
}

/* The next piece of what is left, often a multiple of the block. */
static size_t next_piece(struct trial *trial, const struct message *m, size_t from)
{
    size_t left = m->length - from;
    size_t piece;

    if (m->pieces == 1 || trial_once_in(trial, m->pieces))
        return left;
    piece = trial_once_in(trial, 2) ? 1 + trial_below(trial, left)
                                    : 1 + trial_below(trial, 3 * m->block);
    if (trial_once_in(trial, 3))
        piece = (piece + m->block - 1) / m->block * m->block;
    return piece < left ? piece : left;
}

/* Things that an application may do between two updates and that change nothing. */
static void meddle(struct trial *trial, struct pair *pair)
{
    size_t produced;

    if (trial_once_in(trial, 8))
        pair_update(trial, pair, NULL, 0, &produced);
    if (!pair->dead && trial_once_in(trial, 8))
        pair_same_params(trial, pair);
}

static void finish(struct trial *trial, struct pair *pair, const struct message *m)
{
    size_t produced;

    if (!pair_final(trial, pair, true))
        return;
    if (trial_once_in(trial, 4))
        pair_same_params(trial, pair);
    if (trial_once_in(trial, 5) && !pair_final(trial, pair, true))
        return;
    if (trial_once_in(trial, 8) &&
        pair_update(trial, pair, m->bytes, m->length < 40 ? m->length : 40, &produced))
        pair_final(trial, pair, true);
}

static void stream(struct trial *trial, struct pair *pair, const struct message *m, size_t from,
                   unsigned int copies);

/* Runs a copy of the pair to the end, or the pair itself and goes on with the copy. */
static void run_copy(struct trial *trial, struct pair *pair, const struct message *m, size_t from,
                     unsigned int copies)
{
    struct pair copy = pair_branch(trial, pair);

    if (!copy.dead)
        stream(trial, &copy, m, from, copies + 1);
    pair_free(&copy);
    trial_step(trial, "back from the copy");
}

/* Feeds the message from byte from on, and a copy or two of the context with the same rest. */
static void stream(struct trial *trial, struct pair *pair, const struct message *m, size_t from,
                   unsigned int copies)
{
    while (!trial->failed && !pair->dead && (from < m->length || m->length == 0)) {
        size_t piece = next_piece(trial, m, from);
        size_t produced;

        meddle(trial, pair);
        if (!pair->dead && copies < COPIES_MAX && trial_once_in(trial, 8)) {
            run_copy(trial, pair, m, from, copies);
        }
        if (pair->dead || !pair_update(trial, pair, m->bytes + from, piece, &produced))
            return;
        from += piece;
        if (m->length == 0)
            break;
    }
    if (!trial->failed && !pair->dead)
        finish(trial, pair, m);
}

/*
 * The message by EVP_Cipher, in whole blocks: OpenSSL promises nothing for others. Nor does it for
 * key wrapping, of which 3.0 returns lengths that nobody has set.
 */
static void oneshot(struct trial *trial, struct pair *pair, const struct message *m)
{
    size_t from = 0;

    while (from < m->length && !pair->dead && !trial->failed) {
        size_t piece = next_piece(trial, m, from) / m->block * m->block;

        if (piece == 0 || !pair_oneshot(trial, pair, m->bytes + from, piece))
            break;
        from += piece;
    }
    pair->dead = true;
}

static bool does_records(const EVP_CIPHER *cipher)
{
    return EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CBC_MODE &&
           (EVP_CIPHER_get_flags(cipher) & EVP_CIPH_FLAG_CTS) == 0;
}

static void trial_messages(struct trial *trial, const struct algorithm *algorithm)
{
    struct pair pair = pair_new(algorithm->cipher);
    struct secret secret = { .key_length =
                                 (size_t)EVP_CIPHER_get_key_length(algorithm->cipher[ORACLE]) };
    size_t rounds = 1 + trial_below(trial, 3);

    renew_key(trial, &secret);
    renew_iv(trial, &secret);
    renew_direction(trial, &secret);
    pair.dead = true;
    while (rounds-- > 0 && !trial->failed) {
        struct message message;

        if (!restart(trial, &pair, &secret)) {
            renew_key(trial, &secret);
            continue;
        }
        adjust(trial, &pair, &secret);
        message = compose(trial, &pair, &secret);
        if (trial_once_in(trial, 20))
            set_lengths(trial, &pair, &secret);
        else if (trial_once_in(trial, 8) &&
                 EVP_CIPHER_get_mode(algorithm->cipher[ORACLE]) != EVP_CIPH_WRAP_MODE)
            oneshot(trial, &pair, &message);
        else
            stream(trial, &pair, &message, 0, 0);
    }
    pair_free(&pair);
}

void trial_cipher(struct trial *trial, const struct algorithm *algorithm)
{
    if (does_records(algorithm->cipher[ORACLE]) && trial_once_in(trial, 4))
        trial_record(trial, algorithm);
    else
        trial_messages(trial, algorithm);
}
