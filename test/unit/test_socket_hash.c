/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and keyed hashes, against libkcapi; and the RNG, which has no answer to compare. */
#include <afalg/socket.h>

#include <errno.h>
#include <kcapi.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_test.h"
#include "socket_support.h"

enum { DIGEST_MAX = 64, LONGEST = 1 << 20 };

static const uint8_t KEY[32] = "0123456789abcdef0123456789abcde";

static const struct hash {
    const char *name;
    size_t keylen;
    size_t size;
} HASHES[] = {
    { "md5", 0, 16 },           { "sha1", 0, 20 },        { "sha224", 0, 28 },
    { "sha256", 0, 32 },        { "sha384", 0, 48 },      { "sha512", 0, 64 },
    { "sha3-256", 0, 32 },      { "hmac(sha1)", 20, 20 }, { "hmac(sha256)", 32, 32 },
    { "hmac(sha512)", 32, 64 }, { "cmac(aes)", 16, 16 },
};
enum { HASH_COUNT = sizeof(HASHES) / sizeof(HASHES[0]) };
static const struct hash *const SHA256 = &HASHES[3];

static void open_hash(struct afalg_socket *s, const struct hash *h)
{
    open_socket(s, "hash", h->name, h->keylen == 0 ? NULL : KEY, h->keylen);
}

/* Ends s with the last len bytes at data, and compares with libkcapi's result for message. */
static void assert_ends(struct afalg_socket *s, const struct hash *h, const void *data, size_t len,
                        const uint8_t *message, size_t size)
{
    uint8_t ours[DIGEST_MAX] = { 0 };
    uint8_t theirs[DIGEST_MAX] = { 0 };
    struct kcapi_handle *handle;

    assert_int_equal(afalg_hash_final(s, data, len, ours, h->size), 0);
    assert_int_equal(kcapi_md_init(&handle, h->name, 0), 0);
    if (h->keylen > 0)
        assert_int_equal(kcapi_md_setkey(handle, KEY, (uint32_t)h->keylen), 0);
    if (size > 0)
        assert_int_equal(kcapi_md_update(handle, message, size), 0);
    assert_int_equal(kcapi_md_final(handle, theirs, h->size), h->size);
    kcapi_md_destroy(handle);
    assert_memory_equal(ours, theirs, DIGEST_MAX);
}

static void one_piece_as_libkcapi(void **state)
{
    static const size_t sizes[] = { 0, 1, 55, 56, 64, 111, 128, 1000, 65536, 300000, LONGEST };
    uint8_t *message = buffer(LONGEST);

    (void)state;
    fill(message, LONGEST, 1);
    for (size_t i = 0; i < HASH_COUNT; i++) {
        struct afalg_socket s;

        open_hash(&s, &HASHES[i]);
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
            assert_ends(&s, &HASHES[i], message, sizes[k], message, sizes[k]);
        afalg_socket_close(&s);
    }
    free(message);
}

/* Pieces of lengths that seed decides, some empty, the last one at the end or before it. */
static void pieces_as_libkcapi(void **state)
{
    uint8_t *message = buffer(LONGEST);

    (void)state;
    fill(message, LONGEST, 2);
    for (uint32_t seed = 0; seed < 40; seed++) {
        const struct hash *h = &HASHES[seed % HASH_COUNT];
        uint16_t lengths[16];
        struct afalg_socket s;
        size_t size = 0;

        fill(lengths, sizeof(lengths), seed);
        open_hash(&s, h);
        for (int i = 0; i < 16; i++) {
            size_t part = seed % 4 == 0 ? lengths[i] : lengths[i] % 100 * (lengths[i] % 3);

            assert_int_equal(afalg_hash_update(&s, message + size, part), 0);
            size += part;
        }
        assert_ends(&s, h, message + size, seed % 3 * 50, message, size + seed % 3 * 50);
        afalg_socket_close(&s);
    }
    free(message);
}

static void a_socket_serves_message_after_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < HASH_COUNT; i++) {
        struct afalg_socket s;

        open_hash(&s, &HASHES[i]);
        for (int round = 0; round < 3; round++) {
            assert_int_equal(afalg_hash_update(&s, KEY, 7), 0);
            assert_ends(&s, &HASHES[i], KEY + 7, 9, KEY, 16);
            assert_ends(&s, &HASHES[i], NULL, 0, NULL, 0);
            assert_int_equal(afalg_hash_update(&s, KEY, 7), 0);
            assert_ends(&s, &HASHES[i], NULL, 0, KEY, 7);
        }
        afalg_socket_close(&s);
    }
}

static void a_clone_goes_its_own_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < HASH_COUNT; i++) {
        struct afalg_socket s;
        struct afalg_socket clone = AFALG_SOCKET_CLOSED;
        unsigned before;

        open_hash(&s, &HASHES[i]);
        before = open_descriptors();
        assert_int_equal(afalg_hash_update(&s, KEY, 10), 0);
        assert_int_equal(afalg_socket_clone(&clone, &s), 0);
        assert_int_equal(open_descriptors(), before + 1);
        assert_true(afalg_socket_valid(&clone));
        assert_int_equal(afalg_hash_update(&s, "other", 5), 0);
        assert_ends(&clone, &HASHES[i], KEY + 10, 20, KEY, 30);
        assert_int_equal(afalg_socket_clone(&clone, &s), 0); /* closes the former */
        assert_int_equal(open_descriptors(), before + 1);
        afalg_socket_close(&s);
        assert_ends(&clone, &HASHES[i], NULL, 0, (const uint8_t *)"0123456789other", 15);
        afalg_socket_close(&clone);
    }
}

static void a_clone_before_and_after_a_message(void **state)
{
    struct afalg_socket s;
    struct afalg_socket clone = AFALG_SOCKET_CLOSED;

    (void)state;
    open_hash(&s, SHA256);
    assert_int_equal(afalg_socket_clone(&clone, &s), 0);
    assert_ends(&clone, SHA256, KEY, 20, KEY, 20);
    assert_ends(&s, SHA256, KEY, 20, KEY, 20);
    assert_int_equal(afalg_socket_clone(&clone, &s), 0);
    assert_ends(&clone, SHA256, KEY, 30, KEY, 30);
    afalg_socket_close(&clone);
    afalg_socket_close(&s);
}

static void only_a_hash_can_be_cloned(void **state)
{
    static const struct {
        const char *type;
        const char *name;
        size_t keylen;
    } others[] = {
        { "skcipher", "cbc(aes)", 16 },
        { "aead", "gcm(aes)", 16 },
        { "rng", "stdrng", 32 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct afalg_socket s;
        struct afalg_socket clone = AFALG_SOCKET_CLOSED;
        unsigned before;

        open_socket(&s, others[i].type, others[i].name, KEY, others[i].keylen);
        before = open_descriptors();
        assert_true(afalg_socket_clone(&clone, &s) < 0);
        assert_int_equal(clone.fd, -1);
        assert_int_equal(open_descriptors(), before);
        afalg_socket_close(&s);
    }
}

static void a_keyed_hash_without_key_fails(void **state)
{
    uint8_t digest[32];
    struct afalg_socket s;

    (void)state;
    open_socket(&s, "hash", "hmac(sha256)", NULL, 0);
    assert_int_equal(afalg_hash_update(&s, KEY, 16), -ENOKEY);
    assert_int_equal(s.fd, -1);
    open_socket(&s, "hash", "hmac(sha256)", NULL, 0);
    assert_int_equal(afalg_hash_final(&s, KEY, 16, digest, sizeof(digest)), -ENOKEY);
    assert_int_equal(s.fd, -1);
}

static void random_bytes_of_any_length(void **state)
{
    static const size_t lengths[] = { 0, 1, 127, 128, 129, 256, 1000, 65536 };
    uint8_t *out[2] = { buffer(65536), buffer(65536) };
    struct afalg_socket s;

    (void)state;
    open_socket(&s, "rng", "stdrng", KEY, sizeof(KEY));
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (int k = 0; k < 2; k++)
            assert_int_equal(afalg_rng_read(&s, out[k], lengths[i]), 0);
        for (int k = 0; k < 2; k++)
            assert_int_equal(out[k][lengths[i]], 0);
        for (size_t at = 0; at + 16 <= lengths[i]; at += 64)
            assert_memory_not_equal(out[0] + at, out[1] + at, 16);
        memset(out[0], 0, 65536);
        memset(out[1], 0, 65536);
    }
    afalg_socket_close(&s);
    free(out[0]);
    free(out[1]);
}

static void a_drbg_without_seed_fails(void **state)
{
    uint8_t out[16];
    struct afalg_socket s;

    (void)state;
    open_socket(&s, "rng", "stdrng", NULL, 0);
    assert_int_equal(afalg_rng_read(&s, out, sizeof(out)), -EINVAL);
    assert_int_equal(s.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_piece_as_libkcapi),
        cmocka_unit_test(pieces_as_libkcapi),
        cmocka_unit_test(a_socket_serves_message_after_message),
        cmocka_unit_test(a_clone_goes_its_own_way),
        cmocka_unit_test(a_clone_before_and_after_a_message),
        cmocka_unit_test(only_a_hash_can_be_cloned),
        cmocka_unit_test(a_keyed_hash_without_key_fails),
        cmocka_unit_test(random_bytes_of_any_length),
        cmocka_unit_test(a_drbg_without_seed_fails),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
