/* SPDX-License-Identifier: Apache-2.0 */
/* The table of algorithms: all that the project knows about them. */
#ifndef AFALG_ALGORITHMS_H
#define AFALG_ALGORITHMS_H

#include <openssl/core_dispatch.h>
#include <stddef.h>

enum cipher_mode {
    MODE_NONE,
    MODE_ECB,
    MODE_CBC,
    MODE_CTR,
    MODE_CFB,
    MODE_OFB,
    MODE_CHACHA20,
    MODE_XTS,
    MODE_CTS,
    MODE_WRAP,
    MODE_GCM,
    MODE_CCM,
    MODE_CHACHA20_POLY1305,
};

enum algorithm_flags {
    ALG_RANDKEY = 1,      /* a cipher whose keys are made by it: DES parity */
    ALG_ALGID_ABSENT = 2, /* a digest whose AlgorithmIdentifier has no parameters */
    ALG_SIZED = 4,        /* a digest that OpenSSL lets an application shorten */
};

struct algorithm {
    const char *names;  /* as in OSSL_ALGORITHM: the first is the one we use ourselves */
    int operation;      /* OSSL_OP_... */
    const char *type;   /* AF_ALG's type; NULL: by parameter (MACs), see kernel */
    const char *kernel; /* kernel name; of a MAC the template around its digest's or cipher's */
    enum cipher_mode mode;
    size_t keylen, ivlen; /* bytes */
    size_t blocksize;     /* of the primitive: 16 for every mode of AES; of a hash its block */
    size_t size;          /* of a digest */
    unsigned flags;
    const OSSL_DISPATCH *functions; /* its class's, without the two that follow */
    void (*newctx)(void);           /* the row's own; knows its row */
    void (*get_params)(void);       /* the same; NULL where a class has one for all */
};

extern const struct algorithm algorithms[];
extern const size_t algorithm_count;

/** The row that has @name among its names (case-insensitive), of @operation; or NULL. */
const struct algorithm *algorithm_find(int operation, const char *name);

/** Whether @name is one of the names in "A:B:C", ignoring case. */
int algorithm_named(const char *names, const char *name);

/** Length of the first name in "A:B:C". */
int algorithm_name_length(const struct algorithm *alg);

#endif
