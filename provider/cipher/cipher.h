/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cipher context: all state is here, none in the kernel. The classes (block,
 * stream, xts, cts, wrap) keep EVP's promises over cipher_run(), which takes whole
 * blocks to the kernel or to software and moves the IV on.
 */
#ifndef AFALG_CIPHER_H
#define AFALG_CIPHER_H

#include "backend/backend.h"
#include "backend/software.h"
#include "classes.h"

enum {
    CIPHER_KEY_MAX = 64,
    CIPHER_IV_MAX = 16,
    CIPHER_BLOCK_MAX = 64, /* ChaCha20's */
};

struct cipher {
    /*
     * block: an update of up to straight_max bytes (0: none), with no bits of straight_rest and
     * nothing held, is only passed on: the other provider's context has our key and IV. What is
     * longer than straight_limit passes BACKEND_SKIPPED times at most, straight_longer times until
     * now. iv_behind: the IV has moved on there, see cipher_fetch_iv(). An update that is passed on
     * touches these lines of the cache alone.
     */
    size_t straight_max, straight_rest, straight_limit;
    unsigned straight_longer;
    size_t blocklen; /* block: bytes held; stream: bytes of the keystream block used (num) */
    OSSL_FUNC_cipher_update_fn *straight;
    void *software_ctx;
    struct tally tally; /* of software; counted at the next init, kernel request or free */
    bool iv_behind;

    struct provctx *prov;
    const struct algorithm *alg;
    struct alg_state *alg_state;

    struct afalg_socket socket;
    const struct software_cipher *software; /* NULL until needed */

    bool software_keyed;   /* software_ctx has our key and direction */
    bool software_synced;  /* and our IV */
    bool software_records; /* it takes whole TLS records, not whole blocks */
    bool kernel_refused;   /* the last key, or a request with it: software does the rest */
    struct sample sample;  /* of the request in work */

    unsigned char key[CIPHER_KEY_MAX];
    bool has_key, has_iv, encrypting, padding;
    bool iv_lent; /* the application has a pointer to iv: it reads and writes there at any time */
    unsigned char iv[CIPHER_IV_MAX]; /* the next request's */
    unsigned char initial_iv[CIPHER_IV_MAX];

    /* block: bytes of an unfinished block; stream: the keystream's unused tail. */
    unsigned char block[CIPHER_BLOCK_MAX];

    /* TLS up to 1.2, see cbc_padding.h */
    unsigned tls_version; /* 0: none */
    size_t tls_mac_size;
    unsigned char tls_mac[64]; /* EVP_MAX_MD_SIZE */
    bool has_tls_mac;          /* of a record that was opened */

    /* xts, cts, wrap: theirs alone */
    unsigned cts_mode;
    bool updated;       /* their one update was made */
    bool software_only; /* a variant that the kernel doesn't have */
};

/* --- cipher.c: what the classes share --- */

struct cipher *cipher_new(struct provctx *prov, const struct algorithm *alg);
OSSL_FUNC_cipher_freectx_fn cipher_free;
OSSL_FUNC_cipher_dupctx_fn cipher_dup;
OSSL_FUNC_cipher_encrypt_init_fn cipher_encrypt_init;
OSSL_FUNC_cipher_decrypt_init_fn cipher_decrypt_init;
OSSL_FUNC_cipher_get_ctx_params_fn cipher_get_ctx_params;
OSSL_FUNC_cipher_set_ctx_params_fn cipher_set_ctx_params;
OSSL_FUNC_cipher_gettable_ctx_params_fn cipher_gettable_ctx_params;
OSSL_FUNC_cipher_settable_ctx_params_fn cipher_settable_ctx_params;
OSSL_FUNC_cipher_gettable_params_fn cipher_gettable_params;

/* The dispatch entries that every class of struct cipher has in common. */
#define CIPHER_COMMON_FUNCTIONS                                                                    \
    { OSSL_FUNC_CIPHER_FREECTX, (void (*)(void))cipher_free },                                     \
        { OSSL_FUNC_CIPHER_DUPCTX, (void (*)(void))cipher_dup },                                   \
        { OSSL_FUNC_CIPHER_GET_CTX_PARAMS, (void (*)(void))cipher_get_ctx_params },                \
        { OSSL_FUNC_CIPHER_GETTABLE_PARAMS, (void (*)(void))cipher_gettable_params },              \
    {                                                                                              \
        OSSL_FUNC_CIPHER_GETTABLE_CTX_PARAMS, (void (*)(void))cipher_gettable_ctx_params           \
    }

/** Sets key (and then a fresh IV too, where given); either may be NULL. */
int cipher_init(struct cipher *c, bool encrypt, const unsigned char *key, size_t keylen,
                const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[]);

/** Raises that there is no key. @return false */
bool cipher_lacks_key(const struct cipher *c);

/** Raise that the output is too small, or the input no whole number of blocks. @return 0 */
int cipher_output_too_small(const struct cipher *c, size_t outsize, size_t needed);
int cipher_wrong_length(const struct cipher *c);

/** True where the context can take data; else raises what is missing. */
static inline bool cipher_ready(const struct cipher *c)
{
    return c->has_key || cipher_lacks_key(c);
}

/** The final of ciphers that give all output in their one update. */
OSSL_FUNC_cipher_final_fn cipher_no_final;

/* --- params.c --- */

/* What the parameters of init or set_ctx_params make of a context; checked, and nothing stored. */
struct cipher_params {
    unsigned padding, tls_version;
    size_t tls_mac_size;
    bool num_given;
    unsigned num;
};

/** @params (may be NULL) over what @c has. 1, or 0 with the error raised; @c stays as it is. */
int cipher_params_parse(const struct cipher *c, const OSSL_PARAM params[], struct cipher_params *p);
void cipher_params_apply(struct cipher *c, const struct cipher_params *p);

/**
 * If @params has the length @key: whether it is @length, the only one possible; else raises
 * @reason, or nothing if that is 0.
 */
int cipher_check_length(const struct cipher *c, const OSSL_PARAM params[], const char *key,
                        size_t length, int reason);

/** Raises that the caller's parameter @key can't take its value. @return 0 */
int cipher_param_not_set(const struct cipher *c, const char *key);

/* --- engine.c --- */

/**
 * Runs whole blocks: @headlen bytes of @head (less than a block, of an earlier
 * update) and then @len of @in, together a multiple of the block size, into @out.
 * @out may be the same as @in, or overlap it by the head's length. Moves c->iv on.
 * @return 1, or 0 with the error raised
 */
int cipher_run(struct cipher *c, unsigned char *out, const unsigned char *head, size_t headlen,
               const unsigned char *in, size_t len);

/** Makes c->iv the next request's, where updates were passed straight on to software. */
void cipher_fetch_iv(struct cipher *c);

/** What became of a message that is one request, whatever its length. */
enum request {
    REQUEST_DONE,     /* by the kernel */
    REQUEST_SOFTWARE, /* is software's; the input is as it was */
    REQUEST_FORGED,   /* key unwrap: the kernel found it not authentic; the output is undefined */
    REQUEST_FAILED,   /* nobody may do it; the error is raised */
};

/**
 * One request by the kernel with c->iv, which stays (XTS, CTS, key unwrap): @len bytes,
 * any number that the kernel's transform takes. @out may be @in.
 */
enum request cipher_request(struct cipher *c, unsigned char *out, const unsigned char *in,
                            size_t len);

/** The same of whole blocks, after which c->iv moves on. */
enum request cipher_request_blocks(struct cipher *c, unsigned char *out, const unsigned char *in,
                                   size_t len);

/** One update of the software's context: 1, or 0 with the error raised. c->iv stays. */
int cipher_software_update(struct cipher *c, unsigned char *out, size_t *outl, size_t outsize,
                           const unsigned char *in, size_t len);

/** The software's context, keyed and with c->iv; NULL, with nothing raised, where there is none. */
void *cipher_software(struct cipher *c);
/** Raises that there is none. @return 0 */
int cipher_no_software(const struct cipher *c);

/** Lets updates go straight to it, which has just done one of @len bytes: see struct cipher. */
void cipher_go_straight(struct cipher *c, size_t len);

/** Has it take whole TLS records from now on (true), as they are set up now, or whole blocks. */
void cipher_software_takes(struct cipher *c, bool records);

/** Forgets sockets and software: after a new key, and at the end. */
void cipher_engine_reset(struct cipher *c);

/** Starts without sockets and software, as a new or copied context does. */
void cipher_engine_detach(struct cipher *c);

/* --- kernel.c --- */

/**
 * One request by the kernel with c->iv, which stays: the segments of @in, to which the last one
 * @out may overlap, to @outlen bytes, as many. @return 0, or -errno with the input as it was
 */
int cipher_kernel_request(struct cipher *c, unsigned char *out, size_t outlen,
                          const struct iovec *in, int nin);

/* --- cbc_record.c --- */

/**
 * One TLS record up to 1.2, in place: @len bytes of text, to be padded, or of a record to be
 * opened. *@outl gets what update has to return: all of it, or the text's length.
 * @return 1, or 0 with the error raised
 */
int cipher_record(struct cipher *c, unsigned char *record, size_t *outl, size_t outsize,
                  size_t len);

#endif
