/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that only the kernel has: of the keyring, behind a descriptor, in a wrapped blob. What is
 * done with them is what the default provider does with the same bytes, all of it in the kernel;
 * and what can't be done is one error that says why, with nothing released.
 */
#include "cmocka_test.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
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
#include "support.h"

enum { TEXT = 4096 + 16, URI = 256 };

/* The longest key; each algorithm takes as much of it as it needs. */
static const uint8_t key[64] = "a key of sixty-four bytes, of which most ciphers take a few only";
static const uint8_t iv[16] = "sixteen bytes IV";
static uint8_t text[TEXT];

static OSSL_LIB_CTX *oracle;

/* An algorithm, and what a socket for it is bound to. */
static const struct row {
    const char *name, *underlying; /* of a MAC: its digest or cipher */
    size_t keylen;
    const char *type, *kernel;
} rows[] = {
    { "AES-128-CBC", NULL, 16, "skcipher", "cbc(aes)" },
    { "AES-192-CBC", NULL, 24, "skcipher", "cbc(aes)" },
    { "AES-256-CBC", NULL, 32, "skcipher", "cbc(aes)" },
    { "AES-128-ECB", NULL, 16, "skcipher", "ecb(aes)" },
    { "AES-256-CTR", NULL, 32, "skcipher", "ctr(aes)" },
    { "AES-128-CBC-CTS", NULL, 16, "skcipher", "cts(cbc(aes))" },
    { "AES-128-XTS", NULL, 32, "skcipher", "xts(aes)" },
    { "AES-256-XTS", NULL, 64, "skcipher", "xts(aes)" },
    { "ChaCha20", NULL, 32, "skcipher", "chacha20" },
    { "DES-EDE3-CBC", NULL, 24, "skcipher", "cbc(des3_ede)" },
    { "AES-128-GCM", NULL, 16, "aead", "gcm(aes)" },
    { "AES-256-CCM", NULL, 32, "aead", "ccm(aes)" },
    { "ChaCha20-Poly1305", NULL, 32, "aead", "rfc7539(chacha20,poly1305)" },
    { "HMAC", "SHA256", 20, "hash", "hmac(sha256)" },
    { "HMAC", "SHA2-512", 64, "hash", "hmac(sha512)" },
    { "CMAC", "AES-128-CBC", 16, "hash", "cmac(aes)" },
    { "GMAC", "AES-256-GCM", 32, "aead", "gcm(aes)" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* --- one operation, with a key of either kind --- */

/* The key as bytes or, with @uri, by its name. */
static void key_params(OSSL_PARAM *p, const char *uri)
{
    if (uri != NULL)
        *p++ = OSSL_PARAM_construct_utf8_string(AFALG_PARAM_KEY, (char *)(uintptr_t)uri, 0);
    *p = OSSL_PARAM_construct_end();
}

static EVP_CIPHER *fetch_cipher(OSSL_LIB_CTX *libctx, const struct row *row)
{
    EVP_CIPHER *cipher = libctx == oracle ? EVP_CIPHER_fetch(libctx, row->name, "provider=default")
                                          : subject_cipher(libctx, row->name);

    if (cipher == NULL)
        fail_msg("%s: not offered", row->name);
    return cipher;
}

static int init(EVP_CIPHER_CTX *ctx, EVP_CIPHER *cipher, const char *uri, int encrypt)
{
    OSSL_PARAM params[2];

    key_params(params, uri);
    return EVP_CipherInit_ex2(ctx, cipher, uri == NULL ? key : NULL, iv, encrypt, params);
}

/* AAD, text and tag of an AEAD, or a whole message of a cipher. Returns the output's length. */
static int cipher_message(OSSL_LIB_CTX *libctx, const struct row *row, const char *uri, int encrypt,
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
    assert_int_equal(init(ctx, NULL, uri, encrypt), 1);
    if (ccm)
        assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, NULL, len), 1);
    if (aead)
        assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, iv, 13), 1);
    assert_int_equal(EVP_CipherUpdate(ctx, out, &n, in, len), 1);
    assert_int_equal(EVP_CipherFinal_ex(ctx, out + n, &last), 1);
    if (aead && encrypt)
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return n + last;
}

static void check_cipher(OSSL_LIB_CTX *libctx, const struct row *row, const char *uri)
{
    uint8_t expected[TEXT + 16], out[TEXT + 16], tag[16] = { 0 }, other[16] = { 0 };
    int len = cipher_message(oracle, row, NULL, 1, text, TEXT, expected, tag);

    assert_int_equal(cipher_message(libctx, row, uri, 1, text, TEXT, out, other), len);
    assert_memory_equal(out, expected, (size_t)len);
    assert_memory_equal(other, tag, sizeof(tag));
    assert_int_equal(cipher_message(libctx, row, uri, 0, expected, len, out, tag), TEXT);
    assert_memory_equal(out, text, TEXT);
}

static EVP_MAC_CTX *mac_new(OSSL_LIB_CTX *libctx, const struct row *row)
{
    EVP_MAC *mac = libctx == oracle ? EVP_MAC_fetch(libctx, row->name, "provider=default")
                                    : subject_mac(libctx, row->name);
    EVP_MAC_CTX *ctx;

    if (mac == NULL)
        fail_msg("%s: not offered", row->name);
    ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    return ctx;
}

static int mac_init(EVP_MAC_CTX *ctx, const struct row *row, const char *uri)
{
    const char *underlying =
        strcmp(row->name, "HMAC") == 0 ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER;
    OSSL_PARAM params[4], *p = params;

    *p++ = OSSL_PARAM_construct_utf8_string(underlying, (char *)(uintptr_t)row->underlying, 0);
    if (strcmp(row->name, "GMAC") == 0)
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, (void *)(uintptr_t)iv, 12);
    key_params(p, uri);
    return EVP_MAC_init(ctx, uri == NULL ? key : NULL, uri == NULL ? row->keylen : 0, params);
}

static size_t mac_message(OSSL_LIB_CTX *libctx, const struct row *row, const char *uri, size_t len,
                          uint8_t out[64])
{
    EVP_MAC_CTX *ctx = mac_new(libctx, row);
    size_t size = 0;

    assert_int_equal(mac_init(ctx, row, uri), 1);
    assert_int_equal(EVP_MAC_update(ctx, text, len), 1);
    assert_int_equal(EVP_MAC_final(ctx, out, &size, 64), 1);
    EVP_MAC_CTX_free(ctx);
    return size;
}

static void check_mac(OSSL_LIB_CTX *libctx, const struct row *row, const char *uri)
{
    static const size_t lengths[] = { 0, 1, 100, TEXT };
    uint8_t expected[64], out[64];

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t size = mac_message(oracle, row, NULL, lengths[i], expected);

        assert_int_equal(mac_message(libctx, row, uri, lengths[i], out), size);
        assert_memory_equal(out, expected, size);
    }
}

static void check_row(OSSL_LIB_CTX *libctx, const struct row *row, const char *uri)
{
    struct counters before = counters_read(libctx), after;

    if (row->underlying == NULL)
        check_cipher(libctx, row, uri);
    else
        check_mac(libctx, row, uri);
    after = counters_read(libctx);
    assert_true(after.kernel_requests > before.kernel_requests);
    assert_int_equal(after.software_requests, before.software_requests);
}

/* --- keys --- */

static bool kernel_takes_serials(void)
{
    return raw_alg_kernel_is(6, 2);
}

static int32_t add_key(const char *type, const char *name, size_t len)
{
    long serial = syscall(SYS_add_key, type, name, key, len, KEY_SPEC_PROCESS_KEYRING);

    assert_return_code(serial, errno);
    return (int32_t)serial;
}

/* A bound socket with the row's key. */
static int keyed_socket(const struct row *row)
{
    int fd = raw_alg_must_bind(row->type, row->kernel);

    assert_int_equal(sockopt_alg_key(fd, key, row->keylen), 0);
    return fd;
}

static uint64_t inode_of(int fd)
{
    struct stat now;

    assert_int_equal(fstat(fd, &now), 0);
    return now.st_ino;
}

/* Leaves it to the provider that is loaded next, under @name. */
static void leave_socket(const char *name, const struct row *row, size_t keylen, int fd)
{
    char variable[64], value[256];

    snprintf(variable, sizeof(variable), AFALG_ENV_KEY "%s", name);
    snprintf(value, sizeof(value), "%s:%s:%zu:%d:%llu", row->type, row->kernel, keylen, fd,
             (unsigned long long)inode_of(fd));
    assert_int_equal(setenv(variable, value, 1), 0);
}

/* --- what works --- */

static void every_algorithm_by_a_socket_that_was_left(void **state)
{
    int fds[ROWS];
    OSSL_LIB_CTX *libctx;

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        char name[16];

        fds[i] = keyed_socket(&rows[i]);
        snprintf(name, sizeof(name), "row%zu", i);
        leave_socket(name, &rows[i], rows[i].keylen, fds[i]);
    }
    libctx = subject_open(NULL);
    for (size_t i = 0; i < ROWS; i++) {
        char uri[URI];

        snprintf(uri, sizeof(uri), "afalg:fd=row%zu", i);
        check_row(libctx, &rows[i], uri);
        close(fds[i]);
    }
    OSSL_LIB_CTX_free(libctx);
}

static void check_keyring(const char *settings, const char *type)
{
    OSSL_LIB_CTX *libctx = subject_open(settings);

    for (size_t i = 0; i < ROWS; i++) {
        char name[32], uri[URI];
        int32_t serial;

        snprintf(name, sizeof(name), "afalg:row %zu", i);
        serial = add_key(type, name, rows[i].keylen);
        snprintf(uri, sizeof(uri), "afalg:keyring=%s;name=afalg:row%%20%zu", type, i);
        check_row(libctx, &rows[i], uri);
        snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
        check_row(libctx, &rows[i], uri);
    }
    OSSL_LIB_CTX_free(libctx);
}

static void every_algorithm_by_a_key_of_the_keyring(void **state)
{
    (void)state;
    if (!kernel_takes_serials())
        skip();
    check_keyring(NULL, "user");
    check_keyring(NULL, "logon");
}

/* Without hardware nothing is offered in this mode but for such keys. */
static void in_auto_they_are_the_kernels_and_bytes_are_softwares(void **state)
{
    OSSL_LIB_CTX *libctx;
    struct counters before, after;

    (void)state;
    if (!kernel_takes_serials())
        skip();
    check_keyring("mode = auto\nkeys = yes\n", "logon");
    libctx = subject_open("mode = auto\nkeys = yes\n");
    before = counters_read(libctx);
    check_cipher(libctx, &rows[0], NULL);
    check_mac(libctx, &rows[13], NULL);
    after = counters_read(libctx);
    assert_int_equal(after.kernel_requests, before.kernel_requests);
    assert_true(after.software_requests > before.software_requests);
    OSSL_LIB_CTX_free(libctx);
}

static void bytes_stand_for_a_key(void **state)
{
    static const uint8_t stand_in[16] = "\xde\xad\xbe\xef no key at a";
    int fd = keyed_socket(&rows[0]);
    uint8_t expected[TEXT + 16], out[TEXT + 16];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    char settings[URI];
    int n, last;

    (void)state;
    leave_socket("real", &rows[0], 16, fd);
    n = snprintf(settings, sizeof(settings), "key.");
    for (size_t i = 0; i < sizeof(stand_in); i++)
        n += snprintf(settings + n, sizeof(settings) - (size_t)n, "%02X", stand_in[i]);
    snprintf(settings + n, sizeof(settings) - (size_t)n, " = afalg:fd=real\n");
    libctx = subject_open(settings);
    cipher = subject_cipher(libctx, "AES-128-CBC");
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, stand_in, iv, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, TEXT), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, out + n, &last), 1);
    assert_int_equal(cipher_message(oracle, &rows[0], NULL, 1, text, TEXT, expected, NULL),
                     n + last);
    assert_memory_equal(out, expected, (size_t)(n + last));
    assert_int_equal(counters_read(libctx).software_requests, 0);
    close(fd);
    /* Without the real key the stand-in is no key either. */
    assert_int_equal(EVP_EncryptInit_ex2(ctx, NULL, stand_in, iv, NULL), 0);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, TEXT), 0);
    ERR_clear_error();
    EVP_CIPHER_free(cipher);
    EVP_CIPHER_CTX_free(ctx);
    OSSL_LIB_CTX_free(libctx);
}

static void a_copy_of_a_context_has_the_key(void **state)
{
    int fd = keyed_socket(&rows[0]);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new(), *copy = EVP_CIPHER_CTX_new();
    uint8_t out[2][TEXT + 16];
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    int n[2];

    (void)state;
    leave_socket("copied", &rows[0], 16, fd);
    libctx = subject_open(NULL);
    cipher = subject_cipher(libctx, "AES-128-CBC");
    assert_int_equal(init(ctx, cipher, "afalg:fd=copied", 1), 1);
    assert_int_equal(EVP_CIPHER_CTX_copy(copy, ctx), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out[0], &n[0], text, TEXT), 1);
    assert_int_equal(EVP_EncryptUpdate(copy, out[1], &n[1], text, TEXT), 1);
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(out[0], out[1], (size_t)n[0]);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_CTX_free(copy);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

/* --- what does not --- */

/* The last error's text has @part; the queue is emptied. */
static void assert_says(const char *part)
{
    const char *data = NULL;
    int flags;

    ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
    if (data == NULL || strstr(data, part) == NULL)
        fail_msg("the error says '%s', not '%s'", data == NULL ? "" : data, part);
    ERR_clear_error();
}

static void assert_refused(OSSL_LIB_CTX *libctx, const struct row *row, const char *uri,
                           const char *part)
{
    EVP_CIPHER *cipher = fetch_cipher(libctx, row);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t out[64] = { 0 }, none[64] = { 0 };
    int n = 0;

    ERR_clear_error();
    if (init(ctx, cipher, uri, 1) != 0)
        fail_msg("%s: accepted", uri);
    assert_says(part);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 32), 0);
    assert_memory_equal(out, none, sizeof(out));
    ERR_clear_error();
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
}

static void what_names_no_key_is_refused(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);

    (void)state;
    assert_refused(libctx, &rows[0], "afalg:", "without a value");
    assert_refused(libctx, &rows[0], "pkcs11:x", "does not begin with afalg:");
    assert_refused(libctx, &rows[0], "afalg:keyring=user", "names no single key");
    assert_refused(libctx, &rows[0], "afalg:keyring=user;name=none", "no such key");
    assert_refused(libctx, &rows[0], "afalg:fd=none", "had no AFALG_KEY_none");
    assert_refused(libctx, &rows[0], "afalg:file=/none;cipher=cbc(paes)", "no such file");
    assert_refused(libctx, &rows[0], "afalg:file=/dev/null;cipher=cbc(paes)", "this has none");
    assert_refused(libctx, &rows[0], "afalg:file=/proc/self/exe;cipher=cbc(paes)", "this has more");
    assert_refused(libctx, &rows[0], "afalg:file=/etc/hostname;cipher=ctr(paes)", "no form of");
    assert_refused(libctx, &rows[0], "afalg:file=/etc/hostname;cipher=cbc(psm4)", "no form of");
    assert_refused(libctx, &rows[0], "afalg:file=/etc/hostname;cipher=cbc(paes)",
                   "no such algorithm or driver");
    OSSL_LIB_CTX_free(libctx);
}

static void what_is_wrong_with_a_key_of_the_keyring_is_said(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    char uri[URI];
    int32_t serial = add_key("user", "afalg-test:wrong", 16);

    (void)state;
    snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
    if (!kernel_takes_serials()) {
        assert_refused(libctx, &rows[0], uri, "Linux 6.2 and later");
        OSSL_LIB_CTX_free(libctx);
        return;
    }
    assert_refused(libctx, &rows[2], uri, "takes a key of 32 bytes, it has 16");
    assert_refused(libctx, &rows[1], uri, "takes a key of 24 bytes, it has 16");
    assert_refused(libctx, &rows[0], "afalg:serial=2147483647", "no such key");
    snprintf(uri, sizeof(uri), "afalg:serial=%ld",
             syscall(SYS_add_key, "keyring", "afalg-test:ring", NULL, 0, KEY_SPEC_PROCESS_KEYRING));
    assert_refused(libctx, &rows[0], uri, "has to be user, logon, encrypted or trusted");
    snprintf(uri, sizeof(uri), "afalg:serial=%d", add_key("user", "afalg-test:odd", 17));
    assert_refused(libctx, &rows[0], uri, "not the algorithm's length");
    serial = add_key("user", "afalg-test:forbidden", 16);
    assert_int_equal(syscall(SYS_keyctl, KEYCTL_SETPERM, serial, 0), 0);
    snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
    assert_refused(libctx, &rows[0], uri, "the permission Search");
    serial = add_key("user", "afalg-test:revoked", 16);
    assert_int_equal(syscall(SYS_keyctl, KEYCTL_REVOKE, serial), 0);
    snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
    assert_refused(libctx, &rows[0], uri, "was revoked");
    serial = add_key("user", "afalg-test:expired", 16);
    assert_int_equal(syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, serial, 1), 0);
    while (syscall(SYS_keyctl, KEYCTL_READ, serial, NULL, 0) >= 0)
        usleep(100000);
    snprintf(uri, sizeof(uri), "afalg:serial=%d", serial);
    assert_refused(libctx, &rows[0], uri, "has expired");
    OSSL_LIB_CTX_free(libctx);
}

static void what_is_wrong_with_a_socket_that_was_left_is_said(void **state)
{
    int fd = keyed_socket(&rows[0]), unkeyed = raw_alg_must_bind("skcipher", "cbc(aes)");
    OSSL_LIB_CTX *libctx;

    (void)state;
    leave_socket("cbc", &rows[0], 16, fd);
    leave_socket("unkeyed", &rows[0], 0, unkeyed);
    setenv(AFALG_ENV_KEY "malformed", "skcipher:cbc(aes):16", 1);
    libctx = subject_open(NULL);
    assert_refused(libctx, &rows[2], "afalg:fd=cbc", "takes a key of 32 bytes, it has 16");
    assert_refused(libctx, &rows[4], "afalg:fd=cbc", "no socket of the skcipher ctr(aes)");
    assert_refused(libctx, &rows[0], "afalg:fd=malformed", "no list of");
    assert_int_equal(dup2(STDERR_FILENO, fd), fd);
    assert_refused(libctx, &rows[0], "afalg:fd=cbc", "its number is another file's");
    close(fd);
    assert_refused(libctx, &rows[0], "afalg:fd=cbc", "was closed");
    /* Another socket of AF_ALG under the number, with another key. */
    assert_int_equal(dup2(unkeyed, fd), fd);
    assert_refused(libctx, &rows[0], "afalg:fd=cbc", "its number is another file's");
    close(fd);
    close(unkeyed);
    OSSL_LIB_CTX_free(libctx);
}

/* The kernel takes a message whole: the second piece is refused, as is a tag that comes late. */
static void an_aead_message_in_pieces_is_refused(void **state)
{
    int fd = keyed_socket(&rows[10]);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t out[64] = { 0 }, none[64] = { 0 };
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    int n = 0;

    (void)state;
    leave_socket("gcm", &rows[10], 16, fd);
    libctx = subject_open(NULL);
    cipher = subject_cipher(libctx, "AES-128-GCM");
    assert_int_equal(init(ctx, cipher, "afalg:fd=gcm", 1), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 16), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 16), 0);
    assert_says("all text in one update");
    assert_int_equal(init(ctx, NULL, "afalg:fd=gcm", 0), 1);
    memset(out, 0, sizeof(out));
    assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, text, 16), 0);
    assert_says("the tag before it");
    assert_memory_equal(out, none, sizeof(out));
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

/* An IV of another length, and a shorter tag of a socket whose tag can't be changed. */
static void what_only_software_could_do_is_refused(void **state)
{
    int fd = keyed_socket(&rows[10]);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t out[64], tag[12] = { 0 };
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    int n = 0;

    (void)state;
    leave_socket("iv", &rows[10], 16, fd);
    libctx = subject_open(NULL);
    cipher = subject_cipher(libctx, "AES-128-GCM");
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 16, NULL), 1);
    assert_int_equal(init(ctx, NULL, "afalg:fd=iv", 1), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 16), 0);
    assert_says("this length");
    assert_int_equal(EVP_DecryptInit_ex2(ctx, cipher, NULL, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL), 1);
    assert_int_equal(init(ctx, NULL, "afalg:fd=iv", 0), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 12, tag), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, text, 16), 0);
    assert_says("the longest tag");
    assert_int_equal(counters_read(libctx).software_requests, 0);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    OSSL_LIB_CTX_free(libctx);
    close(fd);
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (uint8_t)(i * 7 + i / 256);
    oracle = oracle_open();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_by_a_socket_that_was_left),
        cmocka_unit_test(every_algorithm_by_a_key_of_the_keyring),
        cmocka_unit_test(in_auto_they_are_the_kernels_and_bytes_are_softwares),
        cmocka_unit_test(bytes_stand_for_a_key),
        cmocka_unit_test(a_copy_of_a_context_has_the_key),
        cmocka_unit_test(what_names_no_key_is_refused),
        cmocka_unit_test(what_is_wrong_with_a_key_of_the_keyring_is_said),
        cmocka_unit_test(what_is_wrong_with_a_socket_that_was_left_is_said),
        cmocka_unit_test(an_aead_message_in_pieces_is_refused),
        cmocka_unit_test(what_only_software_could_do_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
