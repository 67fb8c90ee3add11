/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ALG_SET_KEY_BY_KEY_SERIAL on a real kernel: keys of its key retention service
 * from Linux 6.2 on, ENOPROTOOPT before.
 */
#include <afalg/sockopt.h>

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "raw_alg.h"

/* NIST SP 800-38A, F.2.1: the first block of AES-128-CBC. */
static const uint8_t KEY[16] = "\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
static const uint8_t IV[16] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";
static const uint8_t PLAIN[16] = "\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a";
static const uint8_t CRYPT[16] = "\x76\x49\xab\xac\x81\x19\xb2\x46\xce\xe9\x8e\x9b\x12\xe9\x19\x7d";

/* A key that nobody has: serials of the kernel are random and mostly below. */
enum { NO_SERIAL = 0x7ffffff0 };

static int32_t add_key(const char *type, const char *name, const void *payload, size_t len)
{
    long serial = syscall(SYS_add_key, type, name, payload, len, KEY_SPEC_PROCESS_KEYRING);

    assert_return_code(serial, errno);
    return (int32_t)serial;
}

/* What this kernel must give: err, or ENOPROTOOPT if it lacks the option. */
static int since_it_exists(int err)
{
    return raw_alg_kernel_is(6, 2) ? err : ENOPROTOOPT;
}

static void assert_serial_gives(int32_t serial, int err)
{
    int bound = raw_alg_must_bind("skcipher", "cbc(aes)");

    assert_int_equal(sockopt_alg_key_serial(bound, serial), since_it_exists(err));
    (void)close(bound);
}

/* What a request of a socket that has the key gives: the known answer, or where the kernel has no
 * such option, that there is no key. */
static void assert_encrypts(int fd)
{
    uint8_t out[sizeof(PLAIN)];
    const struct raw_alg_request request = {
        .op = 1,
        .iv = IV,
        .ivlen = sizeof(IV),
        .in = PLAIN,
        .inlen = sizeof(PLAIN),
        .out = out,
        .outlen = sizeof(out),
    };

    if (since_it_exists(0) == 0) {
        assert_int_equal(raw_alg_request(fd, &request), sizeof(out));
        assert_memory_equal(out, CRYPT, sizeof(out));
    } else {
        assert_int_equal(raw_alg_request(fd, &request), -ENOKEY);
    }
}

static void assert_encrypts_by(int32_t serial)
{
    int bound = raw_alg_must_bind("skcipher", "cbc(aes)");
    int fd;

    assert_int_equal(sockopt_alg_key_serial(bound, serial), since_it_exists(0));
    fd = raw_alg_must_accept(bound);
    assert_encrypts(fd);
    (void)close(fd);
    (void)close(bound);
}

/*
 * A transform has a copy of the key: what ends the key in the keyring ends neither the sockets that
 * were accepted before nor those accepted after it; only setting the key again fails, or gives what
 * the key is by then.
 */
static void assert_sockets_outlive(int32_t serial, void (*end)(int32_t serial), int err)
{
    int bound = raw_alg_must_bind("skcipher", "cbc(aes)");
    int fd, later;

    assert_int_equal(sockopt_alg_key_serial(bound, serial), since_it_exists(0));
    fd = raw_alg_must_accept(bound);
    end(serial);
    assert_encrypts(fd);
    later = raw_alg_must_accept(bound);
    assert_encrypts(later);
    (void)close(fd);
    (void)close(later);
    (void)close(bound);
    assert_serial_gives(serial, err);
}

static void a_user_key_encrypts(void **state)
{
    (void)state;
    assert_encrypts_by(add_key("user", "afalg-test:user", KEY, sizeof(KEY)));
}

static void a_logon_key_encrypts(void **state)
{
    int32_t serial = add_key("logon", "afalg-test:logon", KEY, sizeof(KEY));
    uint8_t payload[sizeof(KEY)];

    (void)state;
    assert_encrypts_by(serial);
    assert_int_equal(syscall(SYS_keyctl, KEYCTL_READ, serial, payload, sizeof(payload)), -1);
    assert_int_equal(errno, EOPNOTSUPP);
}

static void a_serial_keys_a_hash_and_an_aead(void **state)
{
    static const char *const names[][2] = { { "hash", "hmac(sha256)" }, { "aead", "gcm(aes)" } };
    int32_t serial = add_key("user", "afalg-test:others", KEY, sizeof(KEY));

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int bound = raw_alg_must_bind(names[i][0], names[i][1]);

        assert_int_equal(sockopt_alg_key_serial(bound, serial), since_it_exists(0));
        (void)close(bound);
    }
}

static void a_key_of_wrong_length_is_refused(void **state)
{
    (void)state;
    assert_serial_gives(add_key("user", "afalg-test:short", KEY, 15), EINVAL);
}

static void a_key_of_another_type_is_refused(void **state)
{
    (void)state;
    assert_serial_gives(add_key("keyring", "afalg-test:ring", NULL, 0), ENOPROTOOPT);
}

static void an_unknown_serial_is_refused(void **state)
{
    (void)state;
    assert_serial_gives(NO_SERIAL, ENOKEY);
}

static void revoke_key(int32_t serial)
{
    assert_return_code(syscall(SYS_keyctl, KEYCTL_REVOKE, serial), errno);
}

static void expire_key(int32_t serial)
{
    assert_return_code(syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, serial, 1), errno);
    (void)sleep(2);
}

static void invalidate_key(int32_t serial)
{
    assert_return_code(syscall(SYS_keyctl, KEYCTL_INVALIDATE, serial), errno);
}

/* The collector of keys takes the key a moment later; until then the kernel says EACCES. */
static void unlink_key(int32_t serial)
{
    assert_return_code(syscall(SYS_keyctl, KEYCTL_UNLINK, serial, KEY_SPEC_PROCESS_KEYRING), errno);
    while (syscall(SYS_keyctl, KEYCTL_READ, serial, NULL, 0) >= 0 || errno != ENOKEY)
        (void)usleep(10000);
}

static void update_key(int32_t serial)
{
    assert_return_code(syscall(SYS_keyctl, KEYCTL_UPDATE, serial, IV, sizeof(IV)), errno);
}

static void a_revoked_key_is_refused(void **state)
{
    (void)state;
    assert_sockets_outlive(add_key("user", "afalg-test:revoked", KEY, sizeof(KEY)), revoke_key,
                           EKEYREVOKED);
}

static void an_expired_key_is_refused(void **state)
{
    (void)state;
    assert_sockets_outlive(add_key("user", "afalg-test:expired", KEY, sizeof(KEY)), expire_key,
                           EKEYEXPIRED);
}

static void an_invalidated_key_is_gone(void **state)
{
    (void)state;
    assert_sockets_outlive(add_key("user", "afalg-test:invalid", KEY, sizeof(KEY)), invalidate_key,
                           ENOKEY);
}

static void an_unlinked_key_is_gone(void **state)
{
    (void)state;
    assert_sockets_outlive(add_key("user", "afalg-test:unlinked", KEY, sizeof(KEY)), unlink_key,
                           ENOKEY);
}

static void a_key_with_another_payload_is_another(void **state)
{
    (void)state;
    assert_sockets_outlive(add_key("user", "afalg-test:replaced", KEY, sizeof(KEY)), update_key, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_key_encrypts),
        cmocka_unit_test(a_logon_key_encrypts),
        cmocka_unit_test(a_serial_keys_a_hash_and_an_aead),
        cmocka_unit_test(a_key_of_wrong_length_is_refused),
        cmocka_unit_test(a_key_of_another_type_is_refused),
        cmocka_unit_test(an_unknown_serial_is_refused),
        cmocka_unit_test(a_revoked_key_is_refused),
        cmocka_unit_test(an_expired_key_is_refused),
        cmocka_unit_test(an_invalidated_key_is_gone),
        cmocka_unit_test(an_unlinked_key_is_gone),
        cmocka_unit_test(a_key_with_another_payload_is_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
