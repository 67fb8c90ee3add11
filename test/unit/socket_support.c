/* SPDX-License-Identifier: Apache-2.0 */
#include "socket_support.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cmocka_test.h"

int hold_registry(void **state)
{
    (void)state;
    return afalg_registry_hold();
}

int release_registry(void **state)
{
    (void)state;
    afalg_registry_release();
    return 0;
}

unsigned open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count - 3; /* ".", ".." and the directory's own */
}

void assert_child_succeeds(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

void fill(void *bytes, size_t size, uint32_t seed)
{
    uint8_t *byte = bytes;
    uint32_t x = seed * 2654435761U + 1;

    for (size_t i = 0; i < size; i++) {
        x ^= x << 13; /* xorshift32 */
        x ^= x >> 17;
        x ^= x << 5;
        byte[i] = (uint8_t)x;
    }
}

uint8_t *buffer(size_t size)
{
    uint8_t *bytes = calloc(1, size + 1);

    assert_non_null(bytes);
    return bytes;
}

struct iovec segment(const void *bytes, size_t size)
{
    return (struct iovec){ .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
}

void open_socket(struct afalg_socket *s, const char *type, const char *name, const void *key,
                 size_t keylen)
{
    const struct afalg_transform t = { .type = type, .name = name, .key = key, .keylen = keylen };
    int error;

    *s = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    error = afalg_socket_open(s, &t);
    if (error != 0)
        fail_msg("%s: %s", name, strerror(-error));
}

bool ends_as_abc(struct afalg_socket *s, const char *rest)
{
    static const uint8_t abc[32] = /* FIPS 180-4, SHA-256's example of one block */
        "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
        "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad";
    uint8_t digest[sizeof(abc)];

    return afalg_hash_final(s, rest, strlen(rest), digest, sizeof(digest)) == 0 &&
           memcmp(digest, abc, sizeof(abc)) == 0;
}
