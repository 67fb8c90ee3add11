/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mode = auto on a machine with an offload device: what is offered, and which requests the device
 * does. That it does them is told by the provider's counters and, independently, by the kernel.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/err.h>
#include <openssl/params.h>

#include <afalg/params.h>

#include "device.h"
#include "raw_alg.h"
#include "scripted_clock.h"
#include "support.h"

enum { MIN_SIZE = 12288, LARGE = 65536 };

static OSSL_LIB_CTX *oracle;
static uint8_t key[32], iv[16], message[LARGE];

/* A context of the subject in a library context with settings, and what it has made. */
struct subject {
    OSSL_LIB_CTX *libctx;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *ctx;
};

static int open_oracle(void **state)
{
    (void)state;
    oracle = oracle_open();
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(i * 167 + i / 256);
    memcpy(key, message + 100, sizeof(key));
    memcpy(iv, message + 300, sizeof(iv));
    return 0;
}

static int close_oracle(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(oracle);
    return 0;
}

/* An encrypting context without padding. */
static EVP_CIPHER_CTX *context_of(EVP_CIPHER *cipher)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    assert_non_null(cipher);
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, key, iv, 1, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
    return ctx;
}

static struct subject start(const char *settings, const char *name)
{
    struct subject s = { .libctx = subject_open(settings) };

    s.cipher = subject_cipher(s.libctx, name);
    s.ctx = context_of(s.cipher);
    return s;
}

static void end(struct subject *s)
{
    EVP_CIPHER_CTX_free(s->ctx);
    EVP_CIPHER_free(s->cipher);
    OSSL_LIB_CTX_free(s->libctx);
}

/* The counters of the provider. What software does for a context counts once that is asked for
 * its IV, started again or freed. */
static struct counters counters_of(const struct subject *s)
{
    uint8_t next[16];

    assert_int_equal(EVP_CIPHER_CTX_get_updated_iv(s->ctx, next, sizeof(next)), 1);
    return counters_read(s->libctx);
}

/* One update of len bytes; what it gives must be what an oracle's context that has done so many
 * bytes before (a whole number of blocks) gives. */
static void update_from(const struct subject *s, size_t before, size_t len)
{
    static uint8_t ours[LARGE], expected[LARGE];
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(oracle, EVP_CIPHER_get0_name(s->cipher), NULL);
    EVP_CIPHER_CTX *ctx = context_of(cipher);
    int n;

    assert_in_range(before + len, 1, LARGE);
    assert_int_equal(EVP_CipherUpdate(ctx, expected, &n, message, (int)(before + len)), 1);
    assert_int_equal(EVP_CipherUpdate(s->ctx, ours, &n, message + before, (int)len), 1);
    assert_int_equal(n, len);
    assert_memory_equal(ours, expected + before, len);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
}

/* What has come to the counters, and to the device's interrupts, since an earlier moment. */
struct change {
    struct counters counters;
    unsigned long interrupts;
};

/* As update_from. */
static struct change change_by_update(const struct subject *s, size_t before, size_t len)
{
    struct counters was = counters_of(s), is;
    unsigned long interrupts = device_interrupts();

    update_from(s, before, len);
    is = counters_of(s);
    return (struct change){
        .counters.kernel_requests = is.kernel_requests - was.kernel_requests,
        .counters.kernel_bytes = is.kernel_bytes - was.kernel_bytes,
        .counters.software_requests = is.software_requests - was.software_requests,
        .counters.software_bytes = is.software_bytes - was.software_bytes,
        .counters.fallbacks = is.fallbacks - was.fallbacks,
        .interrupts = device_interrupts() - interrupts,
    };
}

/* As update_from; the device must do it, by the provider's account and by the kernel's. */
static void device_does(const struct subject *s, size_t before, size_t len)
{
    struct change change = change_by_update(s, before, len);

    assert_int_not_equal(change.interrupts, 0);
    assert_int_equal(change.counters.kernel_requests, 1);
    assert_int_equal(change.counters.kernel_bytes, len);
    assert_int_equal(change.counters.software_requests, 0);
    assert_int_equal(change.counters.fallbacks, 0);
}

/* As update_from; the device must not even be asked. */
static void software_does(const struct subject *s, size_t before, size_t len)
{
    struct change change = change_by_update(s, before, len);

    assert_int_equal(change.interrupts, 0);
    assert_int_equal(change.counters.kernel_requests, 0);
    assert_int_equal(change.counters.software_requests, 1);
    assert_int_equal(change.counters.software_bytes, len);
    assert_int_equal(change.counters.fallbacks, 0);
}

/* Fails unless a query gives name from the provider; NULL: from none. */
static void assert_fetched_from(OSSL_LIB_CTX *libctx, const char *name, const char *query,
                                const char *provider)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, name, query);

    ERR_clear_error();
    if (provider == NULL) {
        assert_null(cipher);
        return;
    }
    assert_non_null(cipher);
    assert_string_equal(OSSL_PROVIDER_get0_name(EVP_CIPHER_get0_provider(cipher)), provider);
    EVP_CIPHER_free(cipher);
}

static void hardware_is_found_by_property(void **state)
{
    static const char *const names[] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" };
    OSSL_LIB_CTX *libctx = subject_open("mode = auto\n");

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_fetched_from(libctx, names[i], "afalg.hw=yes", "afalg");
        assert_fetched_from(libctx, names[i], "?afalg.hw=yes", "afalg");
        assert_fetched_from(libctx, names[i], "provider=afalg,afalg.hw=no", NULL);
    }
    OSSL_LIB_CTX_free(libctx);
}

static void nothing_but_hardware_is_offered(void **state)
{
    static const char *const names[] = { "AES-128-CTR", "AES-128-ECB", "AES-256-GCM",
                                         "AES-128-XTS" };
    OSSL_LIB_CTX *libctx = subject_open("mode = auto\n");
    EVP_MD *digest = subject_digest(libctx, "SHA2-256");
    EVP_MAC *mac = subject_mac(libctx, "HMAC");

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_fetched_from(libctx, names[i], "provider=afalg", NULL);
        assert_fetched_from(libctx, names[i], "afalg.hw=yes", NULL);
        assert_fetched_from(libctx, names[i], "?afalg.hw=yes", "default");
    }
    assert_null(digest);
    assert_null(mac);
    OSSL_LIB_CTX_free(libctx);
}

/* In mode = kernel the same machine offers both sorts, and the property tells them apart. */
static void software_of_the_kernel_is_told_apart(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open("mode = kernel\nalgorithms = AES-128-CBC, AES-128-CTR\n");

    (void)state;
    assert_fetched_from(libctx, "AES-128-CBC", "afalg.hw=yes", "afalg");
    assert_fetched_from(libctx, "AES-128-CTR", "afalg.hw=yes", NULL);
    assert_fetched_from(libctx, "AES-128-CTR", "provider=afalg,afalg.hw=no", "afalg");
    OSSL_LIB_CTX_free(libctx);
}

static void report_names_the_driver(void **state)
{
    static const char start_of_line[] =
        "afalg: AES-128-CBC driver=" DEVICE_DRIVER
        " kernel=1/65536 software=1/16 fallbacks=0 preferred=1,min_size:1\n";
    struct subject s = start("mode = auto\n", "AES-128-CBC");
    char report[1024] = "";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(AFALG_PARAM_REPORT, report, sizeof(report)),
        OSSL_PARAM_construct_end(),
    };

    (void)state;
    update_from(&s, 0, LARGE);
    assert_int_equal(EVP_CipherInit_ex2(s.ctx, NULL, NULL, iv, -1, NULL), 1);
    update_from(&s, 0, 16);
    assert_int_equal(counters_of(&s).software_requests, 1);
    assert_int_equal(OSSL_PROVIDER_get_params(subject_provider(s.libctx), params), 1);
    assert_string_equal(report, start_of_line);
    end(&s);
}

static void large_requests_are_done_by_the_device(const char *name)
{
    unsigned long references = device_references();
    struct subject s = start("mode = auto\n", name);

    assert_int_equal(device_references(), references);
    device_does(&s, 0, MIN_SIZE);
    assert_int_equal(device_references(), references + 1);
    device_does(&s, MIN_SIZE, LARGE - MIN_SIZE);
    assert_int_equal(device_references(), references + 1);
    EVP_CIPHER_CTX_reset(s.ctx);
    assert_int_equal(device_references(), references);
    end(&s);
}

static void large_requests_of_each_key_length(void **state)
{
    (void)state;
    large_requests_are_done_by_the_device("AES-128-CBC");
    large_requests_are_done_by_the_device("AES-192-CBC");
    large_requests_are_done_by_the_device("AES-256-CBC");
}

static void small_requests_hold_nothing(void **state)
{
    unsigned long references = device_references();
    struct subject s = start("mode = auto\n", "AES-128-CBC");
    size_t descriptors = descriptors_open();

    (void)state;
    software_does(&s, 0, 16);
    software_does(&s, 16, MIN_SIZE - 16);
    assert_int_equal(device_references(), references);
    assert_int_equal(descriptors_open(), descriptors);
    end(&s);
}

/* The IV goes to and fro between the two. Nothing is asked of the context meanwhile: that alone
 * would make it fetch the IV. */
static void one_context_goes_to_and_fro(void **state)
{
    static const size_t sizes[] = {
        16, MIN_SIZE, MIN_SIZE - 16, 16384, 32, 16, MIN_SIZE + 16, 4096
    };
    struct subject s = start("mode = auto\n", "AES-128-CBC");
    unsigned long interrupts = device_interrupts();
    struct counters c;
    size_t done = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        update_from(&s, done, sizes[i]);
        done += sizes[i];
    }
    c = counters_of(&s);
    assert_int_equal(c.kernel_requests, 3);
    assert_int_equal(c.kernel_bytes, MIN_SIZE + 16384 + MIN_SIZE + 16);
    assert_int_equal(c.software_requests, 5);
    assert_int_equal(c.software_bytes, 16 + MIN_SIZE - 16 + 32 + 16 + 4096);
    assert_int_equal(c.fallbacks, 0);
    assert_in_range(device_interrupts(), interrupts + 3, ULONG_MAX);
    end(&s);
}

/* By the clock here the device is half as fast again as software, whatever the machine is at. */
static void the_faster_keeps_its_requests(void **state)
{
    enum { REQUESTS = 200, WINS = 25, PAIRS = 49 }; /* calibration.h */
    struct subject s = start("mode = auto\n", "AES-128-CBC");
    struct counters c;

    (void)state;
    scripted_clock(1000, 1500);
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_int_equal(EVP_CipherInit_ex2(s.ctx, NULL, NULL, iv, -1, NULL), 1);
        update_from(&s, 0, LARGE);
    }
    system_clock();
    c = counters_of(&s);
    assert_int_equal(c.kernel_requests, REQUESTS - c.software_requests);
    assert_in_range(c.software_requests, WINS, PAIRS);
    assert_int_equal(c.fallbacks, 0);
    end(&s);
}

static void min_size_of_all(void **state)
{
    struct subject s = start("mode = auto\nmin_size = 256\n", "AES-192-CBC");

    (void)state;
    software_does(&s, 0, 240);
    device_does(&s, 240, 256);
    end(&s);
}

static void min_size_of_one_name(void **state)
{
    static const char settings[] = "mode = auto\nmin_size = 4096\nmin_size.AES256 = 64\n";
    struct subject named = start(settings, "AES-256-CBC");
    struct subject other = start(settings, "AES-128-CBC");

    (void)state;
    software_does(&named, 0, 48);
    device_does(&named, 48, 64);
    software_does(&other, 0, 4080);
    device_does(&other, 4080, 4096);
    end(&named);
    end(&other);
}

static void pinned_to_the_device(void **state)
{
    struct subject s =
        start("mode = auto\ndriver.AES-128-CBC = " DEVICE_DRIVER "\n", "AES-128-CBC");

    (void)state;
    device_does(&s, 0, MIN_SIZE);
    end(&s);
}

/* A driver that isn't hardware is nothing to offer in auto, unless it is declared to be hardware;
 * the device is then left alone. */
static void pinned_to_software(void **state)
{
    static const char pinned[] = "mode = auto\ndriver.AES-128-CBC = cbc(aes-generic)\n";
    static const char declared[] = "mode = auto\ndriver.AES-128-CBC = cbc(aes-generic)\n"
                                   "hardware = cbc(aes-generic)\n";
    OSSL_LIB_CTX *libctx;
    struct subject s;
    int bound =
        raw_alg_bind("skcipher", "cbc(aes-generic)"); /* it is there once it was asked for */
    unsigned long interrupts;

    (void)state;
    assert_in_range(bound, 0, INT_MAX);
    libctx = subject_open(pinned);
    assert_fetched_from(libctx, "AES-128-CBC", "provider=afalg", NULL);
    assert_fetched_from(libctx, "AES-256-CBC", "provider=afalg", "afalg");
    OSSL_LIB_CTX_free(libctx);

    s = start(declared, "AES-128-CBC");
    interrupts = device_interrupts();
    update_from(&s, 0, LARGE);
    assert_int_equal(device_interrupts(), interrupts);
    assert_int_equal(counters_of(&s).kernel_bytes, LARGE);
    end(&s);
    close(bound);
}

static void device_is_taken_away(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open("mode = auto\nhardware = -" DEVICE_DRIVER "\n");

    (void)state;
    assert_fetched_from(libctx, "AES-128-CBC", "provider=afalg", NULL);
    assert_fetched_from(libctx, "AES-128-CBC", "?afalg.hw=yes", "default");
    OSSL_LIB_CTX_free(libctx);
}

/* Leaves no descriptor to be opened; returns the limit as it was. */
static struct rlimit exhaust_descriptors(void)
{
    struct rlimit was, none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = was.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return was;
}

static void fallback_does_what_the_device_cannot(void **state)
{
    struct subject s = start("mode = auto\n", "AES-128-CBC");
    static uint8_t out[LARGE];
    struct rlimit was;
    int n, result;

    (void)state;
    was = exhaust_descriptors();
    result = EVP_CipherUpdate(s.ctx, out, &n, message, MIN_SIZE);
    setrlimit(RLIMIT_NOFILE, &was);
    assert_int_equal(result, 1);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(counters_of(&s).software_bytes, MIN_SIZE);
    assert_int_equal(counters_of(&s).fallbacks, 1);
    update_from(&s, MIN_SIZE, LARGE - MIN_SIZE); /* the chain of blocks is whole */
    end(&s);
}

/* One clear error; what is too small for the device is software's all the same. */
static void without_fallback_one_clear_error(void **state)
{
    struct subject s = start("mode = auto\nfallback = no\n", "AES-128-CBC");
    static uint8_t out[LARGE];
    struct rlimit was;
    const char *text = NULL;
    int n, flags, result;

    (void)state;
    software_does(&s, 0, 16);
    was = exhaust_descriptors();
    result = EVP_CipherUpdate(s.ctx, out, &n, message, MIN_SIZE);
    setrlimit(RLIMIT_NOFILE, &was);
    assert_int_not_equal(result, 1);
    assert_int_not_equal(ERR_get_error_all(NULL, NULL, NULL, &text, &flags), 0);
    assert_non_null(strstr(text, "AES-128-CBC"));
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(EVP_CipherInit_ex2(s.ctx, NULL, key, iv, -1, NULL), 1);
    device_does(&s, 0, MIN_SIZE);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hardware_is_found_by_property),
        cmocka_unit_test(nothing_but_hardware_is_offered),
        cmocka_unit_test(software_of_the_kernel_is_told_apart),
        cmocka_unit_test(report_names_the_driver),
        cmocka_unit_test(large_requests_of_each_key_length),
        cmocka_unit_test(small_requests_hold_nothing),
        cmocka_unit_test(one_context_goes_to_and_fro),
        cmocka_unit_test(the_faster_keeps_its_requests),
        cmocka_unit_test(min_size_of_all),
        cmocka_unit_test(min_size_of_one_name),
        cmocka_unit_test(pinned_to_the_device),
        cmocka_unit_test(pinned_to_software),
        cmocka_unit_test(device_is_taken_away),
        cmocka_unit_test(fallback_does_what_the_device_cannot),
        cmocka_unit_test(without_fallback_one_clear_error),
    };

    return cmocka_run_group_tests(tests, open_oracle, close_oracle);
}
