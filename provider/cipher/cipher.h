/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cipher context: all state is here, none in the kernel. The classes (block,
 * stream, xts, cts, wrap) keep EVP's promises over cipher_run(), which has whole
 * blocks done and moves the IV on, or over cipher_message(), whose message is one request.
 */
#ifndef AFALG_CIPHER_H
#define AFALG_CIPHER_H

#include "backend/backend.h"
#include "backend/software.h"
#include "classes.h"
#include "key/skeymgmt.h"

enum {
    CIPHER_IV_MAX = 16,
    CIPHER_BLOCK_MAX = 64, /* ChaCha20's */
};

/**
 * Software's context, and what passes straight through to it: an update of up to pass_max bytes
 * (0: none), with no bits of pass_rest and none buffered before it. What is longer than pass_limit
 * passes BACKEND_SKIPPED times at most, and has pass_longer times until now. Such an update touches
 * these lines of the cache and those of pending alone.
 */
struct cipher_software {
    uint32_t pass_max, pass_limit;
    uint8_t pass_rest, pass_longer;
    bool records; /* it takes whole TLS records, not whole blocks */
    OSSL_FUNC_cipher_update_fn *update;
};

/** Where the next request's IV is. */
enum iv_place {
    IV_HERE,
    IV_BOTH,        /* software's context has it too */
    IV_IN_SOFTWARE, /* it has moved on there alone: see cipher_fetch_iv() */
};

struct cipher {
    struct cipher_software software;
    size_t blocklen; /* block: bytes buffered; stream: bytes of the keystream block used (num) */
    enum iv_place iv_place : 8;
    bool has_iv, encrypting, padding;
    bool iv_lent; /* the application has a pointer to iv: it reads and writes there at any time */

    /* xts, cts, wrap: theirs alone */
    uint8_t cts_mode;
    bool updated;       /* their one update was made */
    bool software_only; /* a variant that the kernel doesn't have */

    /* Records of TLS up to 1.2, see cbc_padding.h. */
    uint8_t tls_macsize;
    bool has_tls_mac;     /* of a record that was opened */
    unsigned tls_version; /* 0: none */

    struct backend backend;
    const struct algorithm *alg;

    unsigned char iv[CIPHER_IV_MAX]; /* the next request's */
    unsigned char initial_iv[CIPHER_IV_MAX];
    union {
        /* block: bytes of an unfinished block; stream: the keystream's unused tail. */
        unsigned char block[CIPHER_BLOCK_MAX];
        unsigned char
            tls_mac[CIPHER_BLOCK_MAX]; /* a context that takes records has no such block */
    };
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

#ifdef AFALG_HAS_SKEYMGMT
OSSL_FUNC_cipher_encrypt_skey_init_fn cipher_encrypt_skey_init;
OSSL_FUNC_cipher_decrypt_skey_init_fn cipher_decrypt_skey_init;

#define CIPHER_SKEY_FUNCTIONS                                                                      \
    , { OSSL_FUNC_CIPHER_ENCRYPT_SKEY_INIT, (void (*)(void))cipher_encrypt_skey_init },            \
    {                                                                                              \
        OSSL_FUNC_CIPHER_DECRYPT_SKEY_INIT, (void (*)(void))cipher_decrypt_skey_init               \
    }
#else
#define CIPHER_SKEY_FUNCTIONS
#endif

/* The dispatch entries that every class of struct cipher has in common. */
#define CIPHER_COMMON_FUNCTIONS                                                                    \
    { OSSL_FUNC_CIPHER_FREECTX, (void (*)(void))cipher_free },                                     \
        { OSSL_FUNC_CIPHER_DUPCTX, (void (*)(void))cipher_dup },                                   \
        { OSSL_FUNC_CIPHER_GET_CTX_PARAMS, (void (*)(void))cipher_get_ctx_params },                \
        { OSSL_FUNC_CIPHER_GETTABLE_PARAMS, (void (*)(void))cipher_gettable_params },              \
        { OSSL_FUNC_CIPHER_GETTABLE_CTX_PARAMS,                                                    \
          (void (*)(void))cipher_gettable_ctx_params } CIPHER_SKEY_FUNCTIONS

/** What an init of EVP's comes with. */
struct cipher_init {
    bool encrypt;
    const unsigned char *key, *iv; /* NULL: as before */
    size_t keylen, ivlen;
    const OSSL_PARAM *params; /* may be NULL */
    bool own_params;          /* the class has read them, but for a key */
};

/** Sets what @init has, or nothing of it. 1, or 0 with the error raised. */
int cipher_init(struct cipher *c, const struct cipher_init *init);

/** Raises that there is no key. @return false */
bool cipher_lacks_key(const struct cipher *c);

/** Raise that the output is too small, or the input no whole number of blocks. @return 0 */
int cipher_output_too_small(const struct cipher *c, size_t outsize, size_t needed);
int cipher_wrong_length(const struct cipher *c);

/** True if the context can take data; else raises what is missing. */
static inline bool cipher_ready(const struct cipher *c)
{
    return key_is_set(&c->backend.key) || cipher_lacks_key(c);
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

/** The key that @params (may be NULL) name, if they do. False with the error raised. */
bool cipher_take_key(struct cipher *c, const OSSL_PARAM params[]);

/** Sets a key that only the kernel has. False with the error raised. */
bool cipher_set_opaque_key(struct cipher *c, struct opaque_key *key);

/** Raises that the caller's parameter @key can't take its value. @return 0 */
int cipher_param_not_set(const struct cipher *c, const char *key);

/* --- run.c --- */

/**
 * Runs whole blocks: @headlen bytes of @head (less than a block, of an earlier
 * update) and then @len of @in, together a multiple of the block size, into @out.
 * @out may be the same as @in, or overlap it by the head's length. Moves c->iv on.
 * @return 1, or 0 with the error raised
 */
int cipher_run(struct cipher *c, unsigned char *out, const unsigned char *head, size_t headlen,
               const unsigned char *in, size_t len);

/**
 * Moves c->iv on, as the kernel has done @len bytes, whose last blocks, before and after, are
 * these.
 */
void cipher_moved_by_kernel(struct cipher *c, const unsigned char *last_in,
                            const unsigned char *last_out, size_t len);

/* --- kernel.c --- */

/** One request with c->iv: base.len bytes, of @head and, behind them, of @in. */
struct cipher_request {
    struct request base;
    const unsigned char *head;
    size_t headlen;
    const unsigned char *in;
    unsigned char *out; /* base.len bytes; may be @in, or overlap it by the head's length */
    size_t *outl;       /* software's answer to a message, with room for @outsize bytes */
    size_t outsize;
};

/** Their request_class.kernel. c->iv is the request's (see cipher_fetch_iv()), and stays. */
ssize_t cipher_kernel(struct request *base);

/** How whole blocks, and messages that are one update of software's, are verified. */
extern const struct verify_class cipher_verify_blocks, cipher_verify_message;

/* --- software.c --- */

/** Software's context, keyed and with c->iv; NULL with the error raised if there is none. */
void *cipher_software(struct cipher *c);

/** Whole blocks of a request, in software's context. c->iv stays, software's moves on. */
enum outcome cipher_software_blocks(struct request *base);

/** One update of it: base->len bytes. c->iv stays. */
enum outcome cipher_software_message(struct request *base);

/** Has it take whole TLS records from now on (true), as they are set up now, or whole blocks. */
void cipher_software_takes(struct cipher *c, bool records);

/** Makes c->iv the next request's, if updates were passed straight through to software. */
void cipher_fetch_iv(struct cipher *c);

/** Finds out which updates may pass through to software: those whose length leaves no choice. */
void cipher_pass_set_up(struct cipher *c);
/** Lets updates like @r pass from now on, which software has done. */
void cipher_pass_begin(struct cipher *c, const struct request *r);
/** Lets none pass. */
void cipher_pass_end(struct cipher *c);

/* --- cbc_record.c --- */

/**
 * One TLS record up to 1.2, in place: @len bytes of text, to be padded, or of a record to be
 * opened. *@outl gets what update has to return: all of it, or the text's length.
 * @return 1, or 0 with the error raised
 */
int cipher_record(struct cipher *c, unsigned char *record, size_t *outl, size_t outsize,
                  size_t len);

#endif
