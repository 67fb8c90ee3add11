/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that only the kernel has, and a message with each algorithm, for the tests of such keys. */
#ifndef TEST_EVP_KEYS_SUPPORT_H
#define TEST_EVP_KEYS_SUPPORT_H

#include "cmocka_test.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support.h"

enum { TEXT = 4096 + 16, URI = 256 };

/* The longest key; each algorithm takes as much of it as it needs. */
extern const uint8_t test_key[64];
extern const uint8_t test_iv[16];
extern uint8_t text[TEXT];

/* An algorithm, and what a socket for it is bound to. */
struct row {
    const char *name, *underlying; /* of a MAC: its digest or cipher */
    size_t keylen;
    const char *type, *kernel;
};

enum {
    AES_128_CBC,
    AES_192_CBC,
    AES_256_CBC,
    AES_128_ECB,
    AES_256_CTR,
    AES_128_CBC_CTS,
    AES_128_XTS,
    AES_256_XTS,
    CHACHA20,
    DES_EDE3_CBC,
    AES_128_GCM,
    AES_256_CCM,
    CHACHA20_POLY1305,
    HMAC_SHA256,
    HMAC_SHA512,
    CMAC_AES_128,
    GMAC_AES_256,
    ROWS,
};

extern const struct row rows[ROWS];

/* How an operation gets its key: as bytes if both are NULL. */
struct given {
    const char *uri;
    void *skey; /* EVP_SKEY */
};

/* cmocka's group fixtures: the text, and the default provider to compare with. */
int keys_setup(void **state);
int keys_teardown(void **state);

EVP_CIPHER *fetch_cipher(OSSL_LIB_CTX *libctx, const struct row *row);

/* An init with key and IV: 1 or 0. */
int cipher_init(EVP_CIPHER_CTX *ctx, EVP_CIPHER *cipher, struct given key, int encrypt);

/*
 * A message by the subject in @libctx, or by the default provider if that is NULL: AAD, text and
 * tag of an AEAD, or the whole message of a cipher. Returns the output's length.
 */
int cipher_message(OSSL_LIB_CTX *libctx, const struct row *row, struct given key, int encrypt,
                   const uint8_t *in, int len, uint8_t *out, uint8_t *tag);

/* What the row does with the key is what default does with its bytes, and all of it the kernel's.
 */
void check_row(OSSL_LIB_CTX *libctx, const struct row *row, struct given key);

/* The same, by whoever does it. */
void check_message(OSSL_LIB_CTX *libctx, const struct row *row, struct given key);

/* --- keys --- */

bool kernel_takes_serials(void);

/* A key of the process's keyring with the first @len bytes. Returns its serial. */
int32_t add_key(const char *type, const char *name, size_t len);

/* A bound socket with the row's key. */
int keyed_socket(const struct row *row);

/* Leaves it to the provider that is loaded next, under @name. */
void leave_socket(const char *name, const struct row *row, size_t keylen, int fd);

/* The same of a socket for each row, as "row0", "row1"...; @fds get them. */
void leave_sockets(int fds[ROWS]);

/* The last error's text has @part; the queue is emptied. */
void assert_says(const char *part);

#endif
