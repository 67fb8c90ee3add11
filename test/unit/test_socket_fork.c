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
static int child_goes_on(struct afalg_socket *s)
{
    unsigned before = open_descriptors();

    if (afalg_socket_valid(s) || afalg_socket_count() != 0)
        return 1;
    if (afalg_hash_update(s, "chi", 3) != 0 || !afalg_socket_valid(s) || afalg_socket_count() != 1)
        return 2;
    if (open_descriptors() != before)
        return 3;
    if (!ends_as(s, "ld", "abchild") || !ends_as(s, "next", "next"))
        return 4;
    afalg_socket_close(s);
    return open_descriptors() == before - 1 ? 0 : 5;
}

/* The child copies the state last, when the parent has long ended its message. */
static void parent_and_child_go_on(void **state)
{
    struct afalg_socket s;
    unsigned before;
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
        _exit(read(gate[0], &nothing, 1) == 0 ? child_goes_on(&s) : 100);
    }
    before = open_descriptors();
    assert_true(ends_as(&s, "parent", "abparent"));
    assert_true(ends_as(&s, "next", "next"));
    assert_int_equal(open_descriptors(), before);
    (void)close(gate[0]);
    (void)close(gate[1]);
    assert_child_succeeds(child);
    afalg_socket_close(&s);
}

/* 0, or which step failed: both the hash and its clone end with what the parent has begun. */
static int child_clones(struct afalg_socket *s)
{
    struct afalg_socket clone = AFALG_SOCKET_CLOSED;

    if (afalg_socket_clone(&clone, s) != 0 || afalg_socket_count() != 2)
        return 1;
    if (!ends_as(s, "child", "abchild") || !ends_as(&clone, "clone", "abclone"))
        return 2;
    afalg_socket_close(s);
    afalg_socket_close(&clone);
    return 0;
}

static void a_clone_after_fork_shares_nothing(void **state)
{
    struct afalg_socket s;
    pid_t child;

    (void)state;
    begin(&s);
    child = fork();
    assert_return_code(child, errno);
    if (child == 0)
        _exit(child_clones(&s));
    assert_child_succeeds(child);
    assert_true(ends_as(&s, "parent", "abparent"));
    afalg_socket_close(&s);
}

/* A message that begins after the fork is its process's own: no copy is made for it. */
static void a_message_begun_after_fork_is_not_copied(void **state)
{
    struct afalg_socket s;
    pid_t child;
    int fd;

    (void)state;
    open_socket(&s, "hash", "sha256", NULL, 0);
    fd = s.fd;
    child = fork();
    assert_return_code(child, errno);
    if (child == 0)
        _exit(afalg_hash_update(&s, "x", 1) == -EBADF && s.fd == -1 ? 0 : 1);
    assert_child_succeeds(child);
    assert_int_equal(afalg_hash_update(&s, "ab", 2), 0);
    assert_int_equal(s.fd, fd);
    assert_true(ends_as(&s, "c", "abc"));
    assert_int_equal(s.fd, fd);
    afalg_socket_close(&s);
}

/* Without the handlers nothing tells the child that the message is shared; it has none then. */
static void a_fork_without_handlers_leaves_nothing_to_the_child(void **state)
{
    struct afalg_socket s;
    pid_t child;

    (void)state;
    begin(&s);
    child = _Fork();
    assert_return_code(child, errno);
    if (child == 0)
        _exit(afalg_hash_update(&s, "x", 1) == -EBADF && !s.running ? 0 : 1);
    assert_child_succeeds(child);
    assert_true(ends_as(&s, "c", "abc"));
    afalg_socket_close(&s);
}

/* Before the fork the number has gone to another socket of ours, with a message of its own. */
static void the_number_of_another_is_not_copied(void **state)
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
        if (afalg_hash_update(&lost, "x", 1) != -EBADF || lost.running)
            _exit(1);
        _exit(ends_as(&heir, "c", "abc") ? 0 : 2);
    }
    assert_child_succeeds(child);
    assert_int_equal(afalg_hash_update(&lost, "x", 1), -EBADF);
    assert_true(ends_as(&heir, "d", "abd"));
    afalg_socket_close(&heir);
}

static void the_number_of_a_file_is_not_copied(void **state)
{
    struct afalg_socket s;
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    pid_t child;
    int fd;

    (void)state;
    begin(&s);
    fd = s.fd;
    assert_int_equal(dup2(file, fd), fd);
    child = fork();
    assert_return_code(child, errno);
    if (child == 0)
        _exit(afalg_hash_update(&s, "x", 1) == -EBADF && fcntl(fd, F_GETFD) >= 0 ? 0 : 1);
    assert_child_succeeds(child);
    assert_int_equal(afalg_hash_update(&s, "x", 1), -EBADF);
    assert_return_code(fcntl(fd, F_GETFD), errno);
    (void)close(fd);
    (void)close(file);
    assert_int_equal(afalg_hash_update(&s, "x", 1), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parent_and_child_go_on),
        cmocka_unit_test(a_clone_after_fork_shares_nothing),
        cmocka_unit_test(a_message_begun_after_fork_is_not_copied),
        cmocka_unit_test(a_fork_without_handlers_leaves_nothing_to_the_child),
        cmocka_unit_test(the_number_of_another_is_not_copied),
        cmocka_unit_test(the_number_of_a_file_is_not_copied),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
