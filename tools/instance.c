/* SPDX-License-Identifier: Apache-2.0 */
#include "instance.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"

OSSL_provider_init_fn OSSL_provider_init;

static void print_setting(FILE *out, const char *key, const char *value)
{
    if (value != NULL)
        fprintf(out, "%s = %s\n", key, value);
}

/* The text of openssl.cnf, allocated; NULL if memory is short. */
static char *configuration(const char *mode, const struct settings *settings, const char *lines)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL)
        return NULL;
    fputs("openssl_conf = init\n"
          "[init]\nproviders = providers\nrandom = random\n"
          "[random]\nproperties = provider=default\n"
          "[providers]\ndefault = default_section\nafalg = afalg_section\n"
          "[default_section]\nactivate = 1\n"
          "[afalg_section]\nactivate = 1\n",
          out);
    print_setting(out, AFALG_CONF_MODE, mode);
    print_setting(out, AFALG_CONF_ALGORITHMS, settings->algorithms);
    print_setting(out, AFALG_CONF_HARDWARE, settings->hardware);
    if (lines != NULL)
        fputs(lines, out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static bool configure(OSSL_LIB_CTX *libctx, const char *text)
{
    BIO *in = text == NULL ? NULL : BIO_new_mem_buf(text, -1);
    CONF *conf = NCONF_new_ex(libctx, NULL);
    bool ok = in != NULL && conf != NULL && NCONF_load_bio(conf, in, NULL) > 0 &&
              CONF_modules_load(conf, NULL, 0) > 0;

    NCONF_free(conf);
    BIO_free(in);
    return ok;
}

static int find_afalg(OSSL_PROVIDER *provider, void *vprov)
{
    if (strcmp(OSSL_PROVIDER_get0_name(provider), "afalg") == 0)
        *(void **)vprov = OSSL_PROVIDER_get0_provider_ctx(provider);
    return 1;
}

static void ask_kernel(struct provctx *prov)
{
    static const int operations[] = { OSSL_OP_CIPHER, OSSL_OP_DIGEST, OSSL_OP_MAC, OSSL_OP_RAND };
    int no_cache;

    for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
        provider_query(prov, operations[i], &no_cache);
}

/* OpenSSL 3.0 drops the error of a provider that it can't load, so its log has to say it. */
static void complain(struct instance *instance, const char *text)
{
    fputs("afalgctl: the provider can't be loaded\n", stderr);
    if (instance->libctx == NULL || setenv(AFALG_ENV_LOG, "summary", 0) != 0 ||
        configure(instance->libctx, text))
        ERR_print_errors_fp(stderr);
}

bool instance_open(struct instance *instance, const char *mode, const struct settings *settings,
                   const char *lines)
{
    char *text = configuration(mode, settings, lines);
    void *prov = NULL;

    instance->libctx = OSSL_LIB_CTX_new();
    if (instance->libctx != NULL &&
        OSSL_PROVIDER_add_builtin(instance->libctx, "afalg", OSSL_provider_init) &&
        configure(instance->libctx, text))
        OSSL_PROVIDER_do_all(instance->libctx, find_afalg, &prov);
    instance->prov = prov;
    if (prov == NULL) {
        complain(instance, text);
        instance_close(instance);
    }
    free(text);
    if (prov == NULL)
        return false;
    instance->prov->config.binds = true;
    ask_kernel(instance->prov);
    return true;
}

void instance_close(struct instance *instance)
{
    OSSL_LIB_CTX_free(instance->libctx);
    instance->libctx = NULL;
    instance->prov = NULL;
}
