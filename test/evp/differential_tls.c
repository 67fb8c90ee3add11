/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.2 records by the authenticated ciphers, called as libssl calls them: EVP_CTRL_AEAD_TLS1_AAD
 * and one update in place over explicit IV, payload and tag. differential_record.c has those of
 * CBC.
 */
#include <string.h>

#include "differential.h"
#include "pair.h"

enum { HEADER_LENGTH = 13, FIXED_LENGTH = 4, EXPLICIT_LENGTH = 8, IV_LENGTH = 12, TAG_LENGTH = 16 };
enum { PAYLOAD_LIMIT = 16384, RECORDS_MAX = 4 };

struct session {
    uint8_t key[64];
    uint8_t iv[IV_LENGTH];
    size_t explicit_length; /* of the IV in each record: RFC 5288, RFC 6655; RFC 7905 has none */
    size_t tag_length;
    bool ccm;
    bool gcm;
};

/* EVP_CIPHER_CTX_ctrl on both sides; returns what both return, or -1 if they differ. */
static int control(struct trial *trial, struct pair *pair, const char *what, int type, int argument,
                   const uint8_t *bytes)
{
    int result[SIDES];

    for (int side = 0; side < SIDES; side++) {
        uint8_t copy[HEADER_LENGTH];

        if (bytes != NULL)
            memcpy(copy, bytes, sizeof(copy));
        result[side] =
            EVP_CIPHER_CTX_ctrl(pair->ctx[side], type, argument, bytes == NULL ? NULL : copy);
        outcome_of(0);
    }
    trial_step(trial, "%s", what);
    trial_same_number(trial, what, result[OURS], result[ORACLE]);
    return trial->failed ? -1 : result[ORACLE];
}

/*
 * Key and IV. GCM's sender counts its explicit IVs up from a random number; with an argument of -1
 * the whole first IV is given, so that both sides have the same.
 */
static bool start(struct trial *trial, struct pair *pair, const struct session *session, int enc)
{
    uint8_t iv[HEADER_LENGTH] = { 0 };
    bool fixed = session->explicit_length > 0 && !(session->gcm && enc);

    memcpy(iv, session->iv, IV_LENGTH);
    if (!pair_init(trial, pair, true, NULL, NULL, enc, NULL) ||
        (session->ccm &&
         (control(trial, pair, "IV length", EVP_CTRL_AEAD_SET_IVLEN, IV_LENGTH, NULL) <= 0 ||
          control(trial, pair, "tag length", EVP_CTRL_AEAD_SET_TAG, (int)session->tag_length,
                  NULL) <= 0)) ||
        !pair_init(trial, pair, false, session->key, NULL, enc, NULL))
        return false;
    if (session->gcm && enc)
        return control(trial, pair, "whole IV", EVP_CTRL_GCM_SET_IV_FIXED, -1, iv) > 0;
    return control(trial, pair, "fixed IV", EVP_CTRL_AEAD_SET_IV_FIXED,
                   fixed ? FIXED_LENGTH : IV_LENGTH, iv) > 0;
}

/* Sequence number, type, version and length of the record. */
static void header_of(struct trial *trial, uint8_t header[HEADER_LENGTH], size_t length)
{
    random_fill(&trial->random, header, HEADER_LENGTH);
    header[9] = 3;
    header[10] = 3;
    header[11] = (uint8_t)(length >> 8);
    header[12] = (uint8_t)length;
}

/* One record of length bytes, that is in trial->message, through the update in place on both sides.
 */
static bool pass(struct trial *trial, struct pair *pair, const uint8_t header[HEADER_LENGTH],
                 size_t length)
{
    struct outcome outcome[SIDES];
    int written[SIDES] = { -1, -1 };

    if (control(trial, pair, "header", EVP_CTRL_AEAD_TLS1_AAD, HEADER_LENGTH, header) < 0)
        return false;
    trial_step(trial, "record of %zu bytes", length);
    for (int side = 0; side < SIDES; side++) {
        uint8_t *bytes = trial->out[side];

        memcpy(bytes, trial->message, length);
        outcome[side] = outcome_of(
            EVP_CipherUpdate(pair->ctx[side], bytes, &written[side], bytes, (int)length));
    }
    if (!trial_agree(trial, "update of a record", outcome))
        return false;
    trial_same_number(trial, "length of a record", written[OURS], written[ORACLE]);
    return !trial->failed;
}

/* Seals a payload; leaves the record in trial->message. Returns its length, 0 on failure. */
static size_t seal(struct trial *trial, struct pair *sender, const struct session *session,
                   uint8_t header[HEADER_LENGTH])
{
    size_t payload =
        trial_once_in(trial, 3) ? trial_below(trial, PAYLOAD_LIMIT + 1) : trial_below(trial, 100);
    size_t length = session->explicit_length + payload + session->tag_length;

    random_fill(&trial->random, trial->message, length);
    header_of(trial, header, session->explicit_length + payload);
    if (!pass(trial, sender, header, length))
        return 0;
    trial_same_bytes(trial, "sealed record", trial->out[OURS], trial->out[ORACLE], length);
    memcpy(trial->message, trial->out[ORACLE], length);
    return length;
}

/* Opens the record in trial->message, now and then after a bit of it was changed. */
static void open_record(struct trial *trial, struct pair *receiver, const struct session *session,
                        uint8_t header[HEADER_LENGTH], size_t length)
{
    size_t payload = length - session->explicit_length - session->tag_length;
    bool tampered = trial_once_in(trial, 6);

    header[11] = (uint8_t)(length >> 8);
    header[12] = (uint8_t)length;
    if (tampered)
        trial->message[trial_below(trial, length)] ^= 1;
    if (pass(trial, receiver, header, length))
        trial_same_bytes(trial, "opened record", trial->out[OURS] + session->explicit_length,
                         trial->out[ORACLE] + session->explicit_length, payload);
    else if (!tampered)
        trial_fail(trial, "what one side seals the other does not open");
}

void trial_tls(struct trial *trial, const struct algorithm *algorithm)
{
    struct pair sender = pair_new(algorithm->cipher);
    struct pair receiver = pair_new(algorithm->cipher);
    int mode = EVP_CIPHER_get_mode(algorithm->cipher[ORACLE]);
    struct session session = {
        .gcm = mode == EVP_CIPH_GCM_MODE,
        .ccm = mode == EVP_CIPH_CCM_MODE,
        .tag_length = TAG_LENGTH,
    };
    size_t records = 1 + trial_below(trial, RECORDS_MAX);

    session.explicit_length = session.gcm || session.ccm ? EXPLICIT_LENGTH : 0;
    if (session.ccm && trial_once_in(trial, 2))
        session.tag_length = 8;
    random_fill(&trial->random, session.key, sizeof(session.key));
    random_fill(&trial->random, session.iv, sizeof(session.iv));
    if (start(trial, &sender, &session, 1) && start(trial, &receiver, &session, 0)) {
        while (records-- > 0 && !trial->failed) {
            uint8_t header[HEADER_LENGTH];
            size_t length = seal(trial, &sender, &session, header);

            if (length > 0)
                open_record(trial, &receiver, &session, header, length);
        }
    }
    pair_free(&sender);
    pair_free(&receiver);
}
