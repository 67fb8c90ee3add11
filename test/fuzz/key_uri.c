/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of keys: what is accepted names one key, or one type of keys, and is what was written. */
#include <stdlib.h>
#include <string.h>

#include "key/uri.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

/* Whatever NDEBUG says. */
static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check(const struct key_uri *u)
{
    require((u->keyring != NULL) + (u->serial != 0) + (u->fd != NULL) + (u->file != NULL) == 1);
    require(u->serial >= 0);
    require(u->name == NULL || u->keyring != NULL);
    require(u->file == NULL || u->cipher != NULL);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
    size_t scheme = strlen(KEY_URI_SCHEME);
    char *text = malloc(scheme + len + 1);
    struct key_uri u;

    require(text != NULL);
    memcpy(text, KEY_URI_SCHEME, scheme);
    memcpy(text + scheme, data, len);
    text[scheme + len] = '\0';
    if (key_uri_parse(&u, text) == NULL)
        check(&u);
    else
        require(u.text == NULL);
    key_uri_free(&u);
    free(text);
    return 0;
}
