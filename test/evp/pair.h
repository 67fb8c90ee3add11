/* SPDX-License-Identifier: Apache-2.0 */
/* A cipher context of the subject and one of the oracle that go through the same calls. */
#ifndef TEST_EVP_PAIR_H
#define TEST_EVP_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "trial.h"

/*
 * A call that both refuse leaves a pair dead: OpenSSL promises nothing of such a context until it
 * is started again with cipher, key and IV.
 */
struct pair {
    EVP_CIPHER *const *cipher; /* of SIDES, borrowed */
    unsigned int number;       /* of its name in the trace: c0, c1, ... */
    EVP_CIPHER_CTX *ctx[SIDES];
    bool dead;
    bool fed; /* data has gone in since the last init */
};

/* Ends the program if there is no memory. */
struct pair pair_new(EVP_CIPHER *const cipher[SIDES]);
void pair_free(struct pair *pair);

/*
 * A second pair in the state of this one, by EVP_CIPHER_CTX_copy; half of the time it is the first
 * contexts that are returned, and *pair goes on with the copies. To be freed, but not to be used if
 * it is dead.
 */
struct pair pair_branch(struct trial *trial, struct pair *pair);

/* EVP_CipherInit_ex2. with_cipher: passes the cipher, as the first init must. */
bool pair_init(struct trial *trial, struct pair *pair, bool with_cipher, const uint8_t *key,
               const uint8_t *iv, int enc, const OSSL_PARAM params[]);

/* EVP_CipherUpdate, now and then in place; *produced gets the bytes of output, that are in
 * trial->out[ORACLE]. */
bool pair_update(struct trial *trial, struct pair *pair, const uint8_t *in, size_t length,
                 size_t *produced);

/* EVP_CipherUpdate without output buffer: additional data (in) or the length of what will come (in
 * is NULL). */
bool pair_aad(struct trial *trial, struct pair *pair, const uint8_t *in, size_t length);

/* EVP_CipherFinal_ex; with an output buffer that is NULL if so wanted. */
bool pair_final(struct trial *trial, struct pair *pair, bool with_buffer);

/* EVP_Cipher, whose result must be the same number on both sides. */
bool pair_oneshot(struct trial *trial, struct pair *pair, const uint8_t *in, size_t length);

/*
 * Whether EVP_Cipher without input ends an AEAD cipher's messages. Of ChaCha20-Poly1305 the default
 * provider's does so from some 3.0.x on only: before, there is no tag, and none is checked.
 */
bool pair_cipher_ends(EVP_CIPHER *cipher);

/* EVP_CIPHER_CTX_set_params. A refusal doesn't hurt the pair. */
bool pair_set(struct trial *trial, struct pair *pair, const OSSL_PARAM params[]);

/* Compares every gettable parameter of the contexts. */
void pair_same_params(struct trial *trial, struct pair *pair);

#endif
