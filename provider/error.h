/* SPDX-License-Identifier: Apache-2.0 */
/* One way to fail: an entry on OpenSSL's error queue. */
#ifndef AFALG_ERROR_H
#define AFALG_ERROR_H

#include <openssl/err.h>
#include <openssl/proverr.h>

struct algorithm;
struct provctx;

/**
 * Raises one entry on OpenSSL's error queue through the core. @reason is a PROV_R_... of
 * openssl/proverr.h or an ERR_R_...: for a failure that the default provider has too, the one
 * that it raises, as applications compare it. @format's text names the algorithm and says
 * what to do. @return 0, always
 */
#define fail(prov, reason, ...) fail_code(prov, ERR_PACK(ERR_LIB_PROV, 0, reason), __VA_ARGS__)

/** The same with a code of another library, or of the system. */
#define fail_code(prov, code, ...)                                                                 \
    fail_at(prov, code, &(const struct place){ __FILE__, __LINE__, __func__ }, __VA_ARGS__)

/** Where an error is raised. */
struct place {
    const char *file;
    int line;
    const char *function;
};

int fail_at(const struct provctx *prov, unsigned long code, const struct place *place,
            const char *format, ...) __attribute__((format(printf, 4, 5), cold));

/** Raises a system error for a negative errno value of @what ("a request"...) with advice. */
int fail_kernel(const struct provctx *prov, const struct algorithm *alg, const char *what,
                int error) __attribute__((cold));

#endif
