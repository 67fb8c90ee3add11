/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as EVP_SKEY objects, from OpenSSL 3.5 on (provider-skeymgmt(7)). */
#ifndef AFALG_KEY_SKEYMGMT_H
#define AFALG_KEY_SKEYMGMT_H

#include <openssl/core_dispatch.h>

#include "key.h"

#ifdef OSSL_FUNC_SKEYMGMT_FREE
#define AFALG_HAS_SKEYMGMT

/** The types of keys: default's, and our own for those that only the kernel has. */
extern const OSSL_ALGORITHM skeymgmt_algorithms[];

/** The key of an object of these types. */
const struct key *skeymgmt_key(const void *keydata);

#endif
#endif
