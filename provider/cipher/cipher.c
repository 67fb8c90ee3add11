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
    c->prov = prov;
    c->alg = alg;
    c->alg_state = provider_alg_state(prov, alg);
    c->padding = true;
    cipher_engine_detach(c);
    return c;
}

void cipher_free(void *vctx)
{
    struct cipher *c = vctx;

    if (c == NULL)
        return;
    cipher_engine_reset(c);
    OPENSSL_clear_free(c, sizeof(*c));
}

void *cipher_dup(void *vctx)
{
    struct cipher *copy;

    cipher_fetch_iv(vctx);
    copy = OPENSSL_memdup(vctx, sizeof(*copy));
    if (copy == NULL)
        return NULL;
    cipher_engine_detach(copy);
    copy->iv_lent = false; /* the pointer is into the other context */
    return copy;
}

static bool ivlen_valid(const struct cipher *c, size_t ivlen)
{
    return ivlen == c->alg->ivlen ||
           fail(c->prov, PROV_R_INVALID_IV_LENGTH, "%.*s takes an IV of %zu bytes, got %zu",
                algorithm_name_length(c->alg), c->alg->names, c->alg->ivlen, ivlen);
}

static bool keylen_valid(const struct cipher *c, size_t keylen)
{
    return keylen == c->alg->keylen ||
           fail(c->prov, PROV_R_INVALID_KEY_LENGTH, "%.*s takes a key of %zu bytes, got %zu",
                algorithm_name_length(c->alg), c->alg->names, c->alg->keylen, keylen);
}

/* Default's ECB takes no notice of an IV and its length, but for that of DES. */
static bool ignores_iv(const struct algorithm *alg)
{
    return alg->ivlen == 0 && (alg->flags & ALG_RANDKEY) == 0;
}

/* The same key again keeps the socket and software's key schedule. */
static void set_key(struct cipher *c, const unsigned char *key, size_t keylen)
{
    c->kernel_refused = false;
    if (c->has_key && CRYPTO_memcmp(c->key, key, keylen) == 0)
        return;
    afalg_socket_close(&c->socket);
    c->software_keyed = false;
    memcpy(c->key, key, keylen);
    c->has_key = true;
}

int cipher_init(struct cipher *c, bool encrypt, const unsigned char *key, size_t keylen,
                const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    struct cipher_params p;

    if (ignores_iv(c->alg))
        iv = NULL;
    if ((iv != NULL && !ivlen_valid(c, ivlen)) || (key != NULL && !keylen_valid(c, keylen)) ||
        !cipher_params_parse(c, params, &p))
        return 0;
    if (c->encrypting != encrypt)
        c->software_keyed = false;
    c->encrypting = encrypt;
    c->software_synced = false;
    c->blocklen = 0;
    c->updated = false;
    cipher_fetch_iv(c);
    c->straight_max = 0;
    backend_count_tally(c->alg_state, &c->tally);
    if (iv != NULL) {
        memcpy(c->initial_iv, iv, ivlen);
        c->has_iv = true;
    }
    if (c->has_iv && (iv != NULL || mode_traits[c->alg->mode].rewinds))
        memcpy(c->iv, c->initial_iv, c->alg->ivlen);
    if (key != NULL)
        set_key(c, key, keylen);
    cipher_params_apply(c, &p);
    return 1;
}

int cipher_encrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                        const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return cipher_init(vctx, true, key, keylen, iv, ivlen, params);
}

int cipher_decrypt_init(void *vctx, const unsigned char *key, size_t keylen,
                        const unsigned char *iv, size_t ivlen, const OSSL_PARAM params[])
{
    return cipher_init(vctx, false, key, keylen, iv, ivlen, params);
}

bool cipher_lacks_key(const struct cipher *c)
{
    return fail(c->prov, PROV_R_NO_KEY_SET, "%.*s: init with a key before data",
                algorithm_name_length(c->alg), c->alg->names);
}

int cipher_output_too_small(const struct cipher *c, size_t outsize, size_t needed)
{
    return fail(c->prov, PROV_R_OUTPUT_BUFFER_TOO_SMALL, "%.*s: room for %zu bytes, needed %zu",
                algorithm_name_length(c->alg), c->alg->names, outsize, needed);
}

int cipher_wrong_length(const struct cipher *c)
{
    return fail(c->prov, PROV_R_WRONG_FINAL_BLOCK_LENGTH,
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
