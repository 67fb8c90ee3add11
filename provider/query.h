/* SPDX-License-Identifier: Apache-2.0 */
/* What is offered to OpenSSL. */
#ifndef AFALG_QUERY_H
#define AFALG_QUERY_H

#include <openssl/core_dispatch.h>

struct provctx;
struct query;

OSSL_FUNC_provider_query_operation_fn provider_query;

/**
 * In auto, asks the kernel at once: later the process may be in a sandbox that doesn't let it.
 * Does nothing else, as OpenSSL's locks may be held, and never fails.
 */
void query_at_load(struct provctx *prov);
void query_free(struct query *query);

#endif
