/* SPDX-License-Identifier: Apache-2.0 */
/* Trials of MACs, over the digest or cipher that the algorithm's part names. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "differential.h"
#include "support.h"

enum { PIECES_MAX = 6, COPIES_MAX = 2, KEY_LIMIT = 300 };

struct macs {
    const struct algorithm *algorithm;
    EVP_MAC_CTX *ctx[SIDES];
};

struct secret {
    uint8_t key[KEY_LIMIT];
    size_t key_length;
    uint8_t iv[64]; /* of GMAC */
    size_t iv_length;
};

static bool is_mac(const struct algorithm *algorithm, const char *name)
{
    return strncmp(algorithm->name, name, strlen(name)) == 0;
}

/* Keys of any length for HMAC, of the cipher's length, and seldom another, for the others. */
static void renew(struct trial *trial, struct secret *secret, const struct algorithm *algorithm)
{
    random_fill(&trial->random, secret->key, sizeof(secret->key));
    random_fill(&trial->random, secret->iv, sizeof(secret->iv));
    secret->key_length = algorithm->part_key_length;
    if (algorithm->part_key_length == 0)
        secret->key_length =
            trial_once_in(trial, 3) ? trial_below(trial, KEY_LIMIT) : 1 + trial_below(trial, 64);
    else if (trial_once_in(trial, 25))
        secret->key_length = trial_below(trial, 2 * algorithm->part_key_length);
    secret->iv_length = trial_once_in(trial, 6) ? 1 + trial_below(trial, 20) : 12;
}

static struct macs macs_new(const struct algorithm *algorithm)
{
    struct macs macs = { .algorithm = algorithm };

    for (int side = 0; side < SIDES; side++) {
        macs.ctx[side] = EVP_MAC_CTX_new(algorithm->mac[side]);
        if (macs.ctx[side] == NULL)
            die("out of memory");
    }
    return macs;
}

static void macs_free(struct macs *macs)
{
    for (int side = 0; side < SIDES; side++)
        EVP_MAC_CTX_free(macs->ctx[side]);
}

static bool set(struct trial *trial, struct macs *macs, const OSSL_PARAM params[])
{
    struct outcome outcome[SIDES];

    trial_step(trial, "set %s", params->key);
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_MAC_CTX_set_params(macs->ctx[side], params));
    return trial_agree(trial, "EVP_MAC_CTX_set_params", outcome);
}

static bool init(struct trial *trial, struct macs *macs, const struct secret *key,
                 const OSSL_PARAM params[])
{
    struct outcome outcome[SIDES];

    trial_step(trial, "init %s%zu bytes of key%s%s", key == NULL ? "without key, not " : "",
               key == NULL ? 0 : key->key_length, params != NULL ? " and " : "",
               params != NULL ? params->key : "");
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(EVP_MAC_init(macs->ctx[side], key == NULL ? NULL : key->key,
                                                key == NULL ? 0 : key->key_length, params));
    return trial_agree(trial, "EVP_MAC_init", outcome);
}

/* The first init of a context: what it is made of, key and IV, in one call or in several. */
static bool start(struct trial *trial, struct macs *macs, struct secret *secret)
{
    const struct algorithm *algorithm = macs->algorithm;
    const char *made_of = is_mac(algorithm, "HMAC") ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER;
    OSSL_PARAM all[4] = { OSSL_PARAM_construct_utf8_string(made_of, (char *)algorithm->part, 0),
                          OSSL_PARAM_construct_end() };
    OSSL_PARAM key[] = { OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret->key,
                                                           secret->key_length),
                         OSSL_PARAM_construct_end() };

    if (is_mac(algorithm, "GMAC")) {
        all[1] =
            OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, secret->iv, secret->iv_length);
        all[2] = OSSL_PARAM_construct_end();
    }
    switch (trial_below(trial, 4)) {
    case 0:
        return set(trial, macs, all) && init(trial, macs, secret, NULL);
    case 1:
        return set(trial, macs, all) && set(trial, macs, key) && init(trial, macs, NULL, NULL);
    default:
        return init(trial, macs, secret, all);
    }
}

/* Another message with the old key or a new one; GMAC may have a new IV. */
static bool restart(struct trial *trial, struct macs *macs, struct secret *secret)
{
    OSSL_PARAM iv[] = { OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, secret->iv,
                                                          secret->iv_length),
                        OSSL_PARAM_construct_end() };
    bool with_iv = is_mac(macs->algorithm, "GMAC") && !trial_once_in(trial, 6);

    if (trial_once_in(trial, 2))
        return init(trial, macs, NULL, with_iv ? iv : NULL);
    renew(trial, secret, macs->algorithm);
    iv[0].data_size = secret->iv_length;
    return init(trial, macs, secret, with_iv ? iv : NULL);
}

static void same_sizes(struct trial *trial, struct macs *macs)
{
    trial_same_number(trial, "EVP_MAC_CTX_get_mac_size",
                      (long long)EVP_MAC_CTX_get_mac_size(macs->ctx[OURS]),
                      (long long)EVP_MAC_CTX_get_mac_size(macs->ctx[ORACLE]));
    trial_same_number(trial, "EVP_MAC_CTX_get_block_size",
                      (long long)EVP_MAC_CTX_get_block_size(macs->ctx[OURS]),
                      (long long)EVP_MAC_CTX_get_block_size(macs->ctx[ORACLE]));
    outcome_of(0);
}

static bool update(struct trial *trial, struct macs *macs, const uint8_t *bytes, size_t length)
{
    struct place place = place_choose(trial, bytes, length, length, false);
    struct outcome outcome[SIDES];

    trial_step(trial, "update %zu%s", length, bytes == NULL ? " of NULL" : "");
    outcome[OURS] =
        outcome_of(EVP_MAC_update(macs->ctx[OURS], bytes == NULL ? NULL : place.in, length));
    outcome[ORACLE] = outcome_of(EVP_MAC_update(macs->ctx[ORACLE], bytes, length));
    return trial_agree(trial, "EVP_MAC_update", outcome);
}

/* Ends the message into a buffer of room bytes; without buffer it only asks for the length. */
static bool finish(struct trial *trial, struct macs *macs, bool with_buffer, size_t room)
{
    uint8_t bytes[SIDES][EVP_MAX_MD_SIZE];
    size_t length[SIDES] = { 0 };
    struct outcome outcome[SIDES];

    trial_step(trial, "final into %zu bytes%s", room, with_buffer ? "" : " of nothing");
    for (int side = 0; side < SIDES; side++)
        outcome[side] = outcome_of(
            EVP_MAC_final(macs->ctx[side], with_buffer ? bytes[side] : NULL, &length[side], room));
    if (!trial_agree(trial, "EVP_MAC_final", outcome))
        return false;
    trial_same_number(trial, "length of MAC", (long long)length[OURS], (long long)length[ORACLE]);
    if (with_buffer)
        trial_same_bytes(trial, "MAC", bytes[OURS], bytes[ORACLE], length[ORACLE]);
    return !trial->failed;
}

static bool stream(struct trial *trial, struct macs *macs, size_t from, size_t length,
                   unsigned int copies);

/* Runs a copy to the end, or goes on with the copy when the first has run to the end and is gone.
 */
static bool run_copy(struct trial *trial, struct macs *macs, size_t from, size_t length,
                     unsigned int copies)
{
    struct macs copy = { .algorithm = macs->algorithm };
    struct outcome outcome[SIDES];
    bool ok;

    for (int side = 0; side < SIDES; side++) {
        copy.ctx[side] = EVP_MAC_CTX_dup(macs->ctx[side]);
        outcome[side] = outcome_of(copy.ctx[side] != NULL);
    }
    trial_step(trial, "copy");
    ok = trial_agree(trial, "EVP_MAC_CTX_dup", outcome);
    if (ok && trial_once_in(trial, 2)) {
        struct macs first = *macs;

        *macs = copy;
        copy = first;
    }
    ok = ok && stream(trial, &copy, from, length, copies + 1);
    macs_free(&copy);
    trial_step(trial, "back from the copy");
    return ok;
}

/* The rest of trial->message from byte from on. Returns whether the contexts can be used on. */
static bool stream(struct trial *trial, struct macs *macs, size_t from, size_t length,
                   unsigned int copies)
{
    size_t pieces = 1 + trial_below(trial, PIECES_MAX);
    bool ok = true;

    while (from < length && ok) {
        size_t left = length - from;
        size_t piece = trial_once_in(trial, pieces)
                           ? left
                           : 1 + trial_below(trial, trial_once_in(trial, 2) ? left : 200);

        piece = piece < left ? piece : left;
        if (copies < COPIES_MAX && trial_once_in(trial, 6))
            ok = run_copy(trial, macs, from, length, copies);
        if (ok && trial_once_in(trial, 8))
            ok = update(trial, macs, NULL, 0);
        ok = ok && update(trial, macs, trial->message + from, piece);
        from += piece;
    }
    if (ok && copies < COPIES_MAX && trial_once_in(trial, 6))
        ok = run_copy(trial, macs, from, length, copies);
    if (ok && trial_once_in(trial, 8))
        ok = finish(trial, macs, false, 0);
    if (ok && trial_once_in(trial, 20))
        return finish(trial, macs, true, trial_below(trial, 16)) && false;
    return ok && finish(trial, macs, true, EVP_MAX_MD_SIZE);
}

/* OpenSSL leaves undefined what comes of this, but it has to end well. */
static void after_the_end(struct macs *macs)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    size_t length;

    EVP_MAC_update(macs->ctx[OURS], (const unsigned char *)"x", 1);
    EVP_MAC_final(macs->ctx[OURS], bytes, &length, sizeof(bytes));
    outcome_of(0);
}

void trial_mac(struct trial *trial, const struct algorithm *algorithm)
{
    struct macs macs = macs_new(algorithm);
    struct secret secret;
    size_t rounds = 1 + trial_below(trial, 3);
    bool ok;

    renew(trial, &secret, algorithm);
    if (trial_once_in(trial, 10))
        same_sizes(trial, &macs);
    ok = start(trial, &macs, &secret);
    while (ok && rounds-- > 0) {
        size_t length = random_length(&trial->random, 16, MESSAGE_LIMIT);

        random_fill(&trial->random, trial->message, length);
        same_sizes(trial, &macs);
        ok = stream(trial, &macs, 0, length, 0);
        if (trial_once_in(trial, 10))
            after_the_end(&macs);
        ok = ok && restart(trial, &macs, &secret);
    }
    macs_free(&macs);
}
