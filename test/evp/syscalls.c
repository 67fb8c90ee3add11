/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What syscalls.sh traces: a few uses of contexts. In front of each stands a write to descriptor -1
 * that says how many system calls it may take: "= COUNT WHAT" for exactly as many, "< COUNT WHAT"
 * for as many at most.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "support.h"

/* socket, bind, setsockopt, accept4 and close; without a key there is no setsockopt. */
enum { KEYED_SETUP = 5, UNKEYED_SETUP = 4, REQUEST = 2, GIVE_BACK = 2 };

static uint8_t bytes[4096];

/* Says what comes next. */
static void mark(char relation, int count, const char *what)
{
    char line[128];
    int length = snprintf(line, sizeof(line), "%c %d %s", relation, count, what);

    if (write(-1, line, (size_t)length) >= 0)
        die("descriptor -1 takes data");
}

static void must(int result)
{
    if (result <= 0)
        die("a call fails");
}

static void init_and_update(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const uint8_t *key,
                            const uint8_t *iv)
{
    int n;

    must(EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL));
    must(EVP_EncryptUpdate(ctx, bytes, &n, bytes, sizeof(bytes)));
}

static void use_cipher(OSSL_LIB_CTX *libctx, const char *name)
{
    EVP_CIPHER *cipher = subject_cipher(libctx, name);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    static const uint8_t keys[2][32] = { "the first key", "the second" };
    static const uint8_t ivs[2][16] = { "the first IV", "the second" };
    int n;

    if (cipher == NULL || ctx == NULL)
        die("%s does not offer %s here", subject_name(), name);
    mark('=', 0, "init with key and IV");
    must(EVP_EncryptInit_ex2(ctx, cipher, keys[0], ivs[0], NULL));
    mark('<', KEYED_SETUP + REQUEST, "first update");
    must(EVP_EncryptUpdate(ctx, bytes, &n, bytes, sizeof(bytes)));
    mark('=', REQUEST, "second update");
    must(EVP_EncryptUpdate(ctx, bytes, &n, bytes, sizeof(bytes)));
    mark('=', REQUEST, "new IV and update");
    init_and_update(ctx, NULL, NULL, ivs[1]);
    mark('=', REQUEST, "the same key, another IV and update");
    init_and_update(ctx, NULL, keys[0], ivs[0]);
    mark('<', GIVE_BACK + KEYED_SETUP + REQUEST, "new key and update");
    init_and_update(ctx, NULL, keys[1], ivs[1]);
    mark('<', GIVE_BACK, "free");
    EVP_CIPHER_CTX_free(ctx);
    mark('?', 0, "");
    EVP_CIPHER_free(cipher);
}

static void seal(EVP_CIPHER_CTX *ctx, const uint8_t *iv)
{
    int n;

    must(EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL));
    must(EVP_EncryptUpdate(ctx, NULL, &n, bytes, 13));
    must(EVP_EncryptUpdate(ctx, bytes, &n, bytes, sizeof(bytes)));
    must(EVP_EncryptFinal_ex(ctx, bytes, &n));
}

static void use_aead(OSSL_LIB_CTX *libctx, const char *name)
{
    EVP_CIPHER *cipher = subject_cipher(libctx, name);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (cipher == NULL || ctx == NULL)
        die("%s does not offer %s here", subject_name(), name);
    mark('=', 0, "AEAD init with key");
    must(EVP_EncryptInit_ex2(ctx, cipher, bytes, NULL, NULL));
    /* One setsockopt more, the length of the tag, and one getsockopt: what a message over a page
     * may be. */
    mark('<', KEYED_SETUP + 2 + REQUEST, "first message");
    seal(ctx, (const uint8_t *)"first nonce.");
    mark('=', REQUEST, "second message");
    seal(ctx, (const uint8_t *)"second nonce");
    mark('<', GIVE_BACK, "AEAD free");
    EVP_CIPHER_CTX_free(ctx);
    mark('?', 0, "");
    EVP_CIPHER_free(cipher);
}

static void hash(EVP_MD_CTX *ctx, const EVP_MD *digest)
{
    uint8_t out[EVP_MAX_MD_SIZE];

    must(EVP_DigestInit_ex2(ctx, digest, NULL));
    must(EVP_DigestUpdate(ctx, bytes, sizeof(bytes)));
    must(EVP_DigestFinal_ex(ctx, out, NULL));
}

static void use_digest(OSSL_LIB_CTX *libctx, const char *name, bool spares)
{
    EVP_MD *digest = subject_digest(libctx, name);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (digest == NULL || ctx == NULL)
        die("%s does not offer %s here", subject_name(), name);
    mark('<', UNKEYED_SETUP + REQUEST, "first digest");
    hash(ctx, digest);
    /* OpenSSL 3.0 frees and makes the provider's context at each init. */
    if (spares)
        mark('=', REQUEST, "second digest, with a spare socket");
    else
        mark('<', GIVE_BACK + UNKEYED_SETUP + REQUEST, "second digest");
    hash(ctx, NULL);
    mark('<', GIVE_BACK, "digest free");
    EVP_MD_CTX_free(ctx);
    mark('?', 0, "");
    EVP_MD_free(digest);
}

static void authenticate(EVP_MAC_CTX *ctx, const uint8_t *key, const OSSL_PARAM params[])
{
    uint8_t out[EVP_MAX_MD_SIZE];
    size_t length;

    must(EVP_MAC_init(ctx, key, key == NULL ? 0 : 20, params));
    must(EVP_MAC_update(ctx, bytes, sizeof(bytes)));
    must(EVP_MAC_final(ctx, out, &length, sizeof(out)));
}

static void use_mac(OSSL_LIB_CTX *libctx)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA2-256", 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC *mac = subject_mac(libctx, "HMAC");
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

    if (mac == NULL || ctx == NULL)
        die("%s does not offer HMAC here", subject_name());
    mark('<', KEYED_SETUP + REQUEST, "first MAC");
    authenticate(ctx, bytes, params);
    mark('=', REQUEST, "second MAC with the same key");
    authenticate(ctx, NULL, NULL);
    mark('<', GIVE_BACK, "MAC free");
    EVP_MAC_CTX_free(ctx);
    mark('?', 0, "");
    EVP_MAC_free(mac);
}

static void use_everything(OSSL_LIB_CTX *libctx, OSSL_LIB_CTX *spares)
{
    use_cipher(libctx, "AES-128-CBC");
    use_cipher(libctx, "AES-256-CTR");
    use_aead(libctx, "AES-128-GCM");
    use_digest(libctx, "SHA2-256", false);
    use_digest(spares, "SHA2-256", true);
    use_mac(libctx);
}

/* The first time loads modules and binds symbols, and is not what is counted. */
int main(void)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    OSSL_LIB_CTX *spares = subject_open("spare_sockets = 1\n");

    use_everything(libctx, spares);
    mark('!', 0, "");
    use_everything(libctx, spares);
    OSSL_LIB_CTX_free(spares);
    OSSL_LIB_CTX_free(libctx);
    return EXIT_SUCCESS;
}
