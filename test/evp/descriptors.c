/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors of contexts: none before the first request, one of their own while they are in use,
 * closed on exec, and none left when they are freed or reset.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "support.h"

enum { MANY = 100000, HIGH = 65540 };

static int accepted;      /* number of the last request socket */
static int accepted_from; /* its lowest; 0: the kernel's choice */
static OSSL_LIB_CTX *libctx;
static const uint8_t zeros[64];

/* The module finds this one in front of the C library's. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    int low = (int)syscall(SYS_accept4, fd, address, len, flags);

    accepted = low;
    if (low >= 0 && accepted_from != 0) {
        accepted = fcntl(low, F_DUPFD_CLOEXEC, accepted_from);
        close(low);
    }
    return accepted;
}

static int open_subject(void **state)
{
    EVP_CIPHER *cipher;

    (void)state;
    libctx = subject_open(NULL);
    cipher = subject_cipher(libctx, "AES-128-CBC");
    if (cipher == NULL)
        die("%s does not offer AES-128-CBC here", subject_name());
    EVP_CIPHER_free(cipher);
    return 0;
}

static int close_subject(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(libctx);
    return 0;
}

/* A context in use holds one socket, unless the subject has none. */
static size_t one(void)
{
    return subject_counts() ? 1 : 0;
}

static EVP_CIPHER *cipher_of(const char *name)
{
    EVP_CIPHER *cipher = subject_cipher(libctx, name);

    assert_non_null(cipher);
    return cipher;
}

static void update(EVP_CIPHER_CTX *ctx)
{
    uint8_t out[96];
    int n;

    assert_int_equal(EVP_CipherUpdate(ctx, out, &n, zeros, 64), 1);
}

static void unused_cipher_holds_none(void **state)
{
    size_t before = descriptors_open();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = cipher_of("AES-128-CBC");

    (void)state;
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, zeros, zeros, 1, NULL), 1);
    assert_int_equal(descriptors_open(), before);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    assert_int_equal(descriptors_open(), before);
}

static void cipher_in_use_holds_one(const char *name)
{
    size_t before = descriptors_open();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = cipher_of(name);

    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, zeros, zeros, 1, NULL), 1);
    update(ctx);
    assert_int_equal(descriptors_open(), before + one());
    assert_int_equal(EVP_CipherInit_ex2(ctx, NULL, NULL, zeros, -1, NULL), 1);
    update(ctx);
    assert_int_equal(descriptors_open(), before + one());
    assert_int_equal(EVP_CipherInit_ex2(ctx, NULL, zeros + 1, zeros, 1, NULL), 1);
    update(ctx);
    assert_int_equal(descriptors_open(), before + one());
    EVP_CIPHER_CTX_reset(ctx);
    assert_int_equal(descriptors_open(), before);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    assert_int_equal(descriptors_open(), before);
}

static void ciphers_in_use_hold_one(void **state)
{
    (void)state;
    cipher_in_use_holds_one("AES-128-CBC");
    cipher_in_use_holds_one("AES-256-CTR");
    cipher_in_use_holds_one("AES-128-GCM");
}

/* A copy has a socket of its own as soon as it needs one. */
static void copied_cipher_holds_its_own(void **state)
{
    size_t before = descriptors_open();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX *copy = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = cipher_of("AES-128-CBC");

    (void)state;
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, zeros, zeros, 1, NULL), 1);
    update(ctx);
    assert_int_equal(EVP_CIPHER_CTX_copy(copy, ctx), 1);
    assert_int_equal(descriptors_open(), before + one());
    update(copy);
    assert_int_equal(descriptors_open(), before + 2 * one());
    EVP_CIPHER_CTX_free(ctx);
    assert_int_equal(descriptors_open(), before + one());
    update(copy);
    EVP_CIPHER_CTX_free(copy);
    EVP_CIPHER_free(cipher);
    assert_int_equal(descriptors_open(), before);
}

static void digest_in_use_holds_one(void **state)
{
    size_t before = descriptors_open();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_MD *digest = subject_digest(libctx, "SHA2-256");
    uint8_t out[EVP_MAX_MD_SIZE];

    (void)state;
    assert_non_null(digest);
    assert_int_equal(EVP_DigestInit_ex2(ctx, digest, NULL), 1);
    assert_int_equal(descriptors_open(), before);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(EVP_DigestUpdate(ctx, zeros, sizeof(zeros)), 1);
    assert_true(descriptors_open() - before <= one());
    assert_int_equal(EVP_DigestFinal_ex(ctx, out, NULL), 1);
    assert_true(descriptors_open() - before <= one());
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(digest);
    assert_int_equal(descriptors_open(), before);
}

static void mac_in_use_holds_one(void **state)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA2-256", 0),
                            OSSL_PARAM_construct_end() };
    size_t before = descriptors_open();
    EVP_MAC *mac = subject_mac(libctx, "HMAC");
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    uint8_t out[EVP_MAX_MD_SIZE];
    size_t length;

    (void)state;
    assert_non_null(mac);
    assert_int_equal(EVP_MAC_init(ctx, zeros, 20, params), 1);
    assert_int_equal(descriptors_open(), before);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(EVP_MAC_update(ctx, zeros, sizeof(zeros)), 1);
    assert_true(descriptors_open() - before <= one());
    assert_int_equal(EVP_MAC_final(ctx, out, &length, sizeof(out)), 1);
    assert_true(descriptors_open() - before <= one());
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    assert_int_equal(descriptors_open(), before);
}

static void descriptor_is_closed_on_exec(void **state)
{
    size_t before = descriptors_open();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = cipher_of("AES-128-CBC");
    struct dirent *entry;
    DIR *dir;
    size_t closed_on_exec = 0;

    (void)state;
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, zeros, zeros, 1, NULL), 1);
    update(ctx);
    assert_int_equal(descriptors_open(), before + one());
    dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);

        if (fd > 2 && fd != dirfd(dir))
            closed_on_exec += (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
    }
    closedir(dir);
    assert_true(closed_on_exec >= one());
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
}

/* Every second of these contexts makes a request; the others only have key and IV. */
static void many_contexts_leave_none(void **state)
{
    size_t before = descriptors_open();
    EVP_CIPHER *cipher = cipher_of("AES-128-CBC");

    (void)state;
    for (int i = 0; i < MANY; i++) {
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

        assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, zeros, zeros, 1, NULL), 1);
        if (i % 2 == 0)
            update(ctx);
        EVP_CIPHER_CTX_free(ctx);
    }
    EVP_CIPHER_free(cipher);
    assert_int_equal(descriptors_open(), before);
    assert_int_equal(counters_read(libctx).sockets, 0);
}

/* As in an application with as many connections: the kernel works for it as for any other. */
static void a_context_in_use_has_any_number(void **state)
{
    struct rlimit limit = { .rlim_cur = 2 * HIGH, .rlim_max = 2 * HIGH };
    size_t before = descriptors_open();

    (void)state;
    assert_return_code(setrlimit(RLIMIT_NOFILE, &limit), errno);
    accepted_from = HIGH;
    ciphers_in_use_hold_one(NULL);
    copied_cipher_holds_its_own(NULL);
    digest_in_use_holds_one(NULL);
    mac_in_use_holds_one(NULL);
    assert_true(!subject_counts() || accepted >= HIGH);
    accepted_from = 0;
    assert_int_equal(descriptors_open(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unused_cipher_holds_none),
        cmocka_unit_test(ciphers_in_use_hold_one),
        cmocka_unit_test(copied_cipher_holds_its_own),
        cmocka_unit_test(digest_in_use_holds_one),
        cmocka_unit_test(mac_in_use_holds_one),
        cmocka_unit_test(descriptor_is_closed_on_exec),
        cmocka_unit_test(many_contexts_leave_none),
        cmocka_unit_test(a_context_in_use_has_any_number),
    };

    return cmocka_run_group_tests(tests, open_subject, close_subject);
}
