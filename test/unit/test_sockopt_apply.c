/* SPDX-License-Identifier: Apache-2.0 */
/* Applying options: what is handed to setsockopt(2), how often, and what comes back. */
#include <afalg/sockopt.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmocka_test.h"

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

/* The last call of setsockopt(2), and how many there were. */
static struct {
    int fd;
    int level;
    int name;
    const void *value;
    socklen_t size;
    unsigned count;
} call;

static unsigned interruptions; /* so many calls fail with EINTR first */
static bool pretend;           /* succeed without asking the kernel */
static bool memory_is_short;
static unsigned allocations;

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    call.fd = fd;
    call.level = level;
    call.name = name;
    call.value = value;
    call.size = size;
    call.count++;
    if (interruptions > 0) {
        interruptions--;
        errno = EINTR;
        return -1;
    }
    return pretend ? 0 : __real_setsockopt(fd, level, name, value, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return memory_is_short ? NULL : __real_calloc(count, size);
}

static int reset(void **state)
{
    (void)state;
    call.count = 0;
    interruptions = 0;
    pretend = false;
    memory_is_short = false;
    allocations = 0;
    return 0;
}

static int pretending(void **state)
{
    (void)reset(state);
    pretend = true;
    return 0;
}

static void assert_called_once(int fd, int name, const void *value, size_t size)
{
    assert_int_equal(call.count, 1);
    assert_int_equal(call.fd, fd);
    assert_int_equal(call.level, SOL_ALG);
    assert_int_equal(call.name, name);
    assert_ptr_equal(call.value, value);
    assert_int_equal(call.size, size);
    assert_int_equal(allocations, 0);
}

static void apply_sets_the_option(void **state)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockopt sopt = { 0 };
    int value = 0;
    socklen_t size = sizeof(value);

    (void)state;
    sockopt_init(&sopt, SOL_SOCKET, SO_PASSCRED, sizeof(int));
    assert_int_equal(sockopt_setint(&sopt, 1), 0);
    assert_int_equal(sockopt_apply(fd, &sopt), 0);
    assert_int_equal(call.count, 1);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PASSCRED, &value, &size), 0);
    assert_int_equal(value, 1);
    sockopt_destroy(&sopt);
    (void)close(fd);
}

static void apply_returns_what_the_kernel_says(void **state)
{
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockopt sopt = { 0 };

    (void)state;
    sockopt_init(&sopt, SOL_SOCKET, INT_MAX, sizeof(int));
    errno = 0;
    assert_int_equal(sockopt_apply(-1, &sopt), EBADF);
    assert_int_equal(sockopt_apply(file, &sopt), ENOTSOCK);
    assert_int_equal(sockopt_apply(fd, &sopt), ENOPROTOOPT);
    sockopt_destroy(&sopt);
    (void)close(fd);
    (void)close(file);
}

static void apply_of_an_unset_option_has_no_value(void **state)
{
    struct sockopt sopt = { 0 };

    (void)state;
    sockopt_init(&sopt, SOL_ALG, ALG_SET_KEY, 0);
    assert_int_equal(sockopt_apply(5, &sopt), 0);
    assert_called_once(5, ALG_SET_KEY, NULL, 0);
    sockopt_destroy(&sopt);
}

static void apply_without_storage_is_not_tried(void **state)
{
    struct sockopt sopt = { 0 };

    (void)state;
    memory_is_short = true;
    sockopt_init(&sopt, SOL_ALG, ALG_SET_KEY, 32);
    assert_int_equal(sockopt_apply(5, &sopt), ENOMEM);
    assert_int_equal(call.count, 0);
    sockopt_destroy(&sopt);
}

static void an_interrupted_call_is_repeated(void **state)
{
    struct sockopt sopt = { 0 };

    (void)state;
    interruptions = 3;
    sockopt_init(&sopt, SOL_ALG, ALG_SET_KEY, sizeof(int));
    assert_int_equal(sockopt_apply(5, &sopt), 0);
    assert_int_equal(call.count, 4);
    interruptions = 1;
    assert_int_equal(sockopt_alg_key(5, "k", 1), 0);
    assert_int_equal(call.count, 6);
    sockopt_destroy(&sopt);
}

static void a_size_beyond_int_is_not_tried(void **state)
{
    char key = 'k';

    (void)state;
    assert_int_equal(sockopt_alg_key(5, &key, (size_t)INT_MAX + 1), EINVAL);
    assert_int_equal(sockopt_alg_aead_authsize(5, SIZE_MAX), EINVAL);
    assert_int_equal(sockopt_alg_drbg_entropy(5, &key, ((size_t)UINT_MAX) + 2), EINVAL);
    assert_int_equal(call.count, 0);
}

static void a_key_goes_uncopied(void **state)
{
    static const char key[32] = "0123456789abcdef0123456789abcde";

    (void)state;
    assert_int_equal(sockopt_alg_key(6, key, sizeof(key)), 0);
    assert_called_once(6, ALG_SET_KEY, key, sizeof(key));
}

static void a_tag_length_is_the_length_of_nothing(void **state)
{
    (void)state;
    assert_int_equal(sockopt_alg_aead_authsize(7, 12), 0);
    assert_called_once(7, ALG_SET_AEAD_AUTHSIZE, NULL, 12);
}

static void entropy_goes_uncopied(void **state)
{
    static const char entropy[48] = "entropy";

    (void)state;
    assert_int_equal(sockopt_alg_drbg_entropy(8, entropy, sizeof(entropy)), 0);
    assert_called_once(8, ALG_SET_DRBG_ENTROPY, entropy, sizeof(entropy));
}

static void a_key_serial_is_four_bytes(void **state)
{
    (void)state;
    assert_int_equal(sockopt_alg_key_serial(9, 0x1234), 0);
    assert_int_equal(call.count, 1);
    assert_int_equal(call.name, ALG_SET_KEY_BY_KEY_SERIAL);
    assert_int_equal(call.size, 4);
    assert_int_equal(allocations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(apply_sets_the_option, reset),
        cmocka_unit_test_setup(apply_returns_what_the_kernel_says, reset),
        cmocka_unit_test_setup(apply_of_an_unset_option_has_no_value, pretending),
        cmocka_unit_test_setup(apply_without_storage_is_not_tried, pretending),
        cmocka_unit_test_setup(an_interrupted_call_is_repeated, pretending),
        cmocka_unit_test_setup(a_size_beyond_int_is_not_tried, pretending),
        cmocka_unit_test_setup(a_key_goes_uncopied, pretending),
        cmocka_unit_test_setup(a_tag_length_is_the_length_of_nothing, pretending),
        cmocka_unit_test_setup(entropy_goes_uncopied, pretending),
        cmocka_unit_test_setup(a_key_serial_is_four_bytes, pretending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
