/* SPDX-License-Identifier: Apache-2.0 */
#include "uri.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- decoding --- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Characters that an attribute's value may have as they are (RFC 7512, pk11-pchar), and '/'. */
static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~:[]@!$'()*+,=&/", c) != NULL);
}

/* Decodes @text in place. NULL, or what is wrong with it. */
static const char *decode(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        int high, low;

        if (is_plain(*from)) {
            *to++ = *from;
            continue;
        }
        if (*from != '%')
            return "a character that has to be percent-encoded";
        high = hex_value(from[1]);
        low = high < 0 ? -1 : hex_value(from[2]);
        if (low < 0)
            return "% needs two hexadecimal digits behind it";
        if (high == 0 && low == 0)
            return "%00 can't be part of a value";
        *to++ = (char)(high << 4 | low);
        from += 2;
    }
    *to = '\0';
    return to == text ? "an attribute without a value" : NULL;
}

/* --- attributes --- */

static const char *parse_serial(int32_t *serial, const char *value)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(value, &end, 10);
    if (errno != 0 || *end != '\0' || value[0] < '1' || value[0] > '9' || n > INT32_MAX)
        return "serial is no positive decimal number";
    *serial = (int32_t)n;
    return NULL;
}

static const char *set_attribute(struct key_uri *u, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **value;
    } attributes[] = {
        { "keyring", &u->keyring }, { "name", &u->name },     { "fd", &u->fd },
        { "file", &u->file },       { "cipher", &u->cipher }, { "driver", &u->driver },
    };

    if (strcmp(name, "serial") == 0)
        return u->serial == 0 ? parse_serial(&u->serial, value) : "an attribute twice";
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (strcmp(name, attributes[i].name) != 0)
            continue;
        if (*attributes[i].value != NULL)
            return "an attribute twice";
        *attributes[i].value = value;
        return NULL;
    }
    return "an unknown attribute: there are keyring, name, serial, fd, file, cipher, driver";
}

/* "NAME=VALUE", which is decoded in place. */
static const char *parse_attribute(struct key_uri *u, char *attribute)
{
    char *value = strchr(attribute, '=');
    const char *problem;

    if (value == NULL)
        return "an attribute without a value";
    *value++ = '\0';
    problem = decode(value);
    return problem == NULL ? set_attribute(u, attribute, value) : problem;
}

static const char *check(const struct key_uri *u)
{
    int sources = (u->keyring != NULL) + (u->serial != 0) + (u->fd != NULL) + (u->file != NULL);

    if (sources != 1)
        return sources == 0 ? "no key: name one by keyring and name, serial, fd, or file"
                            : "more than one key: keyring, serial, fd and file exclude each other";
    if (u->name != NULL && u->keyring == NULL)
        return "name without keyring, the key's type";
    if (u->file != NULL && u->cipher == NULL)
        return "file without cipher, the kernel's name of what takes the blob";
    if (u->fd != NULL && (u->cipher != NULL || u->driver != NULL))
        return "cipher or driver with fd, a socket that is bound already";
    if (u->keyring != NULL && u->name == NULL && (u->cipher != NULL || u->driver != NULL))
        return "cipher or driver without name";
    return NULL;
}

static const char *parse_text(struct key_uri *u)
{
    const char *problem = NULL;
    char *rest = u->text;

    while (problem == NULL && rest != NULL)
        problem = parse_attribute(u, strsep(&rest, ";"));
    return problem == NULL ? check(u) : problem;
}

const char *key_uri_parse(struct key_uri *u, const char *uri)
{
    size_t scheme = strlen(KEY_URI_SCHEME);
    const char *problem;

    *u = (struct key_uri){ 0 };
    if (strncasecmp(uri, KEY_URI_SCHEME, scheme) != 0)
        return "it does not begin with " KEY_URI_SCHEME;
    u->text = strdup(uri + scheme);
    if (u->text == NULL)
        return "no memory";
    problem = parse_text(u);
    if (problem != NULL)
        key_uri_free(u);
    return problem;
}

void key_uri_free(struct key_uri *u)
{
    free(u->text);
    *u = (struct key_uri){ 0 };
}
