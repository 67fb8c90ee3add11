/* SPDX-License-Identifier: Apache-2.0 */
/* AEAD messages by software. What it raises is what default raises, so nothing is added to it. */
#include <openssl/params.h>

#include "aead.h"

static const struct software_cipher *functions(const struct aead *a)
{
    return &a->backend.software->cipher;
}

static OSSL_PARAM tag_param(const unsigned char *tag, size_t len)
{
    return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (void *)(uintptr_t)tag,
                                             len);
}

static int set_tag(struct aead *a, const struct aead_tag *tag)
{
    OSSL_PARAM params[] = { tag_param(tag->bytes, tag->len), OSSL_PARAM_construct_end() };

    return functions(a)->set_ctx_params(a->backend.software_ctx, params);
}

/* Lengths go before key and IV, as CCM's are part of them. */
static int set_lengths(struct aead *a, size_t ivlen)
{
    OSSL_PARAM params[3], *p = params;

    *p++ = OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &ivlen);
    if (a->mode->tag.settable && a->mode->tag.used(a) > 0)
        *p++ = tag_param(NULL, a->mode->tag.used(a));
    *p = OSSL_PARAM_construct_end();
    return functions(a)->set_ctx_params(a->backend.software_ctx, params);
}

static int pass_aad(struct aead *a)
{
    const struct aead_piece aad = { NULL, a->buffer.data, a->buffer.aadlen };

    return aad.len == 0 || a->mode->sets_length || aead_software_update(a, &aad);
}

bool aead_software_start(struct aead *a, const struct aead_tag *tag)
{
    size_t ivlen = a->mode->iv.used(a);
    OSSL_FUNC_cipher_encrypt_init_fn *init;

    backend_drop_software(&a->backend);
    if (backend_software(&a->backend) == NULL)
        return false;
    init = a->encrypting ? functions(a)->encrypt_init : functions(a)->decrypt_init;
    if (!init(a->backend.software_ctx, NULL, 0, NULL, 0, NULL) || !set_lengths(a, ivlen) ||
        !init(a->backend.software_ctx, a->backend.key.bytes, a->backend.key.len, a->iv.nonce, ivlen,
              NULL))
        return false;
    if (!a->encrypting && tag != NULL && tag->len > 0 && !set_tag(a, tag))
        return false;
    return pass_aad(a);
}

int aead_software_update(struct aead *a, const struct aead_piece *piece)
{
    size_t outl;

    return functions(a)->update(a->backend.software_ctx, piece->out, &outl, piece->len, piece->in,
                                piece->len);
}

int aead_software_next(struct aead *a, const struct aead_piece *text)
{
    if (!aead_software_update(a, text))
        return 0;
    backend_count_software(&a->backend, text->len);
    return 1;
}

int aead_software_tag(struct aead *a)
{
    OSSL_PARAM params[] = { tag_param(a->request.bytes, a->request.len),
                            OSSL_PARAM_construct_end() };

    return functions(a)->get_ctx_params(a->backend.software_ctx, params);
}

enum outcome aead_software_final(struct aead *a)
{
    size_t outl;

    /* A tag that came after the text is not there yet. */
    if (!a->encrypting && !set_tag(a, &a->request))
        return OUTCOME_FAILED;
    if (!functions(a)->final(a->backend.software_ctx, NULL, &outl, 0))
        return a->encrypting ? OUTCOME_FAILED : OUTCOME_NOT_AUTHENTIC;
    return !a->encrypting || aead_software_tag(a) ? OUTCOME_SOFTWARE : OUTCOME_FAILED;
}
