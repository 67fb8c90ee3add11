/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests on a number that the application has closed and given to a socket of
 * its own: nothing is sent there, nothing read from there, and it stays open.
 */
#include <afalg/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "socket_support.h"

static const uint8_t KEY[32] = "0123456789abcdef0123456789abcde";
static const char SECRET[48] = "secret";
static const char PENDING[] = "for the application";

/* Two connected descriptors of the application. */
struct pair {
    const char *name;
    int foreign; /* what takes our number */
    int peer;
};

static struct pair unix_pair(const char *name, int type)
{
    int fd[2];

    assert_return_code(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fd), errno);
    return (struct pair){ .name = name, .foreign = fd[0], .peer = fd[1] };
}

static int bound_to_loopback(int type, struct sockaddr_in *address)
{
    socklen_t len = sizeof(*address);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    *address = (struct sockaddr_in){ .sin_family = AF_INET };
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_return_code(fd, errno);
    assert_return_code(bind(fd, (struct sockaddr *)address, len), errno);
    assert_return_code(getsockname(fd, (struct sockaddr *)address, &len), errno);
    return fd;
}

static void connect_to(int fd, const struct sockaddr_in *address)
{
    assert_return_code(connect(fd, (const struct sockaddr *)address, sizeof(*address)), errno);
}

static struct pair tcp_pair(void)
{
    struct sockaddr_in address;
    int listener = bound_to_loopback(SOCK_STREAM, &address);
    struct pair pair = { .name = "TCP", .foreign = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

    assert_return_code(listen(listener, 1), errno);
    connect_to(pair.foreign, &address);
    pair.peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_return_code(pair.peer, errno);
    (void)close(listener);
    return pair;
}

static struct pair udp_pair(void)
{
    struct sockaddr_in address[2];
    struct pair pair = { .name = "UDP" };

    pair.foreign = bound_to_loopback(SOCK_DGRAM, &address[0]);
    pair.peer = bound_to_loopback(SOCK_DGRAM, &address[1]);
    connect_to(pair.foreign, &address[1]);
    connect_to(pair.peer, &address[0]);
    return pair;
}

static struct pair netlink_pair(void)
{
    const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    struct sockaddr_nl address[2];
    struct pair pair = { .name = "netlink" };
    int *const fd[2] = { &pair.foreign, &pair.peer };

    for (int i = 0; i < 2; i++) {
        socklen_t len = sizeof(address[i]);

        *fd[i] = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_USERSOCK);
        assert_return_code(*fd[i], errno);
        assert_return_code(bind(*fd[i], (const struct sockaddr *)&kernel, sizeof(kernel)), errno);
        assert_return_code(getsockname(*fd[i], (struct sockaddr *)&address[i], &len), errno);
    }
    for (int i = 0; i < 2; i++)
        assert_return_code(connect(*fd[i], (struct sockaddr *)&address[1 - i], sizeof(address[0])),
                           errno);
    return pair;
}

/* Each sends SECRET on s if it can; a request of either call of the library. */

static long try_skcipher(struct afalg_socket *s)
{
    char out[sizeof(SECRET)];
    struct iovec in = segment(SECRET, sizeof(SECRET));
    struct iovec to = segment(out, sizeof(out));

    return afalg_skcipher(s, REQUEST(AFALG_ENCRYPT, KEY, 16, 0, &in, &to, 1, 1));
}

static long try_aead(struct afalg_socket *s)
{
    char out[sizeof(SECRET) + 16];
    struct iovec in = segment(SECRET, sizeof(SECRET));
    struct iovec to = segment(out, sizeof(out));

    return afalg_aead(s, REQUEST(AFALG_ENCRYPT, KEY, 12, 0, &in, &to, 1, 1));
}

static long try_hash_update(struct afalg_socket *s)
{
    return afalg_hash_update(s, SECRET, sizeof(SECRET));
}

static long try_hash_final(struct afalg_socket *s)
{
    uint8_t digest[32];

    return afalg_hash_final(s, SECRET, sizeof(SECRET), digest, sizeof(digest));
}

/* This and the next one only receive. */
static long try_hash_final_of_nothing(struct afalg_socket *s)
{
    uint8_t digest[32];

    return afalg_hash_final(s, NULL, 0, digest, sizeof(digest));
}

static long try_rng(struct afalg_socket *s)
{
    uint8_t random[32];

    return afalg_rng_read(s, random, sizeof(random));
}

static const struct {
    const char *type;
    const char *name;
    size_t keylen;
    long (*request)(struct afalg_socket *s);
} ATTEMPTS[] = {
    { "skcipher", "cbc(aes)", 16, try_skcipher },       { "aead", "gcm(aes)", 16, try_aead },
    { "hash", "sha256", 0, try_hash_update },           { "hash", "sha256", 0, try_hash_final },
    { "hash", "sha256", 0, try_hash_final_of_nothing }, { "rng", "stdrng", 32, try_rng },
};
enum { ATTEMPT_COUNT = sizeof(ATTEMPTS) / sizeof(ATTEMPTS[0]) };

/* If nothing is sent first, the flags of the receive turn the foreign socket away. */
static void assert_refused(const struct pair *pair, size_t attempt, long result)
{
    bool receives = ATTEMPTS[attempt].request == try_hash_final_of_nothing ||
                    ATTEMPTS[attempt].request == try_rng;
    bool refused = result == -EINVAL || (receives && (result == -EAGAIN || result == -EOPNOTSUPP));

    if (!refused)
        fail_msg("attempt %zu on %s: %ld", attempt, pair->name, result);
}

/* That nothing went to the peer, and what the application has there is as it was. */
static void assert_untouched(const struct pair *pair, int fd)
{
    char got[sizeof(SECRET) + sizeof(PENDING)];

    assert_int_equal(recv(pair->peer, got, sizeof(got), MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    assert_return_code(fcntl(fd, F_GETFD), errno);
    assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), sizeof(PENDING));
    assert_memory_equal(got, PENDING, sizeof(PENDING));
}

static void open_for(struct afalg_socket *s, size_t attempt)
{
    size_t keylen = ATTEMPTS[attempt].keylen;

    open_socket(s, ATTEMPTS[attempt].type, ATTEMPTS[attempt].name, keylen == 0 ? NULL : KEY,
                keylen);
}

static void attempt_on(const struct pair *pair, size_t attempt)
{
    struct afalg_socket s;
    int fd;

    open_for(&s, attempt);
    fd = s.fd;
    assert_int_equal(dup2(pair->foreign, fd), fd);
    assert_int_equal(send(pair->peer, PENDING, sizeof(PENDING), 0), sizeof(PENDING));
    assert_refused(pair, attempt, ATTEMPTS[attempt].request(&s));
    assert_int_equal(s.fd, -1);
    assert_untouched(pair, fd);
    (void)close(fd);
}

static void attempt_all_on(struct pair pair)
{
    for (size_t i = 0; i < ATTEMPT_COUNT; i++)
        attempt_on(&pair, i);
    (void)close(pair.foreign);
    (void)close(pair.peer);
}

static void tcp_is_left_alone(void **state)
{
    (void)state;
    attempt_all_on(tcp_pair());
}

static void udp_is_left_alone(void **state)
{
    (void)state;
    attempt_all_on(udp_pair());
}

static void unix_is_left_alone(void **state)
{
    (void)state;
    attempt_all_on(unix_pair("UNIX stream", SOCK_STREAM));
    attempt_all_on(unix_pair("UNIX datagram", SOCK_DGRAM));
    attempt_all_on(unix_pair("UNIX seqpacket", SOCK_SEQPACKET));
}

static void netlink_is_left_alone(void **state)
{
    (void)state;
    attempt_all_on(netlink_pair());
}

static void a_pipe_is_left_alone(void **state)
{
    char got[sizeof(PENDING)];
    int end[2];

    (void)state;
    assert_return_code(pipe2(end, O_CLOEXEC), errno);
    for (size_t i = 0; i < ATTEMPT_COUNT; i++)
        for (int which = 0; which < 2; which++) {
            struct afalg_socket s;
            int fd;

            open_for(&s, i);
            fd = s.fd;
            assert_int_equal(dup2(end[which], fd), fd);
            assert_int_equal(write(end[1], PENDING, sizeof(PENDING)), sizeof(PENDING));
            assert_int_equal(ATTEMPTS[i].request(&s), -ENOTSOCK);
            assert_int_equal(read(end[0], got, sizeof(got)), sizeof(got));
            assert_memory_equal(got, PENDING, sizeof(PENDING));
            (void)close(fd);
        }
    (void)close(end[0]);
    (void)close(end[1]);
}

static void a_closed_number_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        struct afalg_socket s;
        struct afalg_socket closed = AFALG_SOCKET_CLOSED;

        open_socket(&s, ATTEMPTS[i].type, ATTEMPTS[i].name, ATTEMPTS[i].keylen == 0 ? NULL : KEY,
                    ATTEMPTS[i].keylen);
        (void)close(s.fd);
        assert_int_equal(ATTEMPTS[i].request(&s), -EBADF);
        assert_int_equal(ATTEMPTS[i].request(&closed), -EBADF);
    }
}

/* Another socket of ours has the number: its key, or its running hash, is not to be used. */
static void a_number_of_another_of_ours_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        struct afalg_socket lost;
        struct afalg_socket heir;

        open_for(&lost, i);
        (void)close(lost.fd);
        open_for(&heir, i);
        assert_int_equal(heir.fd, lost.fd); /* the lowest free number, as POSIX has it */
        assert_int_equal(ATTEMPTS[i].request(&lost), -EBADF);
        assert_int_equal(lost.fd, -1);
        assert_true(ATTEMPTS[i].request(&heir) >= 0);
        afalg_socket_close(&heir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_is_left_alone),
        cmocka_unit_test(udp_is_left_alone),
        cmocka_unit_test(unix_is_left_alone),
        cmocka_unit_test(netlink_is_left_alone),
        cmocka_unit_test(a_pipe_is_left_alone),
        cmocka_unit_test(a_closed_number_is_refused),
        cmocka_unit_test(a_number_of_another_of_ours_is_refused),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
