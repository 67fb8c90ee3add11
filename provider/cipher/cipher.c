/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a cipher context: made, keyed, copied, freed. */
#include "cipher.h"

#include <openssl/crypto.h>
#include <string.h>

struct cipher *cipher_new(struct provctx *prov, const struct algorithm *alg)
{
    struct cipher *c = OPENSSL_zalloc(sizeof(*c));

    if (c == NULL)
        return NULL;
    backend_init(&c->backend, prov, alg);
    c->alg = alg;
    c->padding = true;
    return c;
}

void cipher_free(void *vctx)
{
    struct cipher *c = vctx;

    if (c == NULL)
        return;
    backend_free(&c->backend);
    OPENSSL_clear_free(c, sizeof(*c));
}

void *cipher_dup(void *vctx)
{
    struct cipher *from = vctx, *copy;

    cipher_fetch_iv(from);
    copy = OPENSSL_memdup(from, sizeof(*copy));
    if (copy == NULL)
        return NULL;
    cipher_pass_end(copy);
    copy->iv_place = IV_HERE;
    copy->iv_lent = false; /* the pointer is into the other context */
    if (backend_dup(&copy->backend, &from->backend))
        return copy;
    cipher_free(copy);
    return NULL;
}

static bool ivlen_valid(const struct cipher *c, size_t ivlen)
{
    return ivlen == c->alg->ivlen ||
           fail(c->backend.prov, PROV_R_INVALID_IV_LENGTH, "%.*s takes an IV of %zu bytes, got %zu",
                algorithm_name_length(c->alg), c->alg->names, c->alg->ivlen, ivlen);
}

static bool keylen_valid(const struct cipher *c, size_t keylen)
{
    return keylen == c->alg->keylen ||
           fail(c->backend.prov, PROV_R_INVALID_KEY_LENGTH,
                "%.*s takes a key of %zu bytes, got %zu", algorithm_name_length(c->alg),
                c->alg->names, c->alg->keylen, keylen);
}

/* Default's ECB takes no notice of an IV and its length, but for that of DES. */
static bool ignores_iv(const struct algorithm *alg)
{
    return alg->ivlen == 0 && (alg->flags & ALG_RANDKEY) == 0;
}

int cipher_init(struct cipher *c, const struct cipher_init *init)
{
    const unsigned char *iv = ignores_iv(c->alg) ? NULL : init->iv;
    struct cipher_params p;

    if ((iv != NULL && !ivlen_valid(c, init->ivlen)) ||
        (init->key != NULL && !keylen_valid(c, init->keylen)) ||
        !cipher_params_parse(c, init->own_params ? NULL : init->params, &p))
        return 0;
    cipher_fetch_iv(c);
    c->iv_place = IV_HERE;
    if (c->encrypting != init->encrypt)
        c->backend.software_keyed = false;
    c->encrypting = init->encrypt;
    c->blocklen = 0;
    c->updated = false;
    cipher_pass_end(c);
    backend_count_pending(&c->backend);
    if (iv != NULL) {
        memcpy(c->initial_iv, iv, init->ivlen);
        c->has_iv = true;
    }
    if (c->has_iv && (iv != NULL || mode_traits[c->alg->mode].rewinds))
        memcpy(c->iv, c->initial_iv, c->alg->ivlen);
    cipher_params_apply(c, &p);
    return (init->key == NULL || backend_set_key(&c->backend, init->key, init->keylen)) &&
           cipher_take_key(c, init->params);
}

int cipher_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                        const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return cipher_init(vctx, &(struct cipher_init){ true, key, iv, keylen, ivlen, params, false });
}

int cipher_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                        const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return cipher_init(vctx, &(struct cipher_init){ false, key, iv, keylen, ivlen, params, false });
}

#ifdef AFALG_HAS_SKEYMGMT
/* @init is the init of the class. @keydata NULL: the key stays. */
static int skey_init(struct cipher *c, OSSL_FUNC_cipher_encrypt_init_fn *init, const void *keydata,
                     const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    static const struct key none;
    const struct key *key = keydata == NULL ? &none : skeymgmt_key(keydata);

    return init(c, key->bytes, key->len, iv, ivlen, params) &&
           (!key_is_opaque(key) || cipher_set_opaque_key(c, key->opaque));
}

int cipher_encrypt_skey_init(void *vctx, void *keydata, const unsigned char *iv, size_t ivlen,
                             const OSSL_PARAM params[])
{
    struct cipher *c = vctx;
    void (*init)(void) = algorithm_function(c->alg, OSSL_FUNC_CIPHER_ENCRYPT_INIT);

    return skey_init(c, (OSSL_FUNC_cipher_encrypt_init_fn *)init, keydata, iv, ivlen, params);
}

int cipher_decrypt_skey_init(void *vctx, void *keydata, const unsigned char *iv, size_t ivlen,
                             const OSSL_PARAM params[])
{
    struct cipher *c = vctx;
    void (*init)(void) = algorithm_function(c->alg, OSSL_FUNC_CIPHER_DECRYPT_INIT);

    return skey_init(c, (OSSL_FUNC_cipher_decrypt_init_fn *)init, keydata, iv, ivlen, params);
}
#endif

bool cipher_lacks_key(const struct cipher *c)
{
    return fail(c->backend.prov, PROV_R_NO_KEY_SET, "%.*s: init with a key before data",
                algorithm_name_length(c->alg), c->alg->names);
}

int cipher_output_too_small(const struct cipher *c, size_t outsize, size_t needed)
{
    return fail(c->backend.prov, PROV_R_OUTPUT_BUFFER_TOO_SMALL,
                "%.*s: room for %zu bytes, needed %zu", algorithm_name_length(c->alg),
                c->alg->names, outsize, needed);
}

int cipher_wrong_length(const struct cipher *c)
{
    return fail(c->backend.prov, PROV_R_WRONG_FINAL_BLOCK_LENGTH,
                "%.*s: the data is no whole number of blocks of %zu bytes",
                algorithm_name_length(c->alg), c->alg->names, c->alg->blocksize);
}

int cipher_no_final(void *vctx, unsigned char *out, size_t *outl, size_t outsize)
{
    (void)vctx;
    (void)out;
    (void)outsize;
    *outl = 0;
    return 1;
}
