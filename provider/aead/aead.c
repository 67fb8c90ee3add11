/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an AEAD context, and EVP's calls on it. */
#include "aead.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "cipher/cipher.h"

/* A buffer no larger than this stays for the context's next message. */
#define BUFFER_KEPT 256

static OSSL_FUNC_cipher_freectx_fn aead_free;
static OSSL_FUNC_cipher_dupctx_fn aead_dup;
static OSSL_FUNC_cipher_encrypt_init_fn aead_encrypt_init;
static OSSL_FUNC_cipher_decrypt_init_fn aead_decrypt_init;
static OSSL_FUNC_cipher_update_fn aead_update;
static OSSL_FUNC_cipher_final_fn aead_final;
static OSSL_FUNC_cipher_cipher_fn aead_cipher;

const OSSL_DISPATCH aead_functions[] = {
    { OSSL_FUNC_CIPHER_FREECTX, (void (*)(void))aead_free },
    { OSSL_FUNC_CIPHER_DUPCTX, (void (*)(void))aead_dup },
    { OSSL_FUNC_CIPHER_ENCRYPT_INIT, (void (*)(void))aead_encrypt_init },
    { OSSL_FUNC_CIPHER_DECRYPT_INIT, (void (*)(void))aead_decrypt_init },
    { OSSL_FUNC_CIPHER_UPDATE, (void (*)(void))aead_update },
    { OSSL_FUNC_CIPHER_FINAL, (void (*)(void))aead_final },
    { OSSL_FUNC_CIPHER_CIPHER, (void (*)(void))aead_cipher },
    { OSSL_FUNC_CIPHER_GET_CTX_PARAMS, (void (*)(void))aead_get_ctx_params },
    { OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (void (*)(void))aead_set_ctx_params },
    { OSSL_FUNC_CIPHER_GETTABLE_PARAMS, (void (*)(void))cipher_gettable_params },
    { OSSL_FUNC_CIPHER_GETTABLE_CTX_PARAMS, (void (*)(void))aead_gettable_ctx_params },
    { OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))aead_settable_ctx_params },
    { 0, NULL },
};

int aead_refuse(const struct aead *a, const char *what)
{
    const struct algorithm *alg = a->alg_state->alg;

    return fail(a->prov, PROV_R_CIPHER_OPERATION_FAILED, "%.*s: %s", algorithm_name_length(alg),
                alg->names, what);
}

int aead_refuse_without_tag(const struct aead *a)
{
    const struct algorithm *alg = a->alg_state->alg;

    return fail(a->prov, PROV_R_TAG_NOT_SET, "%.*s: set the tag before it is verified",
                algorithm_name_length(alg), alg->names);
}

bool aead_by_openssl_4(void)
{
    return OPENSSL_version_major() >= 4;
}

/* --- the buffer --- */

static bool buffer_grow(struct aead_buffer *b, size_t needed)
{
    size_t size = needed < 2 * b->size ? 2 * b->size : needed;
    unsigned char *data;

    if (size < 64)
        size = 64;
    data = OPENSSL_malloc(size);
    if (data == NULL)
        return false;
    if (b->data != NULL) {
        memcpy(data, b->data, b->len);
        explicit_bzero(b->data, b->len);
        OPENSSL_free(b->data);
    }
    b->data = data;
    b->size = size;
    return true;
}

bool aead_buffer_add(struct aead *a, const void *data, size_t len)
{
    struct aead_buffer *b = &a->buffer;

    if (len == 0)
        return true;
    if (len > b->size - b->len && !buffer_grow(b, b->len + len))
        return fail(a->prov, ERR_R_MALLOC_FAILURE, "no memory for a message of %zu bytes",
                    b->len + len);
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return true;
}

bool aead_buffer_aad(struct aead *a, const void *aad, size_t len)
{
    if (!aead_buffer_add(a, aad, len))
        return false;
    a->buffer.aadlen = a->buffer.len;
    return true;
}

void aead_buffer_clear_text(struct aead_buffer *b)
{
    if (b->len > b->aadlen)
        explicit_bzero(b->data + b->aadlen, b->len - b->aadlen);
    b->len = b->aadlen;
}

static void buffer_clear(struct aead_buffer *b)
{
    b->aadlen = 0;
    aead_buffer_clear_text(b);
    if (b->size <= BUFFER_KEPT)
        return;
    OPENSSL_free(b->data);
    *b = (struct aead_buffer){ 0 };
}

/* --- life --- */

static const struct aead_mode *mode_of(const struct algorithm *alg)
{
    if (alg->mode == MODE_GCM)
        return &aead_gcm;
    return alg->mode == MODE_CCM ? &aead_ccm : &aead_chacha20_poly1305;
}

void *aead_new(struct provctx *prov, const struct algorithm *alg)
{
    struct aead *a = OPENSSL_zalloc(sizeof(*a));

    if (a == NULL)
        return NULL;
    a->prov = prov;
    a->alg_state = provider_alg_state(prov, alg);
    a->mode = mode_of(alg);
    a->socket = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    a->iv.len = a->mode->ivlen;
    a->tag.len = a->mode->taglen;
    a->state = a->mode->begin;
    return a;
}

static void aead_free(void *vctx)
{
    struct aead *a = vctx;

    if (a == NULL)
        return;
    afalg_socket_close(&a->socket);
    aead_software_drop(a);
    buffer_clear(&a->buffer);
    OPENSSL_free(a->buffer.data);
    OPENSSL_clear_free(a, sizeof(*a));
}

static bool dup_buffer(struct aead_buffer *copy)
{
    const struct aead_buffer from = *copy;

    *copy = (struct aead_buffer){ 0 };
    if (from.len == 0)
        return true;
    if (!buffer_grow(copy, from.len))
        return false;
    memcpy(copy->data, from.data, from.len);
    copy->len = from.len;
    copy->aadlen = from.aadlen;
    return true;
}

static bool dup_software(struct aead *copy)
{
    void *theirs = copy->software_ctx;

    copy->software_ctx = NULL;
    if (theirs == NULL)
        return true;
    if (copy->software->dupctx != NULL)
        copy->software_ctx = copy->software->dupctx(theirs);
    return copy->software_ctx != NULL;
}

static void *aead_dup(void *vctx)
{
    struct aead *copy = OPENSSL_memdup(vctx, sizeof(*copy));
    bool buffered;

    if (copy == NULL)
        return NULL;
    copy->socket = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    buffered = dup_buffer(&copy->buffer);
    if (dup_software(copy) && buffered)
        return copy;
    aead_free(copy);
    return NULL;
}

/* --- init --- */

void aead_end_message(struct aead *a, enum aead_state state)
{
    buffer_clear(&a->buffer);
    aead_software_drop(a);
    a->state = state;
}

void aead_new_message(struct aead *a)
{
    memcpy(a->iv.nonce, a->iv.next, a->iv.len);
    if (a->state != AEAD_RECORD || a->mode->starts_with_key)
        aead_end_message(a, a->mode->next(a));
}

static bool has_ivlen(const struct aead *a, size_t len)
{
    return a->mode->any_ivlen ? len >= a->mode->ivlen_min && len <= a->mode->ivlen_max
                              : len == a->iv.len;
}

/* The message in progress: what it began with has changed. */
static void abandon(struct aead *a)
{
    if (aead_in_progress(a) && a->state != AEAD_RECORD)
        aead_end_message(a, a->mode->next(a) == AEAD_NEEDS_LENGTH ? AEAD_NEEDS_LENGTH : AEAD_DONE);
}

static void set_key(struct aead *a, const unsigned char *key)
{
    size_t keylen = a->alg_state->alg->keylen;

    a->ccm.taglen = a->tag.len;
    a->ccm.ivlen = a->iv.len;
    if (a->mode->starts_with_key)
        aead_new_message(a);
    else
        abandon(a);
    if (a->has_key && CRYPTO_memcmp(a->key, key, keylen) == 0)
        return;
    afalg_socket_close(&a->socket);
    memcpy(a->key, key, keylen);
    a->has_key = true;
}

static int aead_init(struct aead *a, const unsigned char *key, size_t keylen,
                     const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    const struct algorithm *alg = a->alg_state->alg;

    if (iv != NULL && !has_ivlen(a, ivlen))
        return fail(a->prov, PROV_R_INVALID_IV_LENGTH, "%.*s: an IV of %zu bytes",
                    algorithm_name_length(alg), alg->names, ivlen);
    if (key != NULL && keylen != alg->keylen)
        return fail(a->prov, PROV_R_INVALID_KEY_LENGTH, "%.*s takes a key of %zu bytes, got %zu",
                    algorithm_name_length(alg), alg->names, alg->keylen, keylen);
    if (iv != NULL) {
        memcpy(a->iv.next, iv, ivlen);
        a->iv.len = ivlen;
        a->iv.generated = false;
        aead_new_message(a);
    }
    if (key != NULL)
        set_key(a, key);
    return aead_set_ctx_params(a, params);
}

/* A message of the other direction is not gone on with. */
static struct aead *set_direction(struct aead *a, bool encrypt)
{
    if (a->encrypting != encrypt)
        abandon(a);
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

/* --- a message --- */

static int aead_update(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                       const unsigned char *in, size_t inl)
{
    struct aead *a = vctx;
    struct aead_piece piece = { .out = out, .in = in, .len = inl };
    const struct algorithm *alg = a->alg_state->alg;

    *outl = 0;
    if (outsize < inl)
        return fail(a->prov, PROV_R_OUTPUT_BUFFER_TOO_SMALL, "%.*s: room for %zu bytes, needed %zu",
                    algorithm_name_length(alg), alg->names, outsize, inl);
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

    if (piece.in != NULL)
        return aead_update(a, piece.out, outl, outsize, piece.in, piece.len);
    if (piece.out != NULL || !a->mode->announces)
        return aead_final(a, piece.out, outl, outsize);
    if (!a->encrypting && piece.len == 0 && a->ccm.length == 0 &&
        (a->state == AEAD_LENGTH || a->state == AEAD_AAD))
        return aead_update(a, nothing, outl, 0, nothing, 0);
    return aead_update(a, NULL, outl, outsize, NULL, piece.len);
}

/* Default raises nothing where update does. */
static int aead_cipher(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                       const unsigned char *in, size_t inl)
{
    struct aead *a = vctx;
    int done;

    ERR_set_mark();
    done = cipher_call(a, outl, outsize, (struct aead_piece){ .out = out, .in = in, .len = inl });
    if (done || !a->prov->config.fallback)
        ERR_clear_last_mark();
    else
        ERR_pop_to_mark();
    return done;
}
