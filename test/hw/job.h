/* SPDX-License-Identifier: Apache-2.0 */
/* A message with one of the algorithms that the device of test/device has, by EVP. */
#ifndef TEST_HW_JOB_H
#define TEST_HW_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

enum { JOB_LARGE = 70000, JOB_PAGE = 4096 };

/* A message, and how the application passes it. */
struct job {
    const char *name; /* of a MAC: its digest or cipher */
    size_t len, aadlen, taglen;
    size_t offset; /* of the output in its page */
    size_t piece;  /* of a digest's update; 0: all */
    enum { CIPHER, AEAD, DIGEST, HMAC, CMAC } sort;
    uint8_t iv; /* each byte of it */
};

/* A message of JOB_LONG bytes with each algorithm that the provider makes of the device's. */
enum { JOB_LONG = 16384, DEVICE_JOBS = 14 };
extern const struct job device_jobs[DEVICE_JOBS];

/* What all messages begin with. */
extern uint8_t job_message[JOB_LARGE];

/* cmocka's group fixtures: the message, and the default provider to compare with. */
int job_setup(void **state);
int job_teardown(void **state);

/*
 * The message by the subject in @libctx, or by the default provider if that is NULL: to @out its
 * output, and behind it the tag. Returns the length.
 */
size_t job_run(OSSL_LIB_CTX *libctx, const struct job *job, uint8_t *out);

/* By the subject what the default provider makes of it. */
void job_check_encrypts(OSSL_LIB_CTX *libctx, const struct job *job);

/* What the default provider has made of it is opened, and yields the message. */
void job_check_decrypts(OSSL_LIB_CTX *libctx, const struct job *job);

/* Both. */
void job_check(OSSL_LIB_CTX *libctx, const struct job *job);

/* Messages with it that job_check() passes: two of what can be decrypted. */
unsigned job_messages(const struct job *job);

/* "HMAC of SHA1", for messages of tests. Valid until the next call. */
const char *job_name(const struct job *job);

#endif
