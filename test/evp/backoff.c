/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An algorithm that keeps failing in the kernel, by a device that answers with EIO, or as the
 * kernel has it no more: software does it, and the kernel is asked again now and then, at a cost
 * that does not grow with the messages. Counted are system calls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/err.h>

#include "inject.h"
#include "stream.h"
#include "support.h"

/* As in provider/backend/backoff.h. FEW bytes are one request, which is made twice if it fails. */
enum { FAILURES = 3, FIRST = 64, MESSAGES = 500, TRIES = 2, FEW = 2048 };

static OSSL_LIB_CTX *oracle;
static uint8_t text[FEW];

static const struct stream_kind gcm = { "AES-128-GCM", STREAM_AEAD, NULL },
                                ctr = { "AES-256-CTR", STREAM_CIPHER, NULL },
                                digest = { "SHA2-256", STREAM_DIGEST, NULL },
                                hmac = { "SHA2-256", STREAM_MAC, "HMAC" },
                                cmac = { "AES-256-CBC", STREAM_MAC, "CMAC" };
static const struct stream_kind *const kinds[] = { &gcm, &ctr, &digest, &hmac, &cmac };

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct fault dead_device = { .call = CALL_RECEIVE, .for_ever = true, .error = EIO },
                          no_algorithm = { .call = CALL_BIND, .for_ever = true, .error = ENOENT },
                          no_descriptor = { .call = CALL_SOCKET,
                                            .for_ever = true,
                                            .error = EMFILE };

static int open_oracle(void **state)
{
    (void)state;
    oracle = oracle_open();
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 3 + i / 251);
    return 0;
}

static int close_oracle(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

/* One message in a context of its own, with a key of its own. */
static struct stream message(OSSL_LIB_CTX *libctx, const char *query,
                             const struct stream_kind *kind)
{
    struct stream stream = stream_open(libctx, query, kind, 1);

    if (!stream_start(&stream, 0) || !stream_update(&stream, text, FEW) || !stream_finish(&stream))
        stream.length = 0;
    return stream;
}

/* @count messages, right whoever does them. Returns how many of them the kernel did. */
static uint64_t messages(OSSL_LIB_CTX *libctx, const struct stream_kind *kind, unsigned count)
{
    struct stream theirs = message(oracle, NULL, kind);
    uint64_t before = counters_read(libctx).kernel_requests;

    while (count-- > 0) {
        struct stream ours = message(libctx, subject_query(), kind);

        assert_true(stream_same(&ours, &theirs));
        stream_close(&ours);
    }
    stream_close(&theirs);
    return counters_read(libctx).kernel_requests - before;
}

/* So many requests out of MESSAGES are tried if the first @begin fail, and all that follow. */
static unsigned tries(unsigned begin)
{
    unsigned count = begin;

    for (unsigned pause = FIRST, at = begin + FIRST; at <= MESSAGES; at += pause) {
        count++;
        pause *= 2;
    }
    return count;
}

static void a_device_that_fails_is_left_and_tried_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        OSSL_LIB_CTX *libctx = subject_open(NULL);

        assert_int_equal(messages(libctx, kinds[i], 1), subject_counts());
        inject_start(&dead_device);
        assert_int_equal(messages(libctx, kinds[i], MESSAGES), 0);
        inject_stop();
        if (subject_counts())
            assert_int_equal(inject_seen(CALL_SEND), TRIES * tries(FAILURES));
        /* It works again: within the next pause it is asked, and does all that follow. */
        messages(libctx, kinds[i], MESSAGES + 1);
        assert_int_equal(messages(libctx, kinds[i], 10), subject_counts() ? 10 : 0);
        OSSL_LIB_CTX_free(libctx);
    }
}

static void what_the_kernel_lacks_is_asked_for_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        OSSL_LIB_CTX *libctx = subject_open(NULL);

        assert_int_equal(messages(libctx, kinds[i], 1), subject_counts());
        inject_start(&no_algorithm);
        assert_int_equal(messages(libctx, kinds[i], MESSAGES), 0);
        inject_stop();
        if (subject_counts())
            assert_int_equal(inject_seen(CALL_BIND), tries(1));
        messages(libctx, kinds[i], MESSAGES + 1);
        assert_int_equal(messages(libctx, kinds[i], 10), subject_counts() ? 10 : 0);
        OSSL_LIB_CTX_free(libctx);
    }
}

/* Each is left by itself: HMAC of one digest is not that of another, nor the digest. */
static void others_are_not_left(void **state)
{
    static const struct stream_kind other = { "SHA1", STREAM_MAC, "HMAC" };
    OSSL_LIB_CTX *libctx = subject_open(NULL);

    (void)state;
    if (!subject_counts())
        skip();
    inject_start(&dead_device);
    assert_int_equal(messages(libctx, &hmac, 10), 0);
    inject_stop();
    assert_int_equal(messages(libctx, &hmac, 10), 0);
    assert_int_equal(messages(libctx, &other, 10), 10);
    assert_int_equal(messages(libctx, &digest, 10), 10);
    OSSL_LIB_CTX_free(libctx);
}

/* The next message may find a descriptor. */
static void shortage_is_not_remembered(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        OSSL_LIB_CTX *libctx = subject_open(NULL);

        assert_int_equal(messages(libctx, kinds[i], 1), subject_counts());
        inject_start(&no_descriptor);
        assert_int_equal(messages(libctx, kinds[i], 20), 0);
        inject_stop();
        if (subject_counts())
            assert_int_equal(inject_seen(CALL_SOCKET), 20);
        assert_int_equal(messages(libctx, kinds[i], 10), subject_counts() ? 10 : 0);
        OSSL_LIB_CTX_free(libctx);
    }
}

/* A context that was short of a descriptor once goes on in the kernel when there is one. */
static void a_context_gets_over_shortage(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    struct stream ours = stream_open(libctx, subject_query(), &ctr, 1);
    uint64_t before;

    (void)state;
    assert_true(stream_start(&ours, 0));
    inject_start(&no_descriptor);
    assert_true(stream_update(&ours, text, FEW));
    inject_stop();
    before = counters_read(libctx).kernel_requests;
    assert_true(stream_update(&ours, text, FEW));
    assert_int_equal(counters_read(libctx).kernel_requests - before, subject_counts());
    stream_close(&ours);
    OSSL_LIB_CTX_free(libctx);
}

static void without_fallback_it_is_always_asked(void **state)
{
    enum { ASKED = 20 };

    (void)state;
    if (!subject_counts())
        skip();
    for (size_t i = 0; i < KINDS; i++) {
        OSSL_LIB_CTX *libctx = subject_open("fallback = no\n");

        inject_start(&dead_device);
        for (int n = 0; n < ASKED; n++) {
            struct stream ours = message(libctx, subject_query(), kinds[i]);

            assert_int_equal(ours.length, 0);
            stream_close(&ours);
        }
        inject_stop();
        ERR_clear_error();
        assert_int_equal(inject_seen(CALL_SEND), TRIES * ASKED);
        assert_int_equal(counters_read(libctx).software_requests, 0);
        assert_int_equal(messages(libctx, kinds[i], 10), 10);
        OSSL_LIB_CTX_free(libctx);
    }
}

/* Lines of the log that say so. */
static unsigned lines_in(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    unsigned count = 0;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        count +=
            strcmp(line, "afalg: AES-128-GCM failed in the kernel (Input/output error): left to "
                         "software, asked again later\n") == 0;
    fclose(file);
    return count;
}

static void the_log_says_it_once(void **state)
{
    char path[] = "/tmp/afalg-backoff-XXXXXX", settings[64];
    int fd = mkstemp(path);
    OSSL_LIB_CTX *libctx;

    (void)state;
    if (!subject_counts())
        skip();
    assert_return_code(fd, errno);
    close(fd);
    snprintf(settings, sizeof(settings), "log = summary:%s\n", path);
    libctx = subject_open(settings);
    inject_start(&dead_device);
    messages(libctx, &gcm, MESSAGES);
    inject_stop();
    assert_int_equal(lines_in(path), 1);
    OSSL_LIB_CTX_free(libctx);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_that_fails_is_left_and_tried_again),
        cmocka_unit_test(what_the_kernel_lacks_is_asked_for_again),
        cmocka_unit_test(others_are_not_left),
        cmocka_unit_test(shortage_is_not_remembered),
        cmocka_unit_test(a_context_gets_over_shortage),
        cmocka_unit_test(without_fallback_it_is_always_asked),
        cmocka_unit_test(the_log_says_it_once),
    };

    return cmocka_run_group_tests(tests, open_oracle, close_oracle);
}
