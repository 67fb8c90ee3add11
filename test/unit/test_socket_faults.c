/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls of a request that are interrupted, fall short or fail, as a
 * kernel does seldom: made up here, over a real kernel.
 */
#include <afalg/socket.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "socket_support.h"

int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __real_recv(int fd, void *to, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t size, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);

enum { NO_CUT = 1 << 30 };

/* A call fails with error so many times; it is counted in any case. */
struct fault {
    int error;
    unsigned times;
    unsigned calls;
};

static struct fault on_bind, on_accept, on_send, on_receive;
static size_t receive_at_most; /* bytes of one receive */
static size_t send_at_most;    /* bytes of one send that count as sent */

static int reset(void **state)
{
    (void)state;
    on_bind = on_accept = on_send = on_receive = (struct fault){ 0 };
    receive_at_most = send_at_most = NO_CUT;
    return 0;
}

/* Whether this call fails; errno is set then. */
static int strikes(struct fault *fault)
{
    fault->calls++;
    if (fault->times == 0)
        return 0;
    fault->times--;
    errno = fault->error;
    return 1;
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
    return strikes(&on_bind) ? -1 : __real_bind(fd, address, len);
}

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    return strikes(&on_accept) ? -1 : __real_accept4(fd, address, len, flags);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    ssize_t sent;

    assert_int_equal(flags & (MSG_DONTWAIT | MSG_NOSIGNAL), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (strikes(&on_send))
        return -1;
    sent = __real_sendmsg(fd, msg, flags);
    return sent > (ssize_t)send_at_most ? (ssize_t)send_at_most : sent;
}

ssize_t __wrap_recv(int fd, void *to, size_t size, int flags)
{
    assert_int_equal(flags & MSG_DONTWAIT, MSG_DONTWAIT);
    if (strikes(&on_receive))
        return -1;
    if (receive_at_most == 0)
        return 0;
    return __real_recv(fd, to, size < receive_at_most ? size : receive_at_most, flags);
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
    struct iovec first = msg->msg_iov[0];
    struct msghdr cut = { .msg_iov = &first, .msg_iovlen = 1 };

    assert_int_equal(flags & MSG_DONTWAIT, MSG_DONTWAIT);
    if (strikes(&on_receive))
        return -1;
    if (receive_at_most == NO_CUT)
        return __real_recvmsg(fd, msg, flags);
    if (first.iov_len > receive_at_most)
        first.iov_len = receive_at_most;
    return __real_recvmsg(fd, &cut, flags);
}

/* NIST SP 800-38A, F.2.1: AES-128-CBC, the first two blocks. */
static const uint8_t KEY[16] = "\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
static const uint8_t IV[16] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";
static const uint8_t PLAIN[32] = "\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a"
                                 "\xae\x2d\x8a\x57\x1e\x03\xac\x9c\x9e\xb7\x6f\xac\x45\xaf\x8e\x51";
static const uint8_t CRYPT[32] = "\x76\x49\xab\xac\x81\x19\xb2\x46\xce\xe9\x8e\x9b\x12\xe9\x19\x7d"
                                 "\x50\x86\xcb\x9b\x50\x72\x19\xee\x95\xdb\x11\x3a\x91\x76\x78\xb2";

static const struct afalg_transform CBC = {
    .type = "skcipher", .name = "cbc(aes)", .key = KEY, .keylen = sizeof(KEY)
};

/* Encrypts PLAIN to out, which may be in two segments. */
static ssize_t encrypt(struct afalg_socket *s, uint8_t out[32], int segments)
{
    struct iovec in = segment(PLAIN, sizeof(PLAIN));
    struct iovec whole = segment(out, 32);
    struct iovec halves[2] = { segment(out, 16), segment(out + 16, 16) };

    memset(out, 0, 32);
    return afalg_skcipher(s, REQUEST(AFALG_ENCRYPT, IV, sizeof(IV), 0, &in,
                                     segments == 1 ? &whole : halves, 1, segments));
}

static void a_request_is_two_calls(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    uint8_t out[32];

    (void)state;
    assert_int_equal(afalg_socket_open(&s, &CBC), 0);
    assert_int_equal(on_bind.calls, 1);
    assert_int_equal(on_accept.calls, 1);
    assert_int_equal(on_send.calls + on_receive.calls, 0);
    assert_int_equal(encrypt(&s, out, 1), 32);
    assert_int_equal(on_send.calls, 1);
    assert_int_equal(on_receive.calls, 1);
    assert_memory_equal(out, CRYPT, 32);
    afalg_socket_close(&s);
}

static void interrupted_calls_are_repeated(void **state)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    uint8_t out[32];

    (void)state;
    on_bind = on_accept = (struct fault){ .error = EINTR, .times = 2 };
    assert_int_equal(afalg_socket_open(&s, &CBC), 0);
    assert_int_equal(on_bind.calls, 3);
    assert_int_equal(on_accept.calls, 3);
    for (int segments = 1; segments <= 2; segments++) {
        on_send = on_receive = (struct fault){ .error = EINTR, .times = 2 };
        assert_int_equal(encrypt(&s, out, segments), 32);
        assert_int_equal(on_send.calls, 3);
        assert_int_equal(on_receive.calls, 3);
        assert_memory_equal(out, CRYPT, 32);
    }
    afalg_socket_close(&s);
}

/* What error the request ends with; its socket must be closed then, and a fresh one work. */
static void assert_ends_with(int error)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    unsigned before = open_descriptors();
    uint8_t out[32];

    assert_int_equal(afalg_socket_open(&s, &CBC), 0);
    assert_int_equal(encrypt(&s, out, 1), error);
    assert_int_equal(s.fd, -1);
    assert_int_equal(open_descriptors(), before);
    (void)reset(NULL);
    assert_int_equal(afalg_socket_open(&s, &CBC), 0);
    assert_int_equal(encrypt(&s, out, 1), 32);
    assert_memory_equal(out, CRYPT, 32);
    afalg_socket_close(&s);
}

/* Some stable kernels say EBUSY at random: the caller opens a fresh socket and tries again. */
static void a_spurious_ebusy_closes_the_socket(void **state)
{
    (void)state;
    on_receive = (struct fault){ .error = EBUSY, .times = 1 };
    assert_ends_with(-EBUSY);
}

/* Going on with the rest is right for CBC, and wrong for XTS and CTS: it is done for neither. */
static void a_short_receive_closes_the_socket(void **state)
{
    (void)state;
    receive_at_most = 16;
    assert_ends_with(-EIO);
}

static void any_failure_closes_the_socket(void **state)
{
    static const int errors[] = { ENOMEM, EAGAIN, EIO, ENOKEY, EINVAL };

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        on_send = (struct fault){ .error = errors[i], .times = 1 };
        assert_ends_with(-errors[i]);
        on_receive = (struct fault){ .error = errors[i], .times = 1 };
        assert_ends_with(-errors[i]);
    }
}

static void a_request_cut_by_the_kernel_is_no_success(void **state)
{
    (void)state;
    send_at_most = 16;
    assert_ends_with(-ENOBUFS);
    receive_at_most = 0;
    assert_ends_with(-EIO);
}

static void a_failed_bind_or_accept_leaves_nothing(void **state)
{
    static const int errors[] = { EPERM, EACCES, ENOENT, EMFILE };
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    unsigned before = open_descriptors();

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        on_bind = (struct fault){ .error = errors[i], .times = 1 };
        assert_int_equal(afalg_socket_open(&s, &CBC), -errors[i]);
        on_accept = (struct fault){ .error = errors[i], .times = 1 };
        assert_int_equal(afalg_socket_open(&s, &CBC), -errors[i]);
        assert_int_equal(s.fd, -1);
        assert_int_equal(open_descriptors(), before);
        assert_int_equal(afalg_socket_count(), 0);
    }
}

/* The kernel would cut it and say nothing. */
static void an_aead_message_too_long_is_not_sent(void **state)
{
    static uint8_t big[1 << 20];
    const struct afalg_transform gcm = {
        .type = "aead", .name = "gcm(aes)", .key = KEY, .keylen = sizeof(KEY)
    };
    struct iovec in = segment(big, sizeof(big) - 16);
    struct iovec out = segment(big, sizeof(big));
    struct afalg_socket s = AFALG_SOCKET_CLOSED;

    (void)state;
    assert_int_equal(afalg_socket_open(&s, &gcm), 0);
    assert_int_equal(afalg_aead(&s, REQUEST(AFALG_ENCRYPT, IV, 12, 0, &in, &out, 1, 1)), -EMSGSIZE);
    assert_int_equal(on_send.calls, 0);
    afalg_socket_close(&s);
}

static void a_hash_of_nothing_is_one_receive(void **state)
{
    const struct afalg_transform sha256 = { .type = "hash", .name = "sha256" };
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    uint8_t digest[32];

    (void)state;
    assert_int_equal(afalg_socket_open(&s, &sha256), 0);
    assert_int_equal(afalg_hash_update(&s, NULL, 0), 0);
    assert_int_equal(on_send.calls, 0);
    assert_int_equal(afalg_hash_update(&s, "abc", 3), 0);
    assert_int_equal(on_send.calls, 1);
    assert_int_equal(afalg_hash_final(&s, NULL, 0, digest, sizeof(digest)), 0);
    assert_int_equal(on_send.calls, 1);
    assert_int_equal(on_receive.calls, 1);
    afalg_socket_close(&s);
}

/* Whether the update, which needs a copy, fails as accept does, and leaves all as it was. */
static bool is_not_copied(struct afalg_socket *s, int error)
{
    int fd = s->fd;

    on_accept = (struct fault){ .error = error, .times = 1 };
    on_send.calls = 0;
    return afalg_hash_update(s, "def", 3) == -error && on_send.calls == 0 && s->fd == fd &&
           s->running;
}

/* A driver without export: the parent keeps what it has, a child has nothing. */
static void a_hash_that_cannot_be_copied_stays(void **state)
{
    const struct afalg_transform sha256 = { .type = "hash", .name = "sha256" };
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    int fd;
    pid_t child;

    (void)state;
    assert_int_equal(afalg_socket_open(&s, &sha256), 0);
    assert_int_equal(afalg_hash_update(&s, "abc", 3), 0);
    fd = s.fd;
    child = fork();
    assert_return_code(child, errno);
    if (child == 0)
        _exit(is_not_copied(&s, EMFILE) && is_not_copied(&s, ENOSYS) ? 0 : 1);
    assert_child_succeeds(child);
    assert_true(is_not_copied(&s, EMFILE));
    on_accept = (struct fault){ .error = ENOSYS, .times = 1 };
    assert_int_equal(afalg_hash_update(&s, "def", 3), 0);
    assert_int_equal(on_send.calls, 1);
    assert_int_equal(s.fd, fd);
    afalg_socket_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_request_is_two_calls, reset),
        cmocka_unit_test_setup(interrupted_calls_are_repeated, reset),
        cmocka_unit_test_setup(a_short_receive_closes_the_socket, reset),
        cmocka_unit_test_setup(a_spurious_ebusy_closes_the_socket, reset),
        cmocka_unit_test_setup(any_failure_closes_the_socket, reset),
        cmocka_unit_test_setup(a_request_cut_by_the_kernel_is_no_success, reset),
        cmocka_unit_test_setup(a_failed_bind_or_accept_leaves_nothing, reset),
        cmocka_unit_test_setup(an_aead_message_too_long_is_not_sent, reset),
        cmocka_unit_test_setup(a_hash_of_nothing_is_one_receive, reset),
        cmocka_unit_test_setup(a_hash_that_cannot_be_copied_stays, reset),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
