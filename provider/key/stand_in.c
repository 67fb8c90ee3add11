/* SPDX-License-Identifier: Apache-2.0 */
#include "stand_in.h"

#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "provctx.h"

/* Shorter bytes may be those of a key by chance; longer keys have no ciphers. */
enum { STAND_IN_MIN = 16, STAND_IN_MAX = 64 };

static void hex_key(char *to, const unsigned char *bytes, size_t len, const char *digits)
{
    to = stpcpy(to, AFALG_CONF_KEY ".");
    for (size_t i = 0; i < len; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    *to = '\0';
}

const char *key_stand_in(const struct provctx *prov, const void *bytes, size_t len)
{
    char lower[sizeof(AFALG_CONF_KEY ".") + 2 * STAND_IN_MAX] = "", upper[sizeof(lower)] = "";
    char *uris[2] = { NULL, NULL };
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_ptr(lower, &uris[0], 0),
        OSSL_PARAM_construct_utf8_ptr(upper, &uris[1], 0),
        OSSL_PARAM_construct_end(),
    };

    if (len < STAND_IN_MIN || len > STAND_IN_MAX || prov->core_get_params == NULL)
        return NULL;
    hex_key(lower, bytes, len, "0123456789abcdef");
    hex_key(upper, bytes, len, "0123456789ABCDEF");
    prov->core_get_params(prov->core, params);
    OPENSSL_cleanse(lower, sizeof(lower));
    OPENSSL_cleanse(upper, sizeof(upper));
    return uris[0] != NULL ? uris[0] : uris[1];
}
