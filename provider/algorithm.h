/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of an algorithm and of a mode, and how to find one in the table. */
#ifndef AFALG_ALGORITHM_H
#define AFALG_ALGORITHM_H

#include <openssl/core_dispatch.h>
#include <stdbool.h>
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
    ALG_RANDKEY = 1,         /* a cipher whose keys are made by it: DES parity */
    ALG_ALGID_ABSENT = 2,    /* a digest whose AlgorithmIdentifier has no parameters */
    ALG_VARIABLE_LENGTH = 4, /* a digest that OpenSSL lets an application shorten */
    ALG_SSL3 = 8,            /* a digest of SSL 3.0's CertificateVerify */
    ALG_XTS_GB = 16,         /* XTS as in GB/T 17964-2021, unless IEEE 1619 is asked for */
};

/* What a MAC is made of: see mac/common.c. */
enum mac_template { MAC_NONE, MAC_HMAC, MAC_CMAC, MAC_GMAC };

struct algorithm {
    const char *names;  /* as in OSSL_ALGORITHM: the first is the one we use ourselves */
    int operation;      /* OSSL_OP_... */
    const char *type;   /* AF_ALG's type; NULL: by parameter (MACs), see kernel */
    const char *kernel; /* kernel name; of a MAC its template's, see mac_kernel_name() */
    enum mac_template mac_template;
    enum cipher_mode mode;
    size_t keylen, ivlen; /* bytes */
    size_t blocksize;     /* of the primitive: 16 for every mode of AES; of a hash its block */
    size_t size;          /* of a digest */
    unsigned flags;
    const OSSL_DISPATCH *functions; /* its class's, without the two that follow */
    void (*newctx)(void);           /* the row's own; knows its row */
    void (*get_params)(void);       /* the same; NULL if a class has one for all */
};

/* How a request leaves the IV for the next one. */
enum next_iv {
    NEXT_IV_NONE,             /* it stays, or the mode has its own ways */
    NEXT_IV_CIPHERTEXT,       /* the last block of ciphertext */
    NEXT_IV_KEYSTREAM,        /* the last block of keystream */
    NEXT_IV_BIG_ENDIAN_128,   /* a counter of all its bytes (SP 800-38A, B.1, m = all bits) */
    NEXT_IV_LITTLE_ENDIAN_64, /* of its first two words (RFC 8439; OpenSSL carries into the second)
                               */
};

struct aead_mode;

/* What a mode is, whatever the cipher. */
struct mode_traits {
    unsigned evp_mode;    /* EVP_CIPH_..._MODE */
    bool custom_iv;       /* EVP_CIPH_CUSTOM_IV */
    bool blocks;          /* EVP's block size is the primitive's; else 1 */
    bool rewinds;         /* an init without an IV starts again with the first one */
    bool keystream;       /* a block may be begun and go on later: OSSL_CIPHER_PARAM_NUM */
    bool keystream_in_iv; /* the block begun is in the IV, as EVP's updated-iv shows it */
    bool feedback;        /* and is overwritten by the ciphertext */
    /* Default counts in a state of its own: writing to the IV changes nothing, and a block that is
     * used up is remembered until the next one is begun. */
    bool counts_outside_iv;
    bool steals; /* ciphertext: EVP_CIPH_FLAG_CTS */
    enum next_iv next_iv;
    const struct aead_mode *aead; /* NULL: it is none */
};

extern const struct mode_traits mode_traits[]; /* by enum cipher_mode */

extern const struct algorithm algorithms[];
extern const size_t algorithm_count;

/** The row that has @name among its names (case-insensitive), of @operation; or NULL. */
const struct algorithm *algorithm_find(int operation, const char *name);

/** Whether @name is one of the names in "A:B:C", ignoring case. */
int algorithm_named(const char *names, const char *name);

/** The function of @alg's class that its dispatch table has under @id; NULL if it has none. */
void (*algorithm_function(const struct algorithm *alg, int id))(void);

/** Length of the first name in "A:B:C". */
int algorithm_name_length(const struct algorithm *alg);

#endif
