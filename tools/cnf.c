/* SPDX-License-Identifier: Apache-2.0 */
#include "cnf.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

CONF *cnf_read(const char *file)
{
    CONF *conf = NCONF_new(NULL);
    const char *data = "";
    unsigned long error;
    int flags = 0;
    long line = 0;

    if (conf != NULL && NCONF_load(conf, file, &line) > 0)
        return conf;
    error = ERR_peek_last_error_data(&data, &flags);
    fprintf(stderr, "afalgctl: %s: can't be read: %s%s%s\n", file, ERR_reason_error_string(error),
            (flags & ERR_TXT_STRING) != 0 ? ": " : "", (flags & ERR_TXT_STRING) != 0 ? data : "");
    NCONF_free(conf);
    return NULL;
}

/* OpenSSL takes "1.activate" for "activate". */
static const char *undotted(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot == NULL ? name : dot + 1;
}

const char *cnf_value(const CONF *conf, const char *section, const char *key)
{
    STACK_OF(CONF_VALUE) *all = section == NULL ? NULL : NCONF_get_section(conf, section);

    for (int i = 0; i < sk_CONF_VALUE_num(all); i++) {
        const CONF_VALUE *v = sk_CONF_VALUE_value(all, i);

        if (strcmp(undotted(v->name), key) == 0)
            return v->value;
    }
    return NULL;
}

bool cnf_is_activated(const CONF *conf, const char *section)
{
    static const char *const yes[] = { "1", "yes", "true", "on" };
    const char *value = cnf_value(conf, section, "activate");

    for (size_t i = 0; value != NULL && i < sizeof(yes) / sizeof(*yes); i++) {
        if (strcasecmp(value, yes[i]) == 0)
            return true;
    }
    return false;
}

bool cnf_is_provider(const CONF *conf, const CONF_VALUE *entry, const char *name)
{
    const char *identity = cnf_value(conf, entry->value, "identity");
    const char *module = cnf_value(conf, entry->value, "module");
    const char *slash = module == NULL ? NULL : strrchr(module, '/');

    if (module != NULL && strcmp(name, "afalg") == 0 &&
        strcmp(slash == NULL ? module : slash + 1, "afalg.so") == 0)
        return true;
    return strcmp(identity == NULL ? undotted(entry->name) : identity, name) == 0;
}

/* The directory that a line of the file includes, in the line itself; NULL if it does not. */
static const char *included_directory(char *line)
{
    static const char word[] = ".include";
    struct stat status;

    line += strspn(line, " \t");
    if (strncmp(line, word, strlen(word)) != 0)
        return NULL;
    line += strlen(word);
    line += strspn(line, " \t=");
    line[strcspn(line, "\r\n")] = '\0';
    return *line == '/' && stat(line, &status) == 0 && S_ISDIR(status.st_mode) ? line : NULL;
}

char *cnf_drop_in(const char *file)
{
    FILE *in = fopen(file, "re");
    char *line = NULL, *name = NULL;
    size_t size = 0;

    while (in != NULL && name == NULL && getline(&line, &size, in) >= 0) {
        const char *directory = included_directory(line);

        if (directory != NULL && asprintf(&name, "%s/afalg.cnf", directory) < 0)
            name = NULL;
    }
    free(line);
    if (in != NULL)
        fclose(in);
    return name;
}

static bool has_value(const CONF *conf, const char *section, const CONF_VALUE *wanted)
{
    STACK_OF(CONF_VALUE) *all = NCONF_get_section(conf, section);

    for (int i = 0; i < sk_CONF_VALUE_num(all); i++) {
        const CONF_VALUE *v = sk_CONF_VALUE_value(all, i);

        if (strcmp(v->name, wanted->name) == 0 && strcmp(v->value, wanted->value) == 0)
            return true;
    }
    return false;
}

/* The key of a value of the section that @after has not; NULL if it has all. */
static const char *lost_in(const CONF *before, const CONF *after, const char *section)
{
    STACK_OF(CONF_VALUE) *all = NCONF_get_section(before, section);

    for (int i = 0; i < sk_CONF_VALUE_num(all); i++) {
        const CONF_VALUE *v = sk_CONF_VALUE_value(all, i);

        if (!has_value(after, section, v) && strcmp(undotted(v->name), "default_properties") != 0)
            return v->name;
    }
    return NULL;
}

const char *cnf_lost(const CONF *before, const CONF *after)
{
    STACK_OF(OPENSSL_CSTRING) *sections = NCONF_get_section_names(before);
    const char *lost = NULL;

    for (int i = 0; i < sk_OPENSSL_CSTRING_num(sections) && lost == NULL; i++)
        lost = lost_in(before, after, sk_OPENSSL_CSTRING_value(sections, i));
    sk_OPENSSL_CSTRING_free(sections);
    return lost;
}
