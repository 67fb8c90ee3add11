/* SPDX-License-Identifier: Apache-2.0 */
#include "fresh.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int add_name(OSSL_PROVIDER *provider, void *vresult)
{
    struct fresh *result = vresult;
    size_t len = strlen(result->providers);

    snprintf(result->providers + len, sizeof(result->providers) - len, "%s%s ", len == 0 ? " " : "",
             OSSL_PROVIDER_get0_name(provider));
    return 1;
}

/* A key is made, a secret derived, a message hashed, all as an application does. */
static bool serves(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    unsigned char bytes[32], digest[EVP_MAX_MD_SIZE];
    unsigned len;
    bool ok = key != NULL && kdf != NULL && cipher != NULL &&
              RAND_bytes(bytes, sizeof(bytes)) == 1 &&
              EVP_Digest(bytes, sizeof(bytes), digest, &len, EVP_sha256(), NULL) == 1;

    EVP_CIPHER_free(cipher);
    EVP_KDF_free(kdf);
    EVP_PKEY_free(key);
    return ok;
}

static void try_here(const char *file, struct fresh *result)
{
    if (file != NULL)
        setenv("OPENSSL_CONF", file, 1);
    result->loads = OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1;
    if (result->loads) {
        OSSL_PROVIDER_do_all(NULL, add_name, result);
        result->serves = serves();
    }
    if (!result->loads || !result->serves)
        ERR_error_string_n(ERR_peek_last_error(), result->error, sizeof(result->error));
}

/* Clean-up is left out: it would be that of a library which the parent goes on with. */
static _Noreturn void child(const char *file, int out)
{
    struct fresh result = { 0 };
    ssize_t n;

    try_here(file, &result);
    n = write(out, &result, sizeof(result));
    _exit(n == (ssize_t)sizeof(result) ? 0 : 1);
}

/* A child that dies of the configuration has neither loaded it nor said so. */
static bool result_read(int in, pid_t pid, struct fresh *result)
{
    ssize_t n;
    int status;

    do {
        n = read(in, result, sizeof(*result));
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(*result)) {
        *result = (struct fresh){ 0 };
        snprintf(result->error, sizeof(result->error), "a program that reads the file dies");
    }
    return waitpid(pid, &status, 0) == pid;
}

bool fresh_try(const char *file, struct fresh *result)
{
    int ends[2];
    pid_t pid;
    bool ok;

    fflush(NULL);
    if (pipe(ends) != 0)
        return false;
    pid = fork();
    if (pid == 0)
        child(file, ends[1]);
    close(ends[1]);
    ok = pid > 0 && result_read(ends[0], pid, result);
    close(ends[0]);
    return ok;
}

bool fresh_has(const struct fresh *result, const char *provider)
{
    char word[64];

    snprintf(word, sizeof(word), " %s ", provider);
    return strstr(result->providers, word) != NULL;
}
