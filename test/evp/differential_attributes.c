/* SPDX-License-Identifier: Apache-2.0 */
/* What the subject tells of an algorithm is what the oracle tells, and every name of the oracle's
 * finds the subject's. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "differential.h"
#include "support.h"

/* For the callbacks of EVP_*_names_do_all. */
struct naming {
    struct trial *trial;
    OSSL_LIB_CTX *libctx;
};

static int cipher_get(void *cipher, OSSL_PARAM params[])
{
    return EVP_CIPHER_get_params(cipher, params);
}

static int digest_get(void *digest, OSSL_PARAM params[])
{
    return EVP_MD_get_params(digest, params);
}

static int mac_get(void *mac, OSSL_PARAM params[])
{
    return EVP_MAC_get_params(mac, params);
}

static void cipher_by_name(const char *name, void *arg)
{
    const struct naming *naming = arg;
    EVP_CIPHER *cipher = subject_cipher(naming->libctx, name);

    if (cipher == NULL)
        trial_fail(naming->trial, "ours is not found by the name %s", name);
    EVP_CIPHER_free(cipher);
}

static void digest_by_name(const char *name, void *arg)
{
    const struct naming *naming = arg;
    EVP_MD *digest = subject_digest(naming->libctx, name);

    if (digest == NULL)
        trial_fail(naming->trial, "ours is not found by the name %s", name);
    EVP_MD_free(digest);
}

static void mac_by_name(const char *name, void *arg)
{
    const struct naming *naming = arg;
    EVP_MAC *mac = subject_mac(naming->libctx, name);

    if (mac == NULL)
        trial_fail(naming->trial, "ours is not found by the name %s", name);
    EVP_MAC_free(mac);
}

static void same_cipher(struct trial *trial, EVP_CIPHER *const c[SIDES], struct naming *naming)
{
    void *const object[SIDES] = { c[OURS], c[ORACLE] };

    trial_same_params(trial, EVP_CIPHER_gettable_params(c[ORACLE]), cipher_get, object);
    trial_same_keys(trial, "gettable", EVP_CIPHER_gettable_params(c[OURS]),
                    EVP_CIPHER_gettable_params(c[ORACLE]));
    trial_same_keys(trial, "gettable of a context", EVP_CIPHER_gettable_ctx_params(c[OURS]),
                    EVP_CIPHER_gettable_ctx_params(c[ORACLE]));
    trial_same_keys(trial, "settable of a context", EVP_CIPHER_settable_ctx_params(c[OURS]),
                    EVP_CIPHER_settable_ctx_params(c[ORACLE]));
    trial_same_number(trial, "nid", EVP_CIPHER_get_nid(c[OURS]), EVP_CIPHER_get_nid(c[ORACLE]));
    trial_same_number(trial, "type", EVP_CIPHER_get_type(c[OURS]), EVP_CIPHER_get_type(c[ORACLE]));
    trial_same_number(trial, "mode", EVP_CIPHER_get_mode(c[OURS]), EVP_CIPHER_get_mode(c[ORACLE]));
    trial_same_number(trial, "key length", EVP_CIPHER_get_key_length(c[OURS]),
                      EVP_CIPHER_get_key_length(c[ORACLE]));
    trial_same_number(trial, "IV length", EVP_CIPHER_get_iv_length(c[OURS]),
                      EVP_CIPHER_get_iv_length(c[ORACLE]));
    trial_same_number(trial, "block size", EVP_CIPHER_get_block_size(c[OURS]),
                      EVP_CIPHER_get_block_size(c[ORACLE]));
    trial_same_number(trial, "flags", (long long)EVP_CIPHER_get_flags(c[OURS]),
                      (long long)EVP_CIPHER_get_flags(c[ORACLE]));
    EVP_CIPHER_names_do_all(c[ORACLE], cipher_by_name, naming);
}

static void same_digest(struct trial *trial, EVP_MD *const d[SIDES], struct naming *naming)
{
    void *const object[SIDES] = { d[OURS], d[ORACLE] };

    trial_same_params(trial, EVP_MD_gettable_params(d[ORACLE]), digest_get, object);
    trial_same_keys(trial, "gettable", EVP_MD_gettable_params(d[OURS]),
                    EVP_MD_gettable_params(d[ORACLE]));
    trial_same_keys(trial, "gettable of a context", EVP_MD_gettable_ctx_params(d[OURS]),
                    EVP_MD_gettable_ctx_params(d[ORACLE]));
    trial_same_number(trial, "nid", EVP_MD_get_type(d[OURS]), EVP_MD_get_type(d[ORACLE]));
    trial_same_number(trial, "size", EVP_MD_get_size(d[OURS]), EVP_MD_get_size(d[ORACLE]));
    trial_same_number(trial, "block size", EVP_MD_get_block_size(d[OURS]),
                      EVP_MD_get_block_size(d[ORACLE]));
    trial_same_number(trial, "flags", (long long)EVP_MD_get_flags(d[OURS]),
                      (long long)EVP_MD_get_flags(d[ORACLE]));
    EVP_MD_names_do_all(d[ORACLE], digest_by_name, naming);
}

static void same_mac(struct trial *trial, EVP_MAC *const m[SIDES], struct naming *naming)
{
    void *const object[SIDES] = { m[OURS], m[ORACLE] };

    trial_same_params(trial, EVP_MAC_gettable_params(m[ORACLE]), mac_get, object);
    trial_same_keys(trial, "gettable", EVP_MAC_gettable_params(m[OURS]),
                    EVP_MAC_gettable_params(m[ORACLE]));
    trial_same_keys(trial, "gettable of a context", EVP_MAC_gettable_ctx_params(m[OURS]),
                    EVP_MAC_gettable_ctx_params(m[ORACLE]));
    trial_same_keys(trial, "settable of a context", EVP_MAC_settable_ctx_params(m[OURS]),
                    EVP_MAC_settable_ctx_params(m[ORACLE]));
    EVP_MAC_names_do_all(m[ORACLE], mac_by_name, naming);
}

void trial_attributes(struct trial *trial, const struct algorithm *algorithm, OSSL_LIB_CTX *libctx)
{
    struct naming naming = { .trial = trial, .libctx = libctx };

    trial_step(trial, "attributes");
    if (algorithm->kind == KIND_DIGEST)
        same_digest(trial, algorithm->digest, &naming);
    else if (algorithm->kind == KIND_MAC)
        same_mac(trial, algorithm->mac, &naming);
    else
        same_cipher(trial, algorithm->cipher, &naming);
    ERR_clear_error();
}
