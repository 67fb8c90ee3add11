/* SPDX-License-Identifier: Apache-2.0 */
/* The loader of afalg: URIs, from OpenSSL 4.0 on (provider-storemgmt(7), ossl_store(7)). */
#ifndef AFALG_KEY_STORE_H
#define AFALG_KEY_STORE_H

#include <openssl/core_object.h>

#include "skeymgmt.h"

#if defined(AFALG_HAS_SKEYMGMT) && defined(OSSL_OBJECT_SKEY)
#define AFALG_HAS_STORE

/**
 * It loads the key that a URI names, or every key of a type that the process could use, as objects
 * of the type AFALG.
 */
extern const OSSL_ALGORITHM store_algorithms[];

#endif
#endif
