/* SPDX-License-Identifier: Apache-2.0 */
/* One AEAD message: by the kernel, or by software. */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "aead.h"

/* Up to so many bytes, a page of text with its AAD, the answer is received in one piece. */
#define SHORT_MAX (4096 + 256)

/* Encrypting, all tags but CCM's are computed whole and cut by who asks for them. */
static size_t request_taglen(const struct aead *a)
{
    if (a->alg->mode == MODE_CCM)
        return a->ccm_taglen;
    return a->encrypting ? AEAD_TAG_MAX : a->taglen;
}

/* Tag lengths of the kernel's templates (crypto/gcm.c, ccm.c, chacha20poly1305.c). */
static bool kernel_has_taglen(const struct aead *a)
{
    size_t n = request_taglen(a);

    switch (a->alg->mode) {
    case MODE_GCM:
        return n == 4 || n == 8 || (n >= 12 && n <= 16);
    case MODE_CCM:
        return n >= 4 && n <= 16 && n % 2 == 0;
    default:
        return n == AEAD_TAG_MAX;
    }
}

static bool kernel_has_ivlen(const struct aead *a)
{
    if (a->alg->mode == MODE_CCM)
        return a->ccm_ivlen >= 7 && a->ccm_ivlen <= 13;
    return a->ivlen == AEAD_NONCE_LEN;
}

bool aead_kernel_can(const struct aead *a, size_t len, enum fallback *why)
{
    *why = FALLBACK_LENGTH;
    if (!kernel_has_ivlen(a) || !kernel_has_taglen(a))
        return false;
    *why = FALLBACK_SIZE;
    return a->aadlen + len + AEAD_TAG_MAX <= afalg_request_max();
}

/* The kernel's form of the nonce, of *@len bytes; @room has 16 for it. */
static const unsigned char *kernel_iv(const struct aead *a, unsigned char *room, size_t *len)
{
    if (a->alg->mode != MODE_CCM) {
        *len = AEAD_NONCE_LEN;
        return a->nonce;
    }
    *len = 16;
    memset(room, 0, *len);
    room[0] = (unsigned char)(14 - a->ccm_ivlen); /* RFC 3610: L - 1 */
    memcpy(room + 1, a->nonce, a->ccm_ivlen);
    return room;
}

static int open_socket(struct aead *a)
{
    size_t taglen = request_taglen(a);
    size_t authsize = taglen == AEAD_TAG_MAX ? 0 : taglen;

    if (a->socket_authsize != authsize)
        afalg_socket_close(&a->socket);
    a->socket_authsize = authsize;
    return offload_open(a->offer, &a->socket, a->alg->type, NULL, a->key, a->alg->keylen, authsize);
}

/* What is kept is sent, with the tag behind it when decrypting. */
static ssize_t request(struct aead *a, unsigned char *tag, const struct iovec *to, int nto)
{
    struct iovec from[2] = { { a->kept, a->kept_len }, { tag, request_taglen(a) } };
    unsigned char room[16];
    size_t ivlen;
    const unsigned char *iv = kernel_iv(a, room, &ivlen);

    if (a->encrypting)
        return afalg_aead(&a->socket, AFALG_ENCRYPT, iv, ivlen, a->aadlen, from, 1, to, nto);
    return afalg_aead(&a->socket, AFALG_DECRYPT, iv, ivlen, a->aadlen, from, 2, to, nto);
}

/* The AAD comes back to where it is kept. */
static ssize_t request_long(struct aead *a, unsigned char *out, size_t len, unsigned char *tag)
{
    struct iovec to[3] = { { a->kept, a->aadlen }, { out, len }, { tag, request_taglen(a) } };

    return request(a, tag, to, a->encrypting ? 3 : 2);
}

/* One segment is cheaper to the kernel than three, and to copy from. */
static ssize_t request_short(struct aead *a, unsigned char *out, size_t len, unsigned char *tag)
{
    unsigned char answer[SHORT_MAX + AEAD_TAG_MAX];
    size_t taglen = a->encrypting ? request_taglen(a) : 0;
    struct iovec to = { answer, a->kept_len + taglen };
    ssize_t done = request(a, tag, &to, 1);

    if (done >= 0 && len > 0)
        memcpy(out, answer + a->aadlen, len);
    if (done >= 0)
        memcpy(tag, answer + a->kept_len, taglen);
    /* A failed one may have left the text. */
    if (!a->encrypting || done < 0)
        explicit_bzero(answer, a->kept_len); /* OPENSSL_cleanse is slow for long data */
    return done;
}

/* A second time, with a new socket: some kernels fail one with EBUSY for no reason. */
static ssize_t request_twice(struct aead *a, unsigned char *out, size_t len, unsigned char *tag)
{
    ssize_t done = 0;

    for (int attempt = 0; attempt < 2; attempt++) {
        done = open_socket(a);
        if (done != 0)
            break;
        done = (a->kept_len <= SHORT_MAX ? request_short : request_long)(a, out, len, tag);
        if (done >= 0 || done == -EBADMSG)
            break;
    }
    return offload_outcome(a->prov, a->offer, &a->offer->kernel, done);
}

int aead_kernel(struct aead *a, unsigned char *out, const unsigned char *in, size_t len,
                unsigned char *tag)
{
    ssize_t done;

    aead_forget_text(a);
    if (!aead_keep(a, in, len))
        return -ENOMEM;
    done = request_twice(a, out, len, tag);
    if (done >= 0) {
        offload_count_kernel(a->offer, a->kept_len);
        return 0;
    }
    if (in == out && len > 0)
        memcpy(out, a->kept + a->aadlen, len);
    else
        OPENSSL_cleanse(out, len);
    return (int)done;
}

/* --- software --- */

static int no_software(const struct aead *a)
{
    return fail(a->prov, ERR_R_UNSUPPORTED, "%.*s: nothing matches software = %s",
                algorithm_name_length(a->alg), a->alg->names, a->prov->config.software);
}

static bool software_context(struct aead *a)
{
    const struct software *s = software_find(a->prov, a->offer);

    aead_software_drop(a);
    if (s == NULL)
        return no_software(a);
    a->software = &s->cipher;
    a->software_ctx = s->cipher.newctx(s->provctx);
    return a->software_ctx != NULL || no_software(a);
}

void aead_software_drop(struct aead *a)
{
    if (a->software_ctx != NULL)
        a->software->freectx(a->software_ctx);
    a->software_ctx = NULL;
}

static size_t software_ivlen(const struct aead *a)
{
    return a->alg->mode == MODE_CCM ? a->ccm_ivlen : a->ivlen;
}

/* Lengths go before the IV, as CCM's are part of it. */
static int software_lengths(struct aead *a)
{
    OSSL_PARAM params[3], *p = params;
    size_t ivlen = software_ivlen(a);

    *p++ = OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &ivlen);
    if (a->alg->mode == MODE_CCM)
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, a->ccm_taglen);
    *p = OSSL_PARAM_construct_end();
    return a->software->set_ctx_params(a->software_ctx, params);
}

static int software_tag(struct aead *a, const unsigned char *tag)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (void *)(uintptr_t)tag,
                                          a->taglen),
        OSSL_PARAM_construct_end(),
    };

    return a->software->set_ctx_params(a->software_ctx, params);
}

int aead_software_start(struct aead *a, const unsigned char *tag)
{
    OSSL_FUNC_cipher_encrypt_init_fn *init;

    if (!software_context(a))
        return 0;
    init = a->encrypting ? a->software->encrypt_init : a->software->decrypt_init;
    if (!init(a->software_ctx, NULL, 0, NULL, 0, NULL) || !software_lengths(a) ||
        !init(a->software_ctx, a->key, a->alg->keylen, a->nonce, software_ivlen(a), NULL))
        return 0;
    /* ChaCha20-Poly1305's tag has no length before one was set. */
    if (!a->encrypting && tag != NULL && a->taglen > 0 && !software_tag(a, tag))
        return 0;
    return a->alg->mode == MODE_CCM || a->aadlen == 0 ||
           aead_software_update(a, NULL, a->kept, a->aadlen);
}

int aead_software_update(struct aead *a, unsigned char *out, const unsigned char *in, size_t len)
{
    size_t outl;

    if (!a->software->update(a->software_ctx, out, &outl, len, in, len))
        return 0;
    if (out != NULL)
        offload_count_software(a->offer, len);
    return 1;
}

static int get_software_tag(struct aead *a, unsigned char *tag)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, request_taglen(a)),
        OSSL_PARAM_construct_end(),
    };

    return a->software->get_ctx_params(a->software_ctx, params);
}

int aead_software_final(struct aead *a, unsigned char *tag)
{
    size_t outl;

    /* A tag that came after the text is not there yet. */
    if (!a->encrypting && !software_tag(a, tag))
        return 0;
    if (!a->software->final(a->software_ctx, NULL, &outl, 0))
        return 0;
    return !a->encrypting || get_software_tag(a, tag);
}

/* CCM wants the text's length, then all AAD, then all text. */
static int ccm_software(struct aead *a, unsigned char *out, const unsigned char *in, size_t len,
                        unsigned char *tag)
{
    unsigned char none;
    size_t outl;

    if (!a->software->update(a->software_ctx, NULL, &outl, len, NULL, len) ||
        (a->aadlen > 0 && !aead_software_update(a, NULL, a->kept, a->aadlen)) ||
        !aead_software_update(a, out == NULL ? &none : out, in == NULL ? &none : in, len))
        return 0;
    return !a->encrypting || get_software_tag(a, tag);
}

static int message_in_software(struct aead *a, unsigned char *out, const unsigned char *in,
                               size_t len, unsigned char *tag)
{
    int ok = aead_software_start(a, a->encrypting ? NULL : tag);

    if (ok && a->alg->mode == MODE_CCM)
        ok = ccm_software(a, out, in, len, tag);
    else if (ok)
        ok = (len == 0 || aead_software_update(a, out, in, len)) && aead_software_final(a, tag);
    aead_software_drop(a);
    if (!ok && len > 0)
        OPENSSL_cleanse(out, len);
    return ok;
}

/* --- one message --- */

/* The kernel's verdict: 1 done, 0 failed and raised, -1 software is to do it. */
static int message_in_kernel(struct aead *a, unsigned char *out, const unsigned char *in,
                             size_t len, unsigned char *tag)
{
    enum fallback why;
    int error = -EMSGSIZE;

    if (!aead_kernel_can(a, len, &why))
        return offload_fallback(a->prov, a->offer, why, why == FALLBACK_SIZE ? error : 0) ? -1 : 0;
    error = aead_kernel(a, out, in, len, tag);
    if (error == 0)
        return 1;
    if (error == -EBADMSG) {
        /* An empty error queue is how applications tell a wrong tag from all else. */
        OPENSSL_cleanse(out, len);
        return 0;
    }
    return offload_fallback(a->prov, a->offer, FALLBACK_REQUEST, error) ? -1 : 0;
}

int aead_message(struct aead *a, unsigned char *out, const unsigned char *in, size_t len,
                 unsigned char *tag)
{
    struct sample sample;
    bool kernel = offload_choose(a->offer, &a->offer->kernel, len, &sample);
    int done = kernel ? message_in_kernel(a, out, in, len, tag) : -1;

    if (done < 0) {
        done = message_in_software(a, out, in, len, tag);
        kernel = false;
    }
    if (done > 0)
        offload_done(&sample, kernel);
    aead_forget_text(a);
    return done;
}
