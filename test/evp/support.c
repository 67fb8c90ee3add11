/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include <afalg/params.h>

void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    ERR_print_errors_fp(stderr);
    exit(EXIT_FAILURE);
}

const char *subject_name(void)
{
    const char *name = getenv("AFALG_TEST_SUBJECT");

    return name == NULL || *name == '\0' ? "afalg" : name;
}

const char *subject_query(void)
{
    static _Thread_local char query[128];

    snprintf(query, sizeof(query), "provider=%s", subject_name());
    return query;
}

bool subject_counts(void)
{
    return strcmp(subject_name(), "afalg") == 0;
}

bool is_subject(const OSSL_PROVIDER *provider)
{
    return provider != NULL && strcmp(OSSL_PROVIDER_get0_name(provider), subject_name()) == 0;
}

/* Writes the configuration that subject_open describes. */
static void write_config(FILE *file, const char *settings)
{
    fputs("openssl_conf = init\n"
          "[init]\nproviders = providers\nrandom = random\n"
          "[random]\nproperties = provider=default\n"
          "[default_provider]\nactivate = 1\n"
          "[providers]\ndefault = default_provider\n",
          file);
    if (strcmp(subject_name(), "default") != 0)
        fprintf(file, "%s = subject\n[subject]\nactivate = 1\n%s%s", subject_name(),
                settings != NULL && strstr(settings, "mode = ") != NULL ? "" : "mode = kernel\n",
                settings == NULL ? "" : settings);
}

/* Reads the configuration with these settings into libctx by way of a file that is gone afterwards.
 */
static int load_settings(OSSL_LIB_CTX *libctx, const char *settings)
{
    char path[] = "/tmp/afalg-test-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    int ok;

    if (file == NULL)
        die("cannot write %s", path);
    write_config(file, settings);
    if (fclose(file) != 0)
        die("cannot write %s", path);
    ok = OSSL_LIB_CTX_load_config(libctx, path);
    unlink(path);
    return ok;
}

void subject_load(OSSL_LIB_CTX *libctx, const char *settings)
{
    if (!load_settings(libctx, settings) || subject_provider(libctx) == NULL)
        die("provider %s cannot be loaded", subject_name());
    ERR_clear_error();
}

OSSL_LIB_CTX *subject_open(const char *settings)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

    if (libctx == NULL)
        die("out of memory");
    subject_load(libctx, settings);
    return libctx;
}

void default_context_empty(void)
{
    static OSSL_PROVIDER *null; /* where a leak check finds it: it stays loaded */

    null = OSSL_PROVIDER_load(NULL, "null");
    if (null == NULL)
        die("the null provider cannot be loaded");
}

OSSL_LIB_CTX *oracle_open(void)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

    /* A context without configuration loads the default provider by itself, OSSL_PROVIDER(3). */
    if (libctx == NULL || !OSSL_PROVIDER_available(libctx, "default"))
        die("the default provider cannot be loaded");
    return libctx;
}

static int remember_subject(OSSL_PROVIDER *provider, void *arg)
{
    OSSL_PROVIDER **found = arg;

    if (is_subject(provider))
        *found = provider;
    return 1;
}

OSSL_PROVIDER *subject_provider(OSSL_LIB_CTX *libctx)
{
    OSSL_PROVIDER *found = NULL;

    OSSL_PROVIDER_do_all(libctx, remember_subject, &found);
    return found;
}

struct counters counters_read(OSSL_LIB_CTX *libctx)
{
    struct counters c = { 0 };
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint64(AFALG_PARAM_KERNEL_REQUESTS, &c.kernel_requests),
        OSSL_PARAM_construct_uint64(AFALG_PARAM_KERNEL_BYTES, &c.kernel_bytes),
        OSSL_PARAM_construct_uint64(AFALG_PARAM_SOFTWARE_REQUESTS, &c.software_requests),
        OSSL_PARAM_construct_uint64(AFALG_PARAM_SOFTWARE_BYTES, &c.software_bytes),
        OSSL_PARAM_construct_uint64(AFALG_PARAM_FALLBACKS, &c.fallbacks),
        OSSL_PARAM_construct_uint64(AFALG_PARAM_SOCKETS, &c.sockets),
        OSSL_PARAM_construct_end(),
    };

    if (!subject_counts())
        return c;
    if (!OSSL_PROVIDER_get_params(subject_provider(libctx), params))
        die("provider %s does not give its counters", subject_name());
    for (OSSL_PARAM *p = params; p->key != NULL; p++) {
        if (!OSSL_PARAM_modified(p))
            die("provider %s does not count %s", subject_name(), p->key);
    }
    return c;
}

EVP_CIPHER *subject_cipher(OSSL_LIB_CTX *libctx, const char *name)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, name, subject_query());

    ERR_clear_error();
    if (cipher != NULL && !is_subject(EVP_CIPHER_get0_provider(cipher)))
        die("%s comes from another provider than %s", name, subject_name());
    return cipher;
}

EVP_MD *subject_digest(OSSL_LIB_CTX *libctx, const char *name)
{
    EVP_MD *digest = EVP_MD_fetch(libctx, name, subject_query());

    ERR_clear_error();
    if (digest != NULL && !is_subject(EVP_MD_get0_provider(digest)))
        die("%s comes from another provider than %s", name, subject_name());
    return digest;
}

EVP_MAC *subject_mac(OSSL_LIB_CTX *libctx, const char *name)
{
    EVP_MAC *mac = EVP_MAC_fetch(libctx, name, subject_query());

    ERR_clear_error();
    if (mac != NULL && !is_subject(EVP_MAC_get0_provider(mac)))
        die("%s comes from another provider than %s", name, subject_name());
    return mac;
}

void loaded_drivers(const char *algorithm, char *list, size_t size)
{
    FILE *file = fopen("/proc/crypto", "r");
    char line[256], value[128];
    bool found = false;

    if (file == NULL)
        die("cannot read /proc/crypto");
    *list = '\0';
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "name : %127s", value) == 1)
            found = strcmp(value, algorithm) == 0;
        else if (found && sscanf(line, "driver : %127s", value) == 1)
            snprintf(list + strlen(list), size - strlen(list), "%s,", value);
    }
    fclose(file);
}

bool child_succeeds(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

size_t descriptors_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;

    if (dir == NULL)
        die("cannot read /proc/self/fd");
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 3; /* ".", ".." and the directory itself */
}
