/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a descriptor is, whatever its number. */
#include <afalg/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "socket_support.h"

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);

static const struct afalg_transform SHA256 = { .type = "hash", .name = "sha256" };

static int lowest; /* number of new sockets; 0: the kernel's choice */

static int renumber(int fd)
{
    int high = fd < 0 || lowest == 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, lowest);

    if (high != fd)
        (void)close(fd);
    return high;
}

int __wrap_socket(int domain, int type, int protocol)
{
    return renumber(__real_socket(domain, type, protocol));
}

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    return renumber(__real_accept4(fd, address, len, flags));
}

static int reset(void **state)
{
    (void)state;
    lowest = 0;
    return 0;
}

static void may_have_numbers_up_to(rlim_t most)
{
    struct rlimit limit;

    assert_return_code(getrlimit(RLIMIT_NOFILE, &limit), errno);
    if (limit.rlim_max < most)
        limit.rlim_max = most;
    limit.rlim_cur = most;
    assert_return_code(setrlimit(RLIMIT_NOFILE, &limit), errno);
}

/* fs.nr_open is 1048576 unless somebody raised it. */
static const int NUMBERS[] = { 65535, 65536, 65537, 131072, 524287, 1048570 };
enum { NUMBER_COUNT = sizeof(NUMBERS) / sizeof(NUMBERS[0]) };

static void any_number_can_be_a_socket(void **state)
{
    struct afalg_socket s[NUMBER_COUNT];
    struct afalg_socket clone = AFALG_SOCKET_CLOSED;
    unsigned before;

    (void)state;
    may_have_numbers_up_to(1048576);
    before = open_descriptors();
    for (int i = 0; i < NUMBER_COUNT; i++) {
        s[i] = (struct afalg_socket)AFALG_SOCKET_CLOSED;
        lowest = NUMBERS[i];
        assert_int_equal(afalg_socket_open(&s[i], &SHA256), 0);
        assert_true(s[i].fd >= NUMBERS[i]);
        assert_int_equal(afalg_socket_count(), i + 1);
    }
    assert_int_equal(afalg_socket_clone(&clone, &s[0]), 0);
    assert_true(ends_as_abc(&clone, "abc"));
    afalg_socket_close(&clone);
    for (int i = 0; i < NUMBER_COUNT; i++) {
        assert_true(afalg_socket_valid(&s[i]));
        assert_true(ends_as_abc(&s[i], "abc"));
        afalg_socket_close(&s[i]);
    }
    assert_int_equal(afalg_socket_count(), 0);
    assert_int_equal(open_descriptors(), before);
}

static void a_high_number_is_nobodys_in_a_child(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    pid_t child;

    (void)state;
    may_have_numbers_up_to(1048576);
    lowest = 100000;
    assert_int_equal(afalg_socket_open(&s, &SHA256), 0);
    assert_int_equal(afalg_hash_update(&s, "a", 1), 0);
    child = fork();
    assert_return_code(child, errno);
    if (child == 0)
        _exit(!afalg_socket_valid(&s) && afalg_socket_count() == 0 &&
                      afalg_hash_update(&s, "x", 1) == 0 && s.fd >= lowest &&
                      afalg_socket_count() == 1
                  ? 0
                  : 1);
    assert_child_succeeds(child);
    assert_true(afalg_socket_valid(&s));
    afalg_socket_close(&s);
}

static void a_number_above_is_lost_to_another_of_ours(void **state)
{
    struct afalg_socket lost = AFALG_SOCKET_CLOSED, heir = AFALG_SOCKET_CLOSED;

    (void)state;
    may_have_numbers_up_to(1048576);
    lowest = 70000;
    assert_int_equal(afalg_socket_open(&lost, &SHA256), 0);
    (void)close(lost.fd);
    assert_int_equal(afalg_socket_open(&heir, &SHA256), 0);
    assert_int_equal(heir.fd, lost.fd);
    assert_int_equal(afalg_socket_count(), 1);
    assert_false(afalg_socket_valid(&lost));
    afalg_socket_close(&lost);
    assert_true(ends_as_abc(&heir, "abc"));
    afalg_socket_close(&heir);
}

enum { THREADS = 8, ROUNDS = 50 };

/* Opens and closes sockets, whose first ones are the first of their part of the table. */
static void *open_and_close(void *failures)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct afalg_socket s = AFALG_SOCKET_CLOSED;

        if (afalg_socket_open(&s, &SHA256) != 0 || !afalg_socket_valid(&s))
            atomic_fetch_add((atomic_int *)failures, 1);
        afalg_socket_close(&s);
    }
    return NULL;
}

static void threads_meet_at_a_number_that_none_had(void **state)
{
    unsigned before = open_descriptors();
    pthread_t threads[THREADS];
    atomic_int failures = 0;

    (void)state;
    may_have_numbers_up_to(1048576);
    lowest = 600000;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, &failures), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(failures, 0);
    assert_int_equal(afalg_socket_count(), 0);
    assert_int_equal(open_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(any_number_can_be_a_socket, reset),
        cmocka_unit_test_setup(a_high_number_is_nobodys_in_a_child, reset),
        cmocka_unit_test_setup(a_number_above_is_lost_to_another_of_ours, reset),
        cmocka_unit_test_setup(threads_meet_at_a_number_that_none_had, reset),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
