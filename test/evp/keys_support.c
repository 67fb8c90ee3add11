/* SPDX-License-Identifier: Apache-2.0 */
#include "keys_support.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <afalg/params.h>
#include <afalg/sockopt.h>

#include "raw_alg.h"

const uint8_t test_key[64] = "a key of sixty-four bytes, of which most ciphers take a few onl";
const uint8_t test_iv[16] = "fifteen byte IV";
uint8_t text[TEXT];

static OSSL_LIB_CTX *oracle;

const struct row rows[ROWS] = {
    [AES_128_CBC] = { "AES-128-CBC", NULL, 16, "skcipher", "cbc(aes)" },
    [AES_192_CBC] = { "AES-192-CBC", NULL, 24, "skcipher", "cbc(aes)" },
    [AES_256_CBC] = { "AES-256-CBC", NULL, 32, "skcipher", "cbc(aes)" },
    [AES_128_ECB] = { "AES-128-ECB", NULL, 16, "skcipher", "ecb(aes)" },
    [AES_256_CTR] = { "AES-256-CTR", NULL, 32, "skcipher", "ctr(aes)" },
    [AES_128_CBC_CTS] = { "AES-128-CBC-CTS", NULL, 16, "skcipher", "cts(cbc(aes))" },
    [AES_128_XTS] = { "AES-128-XTS", NULL, 32, "skcipher", "xts(aes)" },
    [AES_256_XTS] = { "AES-256-XTS", NULL, 64, "skcipher", "xts(aes)" },
    [CHACHA20] = { "ChaCha20", NULL, 32, "skcipher", "chacha20" },
    [DES_EDE3_CBC] = { "DES-EDE3-CBC", NULL, 24, "skcipher", "cbc(des3_ede)" },
    [AES_128_GCM] = { "AES-128-GCM", NULL, 16, "aead", "gcm(aes)" },
    [AES_256_CCM] = { "AES-256-CCM", NULL, 32, "aead", "ccm(aes)" },
    [CHACHA20_POLY1305] = { "ChaCha20-Poly1305", NULL, 32, "aead", "rfc7539(chacha20,poly1305)" },
    [HMAC_SHA256] = { "HMAC", "SHA256", 20, "hash", "hmac(sha256)" },
    [HMAC_SHA512] = { "HMAC", "SHA2-512", 64, "hash", "hmac(sha512)" },
    [CMAC_AES_128] = { "CMAC", "AES-128-CBC", 16, "hash", "cmac(aes)" },
    [GMAC_AES_256] = { "GMAC", "AES-256-GCM", 32, "aead", "gcm(aes)" },
};

/* --- one operation, with a key of either kind --- */

static const struct given BYTES = { 0 };

/* The URI, if the key is given so. */
static void key_params(OSSL_PARAM *p, struct given key)
{
    if (key.uri != NULL)
        *p++ = OSSL_PARAM_construct_utf8_string(AFALG_PARAM_KEY, (char *)(uintptr_t)key.uri, 0);
    *p = OSSL_PARAM_construct_end();
}

EVP_CIPHER *fetch_cipher(OSSL_LIB_CTX *libctx, const struct row *row)
{
    EVP_CIPHER *cipher = libctx == NULL ? EVP_CIPHER_fetch(oracle, row->name, "provider=default")
                                        : subject_cipher(libctx, row->name);

    if (cipher == NULL)
        fail_msg("%s: not offered", row->name);
    return cipher;
}

int cipher_init(EVP_CIPHER_CTX *ctx, EVP_CIPHER *cipher, struct given key, int encrypt)
{
    OSSL_PARAM params[2];

    key_params(params, key);
#ifdef OSSL_FUNC_SKEYMGMT_FREE
    if (key.skey != NULL)
        return EVP_CipherInit_SKEY(ctx, cipher, key.skey, test_iv,
                                   (size_t)EVP_CIPHER_CTX_get_iv_length(ctx), encrypt, params);
#endif
    return EVP_CipherInit_ex2(ctx, cipher, key.uri == NULL ? test_key : NULL, test_iv, encrypt,
                              params);
}

int cipher_message(OSSL_LIB_CTX *libctx, const struct row *row, struct given key, int encrypt,
                   const uint8_t *in, int len, uint8_t *out, uint8_t *tag)
{
    EVP_CIPHER *cipher = fetch_cipher(libctx, row);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool aead = strcmp(row->type, "aead") == 0, ccm = strstr(row->name, "CCM") != NULL;
    int n = 0, last = 0;

    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL), 1);
    if (aead && !encrypt)
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, tag), 1);
    else if (ccm)
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, NULL), 1);
    if (cipher_init(ctx, NULL, key, encrypt) != 1) {
        ERR_print_errors_fp(stderr);
        fail_msg("%s: init failed", row->name);
    }
    if (ccm)
        assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, NULL, len), 1);
    if (aead)
        assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, test_iv, 13), 1);
    assert_int_equal(EVP_CipherUpdate(ctx, out, &n, in, len), 1);
    assert_int_equal(EVP_CipherFinal_ex(ctx, out + n, &last), 1);
    if (aead && encrypt)
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return n + last;
}

static void check_cipher(OSSL_LIB_CTX *libctx, const struct row *row, struct given key)
{
    uint8_t expected[TEXT + 16], out[TEXT + 16], tag[16] = { 0 }, other[16] = { 0 };
    int len = cipher_message(NULL, row, BYTES, 1, text, TEXT, expected, tag);

    assert_int_equal(cipher_message(libctx, row, key, 1, text, TEXT, out, other), len);
    assert_memory_equal(out, expected, (size_t)len);
    assert_memory_equal(other, tag, sizeof(tag));
    assert_int_equal(cipher_message(libctx, row, key, 0, expected, len, out, tag), TEXT);
    assert_memory_equal(out, text, TEXT);
}

static EVP_MAC_CTX *mac_new(OSSL_LIB_CTX *libctx, const struct row *row)
{
    EVP_MAC *mac = libctx == NULL ? EVP_MAC_fetch(oracle, row->name, "provider=default")
                                  : subject_mac(libctx, row->name);
    EVP_MAC_CTX *ctx;

    if (mac == NULL)
        fail_msg("%s: not offered", row->name);
    ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    return ctx;
}

static int mac_init(EVP_MAC_CTX *ctx, const struct row *row, struct given key)
{
    const char *underlying =
        strcmp(row->name, "HMAC") == 0 ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER;
    OSSL_PARAM params[4], *p = params;

    *p++ = OSSL_PARAM_construct_utf8_string(underlying, (char *)(uintptr_t)row->underlying, 0);
    if (strcmp(row->name, "GMAC") == 0)
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, (void *)(uintptr_t)test_iv, 12);
    key_params(p, key);
#ifdef OSSL_FUNC_SKEYMGMT_FREE
    if (key.skey != NULL)
        return EVP_MAC_init_SKEY(ctx, key.skey, params);
#endif
    return EVP_MAC_init(ctx, key.uri == NULL ? test_key : NULL, key.uri == NULL ? row->keylen : 0,
                        params);
}

static size_t mac_message(OSSL_LIB_CTX *libctx, const struct row *row, struct given key, size_t len,
                          uint8_t out[64])
{
    EVP_MAC_CTX *ctx = mac_new(libctx, row);
    size_t size = 0;

    assert_int_equal(mac_init(ctx, row, key), 1);
    assert_int_equal(EVP_MAC_update(ctx, text, len), 1);
    assert_int_equal(EVP_MAC_final(ctx, out, &size, 64), 1);
    EVP_MAC_CTX_free(ctx);
    return size;
}

static void check_mac(OSSL_LIB_CTX *libctx, const struct row *row, struct given key)
{
    static const size_t lengths[] = { 0, 1, 100, TEXT };
    uint8_t expected[64], out[64];

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t size = mac_message(NULL, row, BYTES, lengths[i], expected);

        assert_int_equal(mac_message(libctx, row, key, lengths[i], out), size);
        assert_memory_equal(out, expected, size);
    }
}

void check_message(OSSL_LIB_CTX *libctx, const struct row *row, struct given key)
{
    if (row->underlying == NULL)
        check_cipher(libctx, row, key);
    else
        check_mac(libctx, row, key);
}

void check_row(OSSL_LIB_CTX *libctx, const struct row *row, struct given key)
{
    struct counters before = counters_read(libctx), after;

    check_message(libctx, row, key);
    after = counters_read(libctx);
    assert_true(after.kernel_requests > before.kernel_requests);
    assert_int_equal(after.software_requests, before.software_requests);
}

/* --- keys --- */

bool kernel_takes_serials(void)
{
    return raw_alg_kernel_is(6, 2);
}

int32_t add_key(const char *type, const char *name, size_t len)
{
    long serial = syscall(SYS_add_key, type, name, test_key, len, KEY_SPEC_PROCESS_KEYRING);

    assert_return_code(serial, errno);
    return (int32_t)serial;
}

int keyed_socket(const struct row *row)
{
    int fd = raw_alg_must_bind(row->type, row->kernel);

    assert_int_equal(sockopt_alg_key(fd, test_key, row->keylen), 0);
    return fd;
}

static uint64_t inode_of(int fd)
{
    struct stat now;

    assert_int_equal(fstat(fd, &now), 0);
    return now.st_ino;
}

void leave_socket(const char *name, const struct row *row, size_t keylen, int fd)
{
    char variable[64], value[256];

    snprintf(variable, sizeof(variable), AFALG_ENV_KEY "%s", name);
    snprintf(value, sizeof(value), "%s:%s:%zu:%d:%llu", row->type, row->kernel, keylen, fd,
             (unsigned long long)inode_of(fd));
    assert_int_equal(setenv(variable, value, 1), 0);
}

void leave_sockets(int fds[ROWS])
{
    for (size_t i = 0; i < ROWS; i++) {
        char name[16];

        fds[i] = keyed_socket(&rows[i]);
        snprintf(name, sizeof(name), "row%zu", i);
        leave_socket(name, &rows[i], rows[i].keylen, fds[i]);
    }
}

void assert_says(const char *part)
{
    const char *data = NULL;
    int flags;

    ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
    if (data == NULL || strstr(data, part) == NULL)
        fail_msg("the error says '%s', not '%s'", data == NULL ? "" : data, part);
    ERR_clear_error();
}

int keys_setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (uint8_t)(i * 7 + i / 256);
    oracle = oracle_open();
    return 0;
}

int keys_teardown(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    return 0;
}
