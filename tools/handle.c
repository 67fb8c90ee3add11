/* SPDX-License-Identifier: Apache-2.0 */
#include "handle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "afalg/sockopt.h"
#include "algorithm.h"
#include "key/blob.h"
#include "key/keyring.h"
#include "keyring.h"
#include "mac/mac.h"
#include "socket/transform.h"

/* --- the key --- */

static bool complain(const char *uri, const char *problem)
{
    fprintf(stderr, "afalgctl: %s: %s\n", uri, problem);
    return false;
}

static bool check_type(const struct key_info *info, const char *uri)
{
    if (keyring_type_is_usable(info->type))
        return true;
    fprintf(stderr,
            "afalgctl: %s: AF_ALG takes no key of type %s, but user, logon, encrypted and "
            "trusted\n",
            uri, info->type);
    return false;
}

static bool find_serial(struct key_source *key, const char *uri)
{
    const struct key_uri *u = &key->uri;
    key_serial_t serial = u->serial != 0 ? u->serial : keyring_find(u->keyring, u->name);
    int len = u->cipher != NULL || serial < 0 ? 0 : afalg_key_length(serial);
    struct key_info info;
    bool ok = true;

    if (serial < 0)
        return complain(uri, keyring_error(-serial));
    key->serial = serial;
    key->len = len > 0 ? (size_t)len : 0;
    /* A key that may be used but not viewed is none the worse. */
    if (keyring_describe(&info, serial) == 0) {
        ok = check_type(&info, uri);
        if (u->cipher == NULL && key->len == 0)
            key->len = info.len;
        key_info_free(&info);
    }
    return ok;
}

static bool read_blob(struct key_source *key, const char *uri)
{
    ssize_t len;

    key->blob = malloc(BLOB_MAX + 1);
    if (key->blob == NULL)
        return complain(uri, strerror(ENOMEM));
    len = blob_read(key->uri.file, key->blob);
    if (len < 0)
        return complain(uri, strerror((int)-len));
    if (len == 0 || len > BLOB_MAX)
        return complain(uri, "expected a file of 1 to 4096 bytes");
    key->bloblen = (size_t)len;
    return true;
}

bool key_source_open(struct key_source *key, const char *uri)
{
    const char *problem;

    *key = (struct key_source){ 0 };
    problem = key_uri_parse(&key->uri, uri);
    if (problem == NULL && key->uri.fd != NULL)
        problem = "a descriptor has its algorithm already: name a key of the keyring or a file";
    if (problem == NULL && key->uri.keyring != NULL && key->uri.name == NULL)
        problem = "names all keys of a type: add ;name=";
    if (problem != NULL)
        complain(uri, problem);
    else if (key->uri.file != NULL ? read_blob(key, uri) : find_serial(key, uri))
        return true;
    key_source_close(key);
    return false;
}

void key_source_close(struct key_source *key)
{
    free(key->blob);
    key_uri_free(&key->uri);
    *key = (struct key_source){ 0 };
}

/* --- the algorithm --- */

/* "HMAC:SHA256", "CMAC:AES-256-CBC" */
static bool find_mac(struct target *target, const char *text)
{
    const char *colon = strchr(text, ':');
    const struct algorithm *mac = NULL, *underlying;
    char name[64];

    if (colon != NULL && colon - text < (int)sizeof(name)) {
        snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
        mac = algorithm_find(OSSL_OP_MAC, name);
    }
    if (mac == NULL)
        return false;
    underlying = algorithm_find(OSSL_OP_DIGEST, colon + 1);
    if (underlying == NULL)
        underlying = algorithm_find(OSSL_OP_CIPHER, colon + 1);
    if (underlying == NULL ||
        !mac_kernel_name(mac, underlying, &target->type, target->name, sizeof(target->name)))
        return false;
    target->keylen = underlying->keylen;
    return true;
}

bool target_find(struct target *target, const char *algorithm)
{
    const struct algorithm *cipher = algorithm_find(OSSL_OP_CIPHER, algorithm);

    *target = (struct target){ 0 };
    if (find_mac(target, algorithm))
        return true;
    if (cipher != NULL) {
        target->type = cipher->type;
        target->keylen = cipher->keylen;
        algorithm = cipher->kernel;
    }
    snprintf(target->name, sizeof(target->name), "%s", algorithm);
    return *algorithm != '\0' && strlen(algorithm) < sizeof(target->name) &&
           strpbrk(algorithm, ": \t\n") == NULL;
}

bool target_refuses(const struct target *target, const struct key_source *key)
{
    return target->keylen != 0 && key->len != 0 && key->len != target->keylen;
}

/* --- the two together --- */

/* 0 or -errno. A name of another type is ENOENT, or EINVAL of a template (Linux 7.2). */
static int bind_target(int fd, struct target *target, const char *name)
{
    static const char *const types[] = { "skcipher", "aead", "hash" };
    int error = -ENOENT;

    if (target->type != NULL)
        return afalg_transform_bind(fd, target->type, name);
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        int bound = afalg_transform_bind(fd, types[i], name);

        if (bound == 0) {
            target->type = types[i];
            return 0;
        }
        if (bound != -EINVAL)
            error = bound;
    }
    return error;
}

static const char *bound_name(const struct target *target, const struct key_uri *uri)
{
    if (uri->driver != NULL)
        return uri->driver;
    return uri->cipher != NULL ? uri->cipher : target->name;
}

int handle_open(struct target *target, const struct key_source *key, const char **call)
{
    int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);
    int error;

    *call = "socket";
    if (fd < 0)
        return -errno;
    *call = "bind";
    error = bind_target(fd, target, bound_name(target, &key->uri));
    if (error == 0) {
        *call = "key";
        error = key->serial != 0 ? -sockopt_alg_key_serial(fd, key->serial)
                                 : -sockopt_alg_key(fd, key->blob, key->bloblen);
    }
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

static const char *bind_error(int error)
{
    if (error == ENOENT)
        return "this kernel doesn't have it, or gives it to no process of this privilege "
               "(crypto.af_alg_restrict, from Linux 7.3 on); see afalgctl status";
    return strerror(error);
}

static const char *key_error(const struct key_source *key, int error)
{
    switch (error) {
    case EINVAL:
        return key->blob != NULL ? "the kernel refuses the blob: is it of another machine, another "
                                   "algorithm, or damaged?"
                                 : "it takes no key of this length";
    case ENOSYS:
        return "it takes no key";
    case ENOPROTOOPT:
        return "this kernel takes no keys of the keyring: that needs Linux 6.2 or later, with "
               "CONFIG_KEYS";
    default:
        return keyring_error(error);
    }
}

const char *handle_error(const struct key_source *key, const char *call, int error)
{
    if (strcmp(call, "bind") == 0)
        return bind_error(error);
    return strcmp(call, "key") == 0 ? key_error(key, error)
                                    : "no socket of AF_ALG; see afalgctl status";
}
