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

/* Longer than any record can be. */
enum { RECORD_MAX = 65536 };

static int no_record(const struct cipher *c, size_t len)
{
    return fail(c->prov, PROV_R_CIPHER_OPERATION_FAILED, "%.*s: not a TLS record: %zu bytes",
                algorithm_name_length(c->alg), c->alg->names, len);
}

/* Of a record just opened: libssl asks us for it. */
static int fetch_mac(struct cipher *c)
{
    void *mac = NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, &mac, c->tls_mac_size),
        OSSL_PARAM_construct_end(),
    };

    if (!c->software->get_ctx_params(c->software_ctx, params) || mac == NULL)
        return 0;
    memcpy(c->tls_mac, mac, c->tls_mac_size);
    c->has_tls_mac = true;
    return 1;
}

static int by_software(struct cipher *c, unsigned char *record, size_t *outl, size_t outsize,
                       size_t len)
{
    bool with_mac = !c->encrypting && c->tls_mac_size != 0;

    if (cipher_software(c) == NULL)
        return cipher_no_software(c);
    cipher_software_takes(c, true);
    c->iv_behind = true;
    if (!c->software->update(c->software_ctx, record, outl, outsize, record, len))
        return 0;
    if ((*outl > len) != c->encrypting || (with_mac && !fetch_mac(c)))
        return fail(c->prov, ERR_R_UNSUPPORTED, "%.*s: software = %s knows no TLS records",
                    algorithm_name_length(c->alg), c->alg->names, c->prov->config.software);
    if (!with_mac)
        cipher_go_straight(c, len);
    if (c->iv_lent)
        cipher_fetch_iv(c);
    backend_done(&c->sample, false);
    backend_tally(&c->tally, len);
    return 1;
}

/* Takes a decrypted record apart: text, and the MAC or random bytes in its place. */
static int take_apart(struct cipher *c, const unsigned char *record, size_t len, size_t *outl)
{
    const struct cbc_format format = { .version = c->tls_version,
                                       .blocksize = c->alg->blocksize,
                                       .macsize = c->tls_mac_size };

    if (c->tls_mac_size != 0 && !provider_random(c->prov, c->tls_mac, c->tls_mac_size, false))
        return 0;
    if (!cbc_padding_remove(&format, record, len, outl, c->tls_mac))
        return no_record(c, len);
    c->has_tls_mac = c->tls_mac_size != 0;
    return 1;
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
    switch (cipher_request_blocks(c, record, record, whole)) {
    case REQUEST_SOFTWARE:
        return by_software(c, record, outl, outsize, len);
    case REQUEST_DONE:
        *outl = whole;
        return c->encrypting || take_apart(c, record, whole, outl);
    default:
        return 0;
    }
}
