/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of TLS up to 1.2 with a CBC cipher, called as libssl calls them: a sender's and a
 * receiver's context, one update in place for each record. tls_cbc.c has single records, and those
 * that nobody would send.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/prov_ssl.h>

#include "differential.h"
#include "pair.h"

enum { RECORDS_MAX = 8, TEXT_LIMIT = 16384, MAC_LIMIT = 48 };

struct session {
    uint8_t key[64];
    uint8_t iv[16];
    unsigned int version;
    size_t explicit_length; /* of the IV in each record: from TLS 1.1 on */
    size_t mac_length;      /* 0: encrypt-then-MAC */
};

static bool set_record(struct trial *trial, struct pair *pair, struct session *session)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_TLS_VERSION, &session->version),
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_TLS_MAC_SIZE, &session->mac_length),
        OSSL_PARAM_construct_end(),
    };

    trial_step(trial, "version %04x, MAC of %zu bytes", session->version, session->mac_length);
    return pair_set(trial, pair, params);
}

static void choose_mac(struct trial *trial, struct session *session)
{
    static const size_t lengths[] = { 0, 0, 0, 16, 20, 32, MAC_LIMIT };

    session->mac_length = lengths[trial_below(trial, sizeof(lengths) / sizeof(lengths[0]))];
}

static struct session choose_session(struct trial *trial, const struct algorithm *algorithm)
{
    static const unsigned int versions[] = { TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION,
                                             DTLS1_2_VERSION };
    struct session session = { .version = versions[trial_below(trial, 4)] };

    if (session.version != TLS1_VERSION)
        session.explicit_length = (size_t)EVP_CIPHER_get_iv_length(algorithm->cipher[ORACLE]);
    choose_mac(trial, &session);
    random_fill(&trial->random, session.key, sizeof(session.key));
    random_fill(&trial->random, session.iv, sizeof(session.iv));
    return session;
}

/* The record in trial->message through an update in place on both sides; *length is changed. */
static bool pass(struct trial *trial, struct pair *pair, size_t *length)
{
    struct outcome outcome[SIDES];
    int written[SIDES] = { -1, -1 };

    trial_step(trial, "record of %zu bytes", *length);
    for (int side = 0; side < SIDES; side++) {
        uint8_t *bytes = trial->out[side];

        memcpy(bytes, trial->message, *length);
        outcome[side] = outcome_of(
            EVP_CipherUpdate(pair->ctx[side], bytes, &written[side], bytes, (int)*length));
    }
    if (!trial_agree(trial, "update of a record", outcome))
        return false;
    trial_same_number(trial, "length of a record", written[OURS], written[ORACLE]);
    *length = (size_t)written[ORACLE];
    return !trial->failed;
}

/* Seals a text with any bytes for its MAC; the record is in trial->message. 0 on failure. */
static size_t seal(struct trial *trial, struct pair *sender, const struct session *session)
{
    size_t text =
        trial_once_in(trial, 4) ? trial_below(trial, TEXT_LIMIT + 1) : trial_below(trial, 200);
    size_t length = session->explicit_length + text + session->mac_length;

    random_fill(&trial->random, trial->message, length);
    if (!pass(trial, sender, &length))
        return 0;
    trial_same_bytes(trial, "sealed record", trial->out[OURS], trial->out[ORACLE], length);
    memcpy(trial->message, trial->out[ORACLE], length);
    return length;
}

static void same_mac(struct trial *trial, struct pair *receiver, size_t length)
{
    void *mac[SIDES] = { NULL, NULL };

    for (int side = 0; side < SIDES; side++) {
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, &mac[side], length),
            OSSL_PARAM_construct_end(),
        };

        if (EVP_CIPHER_CTX_get_params(receiver->ctx[side], params) <= 0 || mac[side] == NULL) {
            trial_fail(trial, "no MAC from side %d", side);
            return;
        }
    }
    trial_same_bytes(trial, "MAC", mac[OURS], mac[ORACLE], length);
}

/*
 * Opens the record in trial->message, now and then after a bit of it was changed: then its padding
 * may be wrong, and the MAC is any. False if the session is over.
 */
static bool open_record(struct trial *trial, struct pair *receiver, const struct session *session,
                        size_t length)
{
    bool tampered = trial_once_in(trial, 10);

    if (tampered)
        trial->message[trial_below(trial, length)] ^= 1;
    if (!pass(trial, receiver, &length))
        return false;
    trial_same_bytes(trial, "opened record", trial->out[OURS] + session->explicit_length,
                     trial->out[ORACLE] + session->explicit_length, length);
    if (session->mac_length > 0 && !tampered)
        same_mac(trial, receiver, session->mac_length);
    return !tampered && !trial->failed;
}

static void same_iv(struct trial *trial, struct pair *pair)
{
    uint8_t iv[SIDES][16] = { { 0 }, { 0 } };

    /* OpenSSL 3.5 leaves an error behind though it succeeds. */
    for (int side = 0; side < SIDES; side++)
        outcome_of(EVP_CIPHER_CTX_get_updated_iv(pair->ctx[side], iv[side], sizeof(iv[side])));
    trial_same_bytes(trial, "updated IV", iv[OURS], iv[ORACLE], sizeof(iv[OURS]));
}

/*
 * What an application may do with a context between two records. A copy of a receiver that has a
 * MAC is left out: the default provider's copies share it, and each frees it.
 */
static void meddle(struct trial *trial, struct pair *pair, bool can_copy)
{
    if (trial_once_in(trial, 6))
        same_iv(trial, pair);
    if (can_copy && trial_once_in(trial, 12)) {
        struct pair copy = pair_branch(trial, pair);

        pair_free(&copy);
    }
    if (trial_once_in(trial, 12))
        pair_oneshot(trial, pair, trial->message, (1 + trial_below(trial, 20)) * 16);
}

/* Keys both directions; the records' parameters are set before the key or after it. */
static bool start(struct trial *trial, struct pair *sender, struct pair *receiver,
                  struct session *session)
{
    bool first = trial_once_in(trial, 2);
    struct pair *pairs[] = { sender, receiver };

    for (int i = 0; i < 2; i++) {
        if (!pair_init(trial, pairs[i], true, first ? session->key : NULL, session->iv, i == 0,
                       NULL) ||
            !set_record(trial, pairs[i], session) ||
            (!first && !pair_init(trial, pairs[i], false, session->key, NULL, -1, NULL)))
            return false;
    }
    return true;
}

static bool run_records(struct trial *trial, struct pair *sender, struct pair *receiver,
                        struct session *session)
{
    size_t records = 1 + trial_below(trial, RECORDS_MAX);

    while (records-- > 0 && !trial->failed) {
        size_t length = seal(trial, sender, session);

        if (length == 0 || !open_record(trial, receiver, session, length))
            return false;
        meddle(trial, sender, true);
        meddle(trial, receiver, session->mac_length == 0);
    }
    return !trial->failed;
}

void trial_record(struct trial *trial, const struct algorithm *algorithm)
{
    struct pair sender = pair_new(algorithm->cipher);
    struct pair receiver = pair_new(algorithm->cipher);
    struct session session = choose_session(trial, algorithm);

    if (start(trial, &sender, &receiver, &session) &&
        run_records(trial, &sender, &receiver, &session)) {
        choose_mac(trial, &session);
        if (set_record(trial, &sender, &session) && set_record(trial, &receiver, &session))
            run_records(trial, &sender, &receiver, &session);
    }
    pair_free(&sender);
    pair_free(&receiver);
}
