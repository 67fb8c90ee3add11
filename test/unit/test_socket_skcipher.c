/* SPDX-License-Identifier: Apache-2.0 */
/* Cipher requests, against libkcapi. */
#include <afalg/socket.h>

#include <errno.h>
#include <kcapi.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_test.h"
#include "socket_support.h"

enum { BLOCK = 16, PIECE = 61440 /* libkcapi takes up to 64 KiB at once */ };

static const uint8_t KEY[32] = "0123456789abcdef0123456789abcde";
static const uint8_t IV[BLOCK] = "fedcba987654321";

/* The IV behind a piece of CBC: its last block of ciphertext. */
static void next_iv(uint8_t iv[BLOCK], const uint8_t *ciphertext, size_t len)
{
    memcpy(iv, ciphertext + len - BLOCK, BLOCK);
}

/* size bytes of AES-CBC by libkcapi. */
static void oracle_cbc(enum afalg_op op, const uint8_t *in, uint8_t *out, size_t size)
{
    struct kcapi_handle *handle;
    uint8_t iv[BLOCK];

    memcpy(iv, IV, BLOCK);
    assert_int_equal(kcapi_cipher_init(&handle, "cbc(aes)", 0), 0);
    assert_int_equal(kcapi_cipher_setkey(handle, KEY, sizeof(KEY)), 0);
    while (size > 0) {
        size_t part = size < PIECE ? size : PIECE;
        ssize_t done =
            op == AFALG_ENCRYPT
                ? kcapi_cipher_encrypt(handle, in, part, iv, out, part, KCAPI_ACCESS_SENDMSG)
                : kcapi_cipher_decrypt(handle, in, part, iv, out, part, KCAPI_ACCESS_SENDMSG);

        assert_int_equal(done, part);
        next_iv(iv, op == AFALG_ENCRYPT ? out : in, part);
        in += part;
        out += part;
        size -= part;
    }
    kcapi_cipher_destroy(handle);
}

/* The same by the library, in the longest pieces that it takes. */
static void ours_cbc(enum afalg_op op, const uint8_t *in, uint8_t *out, size_t size)
{
    struct afalg_socket s;
    uint8_t iv[BLOCK];

    memcpy(iv, IV, BLOCK);
    open_socket(&s, "skcipher", "cbc(aes)", KEY, sizeof(KEY));
    while (size > 0) {
        size_t part = size < afalg_skcipher_max(&s) ? size : afalg_skcipher_max(&s);
        struct iovec from = segment(in, part);
        struct iovec to = segment(out, part);
        uint8_t following[BLOCK];

        if (op == AFALG_DECRYPT)
            next_iv(following, in, part);
        assert_int_equal(afalg_skcipher(&s, REQUEST(op, iv, BLOCK, 0, &from, &to, 1, 1)), part);
        if (op == AFALG_ENCRYPT)
            next_iv(following, out, part);
        memcpy(iv, following, BLOCK);
        in += part;
        out += part;
        size -= part;
    }
    afalg_socket_close(&s);
}

static const size_t SIZES[] = { 16,    32,     48,     64,     4096,   4112,    61440,
                                65536, 212976, 212992, 213008, 425984, 1048576, 1048592 };
enum { SIZE_COUNT = sizeof(SIZES) / sizeof(SIZES[0]) };

static void any_size_as_libkcapi(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        uint8_t *plain = buffer(SIZES[i]);
        uint8_t *ours = buffer(SIZES[i]);
        uint8_t *theirs = buffer(SIZES[i]);

        fill(plain, SIZES[i], (uint32_t)i);
        ours_cbc(AFALG_ENCRYPT, plain, ours, SIZES[i]);
        oracle_cbc(AFALG_ENCRYPT, plain, theirs, SIZES[i]);
        assert_memory_equal(ours, theirs, SIZES[i]);
        ours_cbc(AFALG_DECRYPT, theirs, ours, SIZES[i]);
        assert_memory_equal(ours, plain, SIZES[i]);
        oracle_cbc(AFALG_DECRYPT, plain, theirs, SIZES[i]);
        ours_cbc(AFALG_DECRYPT, plain, plain, SIZES[i]); /* in place */
        assert_memory_equal(plain, theirs, SIZES[i]);
        free(plain);
        free(ours);
        free(theirs);
    }
}

/* Cuts size bytes into AFALG_SEGMENTS_MAX segments that no block boundary respects. */
static void cut(struct iovec segments[AFALG_SEGMENTS_MAX], uint8_t *bytes, size_t size, size_t seed)
{
    for (int i = 0; i < AFALG_SEGMENTS_MAX; i++) {
        size_t part = i == AFALG_SEGMENTS_MAX - 1 ? size : (size + seed * 7) % (size / 2 + 1);

        segments[i] = segment(bytes, part);
        bytes += part;
        size -= part;
    }
}

static void segments_are_one_message(void **state)
{
    uint8_t *plain = buffer(PIECE);
    uint8_t *ours = buffer(PIECE);
    uint8_t *theirs = buffer(PIECE);
    struct afalg_socket s;

    (void)state;
    fill(plain, PIECE, 1);
    open_socket(&s, "skcipher", "cbc(aes)", KEY, sizeof(KEY));
    for (size_t size = BLOCK; size <= PIECE; size = size * 2 + BLOCK) {
        struct iovec in[AFALG_SEGMENTS_MAX];
        struct iovec out[AFALG_SEGMENTS_MAX];

        cut(in, plain, size, 1);
        cut(out, ours, size, 2);
        assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, in, out,
                                                    AFALG_SEGMENTS_MAX, AFALG_SEGMENTS_MAX)),
                         size);
        oracle_cbc(AFALG_ENCRYPT, plain, theirs, size);
        assert_memory_equal(ours, theirs, size);
    }
    afalg_socket_close(&s);
    free(plain);
    free(ours);
    free(theirs);
}

/* Nothing of it is done, and the socket stays as it is. */
static void a_request_too_long_is_refused(void **state)
{
    size_t size = AFALG_SKCIPHER_MAX + BLOCK;
    uint8_t *plain = buffer(size);
    uint8_t *ours = buffer(size);
    uint8_t *theirs = buffer(size);
    struct iovec in[2] = { segment(plain, 40), segment(plain + 40, size - 40) };
    struct iovec out = segment(ours, size);
    struct afalg_socket s;

    (void)state;
    fill(plain, size, 1);
    open_socket(&s, "skcipher", "cbc(aes)", KEY, sizeof(KEY));
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, in, &out, 2, 1)),
                     -EMSGSIZE);
    assert_int_equal(ours[0], 0);
    assert_true(afalg_socket_valid(&s));
    in[1].iov_len -= BLOCK;
    out.iov_len -= BLOCK;
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, in, &out, 2, 1)),
                     AFALG_SKCIPHER_MAX);
    oracle_cbc(AFALG_ENCRYPT, plain, theirs, AFALG_SKCIPHER_MAX);
    assert_memory_equal(ours, theirs, AFALG_SKCIPHER_MAX);
    assert_int_equal(ours[AFALG_SKCIPHER_MAX], 0);
    afalg_socket_close(&s);
    free(plain);
    free(ours);
    free(theirs);
}

static void ecb_has_no_iv(void **state)
{
    /* NIST SP 800-38A, F.1.1: the first block of AES-128-ECB. */
    static const uint8_t key[] = "\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
    static const uint8_t in[] = "\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a";
    static const uint8_t want[] =
        "\x3a\xd7\x7b\xb4\x0d\x7a\x36\x60\xa8\x9e\xca\xf3\x24\x66\xef\x97";
    uint8_t bytes[BLOCK] = { 0 };
    struct iovec v = segment(bytes, BLOCK);
    struct afalg_socket s;

    (void)state;
    memcpy(bytes, in, BLOCK);
    open_socket(&s, "skcipher", "ecb(aes)", key, BLOCK);
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, NULL, 0, 0, &v, &v, 1, 1)), BLOCK);
    assert_memory_equal(bytes, want, BLOCK);
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_DECRYPT, NULL, 0, 0, &v, &v, 1, 1)), BLOCK);
    assert_memory_equal(bytes, in, BLOCK);
    afalg_socket_close(&s);
}

/* The IV goes with each request: what came before leaves no trace. */
static void requests_are_independent(void **state)
{
    uint8_t in[64] = { 0 };
    uint8_t out[2][64];
    struct iovec from = segment(in, sizeof(in));
    struct iovec to[2] = { segment(out[0], 64), segment(out[1], 64) };
    struct afalg_socket s;

    (void)state;
    fill(in, sizeof(in), 1);
    open_socket(&s, "skcipher", "cbc(aes)", KEY, sizeof(KEY));
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &from, &to[i], 1, 1)), 64);
    assert_memory_equal(out[0], out[1], 64);
    afalg_socket_close(&s);
}

/* A stream mode ends anywhere, and the next request begins anew. */
static void ctr_takes_any_length(void **state)
{
    uint8_t in[100] = { 0 };
    uint8_t whole[100];
    uint8_t part[100];
    struct iovec from = segment(in, sizeof(in));
    struct iovec to = segment(whole, sizeof(whole));
    struct afalg_socket s;

    (void)state;
    fill(in, sizeof(in), 1);
    open_socket(&s, "skcipher", "ctr(aes)", KEY, sizeof(KEY));
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &from, &to, 1, 1)),
                     100);
    for (size_t size = 1; size < sizeof(in); size++) {
        from = segment(in, size);
        to = segment(part, size);
        assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &from, &to, 1, 1)),
                         size);
        assert_memory_equal(part, whole, size);
    }
    afalg_socket_close(&s);
}

static void an_empty_request_does_nothing(void **state)
{
    uint8_t bytes[BLOCK] = "0123456789abcde";
    struct iovec none = segment(bytes, 0);
    struct iovec one = segment(bytes, BLOCK);
    struct afalg_socket s;

    (void)state;
    open_socket(&s, "skcipher", "cbc(aes)", KEY, sizeof(KEY));
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &none, &none, 1, 1)),
                     0);
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &one, &one, 1, 1)),
                     BLOCK);
    afalg_socket_close(&s);
}

static void assert_fails(const char *key, size_t keylen, size_t ivlen, size_t size, int segments,
                         int error)
{
    static const uint8_t long_iv[AFALG_IV_MAX + 1];
    uint8_t bytes[5][BLOCK] = { 0 };
    struct iovec v[5];
    struct afalg_socket s;

    for (int i = 0; i < 5; i++)
        v[i] = segment(bytes[i], size);
    open_socket(&s, "skcipher", "cbc(aes)", key, keylen);
    assert_int_equal(
        afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, long_iv, ivlen, 0, v, v, segments, segments)),
        error);
    afalg_socket_close(&s);
}

static void what_the_kernel_refuses(void **state)
{
    const char *key = (const char *)KEY;

    (void)state;
    assert_fails(NULL, 0, BLOCK, BLOCK, 1, -ENOKEY);
    assert_fails(key, 16, BLOCK, BLOCK - 1, 1, -EINVAL);
    assert_fails(key, 16, BLOCK - 1, BLOCK, 1, -EINVAL);
    assert_fails(key, 16, AFALG_IV_MAX + 1, BLOCK, 1, -EINVAL);
    assert_fails(key, 16, BLOCK, BLOCK, AFALG_SEGMENTS_MAX + 1, -EINVAL);
    assert_fails(key, 16, BLOCK, BLOCK, AFALG_SEGMENTS_MAX, AFALG_SEGMENTS_MAX * BLOCK);
}

static void a_failure_closes_the_socket(void **state)
{
    uint8_t bytes[BLOCK] = { 0 };
    struct iovec v = segment(bytes, BLOCK - 1);
    unsigned before = open_descriptors();
    struct afalg_socket s;

    (void)state;
    open_socket(&s, "skcipher", "cbc(aes)", KEY, sizeof(KEY));
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &v, &v, 1, 1)),
                     -EINVAL);
    assert_int_equal(s.fd, -1);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &v, &v, 1, 1)),
                     -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_size_as_libkcapi),          cmocka_unit_test(segments_are_one_message),
        cmocka_unit_test(a_request_too_long_is_refused), cmocka_unit_test(ecb_has_no_iv),
        cmocka_unit_test(requests_are_independent),      cmocka_unit_test(ctr_takes_any_length),
        cmocka_unit_test(an_empty_request_does_nothing), cmocka_unit_test(what_the_kernel_refuses),
        cmocka_unit_test(a_failure_closes_the_socket),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
