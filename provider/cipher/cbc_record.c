/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS records with a CBC cipher: one update is one record and one request. The kernel gets it
 * padded and gives it back to be taken apart here, see cbc_padding.h; software does all of that
 * itself.
 */
#include <openssl/params.h>
#include <string.h>

#include "cbc_padding.h"
#include "cipher.h"
#include "random.h"

/* Longer than any record can be. */
enum { RECORD_MAX = 65536 };

static int no_record(const struct cipher *c, size_t len)
{
    return fail(c->backend.prov, PROV_R_CIPHER_OPERATION_FAILED,
                "%.*s: not a TLS record: %zu bytes", algorithm_name_length(c->alg), c->alg->names,
                len);
}

/* Of a record just opened: libssl asks us for it. */
static bool fetch_mac(struct cipher *c)
{
    void *mac = NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, &mac, c->tls_macsize),
        OSSL_PARAM_construct_end(),
    };

    if (!c->backend.software->cipher.get_ctx_params(c->backend.software_ctx, params) || mac == NULL)
        return false;
    memcpy(c->tls_mac, mac, c->tls_macsize);
    c->has_tls_mac = true;
    return true;
}

/* *r->outl is its length without our padding: software pads it, or takes it apart, itself. */
static enum outcome record_in_software(struct request *base)
{
    const struct cipher_request *r = (const struct cipher_request *)base;
    struct cipher *c = base->ctx;
    bool with_mac = !c->encrypting && c->tls_macsize != 0;
    size_t len = *r->outl;

    if (cipher_software(c) == NULL)
        return OUTCOME_FAILED;
    cipher_software_takes(c, true);
    c->iv_place = IV_IN_SOFTWARE;
    if (!c->software.update(c->backend.software_ctx, r->out, r->outl, r->outsize, r->in, len))
        return OUTCOME_FAILED;
    if ((*r->outl > len) != c->encrypting || (with_mac && !fetch_mac(c))) {
        fail(c->backend.prov, ERR_R_UNSUPPORTED, "%.*s: software = %s knows no TLS records",
             algorithm_name_length(c->alg), c->alg->names, c->backend.prov->config.software);
        return OUTCOME_FAILED;
    }
    if (!with_mac)
        cipher_pass_begin(c, base);
    if (c->iv_lent)
        cipher_fetch_iv(c);
    return OUTCOME_SOFTWARE;
}

/* Takes a decrypted record apart: text, and the MAC or random bytes in its place. */
static int take_apart(struct cipher *c, const unsigned char *record, size_t len, size_t *outl)
{
    const struct cbc_format format = { .version = c->tls_version,
                                       .blocksize = c->alg->blocksize,
                                       .macsize = c->tls_macsize };

    if (c->tls_macsize != 0 && !provider_random(c->backend.prov, c->tls_mac, c->tls_macsize, false))
        return 0;
    if (!cbc_padding_remove(&format, record, len, outl, c->tls_mac))
        return no_record(c, len);
    c->has_tls_mac = c->tls_macsize != 0;
    return 1;
}

/* Records that were software's have moved the IV on there. */
static ssize_t record_in_kernel(struct request *base)
{
    cipher_fetch_iv(base->ctx);
    return cipher_kernel(base);
}

static const struct request_class record_class = {
    .kernel = record_in_kernel,
    .software = record_in_software,
    .verify = &cipher_verify_blocks,
};

/* @whole bytes, padded if they are to be encrypted; *@outl is what they were before. */
static int run_record(struct cipher *c, unsigned char *record, size_t whole, size_t *outl,
                      size_t outsize)
{
    size_t blocksize = c->alg->blocksize;
    struct cipher_request r = {
        .base = { .class = &record_class, .ctx = c, .len = whole },
        .in = record,
        .out = record,
        .outl = outl,
        .outsize = outsize,
    };
    unsigned char last_in[CIPHER_BLOCK_MAX];

    memcpy(last_in, record + whole - blocksize, blocksize);
    switch (backend_run(&c->backend, &r.base)) {
    case OUTCOME_SOFTWARE:
        return 1;
    case OUTCOME_KERNEL:
        cipher_moved_by_kernel(c, last_in, record + whole - blocksize, whole);
        *outl = whole;
        return c->encrypting || take_apart(c, record, whole, outl);
    default:
        return 0;
    }
}

int cipher_record(struct cipher *c, unsigned char *record, size_t *outl, size_t outsize, size_t len)
{
    size_t blocksize = c->alg->blocksize, whole = len;

    if (len > RECORD_MAX || outsize < len || (len == 0 && !c->encrypting))
        return no_record(c, len);
    if (c->encrypting && !cbc_padding_add(blocksize, record, &whole, outsize))
        return no_record(c, len);
    if (whole % blocksize != 0)
        return no_record(c, len);
    *outl = len;
    return run_record(c, record, whole, outl, outsize);
}
