/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl check: what in an openssl.cnf keeps the provider from doing what the file says. */
#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "afalgctl.h"
#include "cnf.h"
#include "key/uri.h"
#include "provctx.h"

OSSL_provider_init_fn OSSL_provider_init;

/* OpenSSL's own bound of a key with the sections that it is in, "SECTION.SECTION.KEY". */
enum { KEY_SIZE = 512 };

struct check {
    const char *file;
    CONF *conf;
    unsigned findings;
};

static void finding(struct check *c, const char *section, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void finding(struct check *c, const char *section, const char *format, ...)
{
    va_list args;

    c->findings++;
    printf("%s: section [%s]: ", c->file, section);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* The section that @key in @section names; NULL, with a finding if @why is not, if there is none.
 */
static const char *section_of(struct check *c, const char *section, const char *key,
                              const char *why)
{
    const char *name = cnf_value(c->conf, section, key);

    if (name == NULL) {
        if (why != NULL)
            finding(c, section, "no %s: %s", key, why);
        return NULL;
    }
    if (NCONF_get_section(c->conf, name) != NULL)
        return name;
    finding(c, section, "%s = %s: no such section", key, name);
    return NULL;
}

/* --- keys --- */

/* The number of letters to insert, delete or replace, case apart; UINT_MAX for words too long. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[128];
    size_t len = strlen(b);

    if (len >= sizeof(row) / sizeof(*row))
        return UINT32_MAX;
    for (unsigned j = 0; j <= len; j++)
        row[j] = j;
    for (unsigned i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0]++;

        for (size_t j = 0; j < len; j++) {
            unsigned replaced =
                diagonal + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]));
            unsigned shorter = row[j] < row[j + 1] ? row[j] : row[j + 1];

            diagonal = row[j + 1];
            row[j + 1] = shorter + 1 < replaced ? shorter + 1 : replaced;
        }
    }
    return row[len];
}

/* The known key that is the nearest to another. */
struct nearest {
    const char *to;
    char key[KEY_SIZE];
    unsigned distance;
};

static bool is_known(const struct nearest *n)
{
    return strcmp(n->key, n->to) == 0;
}

static void consider(struct nearest *n, const char *key)
{
    unsigned d = distance(n->to, key);

    if (is_known(n) || (d >= n->distance && strcmp(key, n->to) != 0))
        return;
    snprintf(n->key, sizeof(n->key), "%s", key);
    n->distance = d;
}

/* @prefix.NAME for each name in "A:B:C". */
static void consider_names(struct nearest *n, const char *prefix, const char *names)
{
    char key[KEY_SIZE];

    while (*names != '\0') {
        size_t len = strcspn(names, ":");

        snprintf(key, sizeof(key), "%s.%.*s", prefix, (int)len, names);
        consider(n, key);
        names += len + (names[len] == ':');
    }
}

static struct nearest nearest_key(const char *to)
{
    static const char *const keys[] = {
        "activate",
        "module",
        "identity",
        "soft_load",
        AFALG_CONF_MODE,
        AFALG_CONF_MIN_SIZE,
        AFALG_CONF_PROGRAMS,
        AFALG_CONF_ALGORITHMS,
        AFALG_CONF_HARDWARE,
        AFALG_CONF_VERIFY,
        AFALG_CONF_FALLBACK,
        AFALG_CONF_SOFTWARE,
        AFALG_CONF_MAX_SOCKETS,
        AFALG_CONF_SPARES,
        AFALG_CONF_LOG,
        AFALG_CONF_SOFTWARE_CONFIG,
        AFALG_CONF_KEYS,
    };
    struct nearest n = { .to = to, .distance = UINT32_MAX };

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        consider(&n, keys[i]);
    for (size_t i = 0; i < algorithm_count; i++) {
        consider_names(&n, AFALG_CONF_MIN_SIZE, algorithms[i].names);
        consider_names(&n, AFALG_CONF_DRIVER, algorithms[i].names);
    }
    return n;
}

/* --- values --- */

/* One key as the provider gets it from its core, and what it says to that. */
struct trial {
    const char *key, *value;
    char *unavailable_reason;
    size_t size;
};

static const struct trial *trial_of(const OSSL_CORE_HANDLE *core)
{
    return (const void *)core;
}

static OSSL_FUNC_core_get_params_fn trial_get_params;
static OSSL_FUNC_core_new_error_fn trial_new_error;
static OSSL_FUNC_core_set_error_debug_fn trial_set_error_debug;
static OSSL_FUNC_core_vset_error_fn trial_vset_error;

/* In mode = kernel, unless that is the key: loading then asks the kernel nothing. */
static int trial_get_params(const OSSL_CORE_HANDLE *core, OSSL_PARAM params[])
{
    const struct trial *t = trial_of(core);

    for (OSSL_PARAM *p = params; p->key != NULL; p++) {
        if (strcmp(p->key, t->key) == 0)
            OSSL_PARAM_set_utf8_ptr(p, t->value);
        else if (strcmp(p->key, AFALG_CONF_MODE) == 0)
            OSSL_PARAM_set_utf8_ptr(p, "kernel");
    }
    return 1;
}

static void trial_new_error(const OSSL_CORE_HANDLE *core)
{
    (void)core;
}

static void trial_set_error_debug(const OSSL_CORE_HANDLE *core, const char *file, int line,
                                  const char *function)
{
    (void)core;
    (void)file;
    (void)line;
    (void)function;
}

static void trial_vset_error(const OSSL_CORE_HANDLE *core, uint32_t reason, const char *format,
                             va_list args)
{
    (void)reason;
    vsnprintf(trial_of(core)->unavailable_reason, trial_of(core)->size, format, args);
}

static void provider_unload(const OSSL_DISPATCH *functions, void *prov)
{
    for (; functions->function_id != 0; functions++) {
        if (functions->function_id == OSSL_FUNC_PROVIDER_TEARDOWN)
            OSSL_FUNC_provider_teardown(functions)(prov);
    }
}

/* Loads the provider with this key alone, so that each wrong value is found, and nothing logged. */
static void check_value(struct check *c, const char *section, const char *key, const char *value)
{
    static const OSSL_DISPATCH upcalls[] = {
        { OSSL_FUNC_CORE_GET_PARAMS, (void (*)(void))trial_get_params },
        { OSSL_FUNC_CORE_NEW_ERROR, (void (*)(void))trial_new_error },
        { OSSL_FUNC_CORE_SET_ERROR_DEBUG, (void (*)(void))trial_set_error_debug },
        { OSSL_FUNC_CORE_VSET_ERROR, (void (*)(void))trial_vset_error },
        { 0, NULL },
    };
    char refusal[256] = "the provider can't be loaded";
    struct trial t = { key, value, refusal, sizeof(refusal) };
    const OSSL_DISPATCH *functions;
    void *prov;

    if (OSSL_provider_init((const void *)&t, upcalls, &functions, &prov))
        provider_unload(functions, prov);
    else
        finding(c, section, "%s", refusal);
}

/*
 * key.HEX = URI. The provider looks for it with all digits in lower case, or all in upper case. The
 * digits are as secret as a key, so they are not printed.
 */
static bool check_stand_in(struct check *c, const char *section, const char *key, const char *uri)
{
    static const char prefix[] = AFALG_CONF_KEY ".";
    const char *hex = key + strlen(prefix), *problem;
    size_t len;
    struct key_uri parsed;

    if (strncmp(key, prefix, strlen(prefix)) != 0)
        return false;
    len = strlen(hex);
    if (len < 32 || len > 128 || len % 2 != 0 ||
        (strspn(hex, "0123456789abcdef") != len && strspn(hex, "0123456789ABCDEF") != len))
        finding(c, section, "%sHEX: expected 16 to 64 bytes in digits of one case", prefix);
    problem = key_uri_parse(&parsed, uri);
    if (problem != NULL)
        finding(c, section, "%sHEX = %s: %s", prefix, uri, problem);
    key_uri_free(&parsed);
    return true;
}

/* --- sections --- */

/*
 * The keys of a section that is the provider's, or that a key of it names: OpenSSL hands
 * the latter's keys over as "PREFIX.KEY".
 */
static void check_keys(struct check *c, const char *section, const char *prefix)
{
    STACK_OF(CONF_VALUE) *all = NCONF_get_section(c->conf, section);
    char key[KEY_SIZE];

    for (int i = 0; i < sk_CONF_VALUE_num(all); i++) {
        const CONF_VALUE *v = sk_CONF_VALUE_value(all, i);
        int len = snprintf(key, sizeof(key), "%s%s%s", prefix, *prefix == '\0' ? "" : ".", v->name);
        struct nearest n;

        if ((size_t)len >= sizeof(key)) {
            finding(c, section, "%s: the key is too long", v->name);
            return;
        }
        if (NCONF_get_section(c->conf, v->value) != NULL) {
            check_keys(c, v->value, key);
            continue;
        }
        if (check_stand_in(c, section, key, v->value))
            continue;
        n = nearest_key(key);
        if (is_known(&n))
            check_value(c, section, key, v->value);
        else if (n.distance <= 2)
            finding(c, section, "%s: unknown key; did you mean %s?", key, n.key);
        else
            finding(c, section, "%s: unknown key", key);
    }
}

/* OpenSSL looks for a module that is not named from the root in its own directory. */
static void check_module(struct check *c, const char *section)
{
    const char *module = cnf_value(c->conf, section, "module");
    const char *name = module == NULL ? "afalg.so" : module;
    const char *directory = getenv("OPENSSL_MODULES");
    char path[PATH_MAX];

    if (directory == NULL)
        directory = OPENSSL_info(OPENSSL_INFO_MODULES_DIR);
    if (*name == '/')
        directory = "";
    snprintf(path, sizeof(path), "%s%s%s", directory, *directory == '\0' ? "" : "/", name);
    if (access(path, R_OK) != 0)
        finding(c, section, "%s%s: %s", module == NULL ? "no module, and " : "module = ", path,
                strerror(errno));
}

static void check_section(struct check *c, const char *section)
{
    check_keys(c, section, "");
    check_module(c, section);
    if (!cnf_is_activated(c->conf, section))
        finding(c, section, "no activate = 1: OpenSSL does not load the provider");
}

static void check_providers(struct check *c, const char *section)
{
    STACK_OF(CONF_VALUE) *all = NCONF_get_section(c->conf, section);
    bool has_default = false, has_afalg = false;

    for (int i = 0; i < sk_CONF_VALUE_num(all); i++) {
        const CONF_VALUE *entry = sk_CONF_VALUE_value(all, i);

        if (NCONF_get_section(c->conf, entry->value) == NULL) {
            finding(c, section, "%s = %s: no such section", entry->name, entry->value);
            continue;
        }
        if (cnf_is_provider(c->conf, entry, "default"))
            has_default |= cnf_is_activated(c->conf, entry->value);
        if (cnf_is_provider(c->conf, entry, "afalg")) {
            has_afalg = true;
            check_section(c, entry->value);
        }
    }
    if (!has_afalg)
        finding(c, section, "no afalg: OpenSSL does not load the provider");
    if (!has_default)
        finding(c, section,
                "default is not activated: with other providers named, OpenSSL does not load it");
}

/* What prefers afalg for every application must not have it do OpenSSL's random generator. */
static void check_random(struct check *c, const char *init)
{
    static const char why[] = "OpenSSL's random generator takes its cipher from afalg; "
                              "set properties = provider=default";
    const char *algorithm = section_of(c, init, "alg_section", NULL);
    const char *properties = cnf_value(c->conf, algorithm, "default_properties");
    const char *random;

    if (properties == NULL || strstr(properties, "afalg") == NULL)
        return;
    random = section_of(c, init, "random", why);
    if (random != NULL && cnf_value(c->conf, random, "properties") == NULL)
        finding(c, random, "no properties: %s", why);
}

static void check_all(struct check *c)
{
    const char *init = section_of(c, "default", "openssl_conf", "OpenSSL reads no other section");
    const char *providers;

    if (init == NULL)
        return;
    providers = section_of(c, init, "providers", "OpenSSL does not load the provider");
    if (providers == NULL)
        return;
    check_providers(c, providers);
    check_random(c, init);
}

int check_command(const struct settings *settings)
{
    char *usual = settings->file == NULL ? CONF_get1_default_config_file() : NULL;
    struct check c = { .file = usual == NULL ? settings->file : usual };

    if (c.file == NULL)
        return STATUS_USAGE;
    /* They would go before the file's keys. */
    unsetenv(AFALG_ENV_LOG);
    unsetenv(AFALG_ENV_MODE);
    c.conf = cnf_read(c.file);
    if (c.conf != NULL) {
        check_all(&c);
        if (c.findings == 0)
            printf("%s: nothing found\n", c.file);
    }
    NCONF_free(c.conf);
    OPENSSL_free(usual);
    if (c.conf == NULL)
        return STATUS_USAGE;
    return c.findings == 0 ? STATUS_OK : STATUS_FINDINGS;
}
