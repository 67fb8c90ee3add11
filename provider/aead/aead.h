/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticated ciphers: the kernel takes a whole message, EVP passes it in pieces. The first
 * piece of text goes to the kernel as the whole message if everything else is known by then;
 * if another piece follows, software starts again with what came before.
 */
#ifndef AFALG_AEAD_H
#define AFALG_AEAD_H

#include <string.h>

#include "backend/backend.h"
#include "backend/software.h"
#include "cipher/classes.h"

enum {
    AEAD_IV_MAX = 128,   /* GCM's in the default provider */
    AEAD_NONCE_LEN = 12, /* what the kernel takes (CCM: 7 to 13) */
    AEAD_TAG_MAX = 16,
    AEAD_TLS_AAD_LEN = 13,
};

/*
 * The state of a message, and what each call does in it. If OpenSSL's default provider accepts
 * a call and we refuse it, the table says so ("refused, default: ..."): in each of these cases it
 * would use a nonce twice, accept what was not verified, or compute something that no other
 * implementation understands.
 *
 *               AAD                  text                        final
 * NO_IV         refused; GCM generates an IV when it encrypts, and goes on as in READY
 * READY         -> AAD               -> WHOLE or STREAM_TEXT     -> DONE (an empty message)
 * AAD           -> AAD, STREAM_AAD   -> WHOLE or STREAM_TEXT     -> DONE
 * WHOLE         refused              -> STREAM_TEXT              -> DONE
 *                                    decrypting: refused (default: final fails later)
 * STREAM_AAD    -> STREAM_AAD        -> STREAM_TEXT              -> DONE
 * STREAM_TEXT   refused (default:    -> STREAM_TEXT              -> DONE
 *               ChaCha20-Poly1305 accepts)
 * RECORD        refused (default:    -> DONE (one whole record)  -> FAILED
 *               ChaCha20-Poly1305 accepts)
 * DONE, FAILED  refused (default: ChaCha20-Poly1305 starts again with the same nonce)
 *
 * CCM, whose text comes in one piece, with its length announced before any AAD:
 *
 *               length               AAD               text        final
 * NO_IV         refused              refused           refused     done; decrypting refused
 * NEEDS_LENGTH  -> LENGTH            refused           refused     refused
 * READY         -> LENGTH            refused           -> DONE     -> DONE (an empty message;
 * LENGTH        -> LENGTH            -> AAD            -> DONE     FAILED if another length was
 * AAD           refused (default:    refused (default: -> DONE     announced; default before 3.5.9:
 *               drops the AAD)       another MAC)                  done without a tag, and goes on)
 * RECORD        refused              refused           -> FAILED   refused
 * DONE          refused (default:    refused           refused     done
 *               the nonce again)
 * FAILED        refused (default: likewise)                        refused (default: done)
 *
 * A final without a tag to verify is refused; before OpenSSL 4.0 a message of ChaCha20-Poly1305 is
 * over with it. A text that fails (not authentic, or of another length than announced) leads to
 * FAILED. CCM's text without a tag to verify is refused, but its length counts as announced. An
 * init with an IV leads to READY from every state, with two exceptions: CCM goes to NEEDS_LENGTH if
 * a length was announced and no tag was fetched or verified since, and GCM and CCM stay in RECORD.
 * An init with a key only or in another direction, in the middle of a message, leads to DONE
 * (default: goes on), for CCM to NEEDS_LENGTH; for ChaCha20-Poly1305 a key starts a new message.
 * tlsivfixed does the same to a message of CCM and ChaCha20-Poly1305 (default: goes on with another
 * nonce). Another IV length leads to FAILED, for CCM to NO_IV if no announced length is left.
 * tlsaad leads to RECORD from everywhere. A tag of CCM can't be fetched any more once a key was set
 * (default: with the length set last), nor one that was only set to be verified (default:
 * something). GCM refuses a tlsivfixed that is longer than the IV (default: writes behind it).
 */
enum aead_state {
    AEAD_NO_IV,
    AEAD_NEEDS_LENGTH,
    AEAD_READY, /* a nonce is set, nothing came yet */
    AEAD_LENGTH,
    AEAD_AAD,         /* AAD is buffered */
    AEAD_WHOLE,       /* a piece of text was done by the kernel as the whole message */
    AEAD_STREAM_AAD,  /* software has all that came so far: AAD */
    AEAD_STREAM_TEXT, /* and text */
    AEAD_RECORD,      /* the next update is a record of TLS 1.2 */
    AEAD_DONE,
    AEAD_FAILED,
};

/** One piece of text or, with @out NULL, of AAD; @in may be @out. */
struct aead_piece {
    unsigned char *out;
    const unsigned char *in;
    size_t len;
};

struct aead_iv {
    unsigned char next[AEAD_IV_MAX];  /* as set; with tlsivgen that of the next message */
    unsigned char nonce[AEAD_IV_MAX]; /* this message's */
    size_t len;
    bool generated; /* by GCM itself, since none was given */
    bool counts;    /* tlsivfixed was set: the rest is generated */
};

struct aead_tag {
    unsigned char bytes[AEAD_TAG_MAX];
    size_t len;
};

/** The message's AAD, and behind it the text that the kernel was given, for another try. */
struct aead_buffer {
    unsigned char *data;
    size_t aadlen, len, size;
};

struct aead {
    struct backend backend;
    const struct aead_mode *mode;
    bool encrypting;
    enum aead_state state;
    struct aead_iv iv;
    bool has_tag;            /* decrypting: set; encrypting: to be had, but for CCM's */
    struct aead_tag tag;     /* as set, or of the last message encrypted */
    struct aead_tag request; /* a request's: computed, or verified if state is WHOLE */
    struct aead_buffer buffer;

    struct aead_ccm {
        size_t taglen, ivlen; /* default fixes them with the key */
        size_t length;        /* of the text, announced */
        bool tag_pending;     /* of the last message encrypted: it was not fetched yet */
    } ccm;
    struct aead_tls {
        unsigned char aad[AEAD_TLS_AAD_LEN];
        size_t pad; /* what libssl asks for: the tag's length */
    } tls;
};

/** A mode's IVs. Lengths in bytes. */
struct aead_iv_traits {
    size_t len, min, max;                 /* in a new context, and what may be set */
    bool any;                             /* an init may bring one of another length than was set */
    size_t (*used)(const struct aead *a); /* the nonce's length: as set, or fixed with the key */
};

/** A mode's tags. Lengths in bytes. */
struct aead_tag_traits {
    size_t len;    /* in a new context */
    bool settable; /* the length, by a tag without data */
    bool (*valid)(size_t len);
    bool (*kernel_has)(size_t len);
    size_t (*used)(const struct aead *a); /* as set, or fixed with the key */
};

/** How default fails in a mode. */
struct aead_errors {
    int taglen, sealing;    /* its reasons: a wrong tag length, a tag set when encrypting */
    bool quiet;             /* it raises nothing for what is not authentic */
    bool quiet_without_tag; /* and for a final without a tag to verify */
};

/** What the modes differ in. */
struct aead_mode {
    struct aead_iv_traits iv;
    struct aead_tag_traits tag;
    struct aead_errors errors;
    enum aead_state begin; /* of a new context */
    bool sets_length;      /* the text's length goes before AAD and text */
    bool starts_with_key;  /* an init with a key only begins a message */
    bool keylen_settable;  /* to what it is; the others don't list the parameter */
    /** The kernel's form of the nonce, of *@len bytes; @room has 16 for it. */
    const unsigned char *(*kernel_iv)(const struct aead *a, unsigned char *room, size_t *len);
    /** Makes an IV for a message to be encrypted that was given none; NULL: such a message fails.
     */
    bool (*generate_iv)(struct aead *a);
    /** The state after an IV was set. */
    enum aead_state (*next)(const struct aead *a);
    /** EVP's calls: 1, or 0 with what default raises raised. */
    int (*update)(struct aead *a, const struct aead_piece *piece);
    int (*final)(struct aead *a);
    /** Software's whole message; started, with a->request the tag to verify. */
    enum outcome (*software_message)(struct aead *a, const struct aead_piece *text);
    /** Copies the tag of an encrypted message out. */
    int (*get_tag)(struct aead *a, OSSL_PARAM *p);
    /** TLS 1.2; see tls_record.c. */
    const struct aead_tls_traits *tls;
};

extern const struct aead_mode aead_gcm, aead_ccm, aead_chacha20_poly1305;

/* --- message.c --- */

/** Raises that an update or a parameter is refused, as default does in update. @return 0 */
int aead_refuse(const struct aead *a, const char *what);

/** Raises that there is no tag to verify. @return 0 */
int aead_refuse_without_tag(const struct aead *a);

/** Whether this is OpenSSL 4.0 or later. There the default provider checks for a missing tag first.
 */
bool aead_by_openssl_4(void);

static inline bool aead_lacks_tag(const struct aead *a)
{
    return !a->encrypting && !a->has_tag;
}

/** Makes the next IV this message's nonce: what came of the last message is dropped. */
void aead_new_message(struct aead *a);

/** Drops the buffered data and software's context, as the message is over. */
void aead_end_message(struct aead *a, enum aead_state state);

/** Drops the message in progress, as what it began with has changed. */
void aead_abandon_message(struct aead *a);

/** Before a key is set: fixes what default fixes with it, and begins or drops a message. */
void aead_begin_key(struct aead *a);

/** Has the mode make an IV for a message to be encrypted. False if it can't, or makes none. */
static inline bool aead_generate_iv(struct aead *a)
{
    return a->mode->generate_iv != NULL && a->mode->generate_iv(a);
}

/** Whether a message has begun and is not over. */
static inline bool aead_in_progress(const struct aead *a)
{
    return a->state >= AEAD_LENGTH && a->state <= AEAD_RECORD;
}

/** Appends to the buffer; false if memory is short, with nothing raised. */
bool aead_buffer_add(struct aead_buffer *b, const void *data, size_t len);
/** The same of AAD, with the error raised. */
bool aead_buffer_aad(struct aead *a, const void *aad, size_t len);
/** Wipes the text behind the AAD. */
void aead_buffer_clear_text(struct aead_buffer *b);
/** Wipes and frees it. */
void aead_buffer_free(struct aead_buffer *b);

/* --- stream.c: GCM and ChaCha20-Poly1305, whose text comes in any number of pieces --- */

int aead_stream_update(struct aead *a, const struct aead_piece *piece);
/** EVP_Cipher() of no bytes, which needs a message to belong to. */
int aead_stream_begin(struct aead *a);
int aead_stream_final(struct aead *a);
size_t aead_stream_ivlen(const struct aead *a);
size_t aead_stream_taglen(const struct aead *a);
bool aead_stream_has_taglen(size_t len);
const unsigned char *aead_stream_kernel_iv(const struct aead *a, unsigned char *room, size_t *len);
enum aead_state aead_stream_next(const struct aead *a);
enum outcome aead_stream_software_message(struct aead *a, const struct aead_piece *text);

/* --- request.c --- */

/** A message, or what is taken for one, with the AAD that is buffered. In place allowed. */
struct aead_request {
    struct request base; /* base.len: of the text */
    const struct aead_piece *text;
};

/**
 * Their request_class.kernel: the text is buffered from then on, a->request computed or verified.
 * After a failure the output is wiped or, in place, as it was.
 */
ssize_t aead_kernel(struct request *base);
/** Their request_class.verify. */
extern const struct verify_class aead_verify;

/** Sets a->request for a message: the tag to verify, or the length of the one to compute. */
void aead_request_tag(struct aead *a);

/**
 * Why the kernel can't do such a message at all, with @aadlen bytes of AAD more; or REASON_NONE.
 * Whether it is too long, the socket tells: see aead_kernel().
 */
enum reason aead_unfit(const struct aead *a, size_t aadlen);

/** Completes @r, whose class, text and reason to be unfit are set, and a->request, for the backend.
 */
void aead_request_begin(struct aead *a, struct aead_request *r);

/**
 * One whole message, with the AAD that is buffered. OUTCOME_NOT_AUTHENTIC with nothing raised,
 * OUTCOME_FAILED with the error; the output is wiped then.
 */
enum outcome aead_message(struct aead *a, const struct aead_piece *text);

/** Whether it was done. */
static inline bool aead_done(enum outcome outcome)
{
    return outcome == OUTCOME_KERNEL || outcome == OUTCOME_SOFTWARE;
}

/* --- software.c --- */

/** Starts software on this message: key, nonce, tag length, @tag (may be NULL), AAD. 0: raised. */
bool aead_software_start(struct aead *a, const struct aead_tag *tag);
/** Passes text or AAD on to it. 1, or 0 with what it raised. */
int aead_software_update(struct aead *a, const struct aead_piece *piece);
/** The same of a further piece of text, which is a request of its own. */
int aead_software_next(struct aead *a, const struct aead_piece *text);
/** Ends it: computes or verifies a->request. */
enum outcome aead_software_final(struct aead *a);
/** Reads the tag of an encrypted message into a->request. */
int aead_software_tag(struct aead *a);

/* --- tls_record.c: records of TLS 1.2 (RFC 5288, 6655, 7905) --- */

struct aead_tls_traits {
    size_t explicit_len; /* bytes of the nonce in front of the text */
    bool invocations;    /* the IV has a field that counts messages: tlsivinv, tlsivgen */
    bool in_place;       /* default takes a record in place only */
    int aad_reason;      /* what default raises for a wrong tlsaad, and a wrong tlsivfixed */
    int fixed_reason;
    int (*set_fixed)(struct aead *a, const unsigned char *fixed, size_t len);
    /** The record's nonce; encrypting, its explicit part is written to @record. */
    int (*nonce)(struct aead *a, unsigned char *record);
};

extern const struct aead_tls_traits aead_tls_gcm, aead_tls_ccm, aead_tls_chacha20_poly1305;

/** tlsaad, whose length and text length fit: with @taglen of tag. */
bool aead_tls_has_aad(const struct aead *a, const unsigned char *aad, size_t len, size_t taglen);
void aead_tls_set_aad(struct aead *a, const unsigned char *aad, size_t taglen);
/** tlsivgen: the last @len bytes of the IV of the next message; counts it on. */
int aead_tls_generate_iv(struct aead *a, unsigned char *out, size_t len);
/** tlsivinv: the last @len bytes of the IV of the message to be decrypted. */
int aead_tls_set_invocation(struct aead *a, const unsigned char *in, size_t len);
/** A record: explicit IV, text, tag; *@outl gets what update has to return. */
int aead_tls_record(struct aead *a, const struct aead_piece *record, size_t *outl);

/* --- params.c --- */

OSSL_FUNC_cipher_get_ctx_params_fn aead_get_ctx_params;
OSSL_FUNC_cipher_set_ctx_params_fn aead_set_ctx_params;
OSSL_FUNC_cipher_gettable_ctx_params_fn aead_gettable_ctx_params;
OSSL_FUNC_cipher_settable_ctx_params_fn aead_settable_ctx_params, aead_settable_ctx_params_keylen;

/** The tag parameter's bytes from a->tag: 1, or 0 with the error raised. */
int aead_copy_tag(struct aead *a, OSSL_PARAM *p);

#endif
