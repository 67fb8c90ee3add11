/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of SOL_ALG on a real kernel: each does what it is for, shown by
 * known answers through bare system calls, and each error comes back. If
 * kernels differ, the test knows what the running one must do.
 */
#include <afalg/sockopt.h>

#include <errno.h>
#include <stanza.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "raw_alg.h"

static const char KEY[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* One algorithm of each type that takes a key, and a key length of it. */
static const struct {
    const char *type;
    const char *name;
    size_t keylen;
} KEYED[] = {
    { "skcipher", "cbc(aes)", 16 },
    { "hash", "hmac(sha256)", 20 },
    { "aead", "gcm(aes)", 16 },
    { "rng", "stdrng", 32 },
};
enum { KEYED_COUNT = sizeof(KEYED) / sizeof(KEYED[0]) };

/* Fields of a stanza as bytes, for the length of one test. */
struct bytes {
    uint8_t *data;
    size_t len;
};

static struct bytes get_bytes(const struct stanza *s, const char *key)
{
    struct bytes bytes;

    bytes.data = stanza_bytes(s, key, &bytes.len);
    assert_non_null(bytes.data);
    return bytes;
}

/* Does the request and compares its output with want. */
static void assert_request(int fd, struct raw_alg_request request, struct bytes want)
{
    uint8_t *out = malloc(want.len + 1);

    assert_non_null(out);
    request.out = out;
    request.outlen = want.len;
    assert_int_equal(raw_alg_request(fd, &request), want.len);
    assert_memory_equal(out, want.data, want.len);
    free(out);
}

/* Calls check for each stanza of a file of vectors whose algorithm begins and ends so. */
static void for_vectors(const char *file, const char *begin, const char *end,
                        void (*check)(const struct stanza *))
{
    char path[4096];
    struct stanza *s;
    unsigned count = 0;

    (void)snprintf(path, sizeof(path), "%s/%s", AFALG_VECTORS_DIR, file);
    s = stanza_open(path);
    assert_non_null(s);
    while (stanza_next(s)) {
        const char *name = stanza_string(s, "algorithm");
        size_t len = strlen(name);

        if (strncmp(name, begin, strlen(begin)) == 0 && len >= strlen(end) &&
            strcmp(name + len - strlen(end), end) == 0) {
            check(s);
            count++;
        }
    }
    assert_true(stanza_close(s));
    assert_true(count > 0);
}

/* The key of a skcipher, by the helper and by the structure. */

static void assert_cbc(int bound, const struct stanza *s)
{
    struct bytes iv = get_bytes(s, "iv");
    struct bytes plain = get_bytes(s, "plaintext");
    struct bytes crypt = get_bytes(s, "ciphertext");
    struct raw_alg_request request = { .iv = iv.data, .ivlen = iv.len };
    int fd = raw_alg_must_accept(bound);

    request.op = ALG_OP_ENCRYPT;
    request.in = plain.data;
    request.inlen = plain.len;
    assert_request(fd, request, crypt);
    request.op = ALG_OP_DECRYPT;
    request.in = crypt.data;
    request.inlen = crypt.len;
    assert_request(fd, request, plain);
    (void)close(fd);
    free(iv.data);
    free(plain.data);
    free(crypt.data);
}

static void cbc_vector(const struct stanza *s)
{
    struct bytes key = get_bytes(s, "key");
    int bound = raw_alg_must_bind("skcipher", "cbc(aes)");

    assert_int_equal(sockopt_alg_key(bound, key.data, key.len), 0);
    assert_cbc(bound, s);
    (void)close(bound);
    free(key.data);
}

static void skcipher_key(void **state)
{
    (void)state;
    for_vectors("sp800-38a.txt", "AES-", "-CBC", cbc_vector);
}

static void cbc_vector_by_structure(const struct stanza *s)
{
    struct bytes key = get_bytes(s, "key");
    struct sockopt sopt = { 0 };
    int bound = raw_alg_must_bind("skcipher", "cbc(aes)");

    sockopt_init(&sopt, SOL_ALG, ALG_SET_KEY, key.len);
    assert_int_equal(sockopt_set(&sopt, key.data, key.len), 0);
    assert_int_equal(sockopt_apply(bound, &sopt), 0);
    sockopt_destroy(&sopt);
    assert_cbc(bound, s);
    (void)close(bound);
    free(key.data);
}

static void skcipher_key_by_structure(void **state)
{
    (void)state;
    for_vectors("sp800-38a.txt", "AES-", "-CBC", cbc_vector_by_structure);
}

/* The key of a hash. */

static void hmac_vector(const struct stanza *s)
{
    const char *digest = stanza_string(s, "digest");
    struct bytes key = get_bytes(s, "key");
    struct bytes message = get_bytes(s, "message");
    struct bytes want = get_bytes(s, "output");
    uint8_t out[64];
    char name[64];
    int bound;
    int fd;

    (void)snprintf(name, sizeof(name), "hmac(sha%s)", strchr(digest, '-') + 1);
    bound = raw_alg_must_bind("hash", name);
    assert_int_equal(sockopt_alg_key(bound, key.data, key.len), 0);
    fd = raw_alg_must_accept(bound);
    assert_int_equal(raw_alg_digest(fd, message.data, message.len, out, want.len), want.len);
    assert_memory_equal(out, want.data, want.len);
    (void)close(fd);
    (void)close(bound);
    free(key.data);
    free(message.data);
    free(want.data);
}

static void hash_key(void **state)
{
    (void)state;
    for_vectors("hmac-sha2.txt", "HMAC", "", hmac_vector);
}

static void hash_without_key_refuses_one(void **state)
{
    int bound = raw_alg_must_bind("hash", "sha256");

    (void)state;
    assert_int_equal(sockopt_alg_key(bound, KEY, 16), ENOSYS);
    (void)close(bound);
}

/* The key and the tag length of an AEAD, both directions. */

static int bound_to_gcm(struct bytes key, size_t taglen)
{
    int bound = raw_alg_must_bind("aead", "gcm(aes)");

    assert_int_equal(sockopt_alg_key(bound, key.data, key.len), 0);
    assert_int_equal(sockopt_alg_aead_authsize(bound, taglen), 0);
    return bound;
}

/* a followed by b and by the first taglen bytes of tag. */
static struct bytes joined(struct bytes a, struct bytes b, struct bytes tag, size_t taglen)
{
    struct bytes all = { .len = a.len + b.len + taglen };

    all.data = malloc(all.len + 1);
    assert_non_null(all.data);
    memcpy(all.data, a.data, a.len);
    memcpy(all.data + a.len, b.data, b.len);
    memcpy(all.data + a.len + b.len, tag.data, taglen);
    return all;
}

/* in: AAD and text (and tag), out: the same of the other side. */
static void assert_gcm(struct bytes key, struct bytes iv, size_t aadlen, struct bytes opened,
                       struct bytes sealed)
{
    int bound = bound_to_gcm(key, sealed.len - opened.len);
    int fd = raw_alg_must_accept(bound);
    struct raw_alg_request request = { .iv = iv.data,
                                       .ivlen = iv.len,
                                       .assoclen = (uint32_t)aadlen };
    char out[512];

    request.op = ALG_OP_ENCRYPT;
    request.in = opened.data;
    request.inlen = opened.len;
    /* The AAD of an encryption may come back or not: compare what is behind it. */
    request.out = out;
    request.outlen = sealed.len;
    assert_int_equal(raw_alg_request(fd, &request), sealed.len);
    assert_memory_equal(out + aadlen, sealed.data + aadlen, sealed.len - aadlen);
    request.op = ALG_OP_DECRYPT;
    request.in = sealed.data;
    request.inlen = sealed.len;
    assert_request(fd, request, opened);
    sealed.data[sealed.len - 1] ^= 1;
    request.outlen = opened.len;
    assert_int_equal(raw_alg_request(fd, &request), -EBADMSG);
    sealed.data[sealed.len - 1] ^= 1;
    assert_request(fd, request, opened);
    (void)close(fd);
    (void)close(bound);
}

static void gcm_vector(const struct stanza *s)
{
    static const size_t taglens[] = { 4, 8, 12, 13, 14, 15, 16 };
    struct bytes key = get_bytes(s, "key");
    struct bytes iv = get_bytes(s, "iv");
    struct bytes aad = get_bytes(s, "aad");
    struct bytes plain = get_bytes(s, "plaintext");
    struct bytes crypt = get_bytes(s, "ciphertext");
    struct bytes tag = get_bytes(s, "tag");

    for (size_t i = 0; i < sizeof(taglens) / sizeof(taglens[0]); i++) {
        struct bytes opened = joined(aad, plain, tag, 0);
        struct bytes sealed = joined(aad, crypt, tag, taglens[i]);

        assert_gcm(key, iv, aad.len, opened, sealed);
        free(opened.data);
        free(sealed.data);
    }
    free(key.data);
    free(iv.data);
    free(aad.data);
    free(plain.data);
    free(crypt.data);
    free(tag.data);
}

static void aead_key_and_authsize(void **state)
{
    (void)state;
    for_vectors("gcm.txt", "AES-", "-GCM", gcm_vector);
}

static void authsize_by_structure(void **state)
{
    struct raw_alg_request request = { .op = ALG_OP_ENCRYPT, .iv = KEY, .ivlen = 12 };
    struct sockopt sopt = { 0 };
    char out[32];
    int bound = raw_alg_must_bind("aead", "gcm(aes)");
    int fd;

    (void)state;
    assert_int_equal(sockopt_alg_key(bound, KEY, 16), 0);
    sockopt_init(&sopt, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, 13);
    assert_int_equal(sockopt_apply(bound, &sopt), 0);
    sockopt_destroy(&sopt);
    fd = raw_alg_must_accept(bound);
    request.out = out;
    request.outlen = 13;
    assert_int_equal(raw_alg_request(fd, &request), 13);
    (void)close(fd);
    (void)close(bound);
}

static void authsize_that_gcm_has_not(void **state)
{
    static const size_t wrong[] = { 0, 1, 3, 5, 11, 17, 1000 };
    int bound = raw_alg_must_bind("aead", "gcm(aes)");

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(sockopt_alg_aead_authsize(bound, wrong[i]), EINVAL);
    (void)close(bound);
}

/* Keys of a wrong length. */

static void key_of_wrong_length(void **state)
{
    static const struct {
        const char *type;
        const char *name;
        size_t keylen;
    } wrong[] = {
        { "skcipher", "cbc(aes)", 0 },  { "skcipher", "cbc(aes)", 15 },
        { "skcipher", "cbc(aes)", 17 }, { "skcipher", "cbc(aes)", 33 },
        { "skcipher", "xts(aes)", 33 }, { "skcipher", "cbc(des3_ede)", 16 },
        { "skcipher", "chacha20", 31 }, { "hash", "cmac(aes)", 15 },
        { "hash", "cmac(aes)", 33 },    { "aead", "gcm(aes)", 0 },
        { "aead", "gcm(aes)", 20 },     { "aead", "rfc7539(chacha20,poly1305)", 16 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int bound = raw_alg_must_bind(wrong[i].type, wrong[i].name);

        assert_int_equal(sockopt_alg_key(bound, KEY, wrong[i].keylen), EINVAL);
        (void)close(bound);
    }
}

/* Without a key, or on the wrong descriptor, or at the wrong time. */

static ssize_t use(int fd, const char *type)
{
    char out[32];
    struct raw_alg_request request = {
        .op = ALG_OP_ENCRYPT, .iv = KEY, .in = KEY, .inlen = 16, .out = out
    };

    if (strcmp(type, "hash") == 0)
        return raw_alg_digest(fd, KEY, 16, out, 32);
    request.ivlen = strcmp(type, "aead") == 0 ? 12 : 16;
    request.outlen = strcmp(type, "aead") == 0 ? 32 : 16;
    return raw_alg_request(fd, &request);
}

/* A socket accepted before the key works once its transform has one. */
static void use_before_the_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYED_COUNT; i++) {
        int bound;
        int fd;

        if (strcmp(KEYED[i].type, "rng") == 0)
            continue; /* needs no key; see test_sockopt_rng.c */
        bound = raw_alg_must_bind(KEYED[i].type, KEYED[i].name);
        fd = raw_alg_must_accept(bound);
        assert_int_equal(use(fd, KEYED[i].type), -ENOKEY);
        assert_int_equal(sockopt_alg_key(bound, KEY, KEYED[i].keylen), 0);
        assert_true(use(fd, KEYED[i].type) > 0);
        (void)close(fd);
        (void)close(bound);
    }
}

static void assert_all_give(int fd, int err)
{
    assert_int_equal(sockopt_alg_key(fd, KEY, 16), err);
    assert_int_equal(sockopt_alg_aead_authsize(fd, 16), err);
    assert_int_equal(sockopt_alg_key_serial(fd, 1), err);
    assert_int_equal(sockopt_alg_drbg_entropy(fd, KEY, 16), err);
}

/* The accepted socket has no options; the bound one none while that is open. */
static void options_while_an_accepted_socket_is_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYED_COUNT; i++) {
        int bound = raw_alg_must_bind(KEYED[i].type, KEYED[i].name);
        int fd;

        assert_int_equal(sockopt_alg_key(bound, KEY, KEYED[i].keylen), 0);
        fd = raw_alg_must_accept(bound);
        assert_all_give(fd, EOPNOTSUPP);
        assert_all_give(bound, EBUSY);
        (void)close(fd);
        assert_int_equal(sockopt_alg_key(bound, KEY, KEYED[i].keylen), 0);
        (void)close(bound);
    }
}

static void option_that_the_type_has_not(void **state)
{
    int unbound = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    (void)state;
    assert_all_give(unbound, ENOPROTOOPT);
    (void)close(unbound);
    for (size_t i = 0; i < KEYED_COUNT; i++) {
        int bound = raw_alg_must_bind(KEYED[i].type, KEYED[i].name);

        if (strcmp(KEYED[i].type, "aead") != 0)
            assert_int_equal(sockopt_alg_aead_authsize(bound, 16), ENOPROTOOPT);
        if (strcmp(KEYED[i].type, "rng") != 0)
            assert_int_equal(sockopt_alg_drbg_entropy(bound, KEY, 16), ENOPROTOOPT);
        (void)close(bound);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skcipher_key),
        cmocka_unit_test(skcipher_key_by_structure),
        cmocka_unit_test(hash_key),
        cmocka_unit_test(hash_without_key_refuses_one),
        cmocka_unit_test(aead_key_and_authsize),
        cmocka_unit_test(authsize_by_structure),
        cmocka_unit_test(authsize_that_gcm_has_not),
        cmocka_unit_test(key_of_wrong_length),
        cmocka_unit_test(use_before_the_key),
        cmocka_unit_test(options_while_an_accepted_socket_is_open),
        cmocka_unit_test(option_that_the_type_has_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
