/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AFALG_RAND_H
#define AFALG_RAND_H

#include "provctx.h"

void *rand_new(struct provctx *prov, const struct algorithm *alg, void *parent,
               const OSSL_DISPATCH *parent_calls);
extern const OSSL_DISPATCH rand_functions[];

#endif
