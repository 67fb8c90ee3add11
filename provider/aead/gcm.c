/* SPDX-License-Identifier: Apache-2.0 */
/* GCM (NIST SP 800-38D). */
#include "aead.h"
#include "random.h"

/* crypto_gcm_setauthsize() */
static bool kernel_has_taglen(size_t len)
{
    return len == 4 || len == 8 || (len >= 12 && len <= 16);
}

/* SP 800-38D, 8.2.2, as default does. */
static bool generate_iv(struct aead *a)
{
    if (!a->encrypting || a->iv.len < AEAD_NONCE_LEN ||
        !provider_random(a->backend.prov, a->iv.next, a->iv.len, false))
        return false;
    a->iv.generated = true;
    aead_new_message(a);
    return true;
}

static int gcm_final(struct aead *a)
{
    if (!aead_stream_final(a))
        return 0;
    if (a->encrypting) {
        a->tag = a->request;
        a->has_tag = true;
    }
    return 1;
}

static int gcm_get_tag(struct aead *a, OSSL_PARAM *p)
{
    if (!a->encrypting || !a->has_tag || p->data_size == 0 || p->data_size > AEAD_TAG_MAX)
        return fail(a->backend.prov, PROV_R_INVALID_TAG,
                    "%s: no tag before the message's end, or not of %zu bytes", p->key,
                    p->data_size);
    return aead_copy_tag(a, p);
}

const struct aead_mode aead_gcm = {
    .iv.len = AEAD_NONCE_LEN,
    .iv.min = 1,
    .iv.max = AEAD_IV_MAX,
    .tag.len = AEAD_TAG_MAX,
    .begin = AEAD_NO_IV,
    .iv.any = true,
    .errors.quiet_without_tag = true,
    .errors.taglen = PROV_R_INVALID_TAG,
    .errors.sealing = PROV_R_INVALID_TAG,
    .tag.valid = aead_stream_has_taglen,
    .tag.kernel_has = kernel_has_taglen,
    .iv.used = aead_stream_ivlen,
    .tag.used = aead_stream_taglen,
    .kernel_iv = aead_stream_kernel_iv,
    .generate_iv = generate_iv,
    .next = aead_stream_next,
    .update = aead_stream_update,
    .final = gcm_final,
    .software_message = aead_stream_software_message,
    .get_tag = gcm_get_tag,
    .tls = &aead_tls_gcm,
};
