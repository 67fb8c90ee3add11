/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every test at EVP level starts from: a library context in which the provider under test (the
 * subject) sits beside the default provider, and another one that holds the default provider alone
 * (the oracle).
 *
 * The subject is named by the environment variable AFALG_TEST_SUBJECT and is "afalg" without it.
 * With "default" a test compares the default provider with itself, which shows that the test is
 * sound.
 */
#ifndef TEST_EVP_SUPPORT_H
#define TEST_EVP_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/types.h>

/* What the subject says of its own work since it was loaded. */
struct counters {
    uint64_t kernel_requests;
    uint64_t kernel_bytes;
    uint64_t software_requests;
    uint64_t software_bytes;
    uint64_t fallbacks;
    uint64_t sockets;
};

const char *subject_name(void);

/* The property query that only the subject answers. Valid as long as the thread. */
const char *subject_query(void);

/* Whether the subject sends requests to the kernel and counts them. */
bool subject_counts(void);

/*
 * A library context with the subject and the default provider, configured by lines of openssl.cnf
 * ("key = value\n", NULL for none) that go into the subject's section, mode = kernel unless they
 * set it. The caller frees it. Ends the program with a message on stderr if the subject can't be
 * loaded.
 */
OSSL_LIB_CTX *subject_open(const char *settings);

/* As subject_open, but into a library context that is there; NULL: the default one. */
void subject_load(OSSL_LIB_CTX *libctx, const char *settings);

/*
 * Leaves the default library context without any algorithm, so that what is asked of it by mistake
 * fails. Ends the program on failure.
 */
void default_context_empty(void);

/* A library context with the default provider alone. The caller frees it. Ends the program on
 * failure. */
OSSL_LIB_CTX *oracle_open(void);

/* The subject as loaded in libctx, NULL if it isn't; valid as long as libctx. */
OSSL_PROVIDER *subject_provider(OSSL_LIB_CTX *libctx);

/* The counters of the subject in libctx; all zero for a subject that doesn't count. Ends the
 * program on failure. */
struct counters counters_read(OSSL_LIB_CTX *libctx);

/* Whether provider is the subject. */
bool is_subject(const OSSL_PROVIDER *provider);

/* Fetch from the subject alone; NULL, with nothing left on the error queue, if it doesn't offer
 * name. */
EVP_CIPHER *subject_cipher(OSSL_LIB_CTX *libctx, const char *name);
EVP_MD *subject_digest(OSSL_LIB_CTX *libctx, const char *name);
EVP_MAC *subject_mac(OSSL_LIB_CTX *libctx, const char *name);

/* Prints a message and OpenSSL's error queue to stderr and ends the program with status 1. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/*
 * The drivers of a kernel's algorithm that are loaded, by /proc/crypto, as a list for the
 * configuration's key "hardware". Ends the program if it can't be read.
 */
void loaded_drivers(const char *algorithm, char *list, size_t size);

/* Waits for a child of this process. Returns whether it has ended with status 0. */
bool child_succeeds(pid_t child);

/* Descriptors that the process has open now, stdin to stderr included. */
size_t descriptors_open(void);

#endif
