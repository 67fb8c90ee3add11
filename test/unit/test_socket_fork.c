/* SPDX-License-Identifier: Apache-2.0 */
/* A running hash that a fork has left to parent and child. */
#include <afalg/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <kcapi.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "socket_support.h"

enum { DIGEST = 32 };

/* Ends @s with @rest. Whether the digest is that of @message, by libkcapi. */
static bool ends_as(struct afalg_socket *s, const char *rest, const char *message)
{
    uint8_t ours[DIGEST] = { 0 }, theirs[DIGEST] = { 1 };

    return afalg_hash_final(s, rest, strlen(rest), ours, DIGEST) == 0 &&
           kcapi_md_sha256((const uint8_t *)message, strlen(message), theirs, DIGEST) == DIGEST &&
           memcmp(ours, theirs, DIGEST) == 0;
}

/* A socket in the middle of "ab...". */
static void begin(struct afalg_socket *s)
{
    open_socket(s, "hash", "sha256", NULL, 0);
    assert_int_equal(afalg_hash_update(s, "ab", 2), 0);
}

/* 0, or which step of the child's work failed. */
static int child_goes_on(struct afalg_socket *s, unsigned forks)
{
    unsigned before = open_descriptors();

    if (afalg_forks() == forks)
        return 1;
    if (afalg_socket_split(s) != 0 || !afalg_socket_mine(s) || afalg_socket_count() != 1)
        return 2;
    if (open_descriptors() != before)
        return 3;
    if (!ends_as(s, "child", "abchild") || !ends_as(s, "next", "next"))
        return 4;
    afalg_socket_close(s);
    return open_descriptors() == before - 1 ? 0 : 5;
}

/* The child copies the state last, when the parent has long ended its message. */
static void parent_and_child_go_on(void **state)
{
    struct afalg_socket s;
    unsigned forks = afalg_forks(), before;
    int gate[2];
    char nothing;
    pid_t child;

    (void)state;
    begin(&s);
    assert_return_code(pipe(gate), errno);
    child = fork();
    assert_return_code(child, errno);
    if (child == 0) {
        (void)close(gate[1]);
        _exit(read(gate[0], &nothing, 1) == 0 ? child_goes_on(&s, forks) : 100);
    }
    before = open_descriptors();
    assert_int_not_equal(afalg_forks(), forks);
    assert_int_equal(afalg_socket_split(&s), 0);
    assert_true(ends_as(&s, "parent", "abparent"));
    assert_true(ends_as(&s, "next", "next"));
    assert_int_equal(open_descriptors(), before);
    (void)close(gate[0]);
    (void)close(gate[1]);
    assert_child_succeeds(child);
    afalg_socket_close(&s);
}

static void a_fork_without_handlers_is_not_counted(void **state)
{
    unsigned forks = afalg_forks();
    pid_t child = _Fork();

    (void)state;
    assert_return_code(child, errno);
    if (child == 0)
        _exit(afalg_forks() == forks ? 0 : 1);
    assert_child_succeeds(child);
    assert_int_equal(afalg_forks(), forks);
}

/* Before the fork the number has gone to another socket of ours, with a message of its own. */
static void the_number_of_another_is_not_split(void **state)
{
    struct afalg_socket lost, heir;
    pid_t child;

    (void)state;
    begin(&lost);
    (void)close(lost.fd);
    begin(&heir);
    assert_int_equal(heir.fd, lost.fd);
    child = fork();
    assert_return_code(child, errno);
    if (child == 0) {
        if (afalg_socket_split(&lost) != -EBADF)
            _exit(1);
        _exit(afalg_socket_split(&heir) == 0 && ends_as(&heir, "c", "abc") ? 0 : 2);
    }
    assert_child_succeeds(child);
    assert_int_equal(afalg_socket_split(&lost), -EBADF);
    assert_int_equal(afalg_socket_split(&heir), 0);
    assert_true(ends_as(&heir, "d", "abd"));
    afalg_socket_close(&lost);
    afalg_socket_close(&heir);
}

static void the_number_of_a_file_is_not_split(void **state)
{
    struct afalg_socket s;
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    int fd;

    (void)state;
    begin(&s);
    fd = s.fd;
    assert_int_equal(dup2(file, fd), fd);
    assert_int_equal(afalg_socket_split(&s), -EBADF);
    assert_return_code(fcntl(fd, F_GETFD), errno);
    afalg_socket_close(&s);
    (void)close(fd);
    (void)close(file);
    assert_int_equal(afalg_socket_split(&s), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parent_and_child_go_on),
        cmocka_unit_test(a_fork_without_handlers_is_not_counted),
        cmocka_unit_test(the_number_of_another_is_not_split),
        cmocka_unit_test(the_number_of_a_file_is_not_split),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
