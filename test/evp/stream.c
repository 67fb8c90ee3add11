/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/prov_ssl.h>

#include "afalg/params.h"
#include "afalg/socket.h"
#include "random.h"
#include "support.h"

enum { KEY_LENGTH = 64, IV_LENGTH = 16, TAG_LENGTH = 16, AAD_LENGTH = 13, HMAC_KEY_LENGTH = 20 };
enum { RECORD_LENGTH = 16384, PADDING_LENGTH = 16, URI_SIZE = 64 };

static const struct stream_kind all_kinds[] = {
    { "AES-128-CBC", STREAM_CIPHER, NULL }, { "AES-256-CTR", STREAM_CIPHER, NULL },
    { "AES-128-GCM", STREAM_AEAD, NULL },   { "ChaCha20-Poly1305", STREAM_AEAD, NULL },
    { "SHA2-256", STREAM_DIGEST, NULL },    { "SHA3-512", STREAM_DIGEST, NULL },
    { "SHA2-256", STREAM_MAC, "HMAC" },     { "AES-256-CBC", STREAM_MAC, "CMAC" },
    { "AES-256-CBC", STREAM_RECORD, NULL }, { NULL, STREAM_CIPHER, NULL },
};

static const struct stream_kind keyring_kinds[] = {
    { "AES-128-CBC", STREAM_CIPHER, NULL }, { "AES-256-CTR", STREAM_CIPHER, NULL },
    { "SHA2-256", STREAM_MAC, "HMAC" },     { "AES-256-CBC", STREAM_MAC, "CMAC" },
    { "AES-256-CBC", STREAM_RECORD, NULL }, { NULL, STREAM_CIPHER, NULL },
};

const struct stream_kind *stream_kinds = all_kinds;
static bool keys_in_keyring;

void stream_choose_kinds(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "--keyring") != 0)
        return;
    if (afalg_key_length(INT32_MAX) == -ENOPROTOOPT) {
        printf("this kernel takes no keys of the keyring\n");
        exit(77);
    }
    stream_kinds = keyring_kinds;
    keys_in_keyring = true;
}

static void *fetch(OSSL_LIB_CTX *libctx, const char *query, const struct stream_kind *kind)
{
    if (kind->type == STREAM_DIGEST)
        return EVP_MD_fetch(libctx, kind->name, query);
    if (kind->type == STREAM_MAC)
        return EVP_MAC_fetch(libctx, kind->mac, query);
    return EVP_CIPHER_fetch(libctx, kind->name, query);
}

static void *context_of(const struct stream *stream)
{
    if (stream->kind->type == STREAM_DIGEST)
        return EVP_MD_CTX_new();
    if (stream->kind->type == STREAM_MAC)
        return EVP_MAC_CTX_new(stream->algorithm);
    return EVP_CIPHER_CTX_new();
}

struct stream stream_open(OSSL_LIB_CTX *libctx, const char *query, const struct stream_kind *kind,
                          uint64_t number)
{
    struct stream stream = { .kind = kind,
                             .number = number,
                             .opaque = keys_in_keyring && query != NULL };

    stream.algorithm = fetch(libctx, query, kind);
    if (stream.algorithm == NULL)
        die("%s is not offered by %s here", kind->mac != NULL ? kind->mac : kind->name, query);
    stream.ctx = context_of(&stream);
    if (stream.ctx == NULL)
        die("out of memory");
    return stream;
}

void stream_close(struct stream *stream)
{
    switch (stream->kind->type) {
    case STREAM_DIGEST:
        EVP_MD_CTX_free(stream->ctx);
        EVP_MD_free(stream->algorithm);
        break;
    case STREAM_MAC:
        EVP_MAC_CTX_free(stream->ctx);
        EVP_MAC_free(stream->algorithm);
        break;
    default:
        EVP_CIPHER_CTX_free(stream->ctx);
        EVP_CIPHER_free(stream->algorithm);
    }
    free(stream->output);
}

static void keep_algorithm(const struct stream *stream)
{
    if (stream->kind->type == STREAM_DIGEST)
        EVP_MD_up_ref(stream->algorithm);
    else if (stream->kind->type == STREAM_MAC)
        EVP_MAC_up_ref(stream->algorithm);
    else
        EVP_CIPHER_up_ref(stream->algorithm);
}

/* Room for length more bytes of output. */
static uint8_t *extend(struct stream *stream, size_t length)
{
    stream->output = realloc(stream->output, stream->length + length + EVP_MAX_MD_SIZE);
    if (stream->output == NULL)
        die("out of memory");
    return stream->output + stream->length;
}

bool stream_copy(struct stream *copy, const struct stream *stream)
{
    *copy = *stream;
    copy->output = NULL;
    copy->length = 0;
    if (stream->length > 0)
        memcpy(extend(copy, stream->length), stream->output, stream->length);
    copy->length = stream->length;
    keep_algorithm(stream);
    if (stream->kind->type == STREAM_MAC) {
        copy->ctx = EVP_MAC_CTX_dup(stream->ctx);
        return copy->ctx != NULL;
    }
    copy->ctx = context_of(stream);
    if (stream->kind->type == STREAM_DIGEST)
        return EVP_MD_CTX_copy_ex(copy->ctx, stream->ctx) > 0;
    return EVP_CIPHER_CTX_copy(copy->ctx, stream->ctx) > 0;
}

/* Puts the key into the user's keyring, and makes its URI the one of @params. */
static void put_in_keyring(const struct stream *stream, const uint8_t *key, size_t length,
                           char uri[URI_SIZE], OSSL_PARAM params[2])
{
    char name[URI_SIZE];
    long serial;

    snprintf(name, sizeof(name), "afalg-test:%td:%llu", stream->kind - stream_kinds,
             (unsigned long long)stream->number);
    serial = syscall(SYS_add_key, "user", name, key, length, KEY_SPEC_USER_KEYRING);
    if (serial < 0)
        die("the kernel takes no key");
    snprintf(uri, URI_SIZE, "afalg:serial=%ld", serial);
    params[0] = OSSL_PARAM_construct_utf8_string(AFALG_PARAM_KEY, uri, 0);
    params[1] = OSSL_PARAM_construct_end();
}

static bool start_mac(struct stream *stream, const uint8_t *key)
{
    bool hmac = strcmp(stream->kind->mac, "HMAC") == 0;
    size_t length = hmac ? HMAC_KEY_LENGTH : 32;
    char uri[URI_SIZE];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(hmac ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER,
                                         (char *)stream->kind->name, 0),
        OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };

    if (key == NULL)
        return EVP_MAC_init(stream->ctx, NULL, 0, NULL) > 0;
    if (!stream->opaque)
        return EVP_MAC_init(stream->ctx, key, length, params) > 0;
    put_in_keyring(stream, key, length, uri, params + 1);
    return EVP_MAC_init(stream->ctx, NULL, 0, params) > 0;
}

static bool set_records(struct stream *stream)
{
    unsigned int version = TLS1_2_VERSION;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_TLS_VERSION, &version),
                            OSSL_PARAM_construct_end() };

    return EVP_CIPHER_CTX_set_params(stream->ctx, params) > 0;
}

static bool init_cipher(struct stream *stream, const uint8_t *key, const uint8_t *iv)
{
    EVP_CIPHER *cipher = key == NULL ? NULL : stream->algorithm;
    char uri[URI_SIZE];
    OSSL_PARAM params[2];

    if (key == NULL || !stream->opaque)
        return EVP_EncryptInit_ex2(stream->ctx, cipher, key, iv, NULL) > 0;
    put_in_keyring(stream, key, (size_t)EVP_CIPHER_get_key_length(cipher), uri, params);
    return EVP_EncryptInit_ex2(stream->ctx, cipher, NULL, iv, params) > 0;
}

static bool start_cipher(struct stream *stream, const uint8_t *key, const uint8_t *iv)
{
    int n;

    if (!init_cipher(stream, key, iv))
        return false;
    if (stream->kind->type == STREAM_RECORD)
        return set_records(stream);
    return stream->kind->type != STREAM_AEAD ||
           EVP_EncryptUpdate(stream->ctx, NULL, &n, iv, AAD_LENGTH) > 0;
}

/* What the stream's number and the message's give. */
static void secrets_of(const struct stream *stream, unsigned int message, uint8_t key[KEY_LENGTH],
                       uint8_t iv[IV_LENGTH])
{
    struct random random = random_start("stream", stream->number);

    random_fill(&random, key, KEY_LENGTH);
    random = random_start("message", stream->number * 1000 + message);
    random_fill(&random, iv, IV_LENGTH);
}

bool stream_start(struct stream *stream, unsigned int message)
{
    uint8_t key[KEY_LENGTH];
    uint8_t iv[IV_LENGTH];
    bool ok;

    secrets_of(stream, message, key, iv);
    if (stream->kind->type == STREAM_DIGEST)
        ok = EVP_DigestInit_ex2(stream->ctx, stream->keyed ? NULL : stream->algorithm, NULL) > 0;
    else if (stream->kind->type == STREAM_MAC)
        ok = start_mac(stream, stream->keyed ? NULL : key);
    else
        ok = start_cipher(stream, stream->keyed ? NULL : key, iv);
    stream->keyed = stream->keyed || ok;
    return ok;
}

/* The input of a cipher whose output goes to out. */
static const uint8_t *place_input(const struct stream *stream, uint8_t *out, const uint8_t *in,
                                  size_t length)
{
    return stream->in_place ? memcpy(out, in, length) : in;
}

bool stream_unseal(struct stream *stream, unsigned int message, const uint8_t *sealed,
                   size_t length)
{
    uint8_t key[KEY_LENGTH];
    uint8_t iv[IV_LENGTH];
    uint8_t tag[TAG_LENGTH];
    uint8_t *out = extend(stream, length);
    const uint8_t *in = place_input(stream, out, sealed, length - TAG_LENGTH);
    int n = 0;
    int last = 0;

    secrets_of(stream, message, key, iv);
    memcpy(tag, sealed + length - TAG_LENGTH, TAG_LENGTH);
    if (EVP_DecryptInit_ex2(stream->ctx, stream->algorithm, key, iv, NULL) <= 0 ||
        EVP_CIPHER_CTX_ctrl(stream->ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LENGTH, tag) <= 0 ||
        EVP_DecryptUpdate(stream->ctx, NULL, &n, iv, AAD_LENGTH) <= 0 ||
        EVP_DecryptUpdate(stream->ctx, out, &n, in, (int)(length - TAG_LENGTH)) <= 0 ||
        EVP_DecryptFinal_ex(stream->ctx, out + n, &last) <= 0)
        return false;
    stream->length += (size_t)n;
    return true;
}

static bool seal_records(struct stream *stream, const uint8_t *in, size_t length)
{
    while (length > 0) {
        size_t part = length < RECORD_LENGTH ? length : RECORD_LENGTH;
        uint8_t *record = memcpy(extend(stream, part + PADDING_LENGTH), in, part);
        int n = 0;

        if (EVP_EncryptUpdate(stream->ctx, record, &n, record, (int)part) <= 0)
            return false;
        stream->length += (size_t)n;
        in += part;
        length -= part;
    }
    return true;
}

bool stream_update(struct stream *stream, const uint8_t *in, size_t length)
{
    uint8_t *out;
    int n = 0;

    if (stream->kind->type == STREAM_DIGEST)
        return EVP_DigestUpdate(stream->ctx, in, length) > 0;
    if (stream->kind->type == STREAM_MAC)
        return EVP_MAC_update(stream->ctx, in, length) > 0;
    if (stream->kind->type == STREAM_RECORD)
        return seal_records(stream, in, length);
    out = extend(stream, length);
    in = place_input(stream, out, in, length);
    if (EVP_EncryptUpdate(stream->ctx, out, &n, in, (int)length) <= 0)
        return false;
    stream->length += (size_t)n;
    return true;
}

static bool finish_digest(struct stream *stream, uint8_t *out)
{
    unsigned int n = 0;
    bool ok = EVP_DigestFinal_ex(stream->ctx, out, &n) > 0;

    stream->length += n;
    return ok;
}

static bool finish_mac(struct stream *stream, uint8_t *out)
{
    size_t n = 0;
    bool ok = EVP_MAC_final(stream->ctx, out, &n, EVP_MAX_MD_SIZE) > 0;

    stream->length += n;
    return ok;
}

bool stream_finish(struct stream *stream)
{
    uint8_t *out = extend(stream, 0);
    int n = 0;

    if (stream->kind->type == STREAM_DIGEST)
        return finish_digest(stream, out);
    if (stream->kind->type == STREAM_MAC)
        return finish_mac(stream, out);
    if (stream->kind->type == STREAM_RECORD)
        return true;
    if (EVP_EncryptFinal_ex(stream->ctx, out, &n) <= 0)
        return false;
    stream->length += (size_t)n;
    if (stream->kind->type != STREAM_AEAD)
        return true;
    if (EVP_CIPHER_CTX_ctrl(stream->ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LENGTH, out + n) <= 0)
        return false;
    stream->length += TAG_LENGTH;
    return true;
}

bool stream_same(const struct stream *a, const struct stream *b)
{
    return a->length == b->length && memcmp(a->output, b->output, a->length) == 0;
}

bool stream_may_be_lost(const struct stream *stream, size_t bytes)
{
    if (stream->kind->type == STREAM_MAC)
        return bytes > 65536;
    return stream->kind->type == STREAM_DIGEST && bytes > 4096;
}

const char *stream_name(const struct stream *stream)
{
    static char name[64];
    const struct stream_kind *kind = stream->kind;

    snprintf(name, sizeof(name), "%s%s%s%s", kind->mac != NULL ? kind->mac : "",
             kind->mac != NULL ? "/" : "", kind->name,
             kind->type == STREAM_RECORD ? " in TLS records" : "");
    return name;
}
