/* SPDX-License-Identifier: Apache-2.0 */
/* What was done, by whom: for the provider's parameters and the log. */
#ifndef AFALG_REPORT_H
#define AFALG_REPORT_H

#include "provctx.h"

/** Answers the AFALG_PARAM_... of OSSL_PROVIDER_get_params. */
int report_params(struct provctx *prov, OSSL_PARAM params[]);

/** Writes how far a row is to the log of its @progress, which is not NULL. */
void report_progress(const struct alg_state *state) __attribute__((cold));

/** If the log asks for it: that an algorithm is offered, or why it is not. */
void report_alg_state(const struct provctx *prov, const struct alg_state *state);

/** Logs a request of @len bytes: the kernel has done it (REASON_NONE), or software, for @reason. */
void report_request(const struct provctx *prov, const struct alg_state *state, size_t len,
                    enum reason reason) __attribute__((cold));

/** If there is a log: that an algorithm keeps failing in the kernel, with @error at last. */
void report_backoff(const struct provctx *prov, const struct alg_state *state, int error);

/** If there is a log: that the kernel has given a wrong answer, in a socket bound to @name. */
void report_wrong(const struct provctx *prov, const struct alg_state *state, const char *name);

/** If the log asks for offers: that nothing is offered to @program. */
void report_excluded(const struct provctx *prov, const char *program);

/** If there is a log: why the provider is not loaded. */
void report_not_loaded(const struct provctx *prov, const char *why);

/** Writes the report to where the configuration's log says; nothing if it says none. */
void report_log(struct provctx *prov);

#endif
