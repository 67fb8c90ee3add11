/* SPDX-License-Identifier: Apache-2.0 */
/* One end of a TLS or DTLS connection, bound to a library context of its own. */
#ifndef TEST_APPS_TLS_SIDE_H
#define TEST_APPS_TLS_SIDE_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* The algorithms that an end uses: the subject's if it has them, or the default provider's alone.
 */
struct side {
    const char *name;
    OSSL_LIB_CTX *libctx;
    const char *properties;
    SSL_CTX *server[2], *client[2]; /* of TLS, of DTLS */
};

/* Certificates that all ends share: one of ECDSA and, unless NULL, one of RSA, each its own root.
 */
struct identity {
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *key[2];
    X509 *certificate[2];
};

/* Made by the default provider in a library context of its own. Ends the program on failure. Where
 * a processor is emulated, an RSA key takes ten seconds. */
struct identity identity_new(bool with_rsa);
void identity_free(struct identity *identity);

/* Contexts for every version, cipher suite and security level. The program ends if that fails.
 */
struct side side_open(const char *name, OSSL_LIB_CTX *libctx, const char *properties,
                      const struct identity *identity);

/* Frees the library context as well. */
void side_close(struct side *side);

#endif
