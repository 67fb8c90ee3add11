/* SPDX-License-Identifier: Apache-2.0 */
#include "activation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cnf.h"

/* A section: the one that the file has for it, or one to be added. */
struct section {
    const char *name;
    bool added;
};

/* What of a file the lines depend on. */
struct layout {
    const CONF *conf;
    const char *file;
    bool refused;
    struct section init, providers, algorithms, random,
        standard;           /* standard: the provider default's */
    const char *properties; /* the file's default_properties; NULL: none */
};

static void refuse(struct layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void refuse(struct layout *l, const char *format, ...)
{
    va_list args;

    l->refused = true;
    fprintf(stderr, "afalgctl: %s: not changed: ", l->file);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* A section of that name would be given another meaning. */
static struct section section_added(struct layout *l, const char *name)
{
    if (NCONF_get_section(l->conf, name) != NULL)
        refuse(l, "it has a section [%s] already, which nothing names", name);
    return (struct section){ .name = name, .added = true };
}

/* The section that @key of another names, else @name. */
static struct section section_named(struct layout *l, const char *parent, const char *key,
                                    const char *name)
{
    const char *value = cnf_value(l->conf, parent, key);

    if (value == NULL)
        return section_added(l, name);
    if (NCONF_get_section(l->conf, value) == NULL)
        refuse(l, "section [%s]: %s = %s: no such section", parent, key, value);
    return (struct section){ .name = value };
}

/* Sets the section of the provider default, which has to be turned on if another is. */
static void find_default(struct layout *l)
{
    STACK_OF(CONF_VALUE) *all = NCONF_get_section(l->conf, l->providers.name);
    const char *value;
    bool fips = false;

    for (int i = 0; i < sk_CONF_VALUE_num(all); i++) {
        const CONF_VALUE *entry = sk_CONF_VALUE_value(all, i);

        if (cnf_is_provider(l->conf, entry, "afalg"))
            refuse(l, "section [%s] has afalg already, and not by afalgctl enable",
                   l->providers.name);
        if (cnf_is_provider(l->conf, entry, "default"))
            l->standard = section_named(l, l->providers.name, entry->name, entry->value);
        fips |= cnf_is_provider(l->conf, entry, "fips") && cnf_is_activated(l->conf, entry->value);
    }
    if (l->standard.name == NULL)
        l->standard = section_added(l, "afalg_default");
    value = cnf_value(l->conf, l->standard.name, "activate");
    if (value != NULL && !cnf_is_activated(l->conf, l->standard.name))
        refuse(l, "section [%s]: activate = %s: afalg needs the default provider", l->standard.name,
               value);
    if (value == NULL && fips)
        refuse(l, "fips is activated and default is not: afalg needs the default provider, which "
                  "this file leaves out");
}

/* Whether all of the properties are wishes for a provider, to which another can be added. */
static bool only_prefers_providers(const char *properties)
{
    static const char wish[] = "?provider=";

    while (strncmp(properties, wish, strlen(wish)) == 0) {
        properties = strchr(properties, ',');
        if (properties == NULL)
            return true;
        properties += 1 + strspn(properties + 1, " \t");
    }
    return *properties == '\0';
}

static void find_properties(struct layout *l)
{
    const char *fips = cnf_value(l->conf, l->algorithms.name, "fips_mode");

    l->properties = cnf_value(l->conf, l->algorithms.name, "default_properties");
    if (fips != NULL && strcasecmp(fips, "no") != 0 && strcmp(fips, "0") != 0)
        refuse(l, "section [%s]: fips_mode = %s: nothing would be taken from afalg",
               l->algorithms.name, fips);
    if (l->properties != NULL && strstr(l->properties, "afalg") == NULL &&
        !only_prefers_providers(l->properties))
        refuse(l, "section [%s]: default_properties = %s: to prefer afalg would change its meaning",
               l->algorithms.name, l->properties);
}

static struct layout layout_of(const CONF *conf, const char *file)
{
    struct layout l = { .conf = conf, .file = file };

    l.init = section_named(&l, "default", "openssl_conf", "afalg_init");
    l.providers = section_named(&l, l.init.name, "providers", "afalg_providers");
    l.algorithms = section_named(&l, l.init.name, "alg_section", "afalg_algorithms");
    l.random = section_named(&l, l.init.name, "random", "afalg_random");
    section_added(&l, "afalg_provider");
    find_default(&l);
    find_properties(&l);
    return l;
}

static void print_reference(FILE *out, const char *key, const struct section *section)
{
    if (section->added)
        fprintf(out, "%s = %s\n", key, section->name);
}

static void print_applications(FILE *out, const struct layout *l)
{
    bool has_node = cnf_value(l->conf, "default", "nodejs_conf") != NULL;

    if (!l->init.added && has_node)
        return;
    fputs("[default]\n", out);
    print_reference(out, "openssl_conf", &l->init);
    if (!has_node)
        fprintf(out, "nodejs_conf = %s\n", l->init.name);
}

static void print_init(FILE *out, const struct layout *l)
{
    if (!l->providers.added && !l->algorithms.added && !l->random.added)
        return;
    fprintf(out, "[%s]\n", l->init.name);
    print_reference(out, "providers", &l->providers);
    print_reference(out, "alg_section", &l->algorithms);
    print_reference(out, "random", &l->random);
}

static void print_providers(FILE *out, const struct layout *l, const char *mode, const char *module)
{
    fprintf(out, "[%s]\n", l->providers.name);
    print_reference(out, "default", &l->standard);
    fputs("afalg = afalg_provider\n", out);
    if (cnf_value(l->conf, l->standard.name, "activate") == NULL)
        fprintf(out, "[%s]\nactivate = 1\n", l->standard.name);
    fputs("[afalg_provider]\nactivate = 1\n", out);
    if (module != NULL)
        fprintf(out, "module = %s\n", module);
    fprintf(out, "mode = %s\n", mode);
}

static void print_preferences(FILE *out, const struct layout *l)
{
    bool has_others = l->properties != NULL && *l->properties != '\0';

    if (!has_others || strstr(l->properties, "afalg") == NULL)
        fprintf(out, "[%s]\ndefault_properties = %s%s?provider=afalg\n", l->algorithms.name,
                has_others ? l->properties : "", has_others ? "," : "");
    if (cnf_value(l->conf, l->random.name, "properties") == NULL)
        fprintf(out, "[%s]\nproperties = provider=default\n", l->random.name);
}

char *activation_lines(const CONF *conf, const char *file, const char *mode, const char *module)
{
    struct layout l = layout_of(conf, file);
    char *text = NULL;
    size_t len;
    FILE *out = l.refused ? NULL : open_memstream(&text, &len);

    if (out == NULL)
        return NULL;
    print_applications(out, &l);
    print_init(out, &l);
    print_providers(out, &l, mode, module);
    print_preferences(out, &l);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
