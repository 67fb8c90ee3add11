/* SPDX-License-Identifier: Apache-2.0 */
#include "opaque.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "blob.h"
#include "key_socket.h"
#include "keyring.h"
#include "provctx.h"
#include "uri.h"

struct opaque_key {
    atomic_uint references;
    char *uri;            /* as it was given; owned */
    struct key_uri names; /* what it says */
    int32_t serial;       /* of the keyring's key; 0: it is another */
    const char *sockets;  /* see key_socket.h; borrowed from the provider. NULL: it is another */
    unsigned char *blob;  /* NULL: it is another; owned */
    size_t bloblen;
};

const char *opaque_key_uri(const struct opaque_key *k)
{
    return k->uri;
}

struct opaque_key *opaque_key_hold(struct opaque_key *k)
{
    atomic_fetch_add_explicit(&k->references, 1, memory_order_relaxed);
    return k;
}

void opaque_key_release(struct opaque_key *k)
{
    if (k == NULL || atomic_fetch_sub_explicit(&k->references, 1, memory_order_acq_rel) > 1)
        return;
    OPENSSL_clear_free(k->blob, k->bloblen);
    key_uri_free(&k->names);
    free(k->uri);
    free(k);
}

/* --- errors --- */

/* What the user can do about the kernel's refusal. */
static const char *advice(int error)
{
    switch (error) {
    case -ENOKEY:
        return "there is no such key, or it was unlinked: afalgctl key list shows those that this "
               "process finds";
    case -EACCES:
        return "this process may not use it: a key has to be in its session keyring (keyctl link "
               "@u "
               "@s) or give it the permission Search (keyctl setperm), a file has to be readable";
    case -EKEYREVOKED:
        return "the key was revoked: load a new one";
    case -EKEYEXPIRED:
        return "the key has expired: load it again, or with a longer timeout";
    case -EINVAL:
        return "the kernel refuses the key: it has not the algorithm's length, or the driver can't "
               "unwrap it";
    case -ENOENT:
        return "this kernel has no such algorithm or driver, or does not hand it out "
               "(/proc/sys/crypto/af_alg_restrict)";
    case -EBADF:
        return "the socket that was left to this process was closed, or its number is another "
               "file's now: start it again by afalgctl run, and keep its descriptors open";
    case -EAFNOSUPPORT:
        return "this kernel has no AF_ALG (CONFIG_CRYPTO_USER_API)";
    case -EPERM:
        return "a sandbox forbids AF_ALG sockets: start the program by afalgctl run, and name the "
               "key by afalg:fd=NAME";
    case -EMFILE:
    case -ENFILE:
        return "no descriptor left: raise RLIMIT_NOFILE or the provider's max_sockets";
    case -EMSGSIZE:
        return "longer than one request can be, and no software has the key: shorten it, or raise "
               "net.core.wmem_default and rmem_default";
    case -EOPNOTSUPP:
        return "no software has the key, and the kernel takes a message whole: pass all AAD, then "
               "all text in one update, and when decrypting the tag before it";
    case -ERANGE:
        return "the socket that was left to this process has the longest tag, of 16 bytes; its "
               "length can't be changed";
    default:
        return strerror(-error);
    }
}

/* The option is refused for a key of another type and by kernels that don't have it. */
static const char *advice_on_serial(void)
{
    return afalg_key_length(INT32_MAX) == -ENOPROTOOPT
               ? "this kernel takes no keys of the keyring (Linux 6.2 and later do)"
               : "a key of this type can't be used: it has to be user, logon, encrypted or trusted";
}

int opaque_key_fail(const struct provctx *prov, const struct opaque_key *k,
                    const struct algorithm *alg, const char *what, int error)
{
    return fail_code(prov, ERR_SYSTEM_FLAG | (unsigned long)-error, "%.*s with %s: %s: %s",
                     algorithm_name_length(alg), alg->names, k->uri, what,
                     error == -ENOPROTOOPT ? advice_on_serial() : advice(error));
}

/* --- finding one --- */

static bool not_found(const struct provctx *prov, const char *uri, int error)
{
    return fail_code(prov, ERR_SYSTEM_FLAG | (unsigned long)-error, "%s: %s", uri,
                     error == -ENOENT ? "no such file" : advice(error));
}

/* Takes the wrapped key from a file, or from the payload of a key of the keyring. */
static bool read_blob(const struct provctx *prov, struct opaque_key *k)
{
    unsigned char blob[BLOB_MAX + 1];
    ssize_t len = k->serial == 0 ? blob_read(k->names.file, blob)
                                 : keyring_read(k->serial, blob, sizeof(blob));

    k->serial = 0;
    if (len < 0)
        return not_found(prov, k->uri, (int)len);
    if (len == 0 || len > BLOB_MAX)
        return fail(prov, PROV_R_INVALID_KEY_LENGTH,
                    "%s: a wrapped key has 1 to %d bytes, this has %s", k->uri, BLOB_MAX,
                    len == 0 ? "none" : "more");
    k->blob = OPENSSL_memdup(blob, (size_t)len);
    k->bloblen = (size_t)len;
    OPENSSL_cleanse(blob, sizeof(blob));
    return k->blob != NULL || fail(prov, ERR_R_MALLOC_FAILURE, "%s: no memory", k->uri);
}

static bool find(const struct provctx *prov, struct opaque_key *k)
{
    const struct key_uri *names = &k->names;

    if (names->fd != NULL) {
        k->sockets = key_sockets_find(prov->config.key_sockets, names->fd);
        return k->sockets != NULL ||
               fail(prov, PROV_R_INVALID_KEY,
                    "%s: the environment had no " AFALG_ENV_KEY
                    "%s when the provider was loaded: start the program by afalgctl run",
                    k->uri, names->fd);
    }
    if (names->keyring != NULL && names->name == NULL)
        return fail(prov, PROV_R_INVALID_KEY, "%s: names no single key: add ;name=DESCRIPTION",
                    k->uri);
    k->serial = names->keyring != NULL ? keyring_find(names->keyring, names->name) : names->serial;
    if (k->serial < 0)
        return not_found(prov, k->uri, k->serial);
    return names->cipher == NULL || read_blob(prov, k);
}

struct opaque_key *opaque_key_find(const struct provctx *prov, const char *uri)
{
    struct opaque_key *k = calloc(1, sizeof(*k));
    const char *problem;

    if (k != NULL)
        k->uri = strdup(uri);
    if (k == NULL || k->uri == NULL) {
        free(k);
        fail(prov, ERR_R_MALLOC_FAILURE, "%s: no memory", uri);
        return NULL;
    }
    k->references = 1;
    problem = key_uri_parse(&k->names, uri);
    if (problem != NULL)
        fail(prov, PROV_R_INVALID_KEY, "%s: %s", uri, problem);
    if (problem == NULL && find(prov, k))
        return k;
    opaque_key_release(k);
    return NULL;
}

/* --- using one --- */

static bool wrong_length(const struct provctx *prov, const struct opaque_key *k,
                         const struct key_use *use, size_t keylen)
{
    return fail(prov, PROV_R_INVALID_KEY_LENGTH,
                "%.*s with %s: takes a key of %zu bytes, it has %zu",
                algorithm_name_length(use->alg), use->alg->names, k->uri, use->keylen, keylen);
}

static bool socket_fits(const struct provctx *prov, const struct opaque_key *k,
                        const struct key_use *use)
{
    struct key_socket found;
    int error = key_socket_find(k->sockets, use->type, use->kernel, &found);

    if (error == -EINVAL)
        return fail(prov, PROV_R_INVALID_KEY, "%s: no list of TYPE:ALGORITHM:LENGTH:FD:INODE: %s",
                    k->uri, k->sockets);
    if (error == -ENOENT)
        return fail(prov, PROV_R_INVALID_KEY,
                    "%.*s with %s: no socket of the %s %s was left to this process, but %s: give "
                    "afalgctl run the algorithm too",
                    algorithm_name_length(use->alg), use->alg->names, k->uri, use->type,
                    use->kernel, k->sockets);
    return use->keylen == 0 || found.keylen == 0 || found.keylen == use->keylen ||
           wrong_length(prov, k, use, found.keylen);
}

static bool serial_fits(const struct provctx *prov, const struct opaque_key *k,
                        const struct key_use *use)
{
    int keylen = use->keylen == 0 ? 0 : afalg_key_length(k->serial);

    if (keylen < 0)
        return opaque_key_fail(prov, k, use->alg, "setting the key", keylen);
    return keylen == 0 || (size_t)keylen == use->keylen ||
           wrong_length(prov, k, use, (size_t)keylen);
}

/* Whether a wrapped key's cipher is a form of the algorithm: "tk(cbc(aes))" of "cbc(aes)". */
static bool blob_fits(const struct provctx *prov, const struct opaque_key *k,
                      const struct key_use *use)
{
    const char *cipher = strchr(use->kernel, '(');
    size_t mode = cipher == NULL ? strlen(use->kernel) : (size_t)(cipher - use->kernel) + 1;
    const char *inside = memmem(k->names.cipher, strlen(k->names.cipher), use->kernel, mode);
    size_t base = cipher == NULL ? 0 : strcspn(cipher + 1, ",()");

    if (inside != NULL && (inside == k->names.cipher || inside[-1] == '(') &&
        (base == 0 || memmem(inside, strlen(inside), cipher + 1, base) != NULL))
        return true;
    return fail(prov, PROV_R_INVALID_KEY, "%.*s with %s: %s is no form of %s",
                algorithm_name_length(use->alg), use->alg->names, k->uri, k->names.cipher,
                use->kernel);
}

bool opaque_key_fits(const struct provctx *prov, const struct opaque_key *k,
                     const struct key_use *use)
{
    if (k->sockets != NULL)
        return socket_fits(prov, k, use);
    return k->blob != NULL ? blob_fits(prov, k, use) : serial_fits(prov, k, use);
}

int opaque_key_open(const struct opaque_key *k, struct afalg_socket *s,
                    const struct afalg_transform *t, const char *kernel)
{
    struct afalg_transform keyed = *t;
    struct key_socket found;
    int error;

    if (k->sockets != NULL) {
        error = key_socket_find(k->sockets, t->type, kernel, &found);
        if (error == 0 && t->authsize != 0)
            error = -ERANGE;
        return error == 0 ? afalg_socket_accept(s, found.fd, found.inode) : error;
    }
    keyed.serial = k->serial;
    keyed.key = k->blob;
    keyed.keylen = k->bloblen;
    if (k->names.cipher != NULL)
        keyed.name = k->names.cipher;
    if (k->names.driver != NULL)
        keyed.name = k->names.driver;
    return afalg_socket_open(s, &keyed);
}
