/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mode = auto without min_size: kernel and software are timed, and the faster does the rest. Here
 * the kernel's software stands for a device, and the clock is the test's.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "cmocka_test.h"

#include "auto_mode.h"
#include "stream.h"
#include "support.h"

/* What calibration.h and backend.h promise, and a length above min_size. */
enum { WARM_UP = 1, PAIRS = 49, WINS = 25, AGAIN = 8191, SKIPPED = 63, LENGTH = 16384, TAG = 16 };
/* And of one that is far ahead. */
enum { FAR_PAIRS = 4, WATCH = 64 };
/* Requests until one of the two has won all pairs that it needs. */
enum { TRIAL = 2 * WINS };
enum { CROWD = 32, CROWD_MESSAGES = 40 };

static OSSL_LIB_CTX *oracle;
static uint8_t text[65536];
static const uint8_t key[64] = "two halves that differ, and are long enough for AES-256-XTS too";
static const uint8_t iv[16] = "an IV, or nonce";

/* By the test's clock, in one thread, the kernel is the faster in the first @wins pairs. */
static struct {
    unsigned int wins, reads;
    long now;
} script;

/* Nanoseconds of a timed request, by its number: the kernel's are the even ones. */
static long scripted_time(unsigned int request)
{
    if (request % 2 != 0)
        return 2000;
    return request / 2 < script.wins ? 1000 : 3000;
}

static void start_script(unsigned int wins)
{
    script.wins = wins;
    script.reads = 0;
}

/* By the test's clock in many threads, a request of the kernel's and one of software's take this.
 */
static struct {
    bool on;
    long kernel, software;
} crowd;

static _Thread_local struct {
    bool timing, kernel; /* a request is being timed; the kernel does it */
    long now;
} timer;

/* Lets all others in between the decision about a request and its beginning. */
static void crowd_clock(struct timespec *time)
{
    timer.timing = !timer.timing;
    if (timer.timing) {
        timer.kernel = false;
        for (int i = 0; i < CROWD; i++)
            sched_yield();
    } else {
        timer.now += timer.kernel ? crowd.kernel : crowd.software;
    }
    *time = (struct timespec){ .tv_sec = 1, .tv_nsec = timer.now };
}

/* The module finds these two before the C library's. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*real)(int, const struct msghdr *, int) =
        (ssize_t(*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");

    timer.kernel = true;
    return real(fd, message, flags);
}

/* Each timed request reads it twice. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int clock_gettime(clockid_t id, struct timespec *time)
{
    int (*real)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");

    if (id != CLOCK_MONOTONIC)
        return real(id, time);
    if (crowd.on) {
        crowd_clock(time);
        return 0;
    }
    if (script.reads++ % 2 != 0)
        script.now += scripted_time(script.reads / 2 - 1);
    *time = (struct timespec){ .tv_sec = 1, .tv_nsec = script.now };
    return 0;
}

static int open_oracle(void **state)
{
    (void)state;
    oracle = oracle_open();
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 11 + i / 255);
    return 0;
}

static int close_oracle(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

/* An encrypting context without padding. */
static EVP_CIPHER_CTX *context_of(OSSL_LIB_CTX *libctx, const char *name, const char *query)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, name, query);

    assert_non_null(cipher);
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL), 1);
    if (EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE)
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, NULL), 1);
    assert_int_equal(EVP_EncryptInit_ex2(ctx, NULL, key, iv, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
    EVP_CIPHER_free(cipher);
    return ctx;
}

/* A message of its own with the same key and IV: all of @len, and the tag if there is one. */
static void message(EVP_CIPHER_CTX *ctx, uint8_t *out, size_t len)
{
    int n = 0, rest = 0;

    assert_int_equal(EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL), 1);
    if (EVP_CIPHER_CTX_get_mode(ctx) == EVP_CIPH_CCM_MODE)
        assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)len), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, (int)len), 1);
    assert_int_equal(n, (int)len);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, out + len, &rest), 1);
    memset(out + len, 0, TAG);
    if ((EVP_CIPHER_get_flags(EVP_CIPHER_CTX_get0_cipher(ctx)) & EVP_CIPH_FLAG_AEAD_CIPHER) != 0)
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + len), 1);
}

/* @count messages, each as the oracle has it. */
static void messages(OSSL_LIB_CTX *libctx, const char *name, size_t len, size_t count)
{
    static _Thread_local uint8_t ours[sizeof(text) + TAG], theirs[sizeof(text) + TAG];
    EVP_CIPHER_CTX *ctx = context_of(libctx, name, subject_query());
    EVP_CIPHER_CTX *other = context_of(oracle, name, NULL);

    message(other, theirs, len);
    for (size_t i = 0; i < count; i++) {
        message(ctx, ours, len);
        assert_memory_equal(ours, theirs, len + TAG);
    }
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_CTX_free(other);
}

static void assert_work(OSSL_LIB_CTX *libctx, uint64_t kernel, uint64_t software)
{
    struct counters c = counters_read(libctx);

    if (!subject_counts())
        return;
    assert_int_equal(c.kernel_requests, kernel);
    assert_int_equal(c.software_requests, software);
    assert_int_equal(c.fallbacks, 0);
}

static void the_slower_is_tried_and_left(void **state)
{
    static const char *const names[] = { "AES-128-CBC", "AES-128-CTR", "AES-128-XTS",
                                         "AES-128-GCM", "AES-128-CCM", "ChaCha20" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        OSSL_LIB_CTX *libctx = auto_open("");

        messages(libctx, names[i], LENGTH, WARM_UP);
        assert_work(libctx, WARM_UP, 0);
        messages(libctx, names[i], LENGTH, TRIAL + 30);
        assert_work(libctx, WARM_UP + WINS, WINS + 30);
        OSSL_LIB_CTX_free(libctx);
    }
}

/* A digest or MAC of LENGTH bytes, which come in pieces of @piece. To be closed. */
static struct stream hashed(OSSL_LIB_CTX *libctx, const char *query, const struct stream_kind *kind,
                            size_t piece)
{
    struct stream stream = stream_open(libctx, query, kind, 1);

    assert_true(stream_start(&stream, 0));
    for (size_t at = 0; at < LENGTH; at += piece)
        assert_true(stream_update(&stream, text + at, piece));
    assert_true(stream_finish(&stream));
    return stream;
}

/* @count of them, each as the oracle has it. */
static void hashes(OSSL_LIB_CTX *libctx, const struct stream_kind *kind, size_t piece, size_t count)
{
    struct stream theirs = hashed(oracle, NULL, kind, piece);

    while (count-- > 0) {
        struct stream ours = hashed(libctx, subject_query(), kind, piece);

        assert_true(stream_same(&ours, &theirs));
        stream_close(&ours);
    }
    stream_close(&theirs);
}

/* As assert_work, in messages of LENGTH bytes: a hash makes several requests for one. */
static void assert_messages(OSSL_LIB_CTX *libctx, uint64_t kernel, uint64_t software)
{
    struct counters c = counters_read(libctx);

    if (!subject_counts())
        return;
    assert_int_equal(c.kernel_bytes, kernel * LENGTH);
    assert_int_equal(c.software_bytes, software * LENGTH);
    assert_int_equal(c.fallbacks, 0);
}

/* Messages in one piece, and those that begin in the kernel before their end is known. */
static void hashes_are_tried_too(void **state)
{
    static const struct {
        struct stream_kind kind;
        size_t piece;
    } cases[] = {
        { { "SHA2-256", STREAM_DIGEST, NULL }, LENGTH },
        { { "SHA3-256", STREAM_DIGEST, NULL }, LENGTH / 4 },
        { { "SHA2-256", STREAM_MAC, "HMAC" }, LENGTH / 2 },
        { { "AES-256-CBC", STREAM_MAC, "CMAC" }, LENGTH },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        OSSL_LIB_CTX *libctx = auto_open("");

        hashes(libctx, &cases[i].kind, cases[i].piece, WARM_UP);
        assert_messages(libctx, WARM_UP, 0);
        hashes(libctx, &cases[i].kind, cases[i].piece, TRIAL + 30);
        assert_messages(libctx, WARM_UP + WINS, WINS + 30);
        OSSL_LIB_CTX_free(libctx);
    }
}

/* HMAC of one digest says nothing of another's, nor of the digest itself. */
static void each_hash_is_tried(void **state)
{
    static const struct stream_kind hmac = { "SHA2-256", STREAM_MAC, "HMAC" },
                                    other = { "SHA2-512", STREAM_MAC, "HMAC" },
                                    digest = { "SHA2-256", STREAM_DIGEST, NULL };
    OSSL_LIB_CTX *libctx = auto_open("");

    (void)state;
    hashes(libctx, &hmac, LENGTH, WARM_UP + TRIAL + 10);
    assert_messages(libctx, WARM_UP + WINS, WINS + 10);
    hashes(libctx, &other, LENGTH, WARM_UP);
    hashes(libctx, &digest, LENGTH, WARM_UP);
    assert_messages(libctx, 3 * WARM_UP + WINS, WINS + 10);
    OSSL_LIB_CTX_free(libctx);
}

/* Whether the kernel goes on after it was the faster in the first @wins pairs, and in no other. */
static bool goes_on_after(unsigned int wins)
{
    OSSL_LIB_CTX *libctx = auto_open("");
    uint64_t before;
    size_t pairs;
    bool on;

    messages(libctx, "AES-128-CBC", LENGTH, WARM_UP);
    pairs = wins >= WINS || wins == 0 ? WINS : wins + WINS;
    start_script(wins);
    messages(libctx, "AES-128-CBC", LENGTH, 2 * pairs);
    if (subject_counts())
        assert_int_equal(script.reads, 2 * 2 * pairs);
    assert_work(libctx, WARM_UP + pairs, pairs);
    before = counters_read(libctx).kernel_requests;
    messages(libctx, "AES-128-CBC", LENGTH, 30);
    on = counters_read(libctx).kernel_requests == before + 30;
    OSSL_LIB_CTX_free(libctx);
    return on;
}

static void most_of_the_pairs_decide(void **state)
{
    (void)state;
    if (!subject_counts())
        skip();
    assert_true(goes_on_after(PAIRS));
    assert_true(goes_on_after(WINS));
    assert_false(goes_on_after(WINS - 1));
    assert_false(goes_on_after(0));
}

/* What was found of one length is not said of a much longer one, nor of another algorithm. */
static void each_length_is_tried(void **state)
{
    OSSL_LIB_CTX *libctx = auto_open("");

    (void)state;
    messages(libctx, "AES-128-CBC", LENGTH, WARM_UP + TRIAL + 10);
    assert_work(libctx, WARM_UP + WINS, WINS + 10);
    messages(libctx, "AES-128-CBC", 4 * LENGTH, WARM_UP);
    messages(libctx, "AES-256-CBC", LENGTH, WARM_UP);
    assert_work(libctx, 3 * WARM_UP + WINS, WINS + 10);
    OSSL_LIB_CTX_free(libctx);
}

static void it_is_tried_again(void **state)
{
    OSSL_LIB_CTX *libctx = auto_open("");

    (void)state;
    messages(libctx, "AES-128-CBC", LENGTH, WARM_UP + AGAIN);
    assert_work(libctx, WARM_UP + WINS, AGAIN - WINS);
    messages(libctx, "AES-128-CBC", LENGTH, TRIAL + 10);
    assert_work(libctx, WARM_UP + 2 * WINS, AGAIN + 10);
    OSSL_LIB_CTX_free(libctx);
}

/* What a context has left to software is counted when it is asked for its parameters. */
static void assert_context_work(OSSL_LIB_CTX *libctx, EVP_CIPHER_CTX *ctx, uint64_t kernel,
                                uint64_t software)
{
    uint8_t now[sizeof(iv)];

    assert_int_equal(EVP_CIPHER_CTX_get_updated_iv(ctx, now, sizeof(now)), 1);
    assert_work(libctx, kernel, software);
}

/* One context, one long message: it does not ask at each update, and yet is asked in time. */
static void a_running_context_is_tried_again(void **state)
{
    static uint8_t ours[LENGTH], theirs[LENGTH];
    OSSL_LIB_CTX *libctx = auto_open("");
    EVP_CIPHER_CTX *ctx = context_of(libctx, "AES-128-CBC", subject_query());
    EVP_CIPHER_CTX *other = context_of(oracle, "AES-128-CBC", NULL);
    int n = 0;

    (void)state;
    for (int i = 1; i <= WARM_UP + AGAIN + SKIPPED + TRIAL; i++) {
        assert_int_equal(EVP_EncryptUpdate(ctx, ours, &n, text, LENGTH), 1);
        assert_int_equal(EVP_EncryptUpdate(other, theirs, &n, text, LENGTH), 1);
        assert_memory_equal(ours, theirs, LENGTH);
        if (i == WARM_UP + AGAIN)
            assert_context_work(libctx, ctx, WARM_UP + WINS, AGAIN - WINS);
    }
    assert_context_work(libctx, ctx, WARM_UP + 2 * WINS, AGAIN + SKIPPED);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_CTX_free(other);
    OSSL_LIB_CTX_free(libctx);
}

static void nothing_is_timed_if_min_size_is_set(void **state)
{
    static const char *const settings[] = { "min_size = 12288\n", "min_size.AES128 = 16384\n",
                                            "fallback = no\n" };

    (void)state;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        OSSL_LIB_CTX *libctx = auto_open(settings[i]);

        messages(libctx, "AES-128-CBC", LENGTH, WARM_UP + TRIAL + 10);
        assert_work(libctx, WARM_UP + TRIAL + 10, 0);
        OSSL_LIB_CTX_free(libctx);
    }
}

static void *crowd_member(void *libctx)
{
    messages(libctx, "AES-128-CBC", LENGTH, CROWD_MESSAGES);
    return NULL;
}

/* CROWD threads at the same algorithm. Returns what came of their messages. */
static struct counters crowd_at_work(long kernel, long software)
{
    OSSL_LIB_CTX *libctx = auto_open("");
    pthread_t threads[CROWD];
    struct counters c;

    crowd.kernel = kernel;
    crowd.software = software;
    crowd.on = true;
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_member, libctx), 0);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    crowd.on = false;
    c = counters_read(libctx);
    OSSL_LIB_CTX_free(libctx);
    return c;
}

/*
 * However their requests are mixed up. Each thread may have one in work while the trial ends, and
 * one whose pair is lost.
 */
static void the_faster_of_two_is_found_by_many_threads(void **state)
{
    static const struct {
        long winner, loser;
        unsigned pairs; /* that decide */
    } races[] = { { 1000, 2000, WINS }, { 1000, 10000, FAR_PAIRS } };
    enum { ALL = CROWD * CROWD_MESSAGES };

    (void)state;
    if (!subject_counts())
        skip();
    for (size_t i = 0; i < sizeof(races) / sizeof(races[0]); i++) {
        struct counters fast = crowd_at_work(races[i].winner, races[i].loser);
        struct counters slow = crowd_at_work(races[i].loser, races[i].winner);
        unsigned least = races[i].pairs, most = least + 2 * CROWD;

        assert_int_equal(fast.kernel_requests + fast.software_requests, ALL);
        assert_in_range(fast.software_requests, least, most);
        assert_int_equal(slow.kernel_requests + slow.software_requests, ALL);
        assert_in_range(slow.kernel_requests, WARM_UP + least, WARM_UP + CROWD + most);
    }
}

static int start_losing(void **state)
{
    (void)state;
    start_script(0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_slower_is_tried_and_left, start_losing),
        cmocka_unit_test_setup(most_of_the_pairs_decide, start_losing),
        cmocka_unit_test_setup(each_length_is_tried, start_losing),
        cmocka_unit_test_setup(hashes_are_tried_too, start_losing),
        cmocka_unit_test_setup(each_hash_is_tried, start_losing),
        cmocka_unit_test_setup(it_is_tried_again, start_losing),
        cmocka_unit_test_setup(a_running_context_is_tried_again, start_losing),
        cmocka_unit_test_setup(nothing_is_timed_if_min_size_is_set, start_losing),
        cmocka_unit_test_setup(the_faster_of_two_is_found_by_many_threads, start_losing),
    };

    return cmocka_run_group_tests(tests, open_oracle, close_oracle);
}
