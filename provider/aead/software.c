/* SPDX-License-Identifier: Apache-2.0 */
/* AEAD messages by software. What it raises is what default raises, so nothing is added to it. */
#include <openssl/params.h>

#include "aead.h"

static int no_software(const struct aead *a)
{
    const struct algorithm *alg = a->alg_state->alg;

    return fail(a->prov, ERR_R_UNSUPPORTED, "%.*s: nothing matches software = %s",
                algorithm_name_length(alg), alg->names, a->prov->config.software);
}

static bool software_context(struct aead *a)
{
    const struct software *s = software_find(a->prov, a->alg_state);

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

static OSSL_PARAM tag_param(const unsigned char *tag, size_t len)
{
    return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (void *)(uintptr_t)tag,
                                             len);
}

static int set_tag(struct aead *a, const struct aead_tag *tag)
{
    OSSL_PARAM params[] = { tag_param(tag->bytes, tag->len), OSSL_PARAM_construct_end() };

    return a->software->set_ctx_params(a->software_ctx, params);
}

/* Lengths go before key and IV, as CCM's are part of them. */
static int set_lengths(struct aead *a, size_t ivlen)
{
    OSSL_PARAM params[3], *p = params;

    *p++ = OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &ivlen);
    if (a->mode->taglen_settable && a->mode->taglen_used(a) > 0)
        *p++ = tag_param(NULL, a->mode->taglen_used(a));
    *p = OSSL_PARAM_construct_end();
    return a->software->set_ctx_params(a->software_ctx, params);
}

static int pass_aad(struct aead *a)
{
    const struct aead_piece aad = { NULL, a->buffer.data, a->buffer.aadlen };

    return aad.len == 0 || a->mode->announces || aead_software_update(a, &aad);
}

bool aead_software_start(struct aead *a, const struct aead_tag *tag)
{
    size_t ivlen = a->mode->ivlen_used(a);
    OSSL_FUNC_cipher_encrypt_init_fn *init;

    if (!software_context(a))
        return false;
    init = a->encrypting ? a->software->encrypt_init : a->software->decrypt_init;
    if (!init(a->software_ctx, NULL, 0, NULL, 0, NULL) || !set_lengths(a, ivlen) ||
        !init(a->software_ctx, a->key, a->alg_state->alg->keylen, a->iv.nonce, ivlen, NULL))
        return false;
    if (!a->encrypting && tag != NULL && tag->len > 0 && !set_tag(a, tag))
        return false;
    return pass_aad(a);
}

int aead_software_update(struct aead *a, const struct aead_piece *piece)
{
    size_t outl;

    if (!a->software->update(a->software_ctx, piece->out, &outl, piece->len, piece->in, piece->len))
        return 0;
    if (piece->out != NULL)
        backend_count_software(a->alg_state, piece->len);
    return 1;
}

int aead_software_tag(struct aead *a)
{
    OSSL_PARAM params[] = { tag_param(a->request.bytes, a->request.len),
                            OSSL_PARAM_construct_end() };

    return a->software->get_ctx_params(a->software_ctx, params);
}

int aead_software_final(struct aead *a)
{
    size_t outl;

    /* A tag that came after the text is not there yet. */
    if (!a->encrypting && !set_tag(a, &a->request))
        return 0;
    if (!a->software->final(a->software_ctx, NULL, &outl, 0))
        return a->encrypting ? 0 : AEAD_NOT_AUTHENTIC;
    return !a->encrypting || aead_software_tag(a);
}
