/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an AEAD context, and EVP's calls on it. */
#include "aead.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "cipher/cipher.h"

static OSSL_FUNC_cipher_freectx_fn aead_free;
static OSSL_FUNC_cipher_dupctx_fn aead_dup;
static OSSL_FUNC_cipher_encrypt_init_fn aead_encrypt_init;
static OSSL_FUNC_cipher_decrypt_init_fn aead_decrypt_init;
static OSSL_FUNC_cipher_update_fn aead_update;
static OSSL_FUNC_cipher_final_fn aead_final;
static OSSL_FUNC_cipher_cipher_fn aead_cipher;

#ifdef AFALG_HAS_SKEYMGMT
static OSSL_FUNC_cipher_encrypt_skey_init_fn aead_encrypt_skey_init;
static OSSL_FUNC_cipher_decrypt_skey_init_fn aead_decrypt_skey_init;

#define AEAD_SKEY_FUNCTIONS                                                                        \
    , { OSSL_FUNC_CIPHER_ENCRYPT_SKEY_INIT, (void (*)(void))aead_encrypt_skey_init },              \
    {                                                                                              \
        OSSL_FUNC_CIPHER_DECRYPT_SKEY_INIT, (void (*)(void))aead_decrypt_skey_init                 \
    }
#else
#define AEAD_SKEY_FUNCTIONS
#endif

/* The dispatch entries of all but for the parameters that can be set. */
#define AEAD_COMMON_FUNCTIONS                                                                      \
    { OSSL_FUNC_CIPHER_FREECTX, (void (*)(void))aead_free },                                       \
        { OSSL_FUNC_CIPHER_DUPCTX, (void (*)(void))aead_dup },                                     \
        { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))aead_encrypt_init },                      \
        { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))aead_decrypt_init },                      \
        { OSSL_FUNC_CIPHER_UPDATE, (void (*)(void))aead_update },                                  \
        { OSSL_FUNC_CIPHER_FINAL, (void (*)(void))aead_final },                                    \
        { OSSL_FUNC_CIPHER_CIPHER, (void (*)(void))aead_cipher },                                  \
        { OSSL_FUNC_CIPHER_GET_CTX_PARAMS, (void (*)(void))aead_get_ctx_params },                  \
        { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))aead_set_ctx_params },                  \
        { OSSL_FUNC_CIPHER_GETTABLE_PARAMS, (void (*)(void))cipher_gettable_params },              \
        { OSSL_FUNC_CIPHER_GETTABLE_CTX_PARAMS,                                                    \
          (void (*)(void))aead_gettable_ctx_params } AEAD_SKEY_FUNCTIONS

const OSSL_DISPATCH aead_functions[] = {
    AEAD_COMMON_FUNCTIONS,
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))aead_settable_ctx_params },
    { 0, NULL },
};

const OSSL_DISPATCH chacha20_poly1305_functions[] = {
    AEAD_COMMON_FUNCTIONS,
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))aead_settable_ctx_params_keylen },
    { 0, NULL },
};

/* --- life --- */

void *aead_new(struct provctx *prov, const struct algorithm *alg)
{
    struct aead *a = OPENSSL_zalloc(sizeof(*a));

    if (a == NULL)
        return NULL;
    backend_init(&a->backend, prov, alg);
    a->mode = mode_traits[alg->mode].aead;
    a->iv.len = a->mode->iv.len;
    a->tag.len = a->mode->tag.len;
    a->state = a->mode->begin;
    return a;
}

void *chacha20_poly1305_new(struct provctx *prov, const struct algorithm *alg)
{
    return aead_new(prov, alg);
}

static void aead_free(void *vctx)
{
    struct aead *a = vctx;

    if (a == NULL)
        return;
    backend_free(&a->backend);
    aead_buffer_free(&a->buffer);
    OPENSSL_clear_free(a, sizeof(*a));
}

static bool dup_buffer(struct aead_buffer *to, const struct aead_buffer *from)
{
    *to = (struct aead_buffer){ 0 };
    if (!aead_buffer_add(to, from->data, from->len))
        return false;
    to->aadlen = from->aadlen;
    return true;
}

static bool dup_software(struct backend *to, const struct backend *from)
{
    if (from->software_ctx == NULL)
        return true;
    if (from->software->dupctx != NULL)
        to->software_ctx = from->software->dupctx(from->software_ctx);
    return to->software_ctx != NULL;
}

static void *aead_dup(void *vctx)
{
    const struct aead *from = vctx;
    struct aead *copy = OPENSSL_memdup(from, sizeof(*copy));
    bool keyed, buffered;

    if (copy == NULL)
        return NULL;
    /* All of it, so that nothing is left to be shared when a part fails. */
    keyed = backend_dup(&copy->backend, &from->backend);
    buffered = dup_buffer(&copy->buffer, &from->buffer);
    if (dup_software(&copy->backend, &from->backend) && keyed && buffered)
        return copy;
    aead_free(copy);
    return NULL;
}

/* --- init --- */

static bool has_ivlen(const struct aead *a, size_t len)
{
    return a->mode->iv.any ? len >= a->mode->iv.min && len <= a->mode->iv.max : len == a->iv.len;
}

static bool set_key(struct aead *a, const unsigned char *key, size_t keylen)
{
    aead_begin_key(a);
    return backend_set_key(&a->backend, key, keylen);
}

static int aead_init(struct aead *a, const unsigned char *key, size_t keylen,
                     const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    const struct algorithm *alg = a->backend.alg_state->alg;

    if (iv != NULL && !has_ivlen(a, ivlen))
        return fail(a->backend.prov, PROV_R_INVALID_IV_LENGTH, "%.*s: an IV of %zu bytes",
                    algorithm_name_length(alg), alg->names, ivlen);
    if (key != NULL && keylen != alg->keylen)
        return fail(a->backend.prov, PROV_R_INVALID_KEY_LENGTH,
                    "%.*s takes a key of %zu bytes, got %zu", algorithm_name_length(alg),
                    alg->names, alg->keylen, keylen);
    if (iv != NULL) {
        memcpy(a->iv.next, iv, ivlen);
        a->iv.len = ivlen;
        a->iv.generated = false;
        aead_new_message(a);
    }
    if (key != NULL && !set_key(a, key, keylen))
        return 0;
    return aead_set_ctx_params(a, params);
}

/* A message of the other direction is not gone on with. */
static struct aead *set_direction(struct aead *a, bool encrypt)
{
    if (a->encrypting != encrypt)
        aead_abandon_message(a);
    a->encrypting = encrypt;
    return a;
}

static int aead_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                             const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return aead_init(set_direction(vctx, true), key, keylen, iv, ivlen, params);
}

static int aead_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                             const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return aead_init(set_direction(vctx, false), key, keylen, iv, ivlen, params);
}

#ifdef AFALG_HAS_SKEYMGMT
/* @keydata NULL: the key stays. */
static int skey_init(struct aead *a, const void *keydata, const unsigned char *iv, size_t ivlen,
                     const OSSL_PARAM params[])
{
    static const struct key none;
    const struct key *key = keydata == NULL ? &none : skeymgmt_key(keydata);

    if (!aead_init(a, key->bytes, key->len, iv, ivlen, params))
        return 0;
    if (!key_is_opaque(key))
        return 1;
    aead_begin_key(a);
    return backend_set_opaque_key(&a->backend, key->opaque, a->backend.alg_state->alg->keylen);
}

static int aead_encrypt_skey_init(void *vctx, void *keydata, const unsigned char *iv, size_t ivlen,
                                  const OSSL_PARAM params[])
{
    return skey_init(set_direction(vctx, true), keydata, iv, ivlen, params);
}

static int aead_decrypt_skey_init(void *vctx, void *keydata, const unsigned char *iv, size_t ivlen,
                                  const OSSL_PARAM params[])
{
    return skey_init(set_direction(vctx, false), keydata, iv, ivlen, params);
}
#endif

/* --- a message --- */

static int aead_update(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                       const unsigned char *in, size_t inl)
{
    struct aead *a = vctx;
    struct aead_piece piece = { .out = out, .in = in, .len = inl };
    const struct algorithm *alg = a->backend.alg_state->alg;

    *outl = 0;
    if (outsize < inl)
        return fail(a->backend.prov, PROV_R_OUTPUT_BUFFER_TOO_SMALL,
                    "%.*s: room for %zu bytes, needed %zu", algorithm_name_length(alg), alg->names,
                    outsize, inl);
    if (a->state == AEAD_RECORD && inl > 0)
        return aead_tls_record(a, &piece, outl);
    if (!a->mode->update(a, &piece))
        return 0;
    *outl = in == NULL && out != NULL ? 0 : inl;
    return 1;
}

static int aead_final(void *vctx, unsigned char *out, size_t *outl, size_t outsize)
{
    struct aead *a = vctx;

    (void)out;
    (void)outsize;
    *outl = 0;
    return a->mode->final(a);
}

/*
 * EVP_Cipher(): update, or final without input. CCM's length is announced so; announced as 0 when
 * decrypting, a second time asks for the empty text to be verified.
 */
static int cipher_call(struct aead *a, size_t *outl, size_t outsize, struct aead_piece piece)
{
    static unsigned char nothing[1];

    if (piece.in != NULL && piece.len == 0 && !a->mode->sets_length && !aead_stream_begin(a))
        return 0;
    if (piece.in != NULL)
        return aead_update(a, piece.out, outl, outsize, piece.in, piece.len);
    if (piece.out != NULL || !a->mode->sets_length)
        return aead_final(a, piece.out, outl, outsize);
    if (!a->encrypting && piece.len == 0 && a->ccm.length == 0 &&
        (a->state == AEAD_LENGTH || a->state == AEAD_AAD))
        return aead_update(a, nothing, outl, 0, nothing, 0);
    return aead_update(a, NULL, outl, outsize, NULL, piece.len);
}

/* Default raises nothing when update does. */
static int aead_cipher(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                       const unsigned char *in, size_t inl)
{
    struct aead *a = vctx;
    int done;

    ERR_set_mark();
    done = cipher_call(a, outl, outsize, (struct aead_piece){ .out = out, .in = in, .len = inl });
    if (done || !backend_may_fall_back(&a->backend))
        ERR_clear_last_mark();
    else
        ERR_pop_to_mark();
    return done;
}
