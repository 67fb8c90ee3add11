/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <openssl/rand.h>

#include "provctx.h"

bool provider_random(const struct provctx *prov, unsigned char *out, size_t len, bool private)
{
    OSSL_LIB_CTX *libctx = (OSSL_LIB_CTX *)prov->core_get_libctx(prov->core);

    return (private ? RAND_priv_bytes_ex : RAND_bytes_ex)(libctx, out, len, 0) > 0;
}
