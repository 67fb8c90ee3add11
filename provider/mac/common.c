/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"
#include "params.h"

#include <openssl/crypto.h>
#include <openssl/evperr.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

/* The digests or ciphers that a MAC can be made of, and the kernel's name of the two. */
static const struct template
{
    int operation;
    enum cipher_mode mode;
    const char *type, *format; /* of the kernel's name of the digest, the primitive or the mode */
}
templates[] = {
    [MAC_HMAC] = { OSSL_OP_DIGEST, MODE_NONE, "hash", "hmac(%s)" },
    [MAC_CMAC] = { OSSL_OP_CIPHER, MODE_CBC, "hash", "cmac(%s" },
    [MAC_GMAC] = { OSSL_OP_CIPHER, MODE_GCM, "aead", "%s" },
};

bool mac_kernel_name(const struct algorithm *mac, const struct algorithm *underlying,
                     const char **type, char *name, size_t size)
{
    const struct template *t = &templates[mac->mac_template];
    const char *kernel = underlying->kernel;

    *type = t->type;
    if (underlying->operation != t->operation || underlying->mode != t->mode)
        return false;
    if (mac->mac_template == MAC_CMAC)
        kernel = strchr(kernel, '(') + 1; /* "aes)" of "cbc(aes)" */
    return snprintf(name, size, t->format, kernel) < (int)size;
}

/* --- life --- */

void *mac_new(struct provctx *prov, const struct algorithm *alg, const struct mac_class *class)
{
    struct mac *m = OPENSSL_zalloc(class->context_size);

    if (m == NULL)
        return NULL;
    hash_setup(&m->hash, class->hash, prov, alg);
    m->class = class;
    return m;
}

void mac_free(void *vmac)
{
    struct mac *m = vmac;

    if (m == NULL)
        return;
    hash_cleanup(&m->hash);
    OPENSSL_free(m);
}

void *mac_dup(void *vmac)
{
    struct mac *from = vmac, *to;

    if (from->class->unkeyed_void && !key_is_set(&from->hash.backend.key))
        return NULL;
    to = OPENSSL_memdup(from, from->class->context_size);
    if (to == NULL)
        return NULL;
    if (!hash_dup(&to->hash, &from->hash)) {
        OPENSSL_free(to);
        return NULL;
    }
    to->hash.backend.software_keyed =
        from->hash.backend.software_keyed && to->hash.backend.software_ctx != NULL;
    return to;
}

/* --- software --- */

bool mac_software_init(struct hash *h)
{
    struct mac *m = (struct mac *)h;
    struct backend *b = &h->backend;
    OSSL_PARAM params[4], *p = params;

    if (!b->software_keyed)
        *p++ = OSSL_PARAM_construct_utf8_string(m->class->underlying_param, m->underlying.name, 0);
    if (m->class->software_params != NULL)
        p = m->class->software_params(m, p);
    *p = OSSL_PARAM_construct_end();
    b->software_keyed = b->software->mac.init(
        b->software_ctx, b->software_keyed ? NULL : b->key.bytes, b->key.len, params);
    return b->software_keyed ||
           fail(b->prov, PROV_R_FAILED_TO_SET_PARAMETER, "%s of %s: refused by software = %s",
                b->alg_state->alg->names, m->underlying.name, b->prov->config.software);
}

size_t mac_software_size(const struct mac *m, const char *param)
{
    const struct backend *b = &m->hash.backend;
    size_t size = 0;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_size_t(param, &size),
        OSSL_PARAM_construct_end(),
    };

    if (b->software_ctx == NULL || !b->software_keyed ||
        !b->software->mac.get_ctx_params(b->software_ctx, params))
        return 0;
    return size;
}

/* Whether software knows what we don't: if not, its own error is raised. */
static bool software_knows(const struct mac *m, const struct mac_underlying *underlying)
{
    struct provctx *prov = m->hash.backend.prov;
    const struct software *s = software_find(prov, m->hash.backend.alg_state);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(m->class->underlying_param,
                                         (char *)(uintptr_t)underlying->name, 0),
        OSSL_PARAM_construct_end(),
    };
    void *ctx;
    bool known;

    if (s == NULL)
        return fail(prov, ERR_R_UNSUPPORTED, "%s: no %s %s", m->hash.backend.alg_state->alg->names,
                    m->class->underlying_param, underlying->name);
    ctx = s->newctx(s->provctx);
    known = ctx != NULL && s->mac.set_ctx_params(ctx, params);
    s->freectx(ctx);
    return known;
}

/* --- parameters --- */

/* As OpenSSL's own MACs: what is named here takes effect with the next key. */
static bool set_underlying(struct mac *m, const OSSL_PARAM *p)
{
    const char *name;
    const char *type;
    char kernel[AFALG_NAME_MAX];
    struct mac_underlying *next = &m->next;

    /* The default provider raises nothing of what is no text. */
    if (p->data_type != OSSL_PARAM_UTF8_STRING || !OSSL_PARAM_get_utf8_string_ptr(p, &name))
        return false;
    if (strlen(name) >= sizeof(next->name))
        return fail(m->hash.backend.prov, ERR_R_UNSUPPORTED, "%s: no %s %s",
                    m->hash.backend.alg_state->alg->names, p->key, name);
    memcpy(next->name, name, strlen(name) + 1);
    next->alg = algorithm_find(m->class->underlying_operation, name);
    if (next->alg != NULL &&
        mac_kernel_name(m->hash.backend.alg_state->alg, next->alg, &type, kernel, sizeof(kernel)))
        return true;
    next->alg = NULL;
    return software_knows(m, next);
}

static bool check_key(const struct mac *m, size_t keylen)
{
    const struct algorithm *alg = m->hash.backend.alg_state->alg;

    if (m->next.name[0] == '\0')
        return false; /* the default provider raises nothing */
    if (m->class->key_length_error == 0 || m->next.alg == NULL || keylen == m->next.alg->keylen)
        return true;
    return fail_code(m->hash.backend.prov, m->class->key_length_error,
                     "%s of %s takes a key of %zu bytes, got %zu", alg->names, m->next.name,
                     m->next.alg->keylen, keylen);
}

/* The kernel's name of the MAC in use, and what is known of it; NULL if this kernel doesn't have
 * it. */
static void find_kernel_name(struct mac *m)
{
    struct backend *b = &m->hash.backend;
    struct alg_state *state;

    b->name = NULL;
    if (m->underlying.alg == NULL)
        return;
    state = provider_alg_state(b->prov, m->underlying.alg);
    if (state->mac_unavailable_reason != NULL)
        return;
    b->name = state->mac_bind_name;
    b->kernel = &state->mac_kernel;
}

/* The digest or cipher as last set comes into use, with the key that is set next. */
static void use_underlying(struct mac *m)
{
    struct backend *b = &m->hash.backend;

    if (m->underlying.alg != m->next.alg)
        afalg_socket_close(&b->socket);
    m->underlying = m->next;
    b->software_keyed = false; /* the digest or cipher may be another one */
    find_kernel_name(m);
}

/*
 * The kernel takes no key of no bytes. RFC 2104 pads HMAC's with zeros, so one of a zero byte is
 * the same.
 */
static bool set_key(struct mac *m, const unsigned char *key, size_t keylen)
{
    static const unsigned char zero[1];
    struct backend *b = &m->hash.backend;

    if (!check_key(m, keylen)) {
        if (m->class->unkeyed_void)
            backend_clear_key(b);
        return false;
    }
    use_underlying(m);
    return backend_set_key(b, keylen == 0 ? zero : key, keylen == 0 ? 1 : keylen);
}

/* Bytes of the key that the digest or cipher in use takes; 0: any. */
static size_t keylen(const struct mac *m)
{
    bool fixed = m->class->key_length_error != 0 && m->underlying.alg != NULL;

    return fixed ? m->underlying.alg->keylen : 0;
}

/* Before a key that only the kernel has is set. False with the error raised. */
static bool begin_opaque_key(struct mac *m)
{
    const struct backend *b = &m->hash.backend;

    if (m->next.name[0] == '\0')
        return fail(b->prov, PROV_R_FAILED_TO_SET_PARAMETER, "%s: set %s before the key",
                    b->alg_state->alg->names, m->class->underlying_param);
    use_underlying(m);
    return true;
}

/* The key that @params name, if they do. */
static bool take_key(struct mac *m, const OSSL_PARAM params[], bool *fresh)
{
    if (OSSL_PARAM_locate_const(params, AFALG_PARAM_KEY) == NULL)
        return true;
    *fresh = true;
    return begin_opaque_key(m) && backend_take_key(&m->hash.backend, params, keylen(m));
}

/* Takes parameters; *@fresh: one of them begins a message. */
static bool take_params(struct mac *m, const OSSL_PARAM params[], bool *fresh)
{
    const OSSL_PARAM *p;

    if (params == NULL)
        return true;
    p = OSSL_PARAM_locate_const(params, m->class->underlying_param);
    if (p != NULL && !set_underlying(m, p))
        return false;
    p = OSSL_PARAM_locate_const(params, OSSL_MAC_PARAM_KEY);
    if (p != NULL) {
        if (p->data_type != OSSL_PARAM_OCTET_STRING || !set_key(m, p->data, p->data_size))
            return false;
        *fresh = true;
    }
    return take_key(m, params, fresh) &&
           (m->class->set_params == NULL || m->class->set_params(m, params, fresh));
}

static bool start(struct mac *m)
{
    hash_restart(&m->hash);
    m->ended = false;
    if (m->hash.backend.name == NULL)
        return hash_start_software(&m->hash, REASON_OPEN);
    if (m->class->beyond_kernel != NULL && m->class->beyond_kernel(m))
        return hash_start_software(&m->hash, REASON_LENGTH);
    return true;
}

int mac_set_ctx_params(void *vmac, const OSSL_PARAM params[])
{
    struct mac *m = vmac;
    bool fresh = false;

    if (!take_params(m, params, &fresh))
        return 0;
    return !fresh || !key_is_set(&m->hash.backend.key) || start(m);
}

int mac_init(void *vmac, const unsigned char *key, size_t keylen, const OSSL_PARAM params[])
{
    struct mac *m = vmac;
    bool fresh = false;

    if (!take_params(m, params, &fresh) || (key != NULL && !set_key(m, key, keylen)))
        return 0;
    return key_is_set(&m->hash.backend.key) && start(m);
}

#ifdef AFALG_HAS_SKEYMGMT
int mac_init_skey(void *vmac, void *keydata, const OSSL_PARAM params[])
{
    const struct key *key = skeymgmt_key(keydata);
    struct mac *m = vmac;
    bool fresh = false;

    if (!key_is_opaque(key))
        return mac_init(m, key->bytes, key->len, params);
    return take_params(m, params, &fresh) && begin_opaque_key(m) &&
           backend_set_opaque_key(&m->hash.backend, key->opaque, keylen(m)) && start(m);
}
#endif

const OSSL_PARAM *mac_gettable_ctx_params(void *vmac, void *vprov)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_size_t(OSSL_MAC_PARAM_SIZE, NULL),
        OSSL_PARAM_size_t(OSSL_MAC_PARAM_BLOCK_SIZE, NULL),
        OSSL_PARAM_END,
    };

    (void)vmac;
    (void)vprov;
    return gettable;
}

static int get_param(void *vmac, OSSL_PARAM *p)
{
    const struct mac *m = vmac;

    if (param_is(p, OSSL_MAC_PARAM_SIZE))
        return OSSL_PARAM_set_size_t(p, m->class->size(m));
    if (param_is(p, OSSL_MAC_PARAM_BLOCK_SIZE))
        return OSSL_PARAM_set_size_t(p, m->class->block_size(m));
    return 1;
}

int mac_get_ctx_params(void *vmac, OSSL_PARAM params[])
{
    return params_get(vmac, params, get_param);
}

/* --- messages --- */

/*
 * Whether the message can have data or its end now. As by default, no key is no entry. After the
 * end OpenSSL 3.5's HMAC raises @ended; every MAC of every version does so here, as what comes
 * of going on would be the MAC of another message.
 */
static bool ready(const struct mac *m, int ended)
{
    if (!key_is_set(&m->hash.backend.key))
        return false;
    if (m->ended && !m->class->needs_iv)
        return fail_code(m->hash.backend.prov, ERR_PACK(ERR_LIB_EVP, 0, ended),
                         "%s: the message has ended; start the next one with EVP_MAC_init()",
                         m->hash.backend.alg_state->alg->names);
    if (!m->class->needs_iv || (m->ivlen > 0 && !m->iv_used))
        return true;
    /* Default's GMAC fails as its GCM does, whose final raises nothing after the message. */
    return !(m->iv_used && ended == EVP_R_FINAL_ERROR) &&
           fail(m->hash.backend.prov, PROV_R_CIPHER_OPERATION_FAILED, "%s: %s",
                m->hash.backend.alg_state->alg->names,
                m->iv_used ? "every message needs its own iv" : "no iv set");
}

int mac_update(void *vmac, const unsigned char *data, size_t len)
{
    struct mac *m = vmac;

    if (len == 0 && (m->class->needs_iv || m->ended))
        return 1; /* so OpenSSL's own: an IV may still come */
    return ready(m, EVP_R_UPDATE_ERROR) && hash_update(&m->hash, data, len);
}

int mac_final(void *vmac, unsigned char *out, size_t *outl, size_t outsize)
{
    struct mac *m = vmac;
    size_t size;

    if (!ready(m, EVP_R_FINAL_ERROR))
        return 0;
    size = m->class->size(m);
    if (outsize < size)
        return fail(m->hash.backend.prov, PROV_R_OUTPUT_BUFFER_TOO_SMALL,
                    "%s: %zu bytes for a MAC of %zu", m->hash.backend.alg_state->alg->names,
                    outsize, size);
    if (!hash_final(&m->hash, out, size))
        return 0;
    m->ended = true;
    m->iv_used = m->class->needs_iv;
    *outl = size;
    return 1;
}
