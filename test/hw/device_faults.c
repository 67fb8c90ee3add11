/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device of test/device fails, refuses and goes away: the application gets the right bytes, by
 * the device at a second attempt or by software; or one clear error, if what is lost was only
 * there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/proverr.h>

#include <afalg/params.h>

#include "job.h"
#include "parameters.h"
#include "stream.h"
#include "support.h"

/* Every request is the device's, and none is made for comparison alone. */
static const char settings[] = "mode = auto\nmin_size = 0\nverify = no\n";

/* What a failed request can be made again of: no part of it is in the device alone. */
enum { DIGEST_WHOLE = 4000, MAC_WHOLE = 16000 };

static struct job whole(const struct job *job)
{
    struct job whole = *job;

    if (job->sort == DIGEST)
        whole.len = DIGEST_WHOLE;
    else if (job->sort > DIGEST)
        whole.len = MAC_WHOLE;
    return whole;
}

static void set_number(const char *name, unsigned value)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", value);
    parameter_set(name, text);
}

/* --- failures --- */

/* No two attempts in a row fail. */
static void a_request_that_fails_is_made_again(void **state)
{
    static const unsigned errors[] = { EIO, EINVAL, EINTR };
    enum { FAIL_EVERY = 3 };

    (void)state;
    for (size_t i = 0; i < DEVICE_JOBS * sizeof(errors) / sizeof(errors[0]); i++) {
        struct job job = whole(&device_jobs[i % DEVICE_JOBS]);
        OSSL_LIB_CTX *libctx = subject_open(settings);
        struct counters c;

        set_number("fail_errno", errors[i / DEVICE_JOBS]);
        set_number("fail_every", FAIL_EVERY);
        for (int n = 0; n < FAIL_EVERY; n++)
            job_check(libctx, &job);
        set_number("fail_every", 0);
        c = counters_read(libctx);
        if (c.fallbacks != 0)
            fail_msg("%s, %s: left to software", job_name(&job),
                     strerror((int)errors[i / DEVICE_JOBS]));
        assert_int_equal(c.software_requests, 0);
        OSSL_LIB_CTX_free(libctx);
    }
}

/*
 * What becomes of MESSAGES if the device fails all its requests: software does them, and the device
 * is asked so often.
 */
static unsigned asked_while_failing(const struct job *job, unsigned error, unsigned messages)
{
    OSSL_LIB_CTX *libctx = subject_open(settings);
    unsigned before = parameter_read("requests"), asked;
    struct counters c;

    set_number("fail_errno", error);
    set_number("fail_every", 1);
    for (unsigned i = 0; i < messages; i++)
        job_check_encrypts(libctx, job);
    set_number("fail_every", 0);
    asked = parameter_read("requests") - before;
    c = counters_read(libctx);
    assert_int_equal(c.kernel_requests, 0);
    assert_int_equal(c.fallbacks, messages);
    OSSL_LIB_CTX_free(libctx);
    return asked;
}

static void one_that_always_fails_is_left_to_software(void **state)
{
    enum { MESSAGES = 10, FAILURES = 3, ATTEMPTS = 2 }; /* backoff.h */

    (void)state;
    for (size_t i = 0; i < DEVICE_JOBS; i++) {
        struct job job = whole(&device_jobs[i]);

        if (asked_while_failing(&job, EIO, MESSAGES) != FAILURES * ATTEMPTS)
            fail_msg("%s: not left after %d failures", job_name(&job), FAILURES);
    }
}

/* An error that says nothing of the next request, and one that for a tag that is not there is none
 * of the message's. */
static void one_that_may_pass_is_tried_each_time(void **state)
{
    static const unsigned errors[] = { ENOMEM, EINVAL, EBADMSG };
    enum { MESSAGES = 4 };

    (void)state;
    for (size_t i = 0; i < DEVICE_JOBS; i++) {
        struct job job = whole(&device_jobs[i]);

        for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
            if (asked_while_failing(&job, errors[e], MESSAGES) < MESSAGES)
                fail_msg("%s: not tried again after %s", job_name(&job), strerror((int)errors[e]));
        }
    }
}

/* --- refusals --- */

static void what_is_too_long_for_it_is_softwares(void **state)
{
    (void)state;
    set_number("max_request", DIGEST_WHOLE);
    for (size_t i = 0; i < DEVICE_JOBS; i++) {
        OSSL_LIB_CTX *libctx = subject_open(settings);
        struct job is_short = device_jobs[i];
        struct counters c;

        is_short.len = DIGEST_WHOLE - DIGEST_WHOLE % 16 - 16;
        job_check(libctx, &device_jobs[i]);
        c = counters_read(libctx);
        assert_int_equal(c.kernel_requests, 0);
        assert_int_equal(c.fallbacks, job_messages(&device_jobs[i]));
        job_check(libctx, &is_short);
        if (counters_read(libctx).kernel_requests != job_messages(&device_jobs[i]))
            fail_msg("%s: not the device's, though it is short", job_name(&is_short));
        OSSL_LIB_CTX_free(libctx);
    }
}

static void a_length_of_keys_that_it_refuses_is_softwares(void **state)
{
    static const struct job refused[] = {
        { .name = "AES-192-CBC", .len = 16384 },
        { .name = "AES-192-GCM", .sort = AEAD, .len = 16384, .taglen = 16 },
    };
    static const struct job taken[] = {
        { .name = "AES-128-CBC", .len = 16384 },
        { .name = "AES-256-GCM", .sort = AEAD, .len = 16384, .taglen = 16 },
        { .name = "SHA2-256", .sort = HMAC, .len = 16384 },
    };
    OSSL_LIB_CTX *libctx = subject_open(settings);
    size_t requests = 0;

    (void)state;
    set_number("refuse_keylen", 24);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        job_check(libctx, &refused[i]);
    assert_int_equal(counters_read(libctx).kernel_requests, 0);
    assert_int_equal(counters_read(libctx).fallbacks, 4);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        job_check(libctx, &taken[i]);
        requests += job_messages(&taken[i]);
    }
    assert_int_equal(counters_read(libctx).kernel_requests, requests);
    OSSL_LIB_CTX_free(libctx);
}

/* --- loss --- */

static const struct stream_kind kinds[] = {
    { "AES-128-ECB", STREAM_CIPHER, NULL }, { "AES-128-CBC", STREAM_CIPHER, NULL },
    { "AES-256-CTR", STREAM_CIPHER, NULL }, { "DES-EDE3-CBC", STREAM_CIPHER, NULL },
    { "AES-256-CBC", STREAM_RECORD, NULL }, { "AES-128-GCM", STREAM_AEAD, NULL },
    { "SHA2-256", STREAM_DIGEST, NULL },    { "SHA3-256", STREAM_DIGEST, NULL },
    { "SHA2-256", STREAM_MAC, "HMAC" },     { "AES-256-CBC", STREAM_MAC, "CMAC" },
};

/* A message of two pieces, between which the device goes if @libctx has it. */
static struct stream torn(OSSL_LIB_CTX *libctx, const struct stream_kind *kind, size_t piece,
                          bool ours)
{
    struct stream stream = stream_open(libctx, ours ? subject_query() : NULL, kind, 1);

    assert_true(stream_start(&stream, 0));
    assert_true(stream_update(&stream, job_message, piece));
    if (ours)
        parameter_set("gone", "Y");
    if (!stream_update(&stream, job_message + piece, piece) || !stream_finish(&stream))
        stream.length = 0;
    return stream;
}

/* What the device had done is done, and the rest is software's. */
static void gone_in_the_middle_of_a_message(void **state)
{
    OSSL_LIB_CTX *oracle = oracle_open();

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t piece = kinds[i].type == STREAM_DIGEST ? 2000 : 16384;
        OSSL_LIB_CTX *libctx = subject_open(settings);
        struct stream ours = torn(libctx, &kinds[i], piece, true);
        struct stream theirs = torn(oracle, &kinds[i], piece, false);

        if (!stream_same(&ours, &theirs))
            fail_msg("%s: other bytes", stream_name(&ours));
        assert_in_range(counters_read(libctx).fallbacks, 1, UINT64_MAX);
        stream_close(&theirs);
        stream_close(&ours);
        OSSL_LIB_CTX_free(libctx);
        parameters_reset();
    }
    OSSL_LIB_CTX_free(oracle);
}

/* The beginning of a long digest is in the device alone: an error, and the next one is right. */
static void a_digest_that_was_lost_with_it(void **state)
{
    static const struct stream_kind kind = { "SHA2-256", STREAM_DIGEST, NULL };
    struct job next = { .name = "SHA2-256", .sort = DIGEST, .len = 30000 };
    OSSL_LIB_CTX *libctx = subject_open(settings);
    struct stream ours = torn(libctx, &kind, 20000, true);
    int flags;
    const char *text;

    (void)state;
    assert_int_equal(ours.length, 0);
    assert_int_equal(ERR_GET_REASON(ERR_get_error_all(NULL, NULL, NULL, &text, &flags)),
                     PROV_R_IN_ERROR_STATE);
    assert_non_null(strstr(text, "(No such device), failed by the kernel's driver"));
    assert_int_equal(ERR_peek_error(), 0);
    job_check(libctx, &next);
    stream_close(&ours);
    OSSL_LIB_CTX_free(libctx);
}

/* A digest of @pieces by the subject. True if it is right, or an error. */
static bool right_or_refused(OSSL_LIB_CTX *libctx, const struct stream *theirs, unsigned pieces,
                             size_t piece)
{
    struct stream ours = stream_open(libctx, subject_query(), theirs->kind, 1);
    bool done = stream_start(&ours, 0), right;

    for (unsigned i = 0; done && i < pieces; i++)
        done = stream_update(&ours, job_message + i * piece, piece);
    right = !done || !stream_finish(&ours) || stream_same(&ours, theirs);
    ERR_clear_error();
    stream_close(&ours);
    return right;
}

/* Whatever fails in the middle of it, with whatever error. */
static void a_long_digest_is_never_wrong(void **state)
{
    static const struct stream_kind kind = { "SHA2-256", STREAM_DIGEST, NULL };
    static const unsigned errors[] = { EIO, EINTR, EAGAIN };
    enum { PIECES = 6, PIECE = 5000 };
    OSSL_LIB_CTX *libctx = subject_open(settings), *oracle = oracle_open();
    struct stream theirs = stream_open(oracle, NULL, &kind, 1);

    (void)state;
    assert_true(stream_start(&theirs, 0));
    assert_true(stream_update(&theirs, job_message, (size_t)PIECES * PIECE));
    assert_true(stream_finish(&theirs));
    for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
        set_number("fail_errno", errors[e]);
        for (unsigned every = 2; every < 9; every++) {
            set_number("fail_every", every);
            if (!right_or_refused(libctx, &theirs, PIECES, PIECE))
                fail_msg("a wrong digest, with %s", strerror((int)errors[e]));
        }
    }
    stream_close(&theirs);
    OSSL_LIB_CTX_free(oracle);
    OSSL_LIB_CTX_free(libctx);
}

/* --- a key that only the device has --- */

/* Writes a blob of test/device, of a key of zeros. */
static void write_blob(char *path)
{
    static const char magic[4] = "AFDV";
    uint8_t masked[16];
    int fd = mkstemp(path);

    memset(masked, 0x5a, sizeof(masked));
    assert_return_code(fd, errno);
    assert_int_equal(write(fd, magic, sizeof(magic)), sizeof(magic));
    assert_int_equal(write(fd, masked, sizeof(masked)), sizeof(masked));
    close(fd);
}

/* One entry, and nothing given out, whatever goes wrong. */
static void assert_refused(EVP_CIPHER_CTX *ctx, uint8_t *out, const uint8_t *in, int len)
{
    static const uint8_t nothing[JOB_LONG];
    int n = 0;

    ERR_clear_error();
    memset(out, 0, (size_t)len);
    assert_int_not_equal(EVP_CipherUpdate(ctx, out, &n, in, len), 1);
    assert_int_equal(n, 0);
    assert_memory_equal(out, nothing, (size_t)len);
    assert_int_not_equal(ERR_get_error(), 0);
    assert_int_equal(ERR_get_error(), 0);
}

/* Nothing else can go on with such a key. The device comes back, and the context goes on. */
static void a_wrapped_key_whose_device_goes_and_fails(void **state)
{
    enum { PIECE = 16384 };
    static uint8_t sealed[2 * PIECE], out[2 * PIECE];
    char path[] = "/tmp/afalg-blob-XXXXXX", uri[128];
    OSSL_LIB_CTX *libctx = subject_open("mode = kernel\n"), *oracle = oracle_open();
    EVP_CIPHER *cipher = subject_cipher(libctx, "AES-128-CBC"),
               *theirs = EVP_CIPHER_fetch(oracle, "AES-128-CBC", NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new(), *other = EVP_CIPHER_CTX_new();
    static const uint8_t zeros[16];
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(AFALG_PARAM_KEY, uri, 0),
                            OSSL_PARAM_construct_end() };
    int n;

    (void)state;
    write_blob(path);
    snprintf(uri, sizeof(uri), "afalg:file=%s;cipher=cbc(paes)", path);
    assert_int_equal(EVP_CipherInit_ex2(other, theirs, zeros, zeros, 1, NULL), 1);
    assert_int_equal(EVP_CipherUpdate(other, sealed, &n, job_message, 2 * PIECE), 1);
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, NULL, zeros, 0, params), 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    assert_int_equal(EVP_CipherUpdate(ctx, out, &n, sealed, PIECE), 1);
    parameter_set("gone", "Y");
    assert_refused(ctx, out + PIECE, sealed + PIECE, PIECE);
    parameter_set("gone", "N");
    set_number("fail_every", 1);
    assert_refused(ctx, out + PIECE, sealed + PIECE, PIECE);
    set_number("fail_every", 0);
    assert_int_equal(EVP_CipherUpdate(ctx, out + PIECE, &n, sealed + PIECE, PIECE), 1);
    assert_memory_equal(out, job_message, 2 * PIECE);
    assert_int_equal(counters_read(libctx).software_requests, 0);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_CTX_free(other);
    EVP_CIPHER_free(cipher);
    EVP_CIPHER_free(theirs);
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_request_that_fails_is_made_again, parameters_teardown),
        cmocka_unit_test_teardown(one_that_always_fails_is_left_to_software, parameters_teardown),
        cmocka_unit_test_teardown(one_that_may_pass_is_tried_each_time, parameters_teardown),
        cmocka_unit_test_teardown(what_is_too_long_for_it_is_softwares, parameters_teardown),
        cmocka_unit_test_teardown(a_length_of_keys_that_it_refuses_is_softwares,
                                  parameters_teardown),
        cmocka_unit_test_teardown(gone_in_the_middle_of_a_message, parameters_teardown),
        cmocka_unit_test_teardown(a_digest_that_was_lost_with_it, parameters_teardown),
        cmocka_unit_test_teardown(a_long_digest_is_never_wrong, parameters_teardown),
        cmocka_unit_test_teardown(a_wrapped_key_whose_device_goes_and_fails, parameters_teardown),
    };

    return cmocka_run_group_tests(tests, job_setup, job_teardown);
}
