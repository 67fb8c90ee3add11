/* SPDX-License-Identifier: Apache-2.0 */
/* Two contexts of a cipher that get the same calls: the subject's and the default provider's. */
#ifndef TEST_EVP_CIPHER_PAIR_H
#define TEST_EVP_CIPHER_PAIR_H

#include <stdint.h>

#include <openssl/evp.h>

enum { OURS, DEFAULT, SIDES };

#define FOR_SIDES(side) for (int side = 0; side < SIDES; side++)

/* Library contexts, key and data that every pair has; made by the program. */
extern OSSL_LIB_CTX *libctx[SIDES];
extern uint8_t key[64], iv[16], text[256];

struct pair {
    EVP_CIPHER *cipher[SIDES];
    EVP_CIPHER_CTX *ctx[SIDES];
};

/* Takes out of a list what Linux 6.12 and later lack, if the kernel lacks it. */
void drop_lacking(const char **names);

/* A pair whose first side is fetched from @ours. */
struct pair pair_new(OSSL_LIB_CTX *ours, const char *name);
void pair_free(struct pair *pair);
void pair_init(struct pair *pair, int encrypt);

/* A parameter of a context that is an unsigned integer. */
unsigned get_uint(EVP_CIPHER_CTX *ctx, const char *name);

/* The newest entry on the queue, 0 if there is none; the queue is empty afterwards. */
unsigned long last_error(void);

/* An update of as many bytes of text, which both must do or refuse alike. */
void pair_update(struct pair *pair, size_t length);
/* A final: the same result, error and output. */
void pair_finish(struct pair *pair);

#endif
