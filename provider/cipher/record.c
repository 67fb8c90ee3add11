/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS records with a CBC cipher: one update is one record and one request. The kernel gets it
 * padded and gives it back to be taken apart here, see tls.h; software does all of that itself.
 */
#include <openssl/params.h>
#include <string.h>

#include "cipher.h"
#include "tls.h"

/* Longer than any record can be. */
enum { RECORD_MAX = 65536 };

static int no_record(const struct cipher *c, size_t len)
{
    return fail(c->prov, PROV_R_BAD_DECRYPT, "%.*s: no TLS record of %zu bytes",
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
    offload_done(&c->sample, false);
    offload_tally(&c->tally, len);
    return 1;
}

int cipher_record(struct cipher *c, unsigned char *record, size_t *outl, size_t outsize, size_t len)
{
    size_t blocksize = c->alg->blocksize, whole = len;

    if (len > RECORD_MAX || (len == 0 && !c->encrypting))
        return no_record(c, len);
    if (c->encrypting && !tls_pad(blocksize, record, &whole, outsize))
        return cipher_output_too_small(c, outsize, len + blocksize);
    if (whole % blocksize != 0)
        return cipher_wrong_length(c);
    switch (cipher_request_blocks(c, record, record, whole)) {
    case REQUEST_SOFTWARE:
        return by_software(c, record, outl, outsize, len);
    case REQUEST_DONE:
        break;
    default:
        return 0;
    }
    *outl = whole;
    if (c->encrypting ||
        tls_unpad(c->tls_version, blocksize, c->tls_mac_size, record, whole, outl, c->tls_mac))
        return 1;
    return no_record(c, len);
}
