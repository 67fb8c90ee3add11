/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_EVP_ODD_CIPHER_H
#define TEST_EVP_ODD_CIPHER_H

#include "odd.h"
#include "pair.h"

enum { SECRETS = 2, KEY_LIMIT = 128, IV_LIMIT = 256 };

/* What the default provider's definition of a call depends on. */
struct slot {
    struct pair pair;
    bool has_cipher;
    bool has_key;
    bool has_iv;
    bool refused;    /* the last init was */
    bool spoilt;     /* by a final that was refused since the last init */
    bool ended;      /* a final was made since the last IV */
    bool sealed;     /* a final was made since the cipher was set */
    bool has_aad;    /* additional data since the last init */
    bool opened;     /* text was taken since the last init */
    bool length_set; /* CCM: a text's length, not used up by a message whose tag was had */
    bool stale;      /* an IV and what belongs to it came apart */
    bool tagged;     /* a tag was set */
    bool lost;    /* what the default provider does means nothing, until a key and an IV are set */
    bool records; /* TLS parameters are set, so input must be in place */
};

struct ciphers {
    const struct algorithm *algorithm;
    struct slot slot[SLOTS];
    const struct slot *used; /* by the call that is made */
    uint8_t key[SECRETS][KEY_LIMIT];
    uint8_t iv[SECRETS][IV_LIMIT];
    uint8_t tag[IV_LIMIT]; /* the last that was read */
    int mode;
    bool aead;
    bool chacha20;       /* with Poly1305 or without */
    bool seals_by_final; /* the oracle, a message without text */
    bool cipher_ends;    /* EVP_Cipher without input ends the oracle's messages */
    size_t block;
    size_t key_length;
};

/* The context that the next call is made on, noted in ciphers->used. */
struct slot *odd_choose_slot(struct trial *trial, struct ciphers *ciphers);
bool odd_is_encrypting(const struct slot *slot);

/* Parameters and controls, set and read. */
operation_fn odd_set;
operation_fn odd_set_record;
operation_fn odd_control_tag;
operation_fn odd_control_record;
operation_fn odd_control_other;
operation_fn odd_get;
operation_fn odd_get_iv;
operation_fn odd_get_numbers;
operation_fn odd_write_iv;

#endif
