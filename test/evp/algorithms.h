/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that the subject offers, each with its counterpart of the oracle. */
#ifndef TEST_EVP_ALGORITHMS_H
#define TEST_EVP_ALGORITHMS_H

#include <stddef.h>

#include <openssl/evp.h>

#include "trial.h"

enum kind { KIND_CIPHER, KIND_AEAD, KIND_DIGEST, KIND_MAC, KINDS };

/* Which of cipher, digest and mac is set depends on kind. */
struct algorithm {
    enum kind kind;
    char name[96]; /* of a MAC: "HMAC/SHA2-256" */
    EVP_CIPHER *cipher[SIDES];
    EVP_MD *digest[SIDES];
    EVP_MAC *mac[SIDES];
    char part[48];          /* the digest or cipher that a MAC is made of */
    size_t part_key_length; /* of that cipher, 0 for a digest */
};

struct algorithms {
    struct algorithm *list;
    size_t count;
};

extern const char *const kind_name[KINDS];

/* Ends the program if the oracle lacks what the subject offers: there is nothing to compare it
 * with then. */
struct algorithms algorithms_open(OSSL_LIB_CTX *const libctx[SIDES]);
void algorithms_close(struct algorithms *algorithms);

#endif
