/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much one request carries, for buffers of all sizes: what the library lets through comes back
 * whole, what it doesn't was never sent. Setting net.core.* takes root.
 */
#include <afalg/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "socket_support.h"

enum { BLOCK = 16, TAG = 16, ROOM = 1 << 20, SHORT = 2048 };

static const uint8_t KEY[32] = "0123456789abcdef0123456789abcde";
static const uint8_t IV[BLOCK] = "fedcba987654321";
static uint8_t *plain, *sealed, *back;
static size_t page, wmem, rmem; /* bytes, the latter two as they were */

static size_t sysctl_read(const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned long value = 0;

    if (file == NULL)
        return 0;
    assert_int_equal(fscanf(file, "%lu", &value), 1);
    fclose(file);
    return value;
}

static bool sysctl_write(const char *path, size_t value)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return false;
    fprintf(file, "%zu\n", value);
    return fclose(file) == 0;
}

#define WMEM "/proc/sys/net/core/wmem_default"
#define RMEM "/proc/sys/net/core/rmem_default"

static bool set_buffers(size_t send, size_t receive)
{
    return sysctl_write(WMEM, send) && sysctl_write(RMEM, receive);
}

static int prepare(void **state)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    wmem = sysctl_read(WMEM);
    rmem = sysctl_read(RMEM);
    plain = buffer(ROOM);
    sealed = buffer(ROOM + 2 * page);
    back = buffer(ROOM + 2 * page);
    fill(plain, ROOM, 1);
    return hold_registry(state);
}

static int tidy(void **state)
{
    free(plain);
    free(sealed);
    free(back);
    return release_registry(state);
}

static int restore_buffers(void **state)
{
    (void)state;
    if (wmem != 0)
        set_buffers(wmem, rmem);
    return 0;
}

static size_t pages_of(size_t size)
{
    return size < page ? page : size / page * page;
}

/* The limits are those of a socket's buffers, in pages; no limit of sending or of one segment is 0.
 */
static void assert_limits(const struct afalg_limits *limits, size_t send, size_t receive)
{
    assert_int_equal(limits->send, pages_of(send));
    assert_int_equal(limits->receive, pages_of(receive) - page);
    assert_int_equal(limits->segment, limits->receive > page ? limits->receive : page);
}

/* @len bytes of CBC at once are what they are in short pieces, in a place of any alignment. */
static void assert_whole_cbc(struct afalg_socket *s, size_t len, size_t at)
{
    struct iovec in = segment(plain, len), out = segment(sealed + at, len);
    uint8_t iv[BLOCK];

    assert_int_equal(afalg_skcipher(s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &in, &out, 1, 1)), len);
    memcpy(iv, IV, BLOCK);
    for (size_t done = 0; done < len; done += in.iov_len) {
        size_t part = len - done < SHORT ? len - done : SHORT;

        in = segment(plain + done, part);
        out = segment(back + done, part);
        assert_int_equal(afalg_skcipher(s, REQUEST(AFALG_ENCRYPT, iv, BLOCK, 0, &in, &out, 1, 1)),
                         part);
        memcpy(iv, back + done + part - BLOCK, BLOCK);
    }
    assert_memory_equal(back, sealed + at, len);
}

static void assert_cbc(void)
{
    struct afalg_socket s;
    size_t max;

    open_socket(&s, "skcipher", "cbc(aes)", KEY, sizeof(KEY));
    max = afalg_skcipher_max(&s);
    assert_in_range(max, page, AFALG_SKCIPHER_MAX);
    assert_whole_cbc(&s, max, 0);
    assert_whole_cbc(&s, max, 1);
    assert_whole_cbc(&s, max, page - 1);
    if (max < AFALG_SKCIPHER_MAX) {
        struct iovec longer = segment(sealed, max + BLOCK);

        assert_int_equal(
            afalg_skcipher(&s, REQUEST(AFALG_ENCRYPT, IV, BLOCK, 0, &longer, &longer, 1, 1)),
            -EMSGSIZE);
        assert_true(afalg_socket_valid(&s));
    }
    afalg_socket_close(&s);
}

/* Seals and opens a message of @len bytes with its tag, in @segments of output. */
static void assert_whole_gcm(struct afalg_socket *s, size_t len, int segments, size_t at)
{
    size_t text = len - TAG;
    struct iovec in = segment(plain, text);
    struct iovec out[2] = { segment(sealed + at, segments == 1 ? len : text),
                            segment(sealed + at + text, TAG) };
    struct iovec sent = segment(sealed + at, len), opened = segment(back + at, text);

    assert_int_equal(afalg_aead(s, REQUEST(AFALG_ENCRYPT, IV, 12, 0, &in, out, 1, segments)), len);
    assert_int_equal(afalg_aead(s, REQUEST(AFALG_DECRYPT, IV, 12, 0, &sent, &opened, 1, 1)), text);
    assert_memory_equal(back + at, plain, text);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void assert_gcm(void)
{
    struct afalg_limits limits;
    struct afalg_socket s;
    size_t one, several;

    open_socket(&s, "aead", "gcm(aes)", KEY, sizeof(KEY));
    limits = afalg_socket_limits(&s);
    one = least(limits.send, limits.segment);
    several = least(limits.send, limits.receive);
    for (size_t at = 0; at <= page; at += at == 0 ? 1 : page - 2) {
        assert_whole_gcm(&s, one, 1, at);
        if (several > TAG)
            assert_whole_gcm(&s, several, 2, at);
    }
    assert_int_equal(afalg_aead_fits(&s, several, several), true);
    assert_int_equal(afalg_aead_fits(&s, several, limits.receive + 1), false);
    assert_int_equal(afalg_aead_fits(&s, limits.send + 1, several), false);
    afalg_socket_close(&s);
}

static void what_fits_comes_back_whole(void **state)
{
    static const size_t sizes[] = { 2304, 4608, 8192, 65536, 131072, 212992, 262144, 524288 };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            struct afalg_limits limits;

            if (!set_buffers(sizes[i] < 4608 ? 4608 : sizes[i], sizes[j]))
                skip();
            assert_int_equal(afalg_default_limits(&limits), 0);
            assert_limits(&limits, sizes[i], sizes[j]);
            assert_cbc();
            assert_gcm();
        }
}

/* A change concerns the sockets that are opened after it, and it alone is what they go by. */
static void a_socket_keeps_its_limits(void **state)
{
    struct afalg_socket before, after;
    struct afalg_limits limits;

    (void)state;
    if (!set_buffers(131072, 131072))
        skip();
    open_socket(&before, "aead", "gcm(aes)", KEY, sizeof(KEY));
    assert_true(set_buffers(4608, 2304));
    open_socket(&after, "aead", "gcm(aes)", KEY, sizeof(KEY));
    assert_true(set_buffers(262144, 262144));
    limits = afalg_socket_limits(&before);
    assert_limits(&limits, 131072, 131072);
    assert_true(afalg_aead_fits(&before, 100000, 100000));
    assert_false(afalg_aead_fits(&after, 100000, 100000));
    open_socket(&before, "aead", "gcm(aes)", KEY, sizeof(KEY));
    assert_true(afalg_aead_fits(&before, 200000, 200000));
    afalg_socket_close(&before);
    afalg_socket_close(&after);
}

/* The socket is gone behind its back: what any socket takes, and not nothing. */
static void unknown_limits_are_the_least(void **state)
{
    struct afalg_limits limits;
    struct afalg_socket s;

    (void)state;
    open_socket(&s, "skcipher", "cbc(aes)", KEY, sizeof(KEY));
    (void)close(s.fd);
    limits = afalg_socket_limits(&s);
    assert_limits(&limits, page, page);
    assert_int_equal(afalg_skcipher_max(&s), least(page, AFALG_SKCIPHER_MAX));
    afalg_socket_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_fits_comes_back_whole, restore_buffers),
        cmocka_unit_test_teardown(a_socket_keeps_its_limits, restore_buffers),
        cmocka_unit_test(unknown_limits_are_the_least),
    };

    return cmocka_run_group_tests(tests, prepare, tidy);
}
