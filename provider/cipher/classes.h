/* SPDX-License-Identifier: Apache-2.0 */
/* The classes of ciphers, as the table of algorithms names them. */
#ifndef AFALG_CIPHER_CLASSES_H
#define AFALG_CIPHER_CLASSES_H

#include "provctx.h"

/* Answers OSSL_FUNC_cipher_get_params for a row. */
int cipher_get_params(const struct algorithm *alg, OSSL_PARAM params[]);

/* Each: newctx for a row (NULL if memory is short), and what OpenSSL calls on the context. */
void *block_new(struct provctx *prov, const struct algorithm *alg);  /* ECB, CBC */
void *stream_new(struct provctx *prov, const struct algorithm *alg); /* CTR, CFB, OFB */
void *chacha20_new(struct provctx *prov, const struct algorithm *alg);
void *xts_new(struct provctx *prov, const struct algorithm *alg);
void *cts_new(struct provctx *prov, const struct algorithm *alg);
void *wrap_new(struct provctx *prov, const struct algorithm *alg);
void *aead_new(struct provctx *prov, const struct algorithm *alg); /* GCM, CCM */
void *chacha20_poly1305_new(struct provctx *prov, const struct algorithm *alg);

extern const OSSL_DISPATCH block_functions[];
extern const OSSL_DISPATCH stream_functions[];
extern const OSSL_DISPATCH chacha20_functions[];
extern const OSSL_DISPATCH xts_functions[];
extern const OSSL_DISPATCH cts_functions[];
extern const OSSL_DISPATCH wrap_functions[];
extern const OSSL_DISPATCH aead_functions[];
extern const OSSL_DISPATCH chacha20_poly1305_functions[];

#endif
