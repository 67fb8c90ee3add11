/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20-Poly1305 (RFC 8439). In default a context begins with an IV of zeros. */
#include "aead.h"

static bool kernel_has_taglen(size_t len)
{
    return len == AEAD_TAG_MAX;
}

static int chacha20_poly1305_final(struct aead *a)
{
    if (!aead_stream_final(a))
        return 0;
    if (a->encrypting)
        memcpy(a->tag.bytes, a->request.bytes, sizeof(a->tag.bytes));
    return 1;
}

/* Default gives the last message's, or zeros. */
static int chacha20_poly1305_get_tag(struct aead *a, OSSL_PARAM *p)
{
    if (p->data_type != OSSL_PARAM_OCTET_STRING)
        return fail(a->backend.prov, PROV_R_FAILED_TO_SET_PARAMETER, "%s is a string of octets",
                    p->key);
    if (!a->encrypting)
        return fail(a->backend.prov, PROV_R_TAG_NOT_SET, "%s: only when encrypting", p->key);
    if (!aead_stream_has_taglen(p->data_size))
        return fail(a->backend.prov, PROV_R_INVALID_TAG_LENGTH, "%s of %zu bytes", p->key,
                    p->data_size);
    return aead_copy_tag(a, p);
}

const struct aead_mode aead_chacha20_poly1305 = {
    .iv.len = AEAD_NONCE_LEN,
    .iv.min = AEAD_NONCE_LEN,
    .iv.max = AEAD_NONCE_LEN,
    .begin = AEAD_READY,
    .starts_with_key = true,
    .errors.quiet = true,
    .keylen_settable = true,
    .tag.settable = true,
    .errors.taglen = PROV_R_INVALID_TAG_LENGTH,
    .errors.sealing = PROV_R_TAG_NOT_NEEDED,
    .tag.valid = aead_stream_has_taglen,
    .tag.kernel_has = kernel_has_taglen,
    .iv.used = aead_stream_ivlen,
    .tag.used = aead_stream_taglen,
    .kernel_iv = aead_stream_kernel_iv,
    .next = aead_stream_next,
    .update = aead_stream_update,
    .final = chacha20_poly1305_final,
    .software_message = aead_stream_software_message,
    .get_tag = chacha20_poly1305_get_tag,
    .tls = &aead_tls_chacha20_poly1305,
};
