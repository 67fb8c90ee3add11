/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_names.h"

#include <linux/if_alg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct translation {
    const char *openssl;
    const char *kernel;
};

static const struct translation families[] = {
    { "AES-", "aes" }, { "CAMELLIA-", "camellia" }, { "ARIA-", "aria" },
    { "SM4-", "sm4" }, { "DES-EDE3-", "des3_ede" },
};

/* The end of the name; the kernel's has a place for the family. */
static const struct translation modes[] = {
    { "ECB", "ecb(%s)" }, { "CBC-CTS", "cts(cbc(%s))" }, { "CBC", "cbc(%s)" }, { "CTR", "ctr(%s)" },
    { "XTS", "xts(%s)" }, { "OFB", "ofb(%s)" },          { "CFB", "cfb(%s)" }, { "GCM", "gcm(%s)" },
    { "CCM", "ccm(%s)" }, { "WRAP", "kw(%s)" },
};

static const struct translation others[] = {
    { "ChaCha20", "chacha20" },
    { "ChaCha20-Poly1305", "rfc7539(chacha20,poly1305)" },
    { "MD5", "md5" },
    { "SHA1", "sha1" },
    { "SHA2-224", "sha224" },
    { "SHA2-256", "sha256" },
    { "SHA2-384", "sha384" },
    { "SHA2-512", "sha512" },
    { "SHA3-224", "sha3-224" },
    { "SHA3-256", "sha3-256" },
    { "SHA3-384", "sha3-384" },
    { "SHA3-512", "sha3-512" },
    { "BLAKE2B-512", "blake2b-512" },
    { "RIPEMD-160", "rmd160" },
    { "SM3", "sm3" },
};

static const struct translation macs[] = { { "HMAC", "hmac" }, { "CMAC", "cmac" } };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *look_up(const struct translation *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(table[i].openssl, name) == 0)
            return table[i].kernel;
    }
    return NULL;
}

/* The kernel's word for the block cipher that the name begins with. */
static const char *family_of(const char *name)
{
    for (size_t i = 0; i < COUNT(families); i++) {
        if (strncasecmp(families[i].openssl, name, strlen(families[i].openssl)) == 0)
            return families[i].kernel;
    }
    return NULL;
}

/* The kernel's form of the mode that the name ends with. */
static const char *mode_of(const char *name)
{
    for (size_t i = 0; i < COUNT(modes); i++) {
        size_t length = strlen(modes[i].openssl);

        if (strlen(name) > length &&
            strcasecmp(name + strlen(name) - length, modes[i].openssl) == 0)
            return modes[i].kernel;
    }
    return NULL;
}

static bool put_together(const char *form, const char *family, char *name, size_t size)
{
    const char *place = form == NULL ? NULL : strstr(form, "%s");

    if (place == NULL || family == NULL)
        return false;
    snprintf(name, size, "%.*s%s%s", (int)(place - form), form, family, place + 2);
    return true;
}

bool kernel_name(const struct algorithm *algorithm, char *name, size_t size)
{
    const char *simple = look_up(others, COUNT(others),
                                 algorithm->kind == KIND_MAC ? algorithm->part : algorithm->name);
    const char *mac;
    char of[8] = "";

    if (algorithm->kind != KIND_MAC && simple != NULL)
        return snprintf(name, size, "%s", simple) > 0;
    if (algorithm->kind != KIND_MAC)
        return put_together(mode_of(algorithm->name), family_of(algorithm->name), name, size);
    if (strncmp(algorithm->name, "GMAC", 4) == 0)
        return put_together(mode_of(algorithm->part), family_of(algorithm->part), name, size);
    snprintf(of, sizeof(of), "%.4s", algorithm->name);
    mac = look_up(macs, COUNT(macs), of);
    if (simple == NULL)
        simple = family_of(algorithm->part);
    if (mac == NULL || simple == NULL)
        return false;
    return snprintf(name, size, "%s(%s)", mac, simple) > 0;
}

/* The type of socket that AF_ALG has for the algorithm. */
static const char *socket_type(const struct algorithm *algorithm)
{
    if (algorithm->kind == KIND_CIPHER)
        return "skcipher";
    if (algorithm->kind == KIND_AEAD || strncmp(algorithm->name, "GMAC", 4) == 0)
        return "aead";
    return "hash";
}

bool kernel_binds(const char *type, const char *name)
{
    struct sockaddr_alg address = { .salg_family = AF_ALG };
    int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool binds;

    snprintf((char *)address.salg_type, sizeof(address.salg_type), "%s", type);
    snprintf((char *)address.salg_name, sizeof(address.salg_name), "%s", name);
    binds = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        close(fd);
    return binds;
}

bool kernel_has(const struct algorithm *algorithm)
{
    char name[64];

    return kernel_name(algorithm, name, sizeof(name)) && kernel_binds(socket_type(algorithm), name);
}
