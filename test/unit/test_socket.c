/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing of sockets, and to whom a descriptor belongs. */
#include <afalg/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "raw_alg.h"
#include "socket_support.h"

static const char KEY[64] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";

static const struct afalg_transform TRANSFORMS[] = {
    { .type = "skcipher", .name = "cbc(aes)", .key = KEY, .keylen = 16 },
    { .type = "aead", .name = "gcm(aes)", .key = KEY, .keylen = 32 },
    { .type = "aead", .name = "gcm(aes)", .key = KEY, .keylen = 32, .authsize = 12 },
    { .type = "hash", .name = "sha256" },
    { .type = "hash", .name = "hmac(sha256)", .key = KEY, .keylen = 20 },
    { .type = "rng", .name = "stdrng", .key = KEY, .keylen = 32 },
};
enum { TRANSFORM_COUNT = sizeof(TRANSFORMS) / sizeof(TRANSFORMS[0]) };

static const struct afalg_transform *const SHA256 = &TRANSFORMS[3];

static void an_open_socket_is_one_descriptor(void **state)
{
    (void)state;
    for (size_t i = 0; i < TRANSFORM_COUNT; i++) {
        struct afalg_socket s = AFALG_SOCKET_CLOSED;
        unsigned before = open_descriptors();

        assert_int_equal(afalg_socket_open(&s, &TRANSFORMS[i]), 0);
        assert_int_equal(open_descriptors(), before + 1);
        assert_int_equal(afalg_socket_count(), 1);
        assert_int_equal(fcntl(s.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_true(afalg_socket_valid(&s));
        afalg_socket_close(&s);
        assert_int_equal(s.fd, -1);
        assert_false(afalg_socket_valid(&s));
        assert_int_equal(open_descriptors(), before);
        assert_int_equal(afalg_socket_count(), 0);
        afalg_socket_close(&s);
        assert_int_equal(open_descriptors(), before);
    }
}

static void opening_again_gives_the_former_back(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    unsigned before = open_descriptors();

    (void)state;
    for (size_t i = 0; i < TRANSFORM_COUNT; i++) {
        assert_int_equal(afalg_socket_open(&s, &TRANSFORMS[i]), 0);
        assert_int_equal(open_descriptors(), before + 1);
        assert_int_equal(afalg_socket_count(), 1);
    }
    afalg_socket_close(&s);
    assert_int_equal(open_descriptors(), before);
}

static void many_leave_none(void **state)
{
    unsigned before = open_descriptors();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct afalg_socket s = AFALG_SOCKET_CLOSED;

        assert_int_equal(afalg_socket_open(&s, SHA256), 0);
        afalg_socket_close(&s);
    }
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(afalg_socket_count(), 0);
}

static void a_failed_open_leaves_nothing(void **state)
{
    static const struct {
        struct afalg_transform transform;
        int error;
    } failing[] = {
        { { .type = "skcipher", .name = "no-such-cipher" }, -ENOENT },
        { { .type = "no-such-type", .name = "sha256" }, -ENOENT },
        { { .type = "a-type-of-more-letters-than-fit", .name = "sha256" }, -ENOENT },
        { { .type = "hash", .name = "sha256", .key = KEY, .keylen = 16 }, -ENOSYS },
        { { .type = "skcipher", .name = "cbc(aes)", .key = KEY, .keylen = 15 }, -EINVAL },
        { { .type = "aead", .name = "gcm(aes)", .key = KEY, .keylen = 17 }, -EINVAL },
        { { .type = "aead", .name = "gcm(aes)", .key = KEY, .keylen = 16, .authsize = 3 },
          -EINVAL },
        { { .type = "aead", .name = "gcm(aes)", .key = KEY, .keylen = 16, .authsize = 17 },
          -EINVAL },
    };
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    unsigned before = open_descriptors();

    (void)state;
    for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
        assert_int_equal(afalg_socket_open(&s, &failing[i].transform), failing[i].error);
        assert_int_equal(s.fd, -1);
        assert_int_equal(open_descriptors(), before);
        assert_int_equal(afalg_socket_count(), 0);
    }
}

static void a_name_too_long_is_no_such_name(void **state)
{
    char name[AFALG_NAME_MAX];
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    const struct afalg_transform t = { .type = "hash", .name = name };

    (void)state;
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(afalg_socket_open(&s, &t), -ENOENT);
}

static void the_limit_counts_opened_and_cloned(void **state)
{
    struct afalg_socket s[3] = { AFALG_SOCKET_CLOSED, AFALG_SOCKET_CLOSED, AFALG_SOCKET_CLOSED };

    (void)state;
    afalg_socket_limit(2);
    assert_int_equal(afalg_socket_open(&s[0], SHA256), 0);
    assert_int_equal(afalg_socket_clone(&s[1], &s[0]), 0);
    assert_int_equal(afalg_socket_open(&s[2], SHA256), -EMFILE);
    assert_int_equal(s[2].fd, -1);
    assert_int_equal(afalg_socket_clone(&s[2], &s[0]), 0); /* nothing else has its state */
    assert_int_equal(afalg_socket_count(), 3);
    afalg_socket_close(&s[2]);
    assert_int_equal(afalg_socket_open(&s[2], SHA256), -EMFILE);
    afalg_socket_close(&s[1]);
    assert_int_equal(afalg_socket_open(&s[2], SHA256), 0);
    assert_int_equal(afalg_socket_count(), 2);
    afalg_socket_limit(0);
    assert_int_equal(afalg_socket_open(&s[1], SHA256), 0);
    for (int i = 0; i < 3; i++)
        afalg_socket_close(&s[i]);
}

static void the_process_has_a_limit_too(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    unsigned before = open_descriptors();
    struct rlimit old;
    struct rlimit low;
    int error[2];

    (void)state;
    assert_return_code(getrlimit(RLIMIT_NOFILE, &old), errno);
    low = old;
    for (rlim_t i = 0; i < 2; i++) { /* no room for the bound one, none for the accepted */
        low.rlim_cur = before + i;
        assert_return_code(setrlimit(RLIMIT_NOFILE, &low), errno);
        error[i] = afalg_socket_open(&s, SHA256);
        assert_return_code(setrlimit(RLIMIT_NOFILE, &old), errno);
    }
    assert_int_equal(error[0], -EMFILE);
    assert_int_equal(error[1], -EMFILE);
    assert_int_equal(open_descriptors(), before);
}

static void without_registry_nothing_opens(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;

    (void)state;
    afalg_registry_release();
    assert_int_equal(afalg_socket_open(&s, SHA256), -ENOSYS);
    assert_int_equal(afalg_socket_count(), 0);
    assert_int_equal(afalg_registry_hold(), 0);
    assert_int_equal(afalg_registry_hold(), 0);
    afalg_registry_release();
    assert_int_equal(afalg_socket_open(&s, SHA256), 0);
    afalg_socket_close(&s);
}

static void a_structure_copied_owns_nothing(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    struct afalg_socket copy;

    (void)state;
    assert_int_equal(afalg_socket_open(&s, SHA256), 0);
    copy = s;
    assert_false(afalg_socket_valid(&copy));
    assert_int_equal(afalg_hash_update(&copy, "abc", 3), -EBADF);
    assert_int_equal(copy.fd, -1);
    assert_true(afalg_socket_valid(&s));
    assert_int_equal(fcntl(s.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    afalg_socket_close(&s);
}

/* The application closes our descriptor, and another socket of ours gets its number. */
static void a_number_of_another_of_ours_is_left_alone(void **state)
{
    struct afalg_socket lost = AFALG_SOCKET_CLOSED;
    struct afalg_socket heir = AFALG_SOCKET_CLOSED;
    struct afalg_socket clone = AFALG_SOCKET_CLOSED;

    (void)state;
    assert_int_equal(afalg_socket_open(&lost, SHA256), 0);
    (void)close(lost.fd);
    assert_int_equal(afalg_socket_open(&heir, SHA256), 0);
    assert_int_equal(heir.fd, lost.fd); /* the lowest free number, as POSIX has it */
    assert_int_equal(afalg_socket_count(), 1);
    assert_false(afalg_socket_valid(&lost));
    assert_int_equal(afalg_hash_update(&heir, "a", 1), 0);
    assert_int_equal(afalg_socket_clone(&clone, &lost), -EBADF);
    assert_int_equal(afalg_hash_update(&lost, "x", 1), -EBADF);
    assert_int_equal(lost.fd, -1);
    assert_true(ends_as_abc(&heir, "bc"));
    afalg_socket_close(&heir);
}

static void a_number_of_a_file_is_left_alone(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    int fd;

    (void)state;
    assert_int_equal(afalg_socket_open(&s, SHA256), 0);
    fd = s.fd;
    assert_int_equal(dup2(file, fd), fd);
    afalg_socket_close(&s);
    assert_int_equal(s.fd, -1);
    assert_return_code(fcntl(fd, F_GETFD), errno);
    assert_int_equal(write(fd, "x", 1), 1);
    (void)close(fd);
    (void)close(file);
}

/* What a child does with a socket of its parent that has no message: 0 if all is as promised. */
static int child_with_parents_hash(struct afalg_socket *s)
{
    struct afalg_socket clone = AFALG_SOCKET_CLOSED;
    struct afalg_socket own = AFALG_SOCKET_CLOSED;
    unsigned before = open_descriptors();

    if (afalg_socket_valid(s) || afalg_socket_count() != 0)
        return 1;
    if (afalg_socket_clone(&clone, s) != -EBADF)
        return 2;
    if (afalg_hash_update(s, "x", 1) != -EBADF || s->fd != -1)
        return 3;
    if (open_descriptors() != before - 1) /* the child's copy is given back */
        return 4;
    if (afalg_socket_open(&own, SHA256) != 0)
        return 5;
    if (!ends_as_abc(&own, "abc"))
        return 6;
    afalg_socket_close(&own);
    return open_descriptors() == before - 1 ? 0 : 7;
}

static void a_child_does_not_touch_its_parents_sockets(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    pid_t child;

    (void)state;
    assert_int_equal(afalg_socket_open(&s, SHA256), 0);
    child = fork();
    assert_return_code(child, errno);
    if (child == 0)
        _exit(child_with_parents_hash(&s));
    assert_int_equal(afalg_hash_update(&s, "ab", 2), 0);
    assert_child_succeeds(child);
    assert_true(afalg_socket_valid(&s));
    assert_true(ends_as_abc(&s, "c"));
    afalg_socket_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_socket_is_one_descriptor),
        cmocka_unit_test(opening_again_gives_the_former_back),
        cmocka_unit_test(many_leave_none),
        cmocka_unit_test(a_failed_open_leaves_nothing),
        cmocka_unit_test(a_name_too_long_is_no_such_name),
        cmocka_unit_test(the_limit_counts_opened_and_cloned),
        cmocka_unit_test(the_process_has_a_limit_too),
        cmocka_unit_test(without_registry_nothing_opens),
        cmocka_unit_test(a_structure_copied_owns_nothing),
        cmocka_unit_test(a_number_of_another_of_ours_is_left_alone),
        cmocka_unit_test(a_number_of_a_file_is_left_alone),
        cmocka_unit_test(a_child_does_not_touch_its_parents_sockets),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
