/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl key new, key load: keys put into a keyring. No key is ever an argument. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "afalgctl.h"
#include "key.h"
#include "key/keyring.h"
#include "key/uri.h"
#include "keyring.h"

/* Longest payload that the kernel takes of user and logon keys; that of the others is text. */
#define PAYLOAD_MAX 32767

/* What a blob of the kernel's own making is loaded by. */
static const char load_word[] = "load ";

/* Memory for a payload: not swapped, if RLIMIT_MEMLOCK permits, and in no core. */
struct secret {
    char *bytes; /* of PAYLOAD_MAX + 1 and load_word */
    size_t len;
};

static const size_t secret_size = sizeof(load_word) + PAYLOAD_MAX + 1;

static bool complain(const char *uri, const char *problem)
{
    fprintf(stderr, "afalgctl: %s: %s\n", uri, problem);
    return false;
}

static bool secret_open(struct secret *secret)
{
    void *memory =
        mmap(NULL, secret_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return complain("memory", strerror(errno));
    (void)mlock(memory, secret_size);
    (void)madvise(memory, secret_size, MADV_DONTDUMP);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    *secret = (struct secret){ .bytes = memory };
    return true;
}

static void secret_close(struct secret *secret)
{
    explicit_bzero(secret->bytes, secret_size);
    (void)munmap(secret->bytes, secret_size);
}

/* Text that the kernel has made, or from which it makes the key: of encrypted and trusted keys. */
static bool is_kernels_own(const char *type)
{
    return strcmp(type, "encrypted") == 0 || strcmp(type, "trusted") == 0;
}

/* --- checks --- */

static bool check_uri(const struct key_uri *uri, const char *text)
{
    if (uri->keyring == NULL || uri->name == NULL)
        return complain(text, "expected afalg:keyring=TYPE;name=DESCRIPTION");
    if (!keyring_type_is_usable(uri->keyring))
        return complain(text, "AF_ALG takes keys of type user, logon, encrypted and trusted");
    if (strcmp(uri->keyring, "logon") == 0 && strchr(uri->name, ':') <= uri->name)
        return complain(text, "a logon key's name begins with a prefix and a colon, as tls:ticket");
    return true;
}

/* --- payloads --- */

static bool make_random(struct secret *secret, const struct key_options *options)
{
    size_t len = options->bytes == 0 ? 32 : options->bytes;

    if (options->master != NULL)
        return complain(options->uri, "only an encrypted key has a master key");
    while (secret->len < len) {
        ssize_t n = getrandom(secret->bytes + secret->len, len - secret->len, 0);

        if (n < 0 && errno != EINTR)
            return complain("getrandom", strerror(errno));
        secret->len += n < 0 ? 0 : (size_t)n;
    }
    return true;
}

static bool check_master(const char *master)
{
    int32_t serial = keyring_find_master(master);

    if (serial == -EINVAL)
        return complain(master, "expected user:NAME or trusted:NAME");
    return serial >= 0 || complain(master, keyring_error(-serial));
}

/* Has the kernel make the key, so that its bytes are never in user space. */
static bool make_request(struct secret *secret, const struct key_options *options, bool encrypted)
{
    size_t len = options->bytes == 0 ? 32 : options->bytes, least = encrypted ? 20 : 32;
    size_t most = encrypted ? 4096 : 128;
    int n;

    if (len < least || len > most) {
        fprintf(stderr, "afalgctl: %s: the kernel makes such keys of %zu to %zu bytes, not %zu\n",
                options->uri, least, most, len);
        return false;
    }
    if (encrypted != (options->master != NULL))
        return complain(options->uri, encrypted ? "expected --master=user:NAME or trusted:NAME"
                                                : "only an encrypted key has a master key");
    if (encrypted && !check_master(options->master))
        return false;
    n = encrypted ? snprintf(secret->bytes, secret_size, "new default %s %zu", options->master, len)
                  : snprintf(secret->bytes, secret_size, "new %zu", len);
    secret->len = (size_t)n;
    return n < (int)secret_size || complain(options->master, "too long a name");
}

/* Payloads of the kernel's own are text; the last newline is the file's. */
static bool read_payload(struct secret *secret, const struct key_options *options, bool text)
{
    size_t start = text ? strlen(load_word) : 0;
    ssize_t n;

    if (isatty(STDIN_FILENO))
        return complain(options->uri, "expected the key on standard input: by <FILE or a pipe");
    memcpy(secret->bytes, load_word, start);
    secret->len = start;
    while ((n = read(STDIN_FILENO, secret->bytes + secret->len,
                     start + PAYLOAD_MAX + 1 - secret->len)) > 0)
        secret->len += (size_t)n;
    if (n < 0)
        return complain("standard input", strerror(errno));
    if (text && secret->bytes[secret->len - 1] == '\n')
        secret->len--;
    if (secret->len == start || secret->len > start + PAYLOAD_MAX)
        return complain(options->uri, "expected 1 to 32767 bytes on standard input");
    return true;
}

/* --- the commands --- */

static bool exists(const struct key_options *options, const struct key_uri *uri)
{
    long serial = keyctl_search(options->keyring, uri->keyring, uri->name, 0);

    fprintf(stderr,
            "afalgctl: %s: exists already, with serial %ld: unlink it first (keyctl unlink %ld)\n",
            options->uri, serial, serial);
    return false;
}

/* Puts the payload into the keyring, and prints the key's serial. */
static bool add(const struct key_options *options, const struct key_uri *uri,
                const struct secret *secret)
{
    key_serial_t serial =
        keyring_add(options->keyring, uri->keyring, uri->name, secret->bytes, secret->len);

    if (serial == -EEXIST)
        return exists(options, uri);
    if (serial < 0)
        return complain(options->uri, keyring_error(-serial));
    printf("%d\n", serial);
    return true;
}

static bool make_payload(struct secret *secret, const struct key_options *options, const char *type,
                         bool load)
{
    if (load)
        return read_payload(secret, options, is_kernels_own(type));
    if (is_kernels_own(type))
        return make_request(secret, options, strcmp(type, "encrypted") == 0);
    return make_random(secret, options);
}

static int create(const struct key_options *options, bool load)
{
    struct secret secret;
    struct key_uri uri;
    const char *problem = key_uri_parse(&uri, options->uri);
    bool ok = false;

    if (problem != NULL) {
        complain(options->uri, problem);
        return STATUS_USAGE;
    }
    if (check_uri(&uri, options->uri) && secret_open(&secret)) {
        ok = make_payload(&secret, options, uri.keyring, load) && add(options, &uri, &secret);
        secret_close(&secret);
    }
    key_uri_free(&uri);
    return ok ? STATUS_OK : STATUS_FAILED;
}

int key_new(const struct key_options *options)
{
    return create(options, false);
}

int key_load(const struct key_options *options)
{
    return create(options, true);
}
