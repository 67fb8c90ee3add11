/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command of afalgctl run is given: sockets that have the key set, and take no other. Prints
 * a line for each, "NAME OUTPUT", and fails if one doesn't work as the default provider with the
 * same key does.
 *
 * usage: key_handle NAME [KEY]   KEY in hexadecimal; without it, the output is compared to nothing
 */
#include <errno.h>
#include <linux/if_alg.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evp/support.h"
#include "unit/raw_alg.h"

#include <afalg/params.h>
#include <afalg/sockopt.h>

enum { TEXT = 64, TAG = 16, OUT_MAX = TEXT + TAG };

/* How the default provider calls what the kernel has, as a function of the key's length. */
static const struct name {
    const char *kernel, *mac, *openssl;
    size_t bits; /* per byte of the key */
} names[] = {
    { "ecb(aes)", NULL, "AES-%zu-ECB", 8 },  { "cbc(aes)", NULL, "AES-%zu-CBC", 8 },
    { "ctr(aes)", NULL, "AES-%zu-CTR", 8 },  { "xts(aes)", NULL, "AES-%zu-XTS", 4 },
    { "ccm(aes)", NULL, "AES-%zu-CCM", 8 },  { "cmac(aes)", "CMAC", "AES-%zu-CBC", 8 },
    { "hmac(sha256)", "HMAC", "SHA256", 0 },
};

/* CCM's is the kernel's: the first byte says that the nonce has 15 - 4 bytes (RFC 3610). */
static const unsigned char iv[16] = { 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
static const unsigned char *const nonce = iv + 1;
enum { NONCE = 11 };

static unsigned char text[TEXT];

/* An entry of the list in the environment. */
struct handle {
    char type[16], name[128];
    size_t keylen;
    int fd;
    unsigned long long inode;
};

static void expect(bool ok, const struct handle *handle, const char *what)
{
    if (!ok)
        die("%s: %s", handle->name, what);
}

/* --- by the kernel --- */

static void check_socket(const struct handle *handle)
{
    struct stat status;

    expect(fstat(handle->fd, &status) == 0 && status.st_ino == handle->inode, handle, "the inode");
    expect(sockopt_alg_key(handle->fd, text, handle->keylen == 0 ? 16 : handle->keylen) == EBUSY,
           handle, "it takes another key");
}

static size_t by_kernel(const struct handle *handle, unsigned char out[OUT_MAX])
{
    bool aead = strcmp(handle->type, "aead") == 0;
    struct raw_alg_request request = {
        .op = ALG_OP_ENCRYPT,
        .iv = strcmp(handle->name, "ecb(aes)") == 0 ? NULL : iv,
        .ivlen = sizeof(iv),
        .in = text,
        .inlen = TEXT,
        .out = out,
        .outlen = aead ? TEXT + TAG : TEXT,
    };
    int fd = raw_alg_accept(handle->fd);
    ssize_t len;

    expect(fd >= 0, handle, "accept");
    if (strcmp(handle->type, "hash") == 0)
        len = raw_alg_digest(fd, text, TEXT, out, OUT_MAX);
    else
        len = raw_alg_request(fd, &request);
    close(fd);
    expect(len > 0, handle, strerror((int)-len));
    return (size_t)len;
}

/* --- by the default provider --- */

static void aead_begin(EVP_CIPHER_CTX *ctx, const unsigned char *key)
{
    int n;

    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL);
    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, NULL);
    if (!EVP_EncryptInit_ex2(ctx, NULL, key, nonce, NULL) ||
        !EVP_EncryptUpdate(ctx, NULL, &n, NULL, TEXT))
        die("AEAD");
}

static size_t encrypt(const char *name, const unsigned char *key, unsigned char out[OUT_MAX])
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool aead = cipher != NULL && EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE;
    int n;

    if (!EVP_EncryptInit_ex2(ctx, cipher, aead ? NULL : key, aead ? NULL : iv, NULL))
        die("%s", name);
    if (aead)
        aead_begin(ctx, key);
    if (!EVP_EncryptUpdate(ctx, out, &n, text, TEXT))
        die("%s", name);
    if (aead)
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + TEXT);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return aead ? OUT_MAX : TEXT;
}

static size_t by_default(const struct handle *handle, const unsigned char *key, size_t keylen,
                         unsigned char out[OUT_MAX])
{
    const struct name *name = names;
    char openssl[32];
    size_t len = 0;

    while (strcmp(name->kernel, handle->name) != 0) {
        if (++name == names + sizeof(names) / sizeof(*names))
            die("%s is not in the list", handle->name);
    }
    if (name->bits == 0)
        snprintf(openssl, sizeof(openssl), "%s", name->openssl);
    else
        snprintf(openssl, sizeof(openssl), name->openssl, keylen * name->bits); // NOLINT
    if (name->mac == NULL)
        return encrypt(openssl, key, out);
    if (EVP_Q_mac(NULL, name->mac, NULL, openssl, NULL, key, keylen, text, TEXT, out, OUT_MAX,
                  &len) == NULL)
        die("%s of %s", name->mac, openssl);
    return len;
}

/* --- both --- */

static void check(const struct handle *handle, const unsigned char *key, size_t keylen)
{
    unsigned char out[OUT_MAX], expected[OUT_MAX];
    size_t len;

    check_socket(handle);
    len = by_kernel(handle, out);
    if (key != NULL)
        expect(by_default(handle, key, keylen, expected) == len && memcmp(out, expected, len) == 0,
               handle, "it has another key");
    printf("%s ", handle->name);
    for (size_t i = 0; i < len; i++)
        printf("%02x", out[i]);
    putchar('\n');
}

int main(int argc, char **argv)
{
    char variable[64], *list;
    unsigned char *key = NULL;
    long keylen = 0;

    if (argc < 2)
        die("usage: key_handle NAME [KEY]");
    if (argc > 2)
        key = OPENSSL_hexstr2buf(argv[2], &keylen);
    for (int i = 0; i < TEXT; i++)
        text[i] = (unsigned char)i;
    snprintf(variable, sizeof(variable), "%s%s", AFALG_ENV_KEY, argv[1]);
    list = getenv(variable);
    if (list == NULL)
        die("no %s", variable);
    for (char *word = strtok(list, " "); word != NULL; word = strtok(NULL, " ")) {
        struct handle handle;

        if (sscanf(word, "%15[^:]:%127[^:]:%zu:%d:%llu", handle.type, handle.name, &handle.keylen,
                   &handle.fd, &handle.inode) != 5)
            die("%s: not as AFALG_ENV_KEY says", word);
        check(&handle, key, (size_t)keylen);
    }
    OPENSSL_free(key);
    return EXIT_SUCCESS;
}
