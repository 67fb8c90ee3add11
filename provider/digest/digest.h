/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AFALG_DIGEST_H
#define AFALG_DIGEST_H

#include "provctx.h"

void *digest_new(struct provctx *prov, const struct algorithm *alg);
/* Frees the contexts that are kept for a row's next messages. */
void digest_drop_spares(struct alg_state *state);
/* Answers OSSL_FUNC_digest_get_params for a row. */
int digest_get_params(const struct algorithm *alg, OSSL_PARAM params[]);
extern const OSSL_DISPATCH digest_functions[];
extern const OSSL_DISPATCH
    variable_length_digest_functions[];             /* of rows with ALG_VARIABLE_LENGTH */
extern const OSSL_DISPATCH ssl3_digest_functions[]; /* of rows with ALG_SSL3 */

#endif
