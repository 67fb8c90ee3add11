/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures as a table of calls that are wrong. Each case is a function that makes them, and is run
 * by the subject and by the default provider; what each call returns, and the library and reason of
 * all that it leaves on the error queue, must be the same.
 */
#ifndef TEST_EVP_ERRORS_H
#define TEST_EVP_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/params.h>

/* What one call did: its text in the case, what it returned, and the queue's codes in order. */
struct call_record {
    const char *text;
    long returned;
    unsigned long codes[8];
    size_t code_count;
};

/* One provider's run of a case. */
struct run {
    OSSL_LIB_CTX *libctx;
    const char *query; /* the provider's property */
    bool is_default;   /* it is the default provider's */
    struct call_record calls[128];
    size_t call_count;
};

/* Makes a call, and records what it returned and left on the error queue, which is empty then. */
#define CALL(run, call) record_call(run, #call, (long)(call))
void record_call(struct run *run, const char *text, long returned);

/* A case, for each of the algorithms (names of OpenSSL, parted by blanks). */
struct error_case {
    const char *name;
    void (*make)(struct run *run, const char *algorithm);
    const char *algorithms;
};

extern const struct error_case cipher_errors[], aead_errors[], digest_errors[], mac_errors[],
    rand_errors[]; /* the last of each has no name */

/* A parameter of an unsigned integer, and an end. */
#define UINT_PARAM(key, value)                                                                     \
    ((OSSL_PARAM[]){ OSSL_PARAM_construct_uint(key, &(unsigned){ value }),                         \
                     OSSL_PARAM_construct_end() })
#define SIZE_PARAM(key, value)                                                                     \
    ((OSSL_PARAM[]){ OSSL_PARAM_construct_size_t(key, &(size_t){ value }),                         \
                     OSSL_PARAM_construct_end() })
#define OCTET_PARAM(key, data, size)                                                               \
    ((OSSL_PARAM[]){ OSSL_PARAM_construct_octet_string(key, data, size),                           \
                     OSSL_PARAM_construct_end() })
#define TEXT_PARAM(key, text)                                                                      \
    ((OSSL_PARAM[]){ OSSL_PARAM_construct_utf8_string(key, (char *)(uintptr_t)(text), 0),          \
                     OSSL_PARAM_construct_end() })

#endif
