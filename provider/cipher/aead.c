/* SPDX-License-Identifier: Apache-2.0 */
/* GCM, CCM and ChaCha20-Poly1305: the life of a context, and EVP's calls in their order. */
#include "aead.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "cipher.h"

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

/* --- what is kept --- */

bool aead_keep(struct aead *a, const void *data, size_t len)
{
    if (len == 0)
        return true;
    if (len > a->kept_size - a->kept_len) {
        size_t size = a->kept_len + len < 64 ? 64 : a->kept_len + len;
        unsigned char *grown = OPENSSL_clear_realloc(a->kept, a->kept_size, size);

        if (grown == NULL)
            return false;
        a->kept = grown;
        a->kept_size = size;
    }
    memcpy(a->kept + a->kept_len, data, len);
    a->kept_len += len;
    return true;
}

bool aead_keep_aad(struct aead *a, const void *aad, size_t len)
{
    if (!aead_keep(a, aad, len))
        return fail(a->prov, ERR_R_MALLOC_FAILURE, "%zu bytes of AAD", len);
    a->aadlen = a->kept_len;
    return true;
}

void aead_forget_text(struct aead *a)
{
    if (a->kept_len > a->aadlen)
        explicit_bzero(a->kept + a->aadlen, a->kept_len - a->aadlen);
    a->kept_len = a->aadlen;
}

void aead_forget(struct aead *a)
{
    a->aadlen = 0;
    aead_forget_text(a);
}

/* --- life --- */

/* What the default provider's contexts begin with. */
static size_t initial_taglen(enum cipher_mode mode)
{
    if (mode == MODE_CHACHA20_POLY1305)
        return 0;
    return mode == MODE_CCM ? 12 : AEAD_TAG_MAX;
}

void *aead_new(struct provctx *prov, const struct algorithm *alg)
{
    struct aead *a = OPENSSL_zalloc(sizeof(*a));

    if (a == NULL)
        return NULL;
    a->prov = prov;
    a->alg = alg;
    a->offer = provider_offer(prov, alg);
    a->socket = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    a->ivlen = alg->mode == MODE_CCM ? 7 : AEAD_NONCE_LEN;
    a->taglen = initial_taglen(alg->mode);
    return a;
}

static void aead_free(void *vctx)
{
    struct aead *a = vctx;

    if (a == NULL)
        return;
    afalg_socket_close(&a->socket);
    aead_software_drop(a);
    OPENSSL_clear_free(a->kept, a->kept_size);
    OPENSSL_clear_free(a, sizeof(*a));
}

static bool dup_kept(struct aead *copy)
{
    if (copy->kept != NULL)
        copy->kept = OPENSSL_memdup(copy->kept, copy->kept_size);
    return copy->kept_size == 0 || copy->kept != NULL;
}

static bool dup_software(struct aead *copy)
{
    void *theirs = copy->software_ctx;

    copy->software_ctx = NULL;
    if (copy->state != AEAD_SOFTWARE)
        return true;
    if (copy->software->dupctx != NULL)
        copy->software_ctx = copy->software->dupctx(theirs);
    return copy->software_ctx != NULL;
}

static void *aead_dup(void *vctx)
{
    struct aead *copy = OPENSSL_memdup(vctx, sizeof(*copy));
    bool kept;

    if (copy == NULL)
        return NULL;
    copy->socket = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    kept = dup_kept(copy);
    if (dup_software(copy) && kept)
        return copy;
    aead_free(copy);
    return NULL;
}

/* --- init --- */

/* A new message: nothing of the last one is left. */
static void restart(struct aead *a)
{
    aead_forget(a);
    a->state = AEAD_START;
    a->ccm_length_set = false;
}

static int set_iv(struct aead *a, const unsigned char *iv, size_t ivlen)
{
    bool fixed = a->alg->mode != MODE_GCM;

    if (ivlen == 0 || ivlen > sizeof(a->iv) || (fixed && ivlen != a->ivlen))
        return fail(a->prov, PROV_R_INVALID_IV_LENGTH, "%.*s: an IV of %zu bytes",
                    algorithm_name_length(a->alg), a->alg->names, ivlen);
    memcpy(a->iv, iv, ivlen);
    a->ivlen = ivlen;
    a->has_iv = true;
    a->iv_generated = false;
    aead_use_iv(a);
    return 1;
}

static int set_key(struct aead *a, const unsigned char *key, size_t keylen)
{
    if (keylen != a->alg->keylen)
        return fail(a->prov, PROV_R_INVALID_KEY_LENGTH, "%.*s takes a key of %zu bytes, got %zu",
                    algorithm_name_length(a->alg), a->alg->names, a->alg->keylen, keylen);
    a->ccm_taglen = a->taglen;
    a->ccm_ivlen = a->ivlen;
    if (a->has_key && CRYPTO_memcmp(a->key, key, keylen) == 0)
        return 1;
    afalg_socket_close(&a->socket);
    memcpy(a->key, key, keylen);
    a->has_key = true;
    return 1;
}

static int aead_init(struct aead *a, bool encrypt, const unsigned char *key, size_t keylen,
                     const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    a->encrypting = encrypt;
    if (iv != NULL) {
        if (!set_iv(a, iv, ivlen))
            return 0;
        restart(a);
    }
    if (key != NULL && !set_key(a, key, keylen))
        return 0;
    return aead_set_ctx_params(a, params);
}

static int aead_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                             const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return aead_init(vctx, true, key, keylen, iv, ivlen, params);
}

static int aead_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                             const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return aead_init(vctx, false, key, keylen, iv, ivlen, params);
}

/* --- a message --- */

/* GCM without an IV makes one when encrypting (SP 800-38D, 8.2.2), as default does. */
static bool generate_iv(struct aead *a)
{
    if (a->alg->mode != MODE_GCM || !a->encrypting || a->ivlen < AEAD_NONCE_LEN ||
        !provider_random(a->prov, a->iv, a->ivlen, false))
        return fail(a->prov, PROV_R_INVALID_STATE, "%.*s: init with an IV before data",
                    algorithm_name_length(a->alg), a->alg->names);
    a->has_iv = a->iv_generated = true;
    aead_use_iv(a);
    return true;
}

bool aead_ready(struct aead *a)
{
    if (!a->has_key)
        return fail(a->prov, PROV_R_NO_KEY_SET, "%.*s: init with a key before data",
                    algorithm_name_length(a->alg), a->alg->names);
    if (a->state == AEAD_FINISHED)
        return fail(a->prov, PROV_R_INVALID_STATE, "%.*s: init with a new IV",
                    algorithm_name_length(a->alg), a->alg->names);
    return a->has_iv || generate_iv(a);
}

static int add_aad(struct aead *a, const unsigned char *in, size_t len)
{
    if (a->state == AEAD_KERNEL)
        return fail(a->prov, PROV_R_INVALID_AAD, "%.*s", algorithm_name_length(a->alg),
                    a->alg->names);
    if (a->state == AEAD_SOFTWARE)
        return aead_software_update(a, NULL, in, len);
    if (a->alg->mode == MODE_CCM && !a->ccm_length_set && len > 0)
        return fail(a->prov, PROV_R_INVALID_INPUT_LENGTH,
                    "CCM needs the message's length before AAD");
    return aead_keep_aad(a, in, len);
}

/* From here on software does the message; @why the kernel can't. */
static int go_to_software(struct aead *a, enum fallback why, int error)
{
    if (!offload_fallback(a->prov, a->offer, why, error))
        return 0;
    if (!aead_software_start(a, a->has_tag ? a->tag : NULL))
        return 0;
    a->state = AEAD_SOFTWARE;
    return 1;
}

/* Software repeats the text that the kernel took for the whole, and goes on behind it. */
static int go_on_in_software(struct aead *a, unsigned char *out, const unsigned char *in,
                             size_t len)
{
    size_t before = a->kept_len - a->aadlen;
    unsigned char *again;
    int ok;

    if (!a->encrypting) /* its tag was right: what follows can't belong to it */
        return fail(a->prov, PROV_R_INVALID_STATE, "%.*s: data after the message's end",
                    algorithm_name_length(a->alg), a->alg->names);
    if (!go_to_software(a, FALLBACK_STREAM, 0))
        return 0;
    again = OPENSSL_malloc(before);
    ok = again != NULL && aead_software_update(a, again, a->kept + a->aadlen, before) &&
         aead_software_update(a, out, in, len);
    OPENSSL_clear_free(again, before);
    aead_forget_text(a);
    return ok;
}

/* Where the tag is: encrypting, the last message's stays to be asked for until this one is over. */
static unsigned char *message_tag(struct aead *a)
{
    return a->encrypting ? a->new_tag : a->tag;
}

/* Software does the message from its first piece on, as it is better at its length. */
static int first_in_software(struct aead *a, unsigned char *out, const unsigned char *in,
                             size_t len, struct sample *sample)
{
    if (!aead_software_start(a, a->has_tag ? a->tag : NULL))
        return 0;
    a->state = AEAD_SOFTWARE;
    if (!aead_software_update(a, out, in, len))
        return 0;
    offload_done(sample, false);
    return 1;
}

/* The first piece of text, taken for the whole. */
static int first_piece(struct aead *a, unsigned char *out, const unsigned char *in, size_t len)
{
    enum fallback why = FALLBACK_STREAM;
    struct sample sample;
    int error;

    if (!offload_choose(a->offer, &a->offer->kernel, len, &sample))
        return first_in_software(a, out, in, len, &sample);
    if ((!a->encrypting && !a->has_tag) || !aead_kernel_can(a, len, &why))
        return go_to_software(a, why, 0) && aead_software_update(a, out, in, len);
    error = aead_kernel(a, out, in, len, message_tag(a));
    if (error == 0) {
        offload_done(&sample, true);
        a->state = AEAD_KERNEL;
        return 1;
    }
    /* A wrong tag: perhaps it is that of a longer message, whose rest is still to come. */
    return go_to_software(a, error == -EBADMSG ? FALLBACK_STREAM : FALLBACK_REQUEST, error) &&
           aead_software_update(a, out, in, len);
}

/* CCM announces its length by an update without buffers. */
static int announce(struct aead *a, size_t len)
{
    a->ccm_length = len;
    a->ccm_length_set = true;
    return 1;
}

/* CCM's text comes in one update, as its length goes before it: a whole message. */
static int ccm_text(struct aead *a, unsigned char *out, const unsigned char *in, size_t len)
{
    int ok;

    if (len == 0 && a->encrypting && !a->ccm_length_set && out != NULL)
        return 1;
    if (a->ccm_length_set && a->ccm_length != len)
        return fail(a->prov, PROV_R_INVALID_INPUT_LENGTH,
                    "CCM: %zu bytes of text, announced were %zu", len, a->ccm_length);
    if (!a->encrypting && !a->has_tag)
        return fail(a->prov, PROV_R_TAG_NOT_SET, "CCM needs the tag before the text");
    if (a->ivlen < a->ccm_ivlen || (!a->encrypting && a->taglen != a->ccm_taglen))
        return fail(a->prov, PROV_R_INVALID_INPUT_LENGTH,
                    "CCM takes the lengths of tag and IV before the key");
    ok = aead_message(a, out, in, len, a->tag);
    if (!ok && a->alg->mode == MODE_CCM)
        fail(a->prov, PROV_R_CIPHER_OPERATION_FAILED, "%.*s: the message is refused",
             algorithm_name_length(a->alg), a->alg->names);
    announce(a, len);
    a->has_iv = a->has_iv && a->encrypting;
    a->has_tag = ok && a->encrypting;
    a->state = AEAD_KERNEL;
    return ok;
}

static int add_text(struct aead *a, unsigned char *out, const unsigned char *in, size_t len)
{
    if (a->alg->mode == MODE_CCM)
        return ccm_text(a, out, in, len);
    switch (a->state) {
    case AEAD_START:
        return first_piece(a, out, in, len);
    case AEAD_KERNEL:
        return go_on_in_software(a, out, in, len);
    default:
        return aead_software_update(a, out, in, len);
    }
}

/* All was done by the text's update; a message without text has had none. */
static int ccm_final(struct aead *a)
{
    if (a->state == AEAD_START && a->has_iv)
        return aead_ready(a) && ccm_text(a, NULL, NULL, 0);
    return a->has_key && a->state == AEAD_KERNEL;
}

/* Nothing is something to CCM where it announces that length, or is the whole text. */
static bool ccm_wants_nothing(const struct aead *a, const unsigned char *in,
                              const unsigned char *out)
{
    return (in == NULL && out == NULL) || !a->ccm_length_set || a->ccm_length == 0;
}

static int aead_update(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                       const unsigned char *in, size_t inl)
{
    struct aead *a = vctx;
    bool ccm = a->alg->mode == MODE_CCM;

    *outl = 0;
    if (inl == 0 && !(ccm && ccm_wants_nothing(a, in, out)))
        return 1;
    if (outsize < inl)
        return fail(a->prov, PROV_R_OUTPUT_BUFFER_TOO_SMALL, "%.*s: room for %zu bytes, needed %zu",
                    algorithm_name_length(a->alg), a->alg->names, outsize, inl);
    if (a->tls_record)
        return aead_tls_record(a, out, outl, inl);
    if (!aead_ready(a))
        return 0;
    *outl = inl;
    if (in == NULL)
        return ccm && announce(a, inl);
    return out == NULL ? add_aad(a, in, inl) : add_text(a, out, in, inl);
}

/* A message without text goes to the kernel only now. */
static int finish_message(struct aead *a)
{
    switch (a->state) {
    case AEAD_START:
        return aead_message(a, NULL, NULL, 0, message_tag(a));
    case AEAD_SOFTWARE:
        return aead_software_final(a, message_tag(a));
    default:
        return 1;
    }
}

static int aead_final(void *vctx, unsigned char *out, size_t *outl, size_t outsize)
{
    struct aead *a = vctx;
    int ok;

    (void)out;
    (void)outsize;
    *outl = 0;
    if (a->alg->mode == MODE_CCM)
        return ccm_final(a);
    if (!aead_ready(a))
        return 0;
    if (!a->encrypting && !a->has_tag)
        return fail(a->prov, PROV_R_TAG_NOT_SET, "%.*s: set the tag before final",
                    algorithm_name_length(a->alg), a->alg->names);
    ok = finish_message(a);
    if (ok && a->encrypting) {
        memcpy(a->tag, a->new_tag, sizeof(a->tag));
        a->has_tag = true;
        if (a->alg->mode == MODE_GCM)
            a->taglen = AEAD_TAG_MAX;
    }
    aead_forget(a);
    a->state = AEAD_FINISHED;
    return ok;
}

/* EVP_Cipher(): update, or final where there is no input (but CCM's length is announced so). */
static int aead_cipher(void *vctx, unsigned char *out, size_t *outl, size_t outsize,
                       const unsigned char *in, size_t inl)
{
    if (in == NULL && (out != NULL || ((struct aead *)vctx)->alg->mode != MODE_CCM))
        return aead_final(vctx, out, outl, outsize);
    return aead_update(vctx, out, outl, outsize, in, inl);
}
