/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel has: the probe's answer against bind itself, and what it costs. */
#include <afalg/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "raw_alg.h"
#include "socket_support.h"

int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

static unsigned binds, netlink_sockets;
static int bind_error;          /* of the last one; 0: it succeeded */
static int socket_error;        /* of each socket of AF_ALG; 0: the kernel decides */
static const char *module_list; /* modules.alias unless NULL: then nothing else is known */
static const char *driver_list; /* /proc/crypto unless NULL */

int __wrap_access(const char *path, int mode)
{
    if (module_list == NULL)
        return __real_access(path, mode);
    errno = ENOENT;
    return -1;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    const char *name = strrchr(path, '/');

    if (driver_list != NULL && strcmp(path, "/proc/crypto") == 0)
        return fmemopen((char *)(uintptr_t)driver_list, strlen(driver_list), "r");
    if (module_list == NULL || strncmp(path, "/lib/modules/", strlen("/lib/modules/")) != 0)
        return __real_fopen(path, mode);
    if (strcmp(name, "/modules.alias") == 0)
        return fmemopen((char *)(uintptr_t)module_list, strlen(module_list), "r");
    errno = ENOENT;
    return NULL;
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
    int result = __real_bind(fd, address, len);

    binds++;
    bind_error = result == 0 ? 0 : -errno;
    return result;
}

int __wrap_socket(int domain, int type, int protocol)
{
    netlink_sockets += domain == AF_NETLINK;
    if (socket_error == 0 || domain != AF_ALG)
        return __real_socket(domain, type, protocol);
    errno = socket_error;
    return -1;
}

static int reset(void **state)
{
    (void)state;
    binds = 0;
    netlink_sockets = 0;
    socket_error = 0;
    module_list = NULL;
    driver_list = NULL;
    return 0;
}

/* Names that every kernel with AF_ALG has, some kernels have, or none has. */
static const char *const NAMES[][2] = {
    { "skcipher", "ecb(aes)" },
    { "skcipher", "cbc(aes)" },
    { "skcipher", "ctr(aes)" },
    { "skcipher", "xts(aes)" },
    { "skcipher", "cts(cbc(aes))" },
    { "skcipher", "cfb(aes)" },
    { "skcipher", "ofb(aes)" },
    { "skcipher", "kw(aes)" },
    { "skcipher", "cbc(des3_ede)" },
    { "skcipher", "cbc(camellia)" },
    { "skcipher", "cbc(sm4)" },
    { "skcipher", "ecb(aria)" },
    { "skcipher", "chacha20" },
    { "aead", "gcm(aes)" },
    { "aead", "ccm(aes)" },
    { "aead", "gcm(sm4)" },
    { "aead", "rfc7539(chacha20,poly1305)" },
    { "hash", "md5" },
    { "hash", "sha256" },
    { "hash", "sha3-256" },
    { "hash", "blake2b-512" },
    { "hash", "rmd160" },
    { "hash", "sm3" },
    { "hash", "ghash" },
    { "hash", "hmac(sha256)" },
    { "hash", "hmac(sm3)" },
    { "hash", "cmac(aes)" },
    { "rng", "stdrng" },
    { "rng", "jitterentropy_rng" },
    { "rng", "ansi_cprng" },
    { "rng", "drbg_nopr_hmac_sha256" },
    { "skcipher", "no-such-cipher" },
    /* of another type than asked for */
    { "hash", "cbc(aes)" },
    { "skcipher", "sha256" },
    { "aead", "stdrng" },
};
enum { NAME_COUNT = sizeof(NAMES) / sizeof(NAMES[0]) };

/* bind(2)'s own answer: 0 or -errno. */
static int bind_alone(const char *type, const char *name)
{
    int fd = raw_alg_bind(type, name);

    if (fd >= 0)
        (void)close(fd);
    return fd < 0 ? fd : 0;
}

/*
 * Of the probe's own bind, and of another one. A later one may have what the first had not: a
 * module that measures the processor when it is loaded, as jitterentropy_rng does, may refuse a
 * busy one.
 */
static void answers_are_those_of_bind(void **state)
{
    struct afalg_probe *probe = afalg_probe_new();
    unsigned offered = 0;

    (void)state;
    assert_non_null(probe);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        unsigned before = binds;
        int answer = afalg_probe_bind(probe, NAMES[i][0], NAMES[i][1]);
        bool tried = binds > before;
        int own = bind_error;
        int truth = bind_alone(NAMES[i][0], NAMES[i][1]);

        if (answer != (tried ? own : truth) || (truth != 0 && answer != truth))
            fail_msg("%s: probe says %d, bind %d", NAMES[i][1], answer, truth);
        offered += answer == 0;
    }
    assert_true(offered >= 10);
    afalg_probe_free(probe);
}

static void a_name_that_cannot_be_is_not_tried(void **state)
{
    static const char *const names[] = { "no-such-cipher", "cbc(no-such-cipher)",
                                         "no-such-mode(aes)", "no(such(cipher))" };
    struct afalg_probe *probe = afalg_probe_new();

    (void)state;
    assert_non_null(probe);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(afalg_probe_bind(probe, "skcipher", names[i]), -ENOENT);
    assert_int_equal(afalg_probe_bind(probe, "no-such-type", "sha256"), -ENOENT);
    assert_int_equal(binds, 0);
    afalg_probe_free(probe);
}

static void a_name_that_is_there_costs_one_bind(void **state)
{
    struct afalg_probe *probe = afalg_probe_new();

    (void)state;
    assert_non_null(probe);
    assert_int_equal(afalg_probe_bind(probe, "skcipher", "cbc(aes)"), 0);
    assert_int_equal(binds, 1);
    assert_int_equal(afalg_probe_bind(probe, "hash", "sha256"), 0);
    assert_int_equal(binds, 2);
    afalg_probe_free(probe);
}

/* Opening NETLINK_CRYPTO if no module answers would run modprobe in every process. */
/* /proc/crypto with one driver. */
#define DRIVER(driver, priority, async)                                                            \
    "name : cbc(aes)\ndriver : " driver "\npriority : " priority                                   \
    "\ninternal : no\ntype : skcipher\nasync : " async "\n\n"

static void netlink_is_opened_where_a_module_answers(void **state)
{
    static const struct {
        const char *list;
        unsigned sockets;
    } cases[] = {
        { "alias crypto-aes aes_generic\n", 0 },
        { "alias crypto-aes aes_generic\nalias net-pf-16-proto-21 crypto_user\n", 1 },
        { "alias net-pf-16-proto-2 other\nalias net-pf-16-proto-210 other\n", 0 },
    };

    (void)state;
    driver_list = DRIVER("virtio_crypto_aes_cbc", "150", "yes");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct afalg_probe *probe = afalg_probe_new();

        netlink_sockets = 0;
        module_list = cases[i].list;
        assert_non_null(probe);
        assert_non_null(afalg_probe_drivers(probe));
        assert_int_equal(netlink_sockets, cases[i].sockets);
        afalg_probe_free(probe);
    }
}

static void no_socket_is_opened_where_no_driver_can_be_hardware(void **state)
{
    static const struct {
        const char *drivers;
        unsigned sockets;
    } cases[] = {
        { DRIVER("cbc(aes-generic)", "100", "no"), 0 },
        { DRIVER("cryptd(cbc(aes-generic))", "400", "yes"), 0 },
        { DRIVER("cbc-aes-geode", "400", "no"), 1 },
        { DRIVER("cbc(aes-generic)", "100", "no") DRIVER("mv-cbc-aes", "300", "yes"), 1 },
    };

    (void)state;
    socket_error = EPERM; /* of AF_ALG, which is not to be asked */
    module_list = "alias net-pf-16-proto-21 crypto_user\n";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct afalg_probe *probe = afalg_probe_new();

        netlink_sockets = 0;
        driver_list = cases[i].drivers;
        assert_non_null(probe);
        assert_int_equal(afalg_probe_read(probe), 0);
        assert_int_equal(netlink_sockets, cases[i].sockets);
        afalg_probe_free(probe);
    }
}

static void what_is_possible_is_not_bound(void **state)
{
    struct afalg_probe *probe = afalg_probe_new();

    (void)state;
    assert_non_null(probe);
    assert_int_equal(afalg_probe_open(probe), 0);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        int possible = afalg_probe_possible(probe, NAMES[i][0], NAMES[i][1]);
        unsigned before = binds;

        assert_true(possible == 0 || possible == -ENOENT);
        if (possible != 0) /* then bind is not even tried */
            assert_int_equal(afalg_probe_bind(probe, NAMES[i][0], NAMES[i][1]), -ENOENT);
        assert_int_equal(binds, before);
    }
    assert_int_equal(afalg_probe_possible(probe, "skcipher", "cbc(aes)"), 0);
    afalg_probe_free(probe);
}

static void drivers_are_read_again_only_when_one_came(void **state)
{
    struct afalg_probe *probe = afalg_probe_new();
    struct afalg_driver found;
    const struct afalg_drivers *drivers;
    unsigned before;

    (void)state;
    assert_non_null(probe);
    assert_int_equal(afalg_probe_bind(probe, "skcipher", "cbc(aes)"), 0);
    drivers = afalg_probe_drivers(probe);
    assert_non_null(drivers);
    assert_int_equal(afalg_drivers_find(drivers, "skcipher", "cbc(aes)", &found), 0);
    before = netlink_sockets;
    assert_int_equal(afalg_probe_bind(probe, "skcipher", "cbc(aes)"), 0);
    assert_non_null(afalg_probe_drivers(probe));
    assert_int_equal(netlink_sockets, before);
    afalg_probe_free(probe);
}

static void a_probe_is_one_descriptor_once_asked(void **state)
{
    unsigned before = open_descriptors();
    struct afalg_probe *probe = afalg_probe_new();

    (void)state;
    assert_non_null(probe);
    assert_int_equal(open_descriptors(), before);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(afalg_probe_bind(probe, NAMES[i][0], NAMES[i][1]), 0);
    assert_int_equal(open_descriptors(), before + 1);
    afalg_probe_free(probe);
    assert_int_equal(open_descriptors(), before);
    afalg_probe_free(NULL);
}

static void without_af_alg_it_says_why(void **state)
{
    static const int errors[] = { EAFNOSUPPORT, EPERM, EACCES };
    unsigned before = open_descriptors();

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct afalg_probe *probe;

        socket_error = errors[i];
        probe = afalg_probe_new();
        assert_non_null(probe);
        assert_int_equal(afalg_probe_error(probe), 0);
        assert_int_equal(afalg_probe_bind(probe, "hash", "sha256"), -errors[i]);
        assert_int_equal(afalg_probe_error(probe), -errors[i]);
        assert_int_equal(binds, 0);
        afalg_probe_free(probe);
        assert_int_equal(open_descriptors(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(answers_are_those_of_bind, reset),
        cmocka_unit_test_setup(a_name_that_cannot_be_is_not_tried, reset),
        cmocka_unit_test_setup(a_name_that_is_there_costs_one_bind, reset),
        cmocka_unit_test_setup(netlink_is_opened_where_a_module_answers, reset),
        cmocka_unit_test_setup(no_socket_is_opened_where_no_driver_can_be_hardware, reset),
        cmocka_unit_test_setup(what_is_possible_is_not_bound, reset),
        cmocka_unit_test_setup(drivers_are_read_again_only_when_one_came, reset),
        cmocka_unit_test_setup(a_probe_is_one_descriptor_once_asked, reset),
        cmocka_unit_test_setup(without_af_alg_it_says_why, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
