/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AFALG_MAC_H
#define AFALG_MAC_H

#include "provctx.h"

void *hmac_new(struct provctx *prov, const struct algorithm *alg);
void *cmac_new(struct provctx *prov, const struct algorithm *alg);
void *gmac_new(struct provctx *prov, const struct algorithm *alg);

/**
 * The kernel's name and type of the MAC row @mac made of the digest or cipher row @underlying.
 * @return false if there is none
 */
bool mac_kernel_name(const struct algorithm *mac, const struct algorithm *underlying,
                     const char **type, char *name, size_t size);

extern const OSSL_DISPATCH hmac_functions[];
extern const OSSL_DISPATCH cmac_functions[];
extern const OSSL_DISPATCH gmac_functions[];

#endif
