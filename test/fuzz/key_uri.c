/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of keys: what is accepted names one key, or one type of keys, and is what was written. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "key/uri.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static void check(const struct key_uri *u)
{
    assert((u->keyring != NULL) + (u->serial != 0) + (u->fd != NULL) + (u->file != NULL) == 1);
    assert(u->serial >= 0);
    assert(u->name == NULL || u->keyring != NULL);
    assert(u->file == NULL || u->cipher != NULL);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
    size_t scheme = strlen(KEY_URI_SCHEME);
    char *text = malloc(scheme + len + 1);
    struct key_uri u;

    assert(text != NULL);
    memcpy(text, KEY_URI_SCHEME, scheme);
    memcpy(text + scheme, data, len);
    text[scheme + len] = '\0';
    if (key_uri_parse(&u, text) == NULL)
        check(&u);
    else
        assert(u.text == NULL);
    key_uri_free(&u);
    free(text);
    return 0;
}
