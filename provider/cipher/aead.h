/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AEAD: the kernel takes a message whole, EVP gives it in pieces. The first piece
 * of text goes to the kernel as the whole message, if everything else is known by
 * then; should another piece follow, software starts again with what came before.
 */
#ifndef AFALG_AEAD_H
#define AFALG_AEAD_H

#include <string.h>

#include "classes.h"
#include "offload.h"
#include "software.h"

enum {
    AEAD_KEY_MAX = 32,
    AEAD_IV_MAX = 128,   /* GCM's in the default provider */
    AEAD_NONCE_LEN = 12, /* what the kernel takes (CCM: 7 to 13) */
    AEAD_TAG_MAX = 16,
    AEAD_TLS_AAD_LEN = 13,
    AEAD_TLS_FIXED_LEN = 4,    /* RFC 5288: salt */
    AEAD_TLS_EXPLICIT_LEN = 8, /* and nonce_explicit */
};

enum aead_state {
    AEAD_START,    /* AAD may come */
    AEAD_KERNEL,   /* a piece of text was done by the kernel as the whole message */
    AEAD_SOFTWARE, /* software has all that came so far */
    AEAD_FINISHED, /* needs a new IV */
};

struct aead {
    struct provctx *prov;
    const struct algorithm *alg;
    struct offer *offer;

    struct afalg_socket socket;
    size_t socket_authsize; /* the tag length that it was opened with */
    const struct software_cipher *software;
    void *software_ctx;

    unsigned char key[AEAD_KEY_MAX];
    bool has_key, has_iv, has_tag, encrypting;
    bool iv_generated; /* GCM made it, since none was given */
    enum aead_state state;
    unsigned char iv[AEAD_IV_MAX]; /* as set; with tlsivgen the next one */
    size_t ivlen;
    unsigned char nonce[AEAD_IV_MAX];    /* this message's */
    unsigned char tag[AEAD_TAG_MAX];     /* as set, or of the last message encrypted */
    unsigned char new_tag[AEAD_TAG_MAX]; /* of this message, which may not be over yet */
    size_t taglen;
    /* The message's AAD, and behind it the text that the kernel was given, for another try. */
    unsigned char *kept;
    size_t aadlen, kept_len, kept_size;

    /* CCM: default fixes the lengths of tag and IV with the key, and text's goes before AAD. */
    size_t ccm_taglen, ccm_ivlen;
    bool ccm_length_set;
    size_t ccm_length;

    bool tls_iv_generated; /* tlsivfixed was set: the rest is generated */
    bool tls_record;       /* the next update is a record of TLS 1.2 */
    unsigned char tls_aad[AEAD_TLS_AAD_LEN];
    size_t tls_aad_pad;
};

/* --- aead.c --- */

/** True where the message can go on, its nonce fixed; else raises what is missing. */
bool aead_ready(struct aead *a);

/** Makes @iv, as far as it is known, this message's nonce too. */
static inline void aead_use_iv(struct aead *a)
{
    memcpy(a->nonce, a->iv, a->ivlen);
}

/** Appends to what is kept; false where memory is short. */
bool aead_keep(struct aead *a, const void *data, size_t len);
/** The same for AAD; false with the error raised. */
bool aead_keep_aad(struct aead *a, const void *aad, size_t len);
/** Wipes what is kept: all of it, or the text alone. */
void aead_forget(struct aead *a);
void aead_forget_text(struct aead *a);

/* --- aead_request.c --- */

/**
 * One message to the kernel, with the AAD that is kept; the text is, from then on. In
 * place allowed. Encrypting, @tag is written; decrypting, it is read.
 * @return 0, or -errno (-EBADMSG: not authentic) with @out wiped or, in place, as it was
 */
int aead_kernel(struct aead *a, unsigned char *out, const unsigned char *in, size_t len,
                unsigned char *tag);

/** Whether the kernel can do such a message at all; the reason where it can't. */
bool aead_kernel_can(const struct aead *a, size_t len, enum fallback *why);

/**
 * One whole message, with the AAD that is kept, by the kernel or by software; in place allowed.
 * @return 1, or 0 with the error raised and @out wiped
 */
int aead_message(struct aead *a, unsigned char *out, const unsigned char *in, size_t len,
                 unsigned char *tag);

/** Starts software on this message: key, nonce, tag length, tag and AAD. 0: error raised. */
int aead_software_start(struct aead *a, const unsigned char *tag);
/** Passes text (or, with @out NULL, AAD) on to it. */
int aead_software_update(struct aead *a, unsigned char *out, const unsigned char *in, size_t len);
/** Ends it: writes @tag when encrypting, checks it when decrypting. */
int aead_software_final(struct aead *a, unsigned char *tag);
void aead_software_drop(struct aead *a);

/* --- aead_tls.c: records of TLS 1.2 (RFC 5288, 6655, 7905) --- */

/** tlsaad: 1, with the record's tag length in a->tls_aad_pad, or 0 with the error raised. */
int aead_tls_set_aad(struct aead *a, const unsigned char *aad, size_t len);
/** tlsivfixed. */
int aead_tls_set_fixed(struct aead *a, const unsigned char *fixed, size_t len);
/** tlsivgen: the last @len bytes of the IV of the next message; counts it on. */
int aead_tls_generate_iv(struct aead *a, unsigned char *out, size_t len);
/** tlsivinv: the last @len bytes of the IV of the message to be decrypted. */
int aead_tls_set_invocation(struct aead *a, const unsigned char *in, size_t len);
/** A record in place: explicit IV, text, tag. */
int aead_tls_record(struct aead *a, unsigned char *record, size_t *outl, size_t len);

/* --- aead_params.c --- */

OSSL_FUNC_cipher_get_ctx_params_fn aead_get_ctx_params;
OSSL_FUNC_cipher_set_ctx_params_fn aead_set_ctx_params;
OSSL_FUNC_cipher_gettable_ctx_params_fn aead_gettable_ctx_params;
OSSL_FUNC_cipher_settable_ctx_params_fn aead_settable_ctx_params;

#endif
