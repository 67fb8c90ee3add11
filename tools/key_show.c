/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl key show: what a key is, and what it could be used for here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "afalg/params.h"
#include "afalgctl.h"
#include "algorithm.h"
#include "handle.h"
#include "key.h"
#include "keyring.h"
#include "mac/mac.h"

enum { COLUMNS = 80, NAME_COLUMN = 14 };

/* A list of words in lines of COLUMNS, behind a title. */
struct list {
    const char *title;
    int column; /* of the line so far; 0: none is begun */
};

static void list_add(struct list *list, const char *word)
{
    int len = (int)strlen(word);

    if (list->column != 0 && list->column + 1 + len <= COLUMNS) {
        printf(" %s", word);
        list->column += 1 + len;
        return;
    }
    printf("%s%-*s%s", list->column == 0 ? "" : "\n", NAME_COLUMN,
           list->column == 0 ? list->title : "", word);
    list->column = NAME_COLUMN + len;
}

static void list_end(struct list *list)
{
    if (list->column == 0)
        list_add(list, "none");
    putchar('\n');
}

static void print_text(const char *title, const char *value)
{
    printf("%-*s%s\n", NAME_COLUMN, title, value);
}

static void print_length(size_t len)
{
    char text[32] = "unknown";

    if (len != 0)
        snprintf(text, sizeof(text), "%zu bytes", len);
    print_text("length", text);
}

/* --- algorithms --- */

/* A key, and the kernel that is asked for what takes it. */
struct survey {
    const struct key_source *key;
    struct afalg_probe *probe;
    bool no_keyring; /* the kernel takes no key of the keyring */
    struct list list;
};

static void try_algorithm(struct survey *survey, const char *name)
{
    struct target target;
    const char *call;
    int fd;

    if (survey->no_keyring || !target_find(&target, name) || target_refuses(&target, survey->key) ||
        afalg_probe_bind(survey->probe, target.type, target.name) != 0)
        return;
    fd = handle_open(&target, survey->key, &call);
    survey->no_keyring = fd == -ENOPROTOOPT;
    if (fd < 0)
        return;
    close(fd);
    list_add(&survey->list, name);
}

static void try_mac(struct survey *survey, const struct algorithm *mac)
{
    const char *type;
    char kernel_name[AFALG_NAME_MAX], name[128];

    for (size_t i = 0; i < algorithm_count; i++) {
        const struct algorithm *underlying = &algorithms[i];

        if (!mac_kernel_name(mac, underlying, &type, kernel_name, sizeof(kernel_name)))
            continue;
        snprintf(name, sizeof(name), "%s:%.*s", mac->names, algorithm_name_length(underlying),
                 underlying->names);
        try_algorithm(survey, name);
    }
}

static void try_row(struct survey *survey, const struct algorithm *row)
{
    char name[64];

    if (row->operation == OSSL_OP_CIPHER) {
        snprintf(name, sizeof(name), "%.*s", algorithm_name_length(row), row->names);
        try_algorithm(survey, name);
    } else if (row->operation == OSSL_OP_MAC) {
        try_mac(survey, row);
    }
}

/* A blob is for the one cipher that its URI names. */
static void print_algorithms(const struct key_source *key)
{
    struct survey survey = { .key = key, .list = { .title = "usable for" } };
    struct target target;
    const char *call;
    int fd;

    if (key->uri.cipher != NULL) {
        fd = target_find(&target, key->uri.cipher) ? handle_open(&target, key, &call) : -1;
        if (fd >= 0) {
            close(fd);
            list_add(&survey.list, key->uri.cipher);
        }
        list_end(&survey.list);
        return;
    }
    survey.probe = afalg_probe_new();
    for (size_t i = 0; survey.probe != NULL && i < algorithm_count; i++)
        try_row(&survey, &algorithms[i]);
    list_end(&survey.list);
    afalg_probe_free(survey.probe);
}

/* --- kinds of keys --- */

/* A key that may be used but not viewed has nothing but its serial to show. */
static void print_keyring_key(const struct key_source *key)
{
    char permissions[KEY_PERMISSIONS_SIZE];
    struct key_info info;

    printf("%-*s%d\n", NAME_COLUMN, "serial", key->serial);
    if (keyring_describe(&info, key->serial) == 0) {
        keyring_permissions(info.permissions, permissions);
        print_text("type", info.type);
        print_text("description", info.description);
        print_text("permissions", permissions);
        printf("%-*suid %d, gid %d\n", NAME_COLUMN, "owner", info.uid, info.gid);
        print_text("expires", info.expires);
        key_info_free(&info);
    }
    print_length(key->len);
}

/* What a launcher has left to this process: see AFALG_ENV_KEY. */
static int show_descriptor(const char *name)
{
    struct list list = { .title = "sockets" };
    char variable[128], *value, *copy;

    snprintf(variable, sizeof(variable), "%s%s", AFALG_ENV_KEY, name);
    value = getenv(variable);
    copy = value == NULL ? NULL : strdup(value);
    if (copy == NULL) {
        fprintf(stderr, "afalgctl: afalg:fd=%s: no %s in the environment; see afalgctl run\n", name,
                variable);
        return STATUS_FAILED;
    }
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        list_add(&list, word);
    list_end(&list);
    free(copy);
    return STATUS_OK;
}

static int show_key(const char *uri)
{
    struct key_source key;

    if (!key_source_open(&key, uri))
        return STATUS_FAILED;
    if (key.serial != 0) {
        print_keyring_key(&key);
    } else {
        print_text("file", key.uri.file);
        print_length(key.bloblen);
    }
    print_algorithms(&key);
    key_source_close(&key);
    return STATUS_OK;
}

int key_show(const struct key_options *options)
{
    struct key_uri uri;
    int status;

    if (key_uri_parse(&uri, options->uri) == NULL && uri.fd != NULL)
        status = show_descriptor(uri.fd);
    else
        status = show_key(options->uri);
    key_uri_free(&uri);
    return status;
}
