/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cnf.h"
#include "fresh.h"
#include "status.h"

/* The name of the provider's section; NULL if the file has none. */
static const char *afalg_section(const CONF *conf)
{
    const char *init = cnf_value(conf, "default", "openssl_conf");
    STACK_OF(CONF_VALUE) *all =
        init == NULL ? NULL : NCONF_get_section(conf, cnf_value(conf, init, "providers"));

    for (int i = 0; i < sk_CONF_VALUE_num(all); i++) {
        const CONF_VALUE *entry = sk_CONF_VALUE_value(all, i);

        if (cnf_is_provider(conf, entry, "afalg"))
            return entry->value;
    }
    return NULL;
}

/* "key = value, key = value" of what is set in the section. */
static void settings_text(const CONF *conf, const char *section, char *text, size_t size)
{
    STACK_OF(CONF_VALUE) *all = NCONF_get_section(conf, section);
    size_t len = 0;

    *text = '\0';
    for (int i = 0; i < sk_CONF_VALUE_num(all) && len < size; i++) {
        const CONF_VALUE *v = sk_CONF_VALUE_value(all, i);

        if (strcmp(v->name, "activate") != 0)
            len += (size_t)snprintf(text + len, size - len, "%s%s = %s", len == 0 ? "" : ", ",
                                    v->name, v->value);
    }
}

/* The module that the section names, else the one that OpenSSL finds by the provider's name. */
static void show_module(struct facts *facts, const CONF *conf, const char *section)
{
    const char *directory = getenv("OPENSSL_MODULES");
    const char *module = section == NULL ? NULL : cnf_value(conf, section, "module");
    char path[PATH_MAX];

    if (directory == NULL)
        directory = OPENSSL_info(OPENSSL_INFO_MODULES_DIR);
    if (module != NULL && *module == '/')
        directory = "";
    snprintf(path, sizeof(path), "%s%s%s", directory, *directory == '\0' ? "" : "/",
             module == NULL ? "afalg.so" : module);
    if (access(path, R_OK) == 0)
        fact(facts, "module", NULL, "%s", path);
    else
        fact(facts, "module", "install it there, or name it by the key module", "%s: %s", path,
             strerror(errno));
}

static void show_configuration(struct facts *facts, const char *file)
{
    CONF *conf = access(file, F_OK) == 0 ? cnf_read(file) : NULL;
    const char *section = conf == NULL ? NULL : afalg_section(conf);
    char text[256];

    show_module(facts, conf, section);
    if (section == NULL) {
        fact(facts, "openssl.cnf", "afalgctl enable", "%s: does not name afalg", file);
    } else {
        settings_text(conf, section, text, sizeof(text));
        fact(facts, "openssl.cnf", NULL, "%s: %s", file, *text == '\0' ? "no settings" : text);
    }
    NCONF_free(conf);
}

static void show_providers(struct facts *facts)
{
    static const char not_default[] =
        "activate default as well: nothing else is left to applications";
    struct fresh fresh;

    if (!fresh_try(NULL, &fresh))
        return;
    if (!fresh.loads)
        fact(facts, "providers", "afalgctl check", "OpenSSL does not load it: %s", fresh.error);
    else
        fact(facts, "providers", !fresh_has(&fresh, "default") ? not_default : NULL, "%s%s",
             fresh.providers + 1, fresh_has(&fresh, "afalg") ? "" : "(not afalg)");
}

void status_openssl(struct facts *facts)
{
    char *file = CONF_get1_default_config_file();

    fact(facts, "OpenSSL", NULL, "%s", OpenSSL_version(OPENSSL_VERSION));
    if (file != NULL)
        show_configuration(facts, file);
    show_providers(facts);
    OPENSSL_free(file);
}
