/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application still holds when OpenSSL has cleaned up after itself: contexts, an SSL_CTX, a
 * provider and a library context, freed at the moment that the argument names. The configuration is
 * that of OPENSSL_CONF. Ends with status 0 if all went well until then.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>

enum { PIECE = 70000 }; /* longer than what is collected */

static struct {
    EVP_CIPHER_CTX *cipher, *aead;
    EVP_MD_CTX *digest;
    EVP_MAC_CTX *mac;
    SSL_CTX *tls;
    OSSL_LIB_CTX *libctx;
} held;

static unsigned char bytes[PIECE], out[PIECE + 16];
static bool in_destructor;
static sem_t cleaned;

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "cleanup: %s failed\n", what);
    _exit(EXIT_FAILURE);
}

static EVP_CIPHER_CTX *begin_cipher(const char *name)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(held.libctx, name, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    check(EVP_EncryptInit_ex2(ctx, cipher, bytes, bytes, NULL), name);
    /* Two pieces: of an AEAD the second is software's. */
    check(EVP_EncryptUpdate(ctx, out, &n, bytes, 4096), name);
    check(EVP_EncryptUpdate(ctx, out, &n, bytes, 4096), name);
    EVP_CIPHER_free(cipher);
    return ctx;
}

static void begin_hashes(void)
{
    EVP_MD *digest = EVP_MD_fetch(held.libctx, "SHA2-256", NULL);
    EVP_MAC *mac = EVP_MAC_fetch(held.libctx, "HMAC", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t) "SHA2-256", 0),
        OSSL_PARAM_construct_end(),
    };

    held.digest = EVP_MD_CTX_new();
    held.mac = EVP_MAC_CTX_new(mac);
    check(EVP_DigestInit_ex2(held.digest, digest, NULL) &&
              EVP_DigestUpdate(held.digest, bytes, PIECE),
          "SHA2-256");
    check(EVP_MAC_init(held.mac, bytes, 32, params) && EVP_MAC_update(held.mac, bytes, PIECE),
          "HMAC");
    EVP_MD_free(digest);
    EVP_MAC_free(mac);
}

/* Everything, in the middle of a message. */
static void hold(void)
{
    held.cipher = begin_cipher("AES-128-CBC");
    held.aead = begin_cipher("AES-128-GCM");
    begin_hashes();
    held.tls = SSL_CTX_new_ex(held.libctx, NULL, TLS_method());
    check(held.tls != NULL, "SSL_CTX_new_ex");
}

static void drop(void)
{
    EVP_CIPHER_CTX_free(held.cipher);
    EVP_CIPHER_CTX_free(held.aead);
    EVP_MD_CTX_free(held.digest);
    EVP_MAC_CTX_free(held.mac);
    SSL_CTX_free(held.tls);
    OSSL_LIB_CTX_free(held.libctx);
}

static void *drop_when_cleaned(void *arg)
{
    hold();
    sem_post(arg);
    check(sem_wait(&cleaned) == 0, "sem_wait");
    drop();
    return NULL;
}

/* A thread that has begun it all outlives OpenSSL's clean-up. */
static void in_thread(void)
{
    pthread_t thread;
    sem_t begun;

    check(sem_init(&begun, 0, 0) == 0 && sem_init(&cleaned, 0, 0) == 0, "sem_init");
    check(pthread_create(&thread, NULL, drop_when_cleaned, &begun) == 0, "pthread_create");
    check(sem_wait(&begun) == 0, "sem_wait");
    OPENSSL_cleanup();
    sem_post(&cleaned);
    check(pthread_join(thread, NULL) == 0, "pthread_join");
}

/* As a C++ destructor of a static object: after all handlers of atexit(3). */
__attribute__((destructor)) static void destroy(void)
{
    if (in_destructor)
        drop();
}

static void own_context(void)
{
    held.libctx = OSSL_LIB_CTX_new();
    check(OSSL_LIB_CTX_load_config(held.libctx, getenv("OPENSSL_CONF")), "load_config");
}

int main(int argc, char **argv)
{
    const char *moment = argc > 1 ? argv[1] : "";

    /* Before OpenSSL's own, and so called after it. */
    if (strcmp(moment, "atexit") == 0)
        check(atexit(drop) == 0, "atexit");
    in_destructor = strcmp(moment, "destructor") == 0;
    if (argc > 2)
        own_context();
    if (strcmp(moment, "thread") == 0) {
        in_thread();
        return EXIT_SUCCESS;
    }
    hold();
    if (strcmp(moment, "before") == 0)
        drop();
    if (strcmp(moment, "never") == 0)
        _exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
}
