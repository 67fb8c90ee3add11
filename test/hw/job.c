/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include "cmocka_test.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "support.h"

const struct job device_jobs[DEVICE_JOBS] = {
    { .name = "AES-128-ECB", .len = JOB_LONG },
    { .name = "AES-192-CBC", .len = JOB_LONG },
    { .name = "AES-256-CTR", .len = JOB_LONG },
    { .name = "AES-128-XTS", .len = JOB_LONG },
    { .name = "DES-EDE3-CBC", .len = JOB_LONG },
    { .name = "AES-128-GCM", .sort = AEAD, .len = JOB_LONG, .taglen = 16 },
    { .name = "AES-256-CCM", .sort = AEAD, .len = JOB_LONG, .taglen = 16 },
    { .name = "SHA1", .sort = DIGEST, .len = JOB_LONG },
    { .name = "SHA2-256", .sort = DIGEST, .len = JOB_LONG },
    { .name = "SHA2-512", .sort = DIGEST, .len = JOB_LONG },
    { .name = "SHA3-256", .sort = DIGEST, .len = JOB_LONG },
    { .name = "SHA1", .sort = HMAC, .len = JOB_LONG },
    { .name = "SHA2-256", .sort = HMAC, .len = JOB_LONG },
    { .name = "AES-256-CBC", .sort = CMAC, .len = JOB_LONG },
};

uint8_t job_message[JOB_LARGE];

static OSSL_LIB_CTX *oracle;
static uint8_t key[64];

int job_setup(void **state)
{
    (void)state;
    oracle = oracle_open();
    for (size_t i = 0; i < sizeof(job_message); i++)
        job_message[i] = (uint8_t)(i * 167 + i / 256);
    memcpy(key, job_message + 100, sizeof(key));
    return 0;
}

int job_teardown(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

const char *job_name(const struct job *job)
{
    static const char *const sorts[] = { [HMAC] = "HMAC of ", [CMAC] = "CMAC of " };
    static _Thread_local char name[64];

    snprintf(name, sizeof(name), "%s%s", job->sort >= HMAC ? sorts[job->sort] : "", job->name);
    return name;
}

/* --- one message --- */

static OSSL_LIB_CTX *context_of(OSSL_LIB_CTX *libctx)
{
    return libctx == NULL ? oracle : libctx;
}

static const char *query_of(const OSSL_LIB_CTX *libctx)
{
    return libctx == NULL ? NULL : subject_query();
}

static size_t cipher_run(OSSL_LIB_CTX *libctx, const struct job *job, bool encrypt,
                         const uint8_t *in, uint8_t *out, uint8_t tag[16])
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(context_of(libctx), job->name, query_of(libctx));
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ccm = strstr(job->name, "CCM") != NULL, aead = job->sort == AEAD;
    uint8_t iv[16];
    int n = 0, last = 0;

    memset(iv, job->iv, sizeof(iv));
    assert_non_null(cipher);
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL), 1);
    if (aead && (ccm || !encrypt))
        assert_int_equal(
            EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)job->taglen, encrypt ? NULL : tag),
            1);
    assert_int_equal(EVP_CipherInit_ex2(ctx, NULL, key, iv, -1, NULL), 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    if (ccm)
        assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)job->len), 1);
    if (job->aadlen > 0)
        assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, job_message, (int)job->aadlen), 1);
    assert_int_equal(EVP_CipherUpdate(ctx, out, &n, in, (int)job->len), 1);
    if (!ccm || encrypt)
        assert_int_equal(EVP_CipherFinal_ex(ctx, out + n, &last), 1);
    if (aead && encrypt)
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)job->taglen, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return (size_t)n + (size_t)last;
}

static size_t digest_run(OSSL_LIB_CTX *libctx, const struct job *job, uint8_t *out)
{
    EVP_MD *md = EVP_MD_fetch(context_of(libctx), job->name, query_of(libctx));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t piece = job->piece == 0 ? job->len : job->piece;
    unsigned n = 0;

    assert_int_equal(EVP_DigestInit_ex2(ctx, md, NULL), 1);
    for (size_t at = 0; at < job->len; at += piece)
        assert_int_equal(
            EVP_DigestUpdate(ctx, job_message + at, at + piece < job->len ? piece : job->len - at),
            1);
    assert_int_equal(EVP_DigestFinal_ex(ctx, out, &n), 1);
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);
    return n;
}

static size_t mac_run(OSSL_LIB_CTX *libctx, const struct job *job, uint8_t *out)
{
    bool hmac = job->sort == HMAC;
    EVP_MAC *mac = EVP_MAC_fetch(context_of(libctx), hmac ? "HMAC" : "CMAC", query_of(libctx));
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(hmac ? OSSL_MAC_PARAM_DIGEST
                                                                  : OSSL_MAC_PARAM_CIPHER,
                                                             (char *)(uintptr_t)job->name, 0),
                            OSSL_PARAM_construct_end() };
    size_t n = 0;

    assert_int_equal(EVP_MAC_init(ctx, key, 32, params), 1);
    assert_int_equal(EVP_MAC_update(ctx, job_message, job->len), 1);
    assert_int_equal(EVP_MAC_final(ctx, out, &n, EVP_MAX_MD_SIZE), 1);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return n;
}

size_t job_run(OSSL_LIB_CTX *libctx, const struct job *job, uint8_t *out)
{
    switch (job->sort) {
    case DIGEST:
        return digest_run(libctx, job, out);
    case HMAC:
    case CMAC:
        return mac_run(libctx, job, out);
    default:
        return cipher_run(libctx, job, true, job_message, out, out + job->len) + job->taglen;
    }
}

/* --- the same by both --- */

struct output {
    _Alignas(JOB_PAGE) uint8_t bytes[2 * JOB_PAGE + JOB_LARGE];
};

void job_check_encrypts(OSSL_LIB_CTX *libctx, const struct job *job)
{
    static _Thread_local struct output ours, expected;
    uint8_t *out = ours.bytes + job->offset;
    size_t n = job_run(libctx, job, out);

    assert_int_equal(n, job_run(NULL, job, expected.bytes));
    assert_memory_equal(out, expected.bytes, n);
}

void job_check_decrypts(OSSL_LIB_CTX *libctx, const struct job *job)
{
    static _Thread_local struct output sealed, ours;
    uint8_t *out = ours.bytes + job->offset;

    if (job->sort >= DIGEST)
        return;
    job_run(NULL, job, sealed.bytes);
    cipher_run(libctx, job, false, sealed.bytes, out, sealed.bytes + job->len);
    assert_memory_equal(out, job_message, job->len);
}

void job_check(OSSL_LIB_CTX *libctx, const struct job *job)
{
    job_check_encrypts(libctx, job);
    job_check_decrypts(libctx, job);
}

unsigned job_messages(const struct job *job)
{
    return job->sort < DIGEST ? 2 : 1;
}
