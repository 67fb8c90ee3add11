/* SPDX-License-Identifier: Apache-2.0 */
/* Which driver a bind takes and whether it is hardware, against the kernel's own /proc/crypto. */
#include <afalg/socket.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/cryptouser.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "raw_alg.h"

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
ssize_t __real_sendto(int fd, const void *buf, size_t size, int flags, const struct sockaddr *to,
                      socklen_t len);
ssize_t __wrap_sendto(int fd, const void *buf, size_t size, int flags, const struct sockaddr *to,
                      socklen_t len);
ssize_t __real_recv(int fd, void *buf, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t size, int flags);

/* One implementation, as the kernel lists it. */
struct listed {
    char name[64], driver[64], type[32];
    int priority;
    int internal;
    uint32_t flags; /* for a made-up dump only */
};

/* What the next reading meets in place of the kernel. */
static struct {
    int open_error;    /* NETLINK_CRYPTO can't be opened */
    int receive_error; /* ... or not read to its end */
    const struct listed *dump;
    size_t count;
} pretend;

int __wrap_socket(int domain, int type, int protocol)
{
    if (domain != AF_NETLINK || protocol != NETLINK_CRYPTO)
        return __real_socket(domain, type, protocol);
    assert_int_equal(type, SOCK_RAW | SOCK_CLOEXEC);
    if (pretend.open_error == 0)
        return __real_socket(domain, type, pretend.dump == NULL ? protocol : NETLINK_USERSOCK);
    errno = pretend.open_error;
    return -1;
}

ssize_t __wrap_sendto(int fd, const void *buf, size_t size, int flags, const struct sockaddr *to,
                      socklen_t len)
{
    return pretend.dump == NULL ? __real_sendto(fd, buf, size, flags, to, len) : (ssize_t)size;
}

static size_t put_message(char *buf, const struct listed *entry)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
    struct crypto_user_alg *alg;
    struct crypto_report_blkcipher report = { 0 };

    message->nlmsg_type = CRYPTO_MSG_GETALG;
    message->nlmsg_flags = NLM_F_MULTI;
    alg = mnl_nlmsg_put_extra_header(message, sizeof(*alg));
    snprintf(alg->cru_name, sizeof(alg->cru_name), "%s", entry->name);
    snprintf(alg->cru_driver_name, sizeof(alg->cru_driver_name), "%s", entry->driver);
    alg->cru_flags = entry->flags;
    mnl_attr_put_u32(message, CRYPTOCFGA_PRIORITY_VAL, (uint32_t)entry->priority);
    snprintf(report.type, sizeof(report.type), "%s", entry->type);
    mnl_attr_put(message, CRYPTOCFGA_REPORT_BLKCIPHER, sizeof(report), &report);
    return MNL_ALIGN(message->nlmsg_len);
}

ssize_t __wrap_recv(int fd, void *buf, size_t size, int flags)
{
    size_t len = 0;

    if (pretend.receive_error != 0) {
        errno = pretend.receive_error;
        return -1;
    }
    if (pretend.dump == NULL)
        return __real_recv(fd, buf, size, flags);
    for (size_t i = 0; i < pretend.count; i++)
        len += put_message((char *)buf + len, &pretend.dump[i]);
    mnl_nlmsg_put_header((char *)buf + len)->nlmsg_type = NLMSG_DONE;
    return (ssize_t)(len + MNL_NLMSG_HDRLEN);
}

static int reset_pretence(void **state)
{
    (void)state;
    memset(&pretend, 0, sizeof(pretend));
    return 0;
}

/* Asks the kernel to load what these tests look at. */
static int load_algorithms(void **state)
{
    static const char *const names[][2] = {
        { "skcipher", "cbc(aes)" }, { "skcipher", "ctr(aes)" }, { "aead", "gcm(aes)" },
        { "hash", "sha256" },       { "hash", "hmac(sha256)" }, { "rng", "stdrng" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int fd = raw_alg_bind(names[i][0], names[i][1]);

        if (fd < 0)
            return -1;
        close(fd);
    }
    return 0;
}

#define LISTED_MAX    256
#define VIRTIO_CRYPTO "/sys/module/virtio_crypto"

/* Reads /proc/crypto by scanf, in no way like the library does. */
static size_t read_list(struct listed list[LISTED_MAX])
{
    FILE *file = fopen("/proc/crypto", "r");
    char line[256], word[8];
    size_t count = 0;

    assert_non_null(file);
    while (count < LISTED_MAX && fgets(line, sizeof(line), file) != NULL) {
        struct listed *at = &list[count];

        if (sscanf(line, "name : %63s", at->name) == 1)
            at->internal = 0;
        sscanf(line, "driver : %63s", at->driver);
        sscanf(line, "type : %31s", at->type);
        if (sscanf(line, "priority : %7s", word) == 1)
            at->priority = (int)strtol(word, NULL, 10);
        if (sscanf(line, "internal : %7s", word) == 1)
            at->internal = strcmp(word, "yes") == 0;
        count += line[0] == '\n';
    }
    fclose(file);
    assert_in_range(count, 1, LISTED_MAX - 1);
    return count;
}

/* AF_ALG's type of a listed one, NULL if it has none. */
static const char *socket_type(const struct listed *entry)
{
    static const char *const types[][2] = {
        { "skcipher", "skcipher" }, { "lskcipher", "skcipher" }, { "aead", "aead" },
        { "shash", "hash" },        { "ahash", "hash" },         { "rng", "rng" },
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(entry->type, types[i][0]) == 0)
            return types[i][1];
    }
    return NULL;
}

static bool is_better(const struct listed *entry, const struct listed *than)
{
    return !entry->internal && socket_type(entry) == socket_type(than) &&
           strcmp(entry->name, than->name) == 0 && entry->priority > than->priority;
}

static const struct listed *best_of(const struct listed *list, size_t count,
                                    const struct listed *entry)
{
    const struct listed *best = entry;

    for (size_t i = 0; i < count; i++) {
        if (is_better(&list[i], best))
            best = &list[i];
    }
    return best;
}

/* Every algorithm of /proc/crypto is found with its best driver, and every driver by its name. */
static void assert_like_the_list(const struct afalg_drivers *drivers)
{
    static struct listed list[LISTED_MAX];
    size_t count = read_list(list), compared = 0;
    struct afalg_driver found;

    for (size_t i = 0; i < count; i++) {
        const char *type = socket_type(&list[i]);

        if (type == NULL || list[i].internal)
            continue;
        assert_int_equal(afalg_drivers_find(drivers, type, list[i].name, &found), 0);
        assert_int_equal(found.priority, best_of(list, count, &list[i])->priority);
        assert_int_equal(afalg_drivers_find(drivers, type, list[i].driver, &found), 0);
        assert_string_equal(found.driver, list[i].driver);
        assert_int_equal(found.priority, list[i].priority);
        compared++;
    }
    assert_true(compared >= 6);
}

static bool kernel_has_crypto_user(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_CRYPTO);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void test_netlink_agrees_with_proc_crypto(void **state)
{
    struct afalg_drivers *drivers = afalg_drivers_read();
    struct afalg_driver found;

    (void)state;
    assert_non_null(drivers);
    assert_like_the_list(drivers);
    assert_int_equal(afalg_drivers_find(drivers, "skcipher", "cbc(aes)", &found), 0);
    assert_int_equal(found.known, kernel_has_crypto_user());
    afalg_drivers_free(drivers);
}

/* Of the kernels that the tests run on, only one with a virtio-crypto device has hardware. */
static void test_hardware_is_virtio_crypto(void **state)
{
    static struct listed list[LISTED_MAX];
    size_t count = read_list(list), hardware = 0;
    struct afalg_drivers *drivers = afalg_drivers_read();
    struct afalg_driver found;

    (void)state;
    assert_non_null(drivers);
    for (size_t i = 0; i < count; i++) {
        const char *type = socket_type(&list[i]);

        if (type == NULL || afalg_drivers_find(drivers, type, list[i].driver, &found) != 0)
            continue;
        if (found.hardware)
            assert_string_equal(found.driver, "virtio_crypto_aes_cbc");
        hardware += found.hardware;
    }
    assert_int_equal(hardware, kernel_has_crypto_user() && access(VIRTIO_CRYPTO, F_OK) == 0);
    afalg_drivers_free(drivers);
}

static void test_unknown_names(void **state)
{
    struct afalg_drivers *drivers = afalg_drivers_read();
    struct afalg_driver found;

    (void)state;
    assert_non_null(drivers);
    assert_int_equal(afalg_drivers_find(drivers, "skcipher", "cbc(none)", &found), -ENOENT);
    assert_int_equal(afalg_drivers_find(drivers, "hash", "cbc(aes)", &found), -ENOENT);
    assert_int_equal(afalg_drivers_find(drivers, "skcipher", "", &found), -ENOENT);
    afalg_drivers_free(drivers);
}

/* Flags that the kernel gave for real drivers (Linux 6.1), and a rule for each. */
static void test_hardware_by_flags(void **state)
{
    static const struct listed dump[] = {
        { "cbc(aes)", "virtio_crypto_aes_cbc", "skcipher", 150, 0, 0x10485 },
        { "cbc(aes)", "cbc-aes-aesni", "skcipher", 400, 0, 0x485 },
        { "cbc(aes)", "cbc(aes-generic)", "skcipher", 100, 0, 0xc05 },
        { "cbc(aes)", "cryptd(cbc(aes-generic))", "skcipher", 150, 0, 0xc85 },
        { "gcm(aes)", "pcrypt(generic-gcm-aesni)", "aead", 500, 0, 0xc83 },
        { "cbc(aes)", "driver-only", "lskcipher", 50, 0, 0x1405 },
        { "cbc(aes)", "cryptd(with-memory)", "skcipher", 90, 0, 0x10c85 },
        { "cbc(aes)", "__internal", "skcipher", 900, 0, 0x2485 },
    };
    struct afalg_drivers *drivers;
    struct afalg_driver found;

    (void)state;
    pretend.dump = dump;
    pretend.count = sizeof(dump) / sizeof(dump[0]);
    drivers = afalg_drivers_read();
    assert_non_null(drivers);
    for (size_t i = 0; i + 1 < pretend.count; i++) {
        assert_int_equal(afalg_drivers_find(drivers, socket_type(&dump[i]), dump[i].driver, &found),
                         0);
        assert_true(found.known);
        assert_int_equal(found.hardware, i == 0 || i == 5);
    }
    assert_int_equal(afalg_drivers_find(drivers, "skcipher", "cbc(aes)", &found), 0);
    assert_string_equal(found.driver, "cbc-aes-aesni");
    assert_int_equal(afalg_drivers_find(drivers, "skcipher", "__internal", &found), -ENOENT);
    afalg_drivers_free(drivers);
}

static void assert_fallback(void)
{
    struct afalg_drivers *drivers = afalg_drivers_read();
    struct afalg_driver found;

    assert_non_null(drivers);
    assert_like_the_list(drivers);
    assert_int_equal(afalg_drivers_find(drivers, "skcipher", "cbc(aes)", &found), 0);
    assert_false(found.known);
    assert_false(found.hardware);
    afalg_drivers_free(drivers);
}

static void test_proc_crypto_without_netlink(void **state)
{
    static const int errors[] = { EAFNOSUPPORT, EPROTONOSUPPORT, EPERM, EACCES, EMFILE, ENOMEM };

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        pretend.open_error = errors[i];
        assert_fallback();
    }
}

static void test_proc_crypto_after_a_broken_dump(void **state)
{
    (void)state;
    pretend.receive_error = EAGAIN;
    assert_fallback();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_netlink_agrees_with_proc_crypto, reset_pretence),
        cmocka_unit_test_teardown(test_hardware_is_virtio_crypto, reset_pretence),
        cmocka_unit_test_teardown(test_unknown_names, reset_pretence),
        cmocka_unit_test_teardown(test_hardware_by_flags, reset_pretence),
        cmocka_unit_test_teardown(test_proc_crypto_without_netlink, reset_pretence),
        cmocka_unit_test_teardown(test_proc_crypto_after_a_broken_dump, reset_pretence),
    };

    return cmocka_run_group_tests(tests, load_algorithms, NULL);
}
