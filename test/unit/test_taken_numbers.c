/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a descriptor is, for however short a time the library holds it. In the middle of each of
 * its calls the application closes it, and puts something else under its number, or frees a socket
 * that had the number before.
 */
#include <afalg/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "raw_alg.h"
#include "socket_support.h"

int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
ssize_t __real_recv(int fd, void *to, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t size, int flags);

static const char KEY[16] = "0123456789abcde";
static const char PENDING[] = "for the application";
static const struct afalg_transform SHA256 = { .type = "hash", .name = "sha256" };
static const struct afalg_transform CBC = {
    .type = "skcipher", .name = "cbc(aes)", .key = KEY, .keylen = sizeof(KEY)
};

/* What the application does behind a call of the library's, once. */
static struct {
    void (*bind)(int fd);
    void (*getsockopt)(int fd);
    void (*recv)(int fd);
} meanwhile;

static void happen(void (**what)(int fd), int fd)
{
    void (*once)(int) = *what;

    *what = NULL;
    if (once != NULL)
        once(fd);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
    int result = __real_bind(fd, address, len);

    happen(&meanwhile.bind, fd);
    return result;
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    int result = __real_getsockopt(fd, level, name, value, len);

    happen(&meanwhile.getsockopt, fd);
    return result;
}

ssize_t __wrap_recv(int fd, void *to, size_t size, int flags)
{
    ssize_t result = __real_recv(fd, to, size, flags);

    happen(&meanwhile.recv, fd);
    return result;
}

static int reset(void **state)
{
    (void)state;
    memset(&meanwhile, 0, sizeof(meanwhile));
    return 0;
}

/* --- what comes in between --- */

/* The application's: ours[0] is put under the library's number, ours[1] is its other end. */
static int ours[2], taken;

static void take_number(int fd)
{
    assert_int_equal(dup2(ours[0], fd), fd);
    assert_int_equal(send(ours[1], PENDING, sizeof(PENDING), 0), sizeof(PENDING));
    taken = fd;
}

static void make_pair(void)
{
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ours), errno);
    taken = -1;
}

/* What was put under the number is open, nothing was sent there, and nothing read from it. */
static void assert_left_alone(void)
{
    char got[sizeof(PENDING)];

    assert_return_code(taken, 0);
    assert_int_equal(recv(ours[1], got, sizeof(got), MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(recv(taken, got, sizeof(got), MSG_DONTWAIT), sizeof(PENDING));
    assert_memory_equal(got, PENDING, sizeof(PENDING));
    (void)close(taken);
    (void)close(ours[0]);
    (void)close(ours[1]);
}

static void a_bound_number_taken_is_left_alone(void **state)
{
    static const struct afalg_transform *const transforms[] = { &CBC, &SHA256 };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct afalg_socket s = AFALG_SOCKET_CLOSED;

        make_pair();
        meanwhile.bind = take_number;
        assert_true(afalg_socket_open(&s, transforms[i]) < 0);
        assert_int_equal(s.fd, -1);
        assert_int_equal(afalg_socket_count(), 0);
        assert_left_alone();
    }
}

static void a_number_taken_while_limits_are_asked_is_left_alone(void **state)
{
    struct afalg_limits limits;

    (void)state;
    make_pair();
    meanwhile.getsockopt = take_number;
    assert_int_equal(afalg_default_limits(&limits), 0);
    assert_left_alone();
}

static void a_number_taken_in_the_middle_of_a_dump_is_left_alone(void **state)
{
    struct afalg_drivers *drivers;
    struct afalg_driver found;

    (void)state;
    make_pair();
    meanwhile.recv = take_number;
    drivers = afalg_drivers_read();
    assert_non_null(drivers);
    assert_int_equal(afalg_drivers_find(drivers, "hash", "sha256", &found), 0);
    if (taken >= 0) { /* NETLINK_CRYPTO is there */
        assert_false(found.known);
        assert_left_alone();
    }
    afalg_drivers_free(drivers);
}

/* --- the probe holds its descriptor between its calls --- */

static struct afalg_probe *probe_of(int *fd)
{
    struct afalg_probe *probe = afalg_probe_new();
    int free = dup(0);

    (void)close(free); /* the number that the probe's will have */
    assert_non_null(probe);
    assert_int_equal(afalg_probe_bind(probe, "hash", "sha256"), 0);
    assert_return_code(fcntl(free, F_GETFD), errno);
    *fd = free;
    return probe;
}

static void a_probe_whose_number_was_taken_asks_with_another(void **state)
{
    struct afalg_probe *probe;
    int fd;

    (void)state;
    make_pair();
    probe = probe_of(&fd);
    take_number(fd);
    assert_int_equal(afalg_probe_bind(probe, "hash", "sha256"), 0);
    assert_int_equal(afalg_probe_bind(probe, "skcipher", "cbc(aes)"), 0);
    assert_int_equal(afalg_probe_error(probe), 0);
    afalg_probe_free(probe);
    assert_left_alone();
}

/* The application's own socket of AF_ALG keeps its algorithm, and its descriptor. */
static void a_probe_does_not_bind_the_applications_socket(void **state)
{
    struct afalg_probe *probe;
    uint8_t digest[32];
    int fd, bound, accepted;

    (void)state;
    probe = probe_of(&fd);
    (void)close(fd);
    bound = raw_alg_must_bind("hash", "sha256");
    assert_int_equal(bound, fd);
    assert_int_equal(afalg_probe_bind(probe, "skcipher", "cbc(aes)"), 0);
    afalg_probe_free(probe);
    accepted = raw_alg_must_accept(bound);
    assert_int_equal(raw_alg_digest(accepted, "abc", 3, digest, sizeof(digest)), sizeof(digest));
    (void)close(accepted);
    (void)close(bound);
}

static void a_probe_of_a_child_is_its_own(void **state)
{
    struct afalg_probe *probe;
    unsigned before;
    pid_t child;
    int fd;

    (void)state;
    probe = probe_of(&fd);
    before = open_descriptors();
    child = fork();
    assert_return_code(child, errno);
    if (child == 0) {
        int error = afalg_probe_bind(probe, "skcipher", "cbc(aes)");
        bool one = open_descriptors() == before;

        afalg_probe_free(probe);
        _exit(error == 0 && one && open_descriptors() == before - 1 ? 0 : 1);
    }
    assert_child_succeeds(child);
    assert_int_equal(afalg_probe_bind(probe, "hash", "sha256"), 0);
    afalg_probe_free(probe);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* --- a socket is freed while its number is another's for a short time --- */

static struct afalg_socket former;
static int filler;

static void free_former(int fd)
{
    assert_int_equal(former.fd, fd);
    afalg_socket_close(&former);
    assert_return_code(fcntl(fd, F_GETFD), errno);
}

/* A socket whose number the next descriptor will have. */
static void lose_former(void)
{
    former = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    assert_int_equal(afalg_socket_open(&former, &SHA256), 0);
    filler = dup(0); /* the number of its bound socket, which is lower */
    assert_true(filler < former.fd);
    (void)close(former.fd);
}

static int close_filler(void **state)
{
    (void)state;
    return close(filler);
}

static void freeing_closes_no_bound_socket(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;

    (void)state;
    lose_former();
    meanwhile.bind = free_former;
    assert_int_equal(afalg_socket_open(&s, &SHA256), 0);
    assert_int_equal(former.fd, -1);
    assert_int_equal(afalg_socket_count(), 1);
    assert_true(ends_as_abc(&s, "abc"));
    afalg_socket_close(&s);
    assert_int_equal(afalg_socket_count(), 0);
}

static void freeing_closes_no_probe(void **state)
{
    struct afalg_probe *probe = afalg_probe_new();

    (void)state;
    lose_former();
    meanwhile.bind = free_former;
    assert_int_equal(afalg_probe_bind(probe, "hash", "sha256"), 0);
    assert_int_equal(former.fd, -1);
    assert_int_equal(afalg_probe_bind(probe, "skcipher", "cbc(aes)"), 0);
    afalg_probe_free(probe);
}

static void freeing_closes_no_dump(void **state)
{
    struct afalg_drivers *drivers;

    (void)state;
    lose_former();
    meanwhile.recv = free_former;
    drivers = afalg_drivers_read();
    assert_non_null(drivers);
    afalg_drivers_free(drivers);
    afalg_socket_close(&former);
    assert_int_equal(afalg_socket_count(), 0);
}

/* A child that is born while its parent opens a socket has nothing of either. */
static void fork_here(int fd)
{
    pid_t child = fork();

    (void)fd;
    assert_return_code(child, errno);
    if (child == 0) {
        struct afalg_socket own = AFALG_SOCKET_CLOSED;

        afalg_socket_close(&former);
        _exit(fcntl(fd, F_GETFD) >= 0 && afalg_socket_count() == 0 &&
                      afalg_socket_open(&own, &SHA256) == 0 && afalg_socket_count() == 1
                  ? 0
                  : 1);
    }
    assert_child_succeeds(child);
}

static void a_fork_in_the_middle_of_opening(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;

    (void)state;
    lose_former();
    meanwhile.bind = fork_here;
    assert_int_equal(afalg_socket_open(&s, &CBC), 0);
    assert_true(afalg_socket_valid(&s));
    assert_int_equal(afalg_socket_count(), 1);
    afalg_socket_close(&s);
    afalg_socket_close(&former);
}

/* --- what is no hash is not cloned --- */

/* accept4 would take the connection that waits there. */
static void a_listening_number_is_not_cloned(void **state)
{
    struct sockaddr_storage any = { .ss_family = AF_UNIX };
    struct afalg_socket s, clone = AFALG_SOCKET_CLOSED;
    socklen_t len = sizeof(any);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int caller = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd, connection;

    (void)state;
    assert_return_code(bind(listener, (struct sockaddr *)&any, sizeof(sa_family_t)), errno);
    assert_return_code(listen(listener, 1), errno);
    assert_return_code(getsockname(listener, (struct sockaddr *)&any, &len), errno);
    assert_return_code(connect(caller, (struct sockaddr *)&any, len), errno);
    open_socket(&s, "hash", "sha256", NULL, 0);
    fd = s.fd;
    assert_int_equal(dup2(listener, fd), fd);
    assert_int_equal(afalg_socket_clone(&clone, &s), -EBADF);
    connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_return_code(connection, errno);
    afalg_socket_close(&s);
    assert_return_code(fcntl(fd, F_GETFD), errno);
    (void)close(fd);
    (void)close(connection);
    (void)close(caller);
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_bound_number_taken_is_left_alone, reset),
        cmocka_unit_test_setup(a_number_taken_while_limits_are_asked_is_left_alone, reset),
        cmocka_unit_test_setup(a_number_taken_in_the_middle_of_a_dump_is_left_alone, reset),
        cmocka_unit_test_setup(a_probe_whose_number_was_taken_asks_with_another, reset),
        cmocka_unit_test_setup(a_probe_does_not_bind_the_applications_socket, reset),
        cmocka_unit_test_setup(a_probe_of_a_child_is_its_own, reset),
        cmocka_unit_test_setup_teardown(freeing_closes_no_bound_socket, reset, close_filler),
        cmocka_unit_test_setup_teardown(freeing_closes_no_probe, reset, close_filler),
        cmocka_unit_test_setup_teardown(freeing_closes_no_dump, reset, close_filler),
        cmocka_unit_test_setup_teardown(a_fork_in_the_middle_of_opening, reset, close_filler),
        cmocka_unit_test_setup(a_listening_number_is_not_cloned, reset),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
