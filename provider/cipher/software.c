/* SPDX-License-Identifier: Apache-2.0 */
/* Ciphers in software: its context, where the IV is, and what passes straight through to it. */
#include "backend/software.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#include "cipher.h"

/* How much goes to software at once behind a head: it has to be laid out anew. */
#define STAGE_SIZE ((size_t)1024)

static const struct software_cipher *functions(const struct cipher *c)
{
    return &c->backend.software->cipher;
}

/* --- its context --- */

void cipher_software_takes(struct cipher *c, bool records)
{
    unsigned padding = records, version = records ? c->tls_version : 0;
    size_t mac_size = records ? c->tls_macsize : 0;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding),
        OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_TLS_VERSION, &version),
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_TLS_MAC_SIZE, &mac_size),
        OSSL_PARAM_construct_end(),
    };

    if (c->backend.software_ctx == NULL || c->software.records == records)
        return;
    functions(c)->set_ctx_params(c->backend.software_ctx, params);
    c->software.records = records;
    cipher_pass_end(c);
}

static void *new_context(struct cipher *c)
{
    if (backend_software(&c->backend) == NULL)
        return NULL;
    c->software.update = functions(c)->update;
    c->software.records = true; /* its padding is on */
    cipher_software_takes(c, false);
    return c->backend.software_ctx;
}

/* Whether its context has our IV; never, if the application may have written to ours. */
static bool has_our_iv(const struct cipher *c)
{
    return c->iv_place != IV_HERE && !c->iv_lent;
}

void *cipher_software(struct cipher *c)
{
    const struct key *key = &c->backend.key;
    const unsigned char *iv = c->alg->ivlen == 0 ? NULL : c->iv;
    OSSL_FUNC_cipher_encrypt_init_fn *init;

    if (c->backend.software_ctx == NULL && new_context(c) == NULL)
        return NULL;
    if (has_our_iv(c))
        return c->backend.software_ctx;
    init = c->encrypting ? functions(c)->encrypt_init : functions(c)->decrypt_init;
    if (!init(c->backend.software_ctx, c->backend.software_keyed ? NULL : key->bytes,
              c->backend.software_keyed ? 0 : key->len, iv, c->alg->ivlen, NULL))
        return NULL;
    c->backend.software_keyed = true;
    c->iv_place = IV_BOTH;
    return c->backend.software_ctx;
}

static void get_iv(struct cipher *c)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_UPDATED_IV, c->iv, c->alg->ivlen),
        OSSL_PARAM_construct_end(),
    };

    /* OpenSSL 3.5 tries the pointer first, and leaves that error behind though it succeeds. */
    ERR_set_mark();
    functions(c)->get_ctx_params(c->backend.software_ctx, params);
    ERR_pop_to_mark();
}

__attribute__((hot)) void cipher_fetch_iv(struct cipher *c)
{
    if (c->iv_place != IV_IN_SOFTWARE)
        return;
    if (c->alg->ivlen != 0)
        get_iv(c);
    c->iv_place = IV_BOTH;
}

/* --- requests --- */

static bool update(struct cipher *c, unsigned char *out, const unsigned char *in, size_t len)
{
    size_t outl;

    return c->software.update(c->backend.software_ctx, out, &outl, len, in, len) && outl == len;
}

/* In place the output of each part overwrites the next one's head, which is put aside. */
static bool update_behind_head(struct cipher *c, const struct cipher_request *r)
{
    unsigned char stage[STAGE_SIZE], head[CIPHER_BLOCK_MAX];
    size_t len = r->base.len;
    bool done = true;

    memcpy(head, r->head, r->headlen);
    for (size_t at = 0; done && at < len; at += STAGE_SIZE) {
        size_t part = len - at < STAGE_SIZE ? len - at : STAGE_SIZE;

        memcpy(stage, head, r->headlen);
        memcpy(stage + r->headlen, r->in + at, part - r->headlen);
        if (at + part < len)
            memcpy(head, r->in + at + part - r->headlen, r->headlen);
        done = update(c, r->out + at, stage, part);
    }
    OPENSSL_cleanse(stage, sizeof(stage));
    OPENSSL_cleanse(head, sizeof(head));
    return done;
}

enum outcome cipher_software_blocks(struct request *base)
{
    const struct cipher_request *r = (const struct cipher_request *)base;
    struct cipher *c = base->ctx;

    if (!has_our_iv(c) && cipher_software(c) == NULL)
        return OUTCOME_FAILED;
    if (c->software.records)
        cipher_software_takes(c, false);
    if (!(r->headlen == 0 ? update(c, r->out, r->in, base->len) : update_behind_head(c, r)))
        return OUTCOME_FAILED;
    if (c->tls_version == 0)
        cipher_pass_begin(c, base);
    return OUTCOME_SOFTWARE;
}

enum outcome cipher_software_message(struct request *base)
{
    const struct cipher_request *r = (const struct cipher_request *)base;
    struct cipher *c = base->ctx;

    if (cipher_software(c) == NULL || !functions(c)->update(c->backend.software_ctx, r->out,
                                                            r->outl, r->outsize, r->in, base->len))
        return OUTCOME_FAILED;
    return OUTCOME_SOFTWARE;
}

/* --- what passes through --- */

void cipher_pass_set_up(struct cipher *c)
{
    const struct backend *b = &c->backend;
    bool records = c->tls_version != 0;
    bool passes = b->key.bytes != NULL && !c->iv_lent && !backend_is_logged(b) &&
                  (records || c->encrypting || !c->padding);
    size_t added = records && c->encrypting ? c->alg->blocksize : 0;
    size_t min_size = backend_min_size(b);
    size_t limit = passes && min_size > added ? min_size - 1 - added : 0;

    c->software.pass_limit = limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
    c->software.pass_rest = records ? 0 : (uint8_t)(c->alg->blocksize - 1);
    cipher_pass_end(c);
    cipher_software_takes(c, false);
}

void cipher_pass_begin(struct cipher *c, const struct request *r)
{
    struct cipher_software *s = &c->software;

    s->pass_max = s->pass_limit;
    if (s->pass_limit == 0 || r->len <= s->pass_limit)
        return;
    if (calibration_skip(&r->sample, s->pass_longer) && r->len < UINT32_MAX)
        s->pass_max = (uint32_t)r->len;
    s->pass_longer = 0;
}

void cipher_pass_end(struct cipher *c)
{
    c->software.pass_max = 0;
}
