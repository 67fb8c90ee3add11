/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the subject in one shot with libkcapi, which asks the same kernel by code of its own:
 * every algorithm that the subject offers, from empty messages over every length up to four blocks
 * to 1 MiB.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <kcapi.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "kernel_names.h"
#include "support.h"

/*
 * libkcapi takes up to 16 pages in one request. It cuts what is longer by itself, but starts each
 * piece with the first IV again (1.4.0): a chain is only right by its stream functions.
 */
enum { LENGTH_MAX = 1 << 20, PIECE_MAX = 65536, WHOLE_MAX = 60000 };
enum { AAD_LENGTH = 13, TAG_LENGTH = 16, NONCE_LENGTH = 12 };

struct job {
    const struct algorithm *algorithm;
    char kernel[64];
    uint8_t key[64];
    uint8_t iv[16];
    size_t key_length;
    uint8_t *in;
    uint8_t *out[SIDES]; /* the subject's and libkcapi's */
};

static void *memory(size_t length)
{
    void *bytes = NULL;

    if (posix_memalign(&bytes, 4096, length) != 0)
        die("out of memory");
    return bytes;
}

static void fill(uint8_t *bytes, size_t length)
{
    while (length > 0) {
        size_t piece = length < 256 ? length : 256;

        if (getrandom(bytes, piece, 0) != (ssize_t)piece)
            die("no random bytes");
        bytes += piece;
        length -= piece;
    }
}

static bool is_mode(const struct algorithm *algorithm, int mode)
{
    return EVP_CIPHER_get_mode(algorithm->cipher[ORACLE]) == mode;
}

static bool is_cts(const struct algorithm *algorithm)
{
    return (EVP_CIPHER_get_flags(algorithm->cipher[ORACLE]) & EVP_CIPH_FLAG_CTS) != 0;
}

static bool is_gmac(const struct algorithm *algorithm)
{
    return strncmp(algorithm->name, "GMAC", 4) == 0;
}

/* ---- the subject: each returns the length of the output, or -1 ---- */

static ssize_t our_cipher(struct job *job, size_t length)
{
    OSSL_PARAM cts[] = { OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE, "CS3", 0),
                         OSSL_PARAM_construct_end() };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *out = job->out[OURS];
    int n = 0;
    int last = 0;
    bool ok;

    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    ok = EVP_EncryptInit_ex2(ctx, job->algorithm->cipher[OURS], job->key, job->iv,
                             is_cts(job->algorithm) ? cts : NULL) > 0 &&
         EVP_CIPHER_CTX_set_padding(ctx, 0) > 0 &&
         EVP_EncryptUpdate(ctx, out, &n, job->in, (int)length) > 0 &&
         EVP_EncryptFinal_ex(ctx, out + n, &last) > 0;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? n + last : -1;
}

static ssize_t our_aead(struct job *job, size_t length)
{
    uint8_t *out = job->out[OURS];
    size_t nonce_length = NONCE_LENGTH;
    bool ccm = is_mode(job->algorithm, EVP_CIPH_CCM_MODE);
    OSSL_PARAM tag[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, TAG_LENGTH),
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN, &nonce_length),
        OSSL_PARAM_construct_end(),
    };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    int last = 0;
    bool ok;

    ok = EVP_EncryptInit_ex2(ctx, job->algorithm->cipher[OURS], NULL, NULL, ccm ? tag : NULL) > 0 &&
         EVP_EncryptInit_ex2(ctx, NULL, job->key, job->iv, NULL) > 0 &&
         (!ccm || EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)length) > 0) &&
         EVP_EncryptUpdate(ctx, NULL, &n, job->in, AAD_LENGTH) > 0 &&
         EVP_EncryptUpdate(ctx, out, &n, job->in + AAD_LENGTH, (int)length) > 0 &&
         EVP_EncryptFinal_ex(ctx, out + n, &last) > 0 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LENGTH, out + length) > 0;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? n + last + TAG_LENGTH : -1;
}

static ssize_t our_digest(struct job *job, size_t length)
{
    unsigned int n = 0;

    return EVP_Digest(job->in, length, job->out[OURS], &n, job->algorithm->digest[OURS], NULL) > 0
               ? (ssize_t)n
               : -1;
}

static ssize_t our_mac(struct job *job, size_t length)
{
    const char *made_of = strncmp(job->algorithm->name, "HMAC", 4) == 0 ? OSSL_MAC_PARAM_DIGEST
                                                                        : OSSL_MAC_PARAM_CIPHER;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(made_of, (char *)job->algorithm->part, 0),
        is_gmac(job->algorithm)
            ? OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, job->iv, NONCE_LENGTH)
            : OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(job->algorithm->mac[OURS]);
    size_t n = 0;
    bool ok = EVP_MAC_init(ctx, job->key, job->key_length, params) > 0 &&
              EVP_MAC_update(ctx, job->in, length) > 0 &&
              EVP_MAC_final(ctx, job->out[OURS], &n, EVP_MAX_MD_SIZE) > 0;

    EVP_MAC_CTX_free(ctx);
    return ok ? (ssize_t)n : -1;
}

/* ---- libkcapi: each returns the length of the output, or an errno value below 0 ---- */

/*
 * kw(aes) hands the first eight bytes of a wrapped key to its caller in the IV, which AF_ALG keeps
 * to itself: only unwrapping can be seen from here. So libkcapi opens what the subject has wrapped,
 * and the comparison is of the text.
 */
static ssize_t their_unwrap(struct kcapi_handle *handle, struct job *job, size_t length)
{
    ssize_t n = kcapi_cipher_decrypt(handle, job->out[OURS] + 8, length, job->out[OURS],
                                     job->out[ORACLE], length, KCAPI_ACCESS_SENDMSG);

    if (n != (ssize_t)length || memcmp(job->out[ORACLE], job->in, length) != 0)
        return -EBADMSG;
    memcpy(job->out[ORACLE], job->out[OURS], length + 8);
    return n + 8;
}

/* The whole message in pieces that go on with the IV where the last one ended. */
static ssize_t their_stream(struct kcapi_handle *handle, struct job *job, size_t length)
{
    ssize_t n = kcapi_cipher_stream_init_enc(handle, job->iv, NULL, 0);

    for (size_t at = 0; n >= 0 && at < length; at += (size_t)n) {
        size_t piece = length - at < PIECE_MAX ? length - at : PIECE_MAX;
        struct iovec in = { .iov_base = job->in + at, .iov_len = piece };
        struct iovec out = { .iov_base = job->out[ORACLE] + at, .iov_len = piece };

        n = kcapi_cipher_stream_update(handle, &in, 1);
        if (n >= 0)
            n = kcapi_cipher_stream_op(handle, &out, 1);
        if (n >= 0 && n != (ssize_t)piece)
            n = -EIO;
    }
    return n < 0 ? n : (ssize_t)length;
}

static ssize_t their_cipher(struct job *job, size_t length)
{
    struct kcapi_handle *handle = NULL;
    ssize_t n = kcapi_cipher_init(&handle, job->kernel, 0);

    if (n < 0)
        return n;
    n = kcapi_cipher_setkey(handle, job->key, (uint32_t)job->key_length);
    if (n == 0 && is_mode(job->algorithm, EVP_CIPH_WRAP_MODE))
        n = their_unwrap(handle, job, length);
    else if (n == 0 && length > PIECE_MAX)
        n = their_stream(handle, job, length);
    else if (n == 0 && length > 0)
        n = kcapi_cipher_encrypt(handle, job->in, length, job->iv, job->out[ORACLE], length,
                                 KCAPI_ACCESS_HEURISTIC);
    kcapi_cipher_destroy(handle);
    return n;
}

/* The IV as the kernel wants it: ccm() takes the counter block of RFC 3610, in which the first byte
 * tells L - 1. */
static void their_iv(const struct job *job, uint8_t iv[16])
{
    memcpy(iv, job->iv, 16);
    if (!is_mode(job->algorithm, EVP_CIPH_CCM_MODE))
        return;
    memset(iv, 0, 16);
    iv[0] = 14 - NONCE_LENGTH;
    memcpy(iv + 1, job->iv, NONCE_LENGTH);
}

/* Seals length bytes behind aad bytes of additional data into job->out[ORACLE]. */
static ssize_t their_seal(struct job *job, const uint8_t iv[16], size_t aad, size_t length)
{
    struct kcapi_handle *handle = NULL;
    ssize_t n = kcapi_aead_init(&handle, job->kernel, 0);

    if (n < 0)
        return n;
    n = kcapi_aead_setkey(handle, job->key, (uint32_t)job->key_length);
    if (n == 0)
        n = kcapi_aead_settaglen(handle, TAG_LENGTH);
    kcapi_aead_setassoclen(handle, aad);
    if (n == 0) {
        size_t in = kcapi_aead_inbuflen_enc(handle, length, aad, TAG_LENGTH);
        size_t out = kcapi_aead_outbuflen_enc(handle, length, aad, TAG_LENGTH);

        n = kcapi_aead_encrypt(handle, job->in, in, iv, job->out[ORACLE], out,
                               KCAPI_ACCESS_SENDMSG);
    }
    kcapi_aead_destroy(handle);
    return n;
}

static ssize_t their_aead(struct job *job, size_t length)
{
    uint8_t iv[16];
    ssize_t n;

    their_iv(job, iv);
    n = their_seal(job, iv, AAD_LENGTH, length);
    if (n < 0)
        return n;
    memmove(job->out[ORACLE], job->out[ORACLE] + AAD_LENGTH, length + TAG_LENGTH);
    return (ssize_t)length + TAG_LENGTH;
}

static ssize_t their_hash(struct job *job, size_t length)
{
    struct kcapi_handle *handle = NULL;
    ssize_t n = kcapi_md_init(&handle, job->kernel, 0);

    if (n < 0)
        return n;
    if (job->algorithm->kind == KIND_MAC)
        n = kcapi_md_setkey(handle, job->key, (uint32_t)job->key_length);
    if (n == 0)
        n = kcapi_md_digest(handle, job->in, length, job->out[ORACLE], kcapi_md_digestsize(handle));
    kcapi_md_destroy(handle);
    return n;
}

/* GMAC is GCM without text: what it authenticates is additional data. */
static ssize_t their_mac(struct job *job, size_t length)
{
    ssize_t n;

    if (!is_gmac(job->algorithm))
        return their_hash(job, length);
    n = their_seal(job, job->iv, length, 0);
    if (n < 0)
        return n;
    memmove(job->out[ORACLE], job->out[ORACLE] + length, TAG_LENGTH);
    return TAG_LENGTH;
}

/* ---- the walk ---- */

typedef ssize_t work_fn(struct job *job, size_t length);

static work_fn *const work[KINDS][SIDES] = {
    [KIND_CIPHER] = { our_cipher, their_cipher },
    [KIND_AEAD] = { our_aead, their_aead },
    [KIND_DIGEST] = { our_digest, their_hash },
    [KIND_MAC] = { our_mac, their_mac },
};

/* Whether both can do this length at all. */
static bool is_possible(const struct algorithm *algorithm, size_t length)
{
    if (algorithm->kind == KIND_AEAD || is_gmac(algorithm))
        return length <= WHOLE_MAX;
    if (algorithm->kind != KIND_CIPHER)
        return true;
    if (is_mode(algorithm, EVP_CIPH_WRAP_MODE))
        return length >= 16 && length % 8 == 0 && length <= 4096;
    if (is_mode(algorithm, EVP_CIPH_XTS_MODE) || is_cts(algorithm))
        return length >= 16 && length <= WHOLE_MAX;
    if (is_mode(algorithm, EVP_CIPH_STREAM_CIPHER))
        return length <= WHOLE_MAX; /* chacha20 in the kernel does not go on with its counter */
    return length % (size_t)EVP_CIPHER_get_block_size(algorithm->cipher[ORACLE]) == 0;
}

static bool same_at(struct job *job, size_t length)
{
    ssize_t ours = work[job->algorithm->kind][OURS](job, length);
    ssize_t theirs = work[job->algorithm->kind][ORACLE](job, length);

    if (ours == theirs && ours >= 0 && memcmp(job->out[OURS], job->out[ORACLE], (size_t)ours) == 0)
        return true;
    fprintf(stderr, "FAILED: %s (%s) of %zu bytes: ours %zd bytes, libkcapi %zd%s\n",
            job->algorithm->name, job->kernel, length, ours, theirs,
            ours == theirs ? ", that differ" : "");
    ERR_print_errors_fp(stderr);
    return false;
}

static bool same_at_all_lengths(struct job *job)
{
    static const size_t large[] = { 4095, 4096, 4097, 16384, 60000, 65536, 200000, LENGTH_MAX };
    bool ok = true;

    for (size_t length = 0; length <= 64 && ok; length++) {
        if (is_possible(job->algorithm, length))
            ok = same_at(job, length);
    }
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]) && ok; i++) {
        if (is_possible(job->algorithm, large[i]))
            ok = same_at(job, large[i]);
    }
    return ok;
}

static size_t key_length(const struct algorithm *algorithm)
{
    if (algorithm->kind == KIND_MAC)
        return algorithm->part_key_length != 0 ? algorithm->part_key_length : 20;
    return algorithm->kind == KIND_DIGEST
               ? 0
               : (size_t)EVP_CIPHER_get_key_length(algorithm->cipher[ORACLE]);
}

static bool try_algorithm(struct job *job, const struct algorithm *algorithm)
{
    bool ok;

    job->algorithm = algorithm;
    job->key_length = key_length(algorithm);
    if (!kernel_name(algorithm, job->kernel, sizeof(job->kernel)))
        return fprintf(stderr, "FAILED: no kernel name known for %s\n", algorithm->name) < 0;
    fill(job->key, sizeof(job->key));
    fill(job->iv, sizeof(job->iv));
    if (algorithm->kind == KIND_CIPHER && is_mode(algorithm, EVP_CIPH_WRAP_MODE))
        memset(job->iv, 0xa6, 8); /* kw(aes) knows only the IV of RFC 3394 */
    ok = same_at_all_lengths(job);
    printf("%-26s %-28s %s\n", algorithm->name, job->kernel, ok ? "same" : "DIFFERS");
    return ok;
}

int main(void)
{
    OSSL_LIB_CTX *libctx[SIDES] = { subject_open(NULL), oracle_open() };
    struct algorithms algorithms = algorithms_open(libctx);
    struct job job = { .in = memory(LENGTH_MAX + 4096),
                       .out = { memory(LENGTH_MAX + 4096), memory(LENGTH_MAX + 4096) } };
    size_t tried = 0;
    size_t passed = 0;

    fill(job.in, LENGTH_MAX + 4096);
    for (size_t i = 0; i < algorithms.count; i++) {
        /* The kernel may have a digest, but not HMAC over it, which software does then. */
        if (algorithms.list[i].kind == KIND_MAC && !kernel_has(&algorithms.list[i])) {
            printf("%-26s is not in this kernel\n", algorithms.list[i].name);
            continue;
        }
        tried++;
        passed += try_algorithm(&job, &algorithms.list[i]);
    }
    printf("%zu of %zu algorithms of %s agree with libkcapi\n", passed, tried, subject_name());
    free(job.in);
    free(job.out[OURS]);
    free(job.out[ORACLE]);
    algorithms_close(&algorithms);
    for (int side = 0; side < SIDES; side++)
        OSSL_LIB_CTX_free(libctx[side]);
    return tried > 0 && passed == tried ? EXIT_SUCCESS : EXIT_FAILURE;
}
