/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's random number generators as EVP_RAND: states, seeds, requests of any length, one
 * socket each, no sharing after a fork, an error if the kernel can't; and as an application's
 * "random" and "seed" in openssl.cnf.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "kernel_names.h"
#include "support.h"

enum { NAMES_MAX = 16, NAME_MAX_LENGTH = 64, SAMPLE = 32, STRENGTH = 256 };

static OSSL_LIB_CTX *libctx;

/* What the subject offers and this kernel has, and what is offered though the kernel refuses it. */
static char names[NAMES_MAX][NAME_MAX_LENGTH], refused_names[NAMES_MAX][NAME_MAX_LENGTH];
static size_t count, refused_count;

static void list_name(EVP_RAND *rand, void *arg)
{
    const char *name = EVP_RAND_get0_name(rand);

    (void)arg;
    if (!is_subject(EVP_RAND_get0_provider(rand)))
        return;
    if (count + refused_count == NAMES_MAX)
        die("more than %d generators", NAMES_MAX);
    snprintf(kernel_binds("rng", name) ? names[count++] : refused_names[refused_count++],
             NAME_MAX_LENGTH, "%s", name);
}

static int open_subject(void **state)
{
    (void)state;
    libctx = subject_open(NULL);
    EVP_RAND_do_all_provided(libctx, list_name, NULL);
    if (count == 0)
        die("%s offers no generator here", subject_name());
    return 0;
}

static int close_subject(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(libctx);
    return 0;
}

static EVP_RAND_CTX *new_from(const char *name, const char *query, EVP_RAND_CTX *parent)
{
    EVP_RAND *rand = EVP_RAND_fetch(libctx, name, query);
    EVP_RAND_CTX *ctx;

    assert_non_null(rand);
    ctx = EVP_RAND_CTX_new(rand, parent);
    assert_non_null(ctx);
    EVP_RAND_free(rand);
    return ctx;
}

/* A context of the subject. */
static EVP_RAND_CTX *new_context(const char *name)
{
    EVP_RAND_CTX *ctx = new_from(name, subject_query(), NULL);

    assert_true(is_subject(EVP_RAND_get0_provider(EVP_RAND_CTX_get0_rand(ctx))));
    return ctx;
}

static EVP_RAND_CTX *new_instance(const char *name)
{
    EVP_RAND_CTX *ctx = new_context(name);

    assert_int_equal(EVP_RAND_instantiate(ctx, STRENGTH, 0, (const unsigned char *)"test", 4, NULL),
                     1);
    return ctx;
}

static bool generate(EVP_RAND_CTX *ctx, uint8_t *out, size_t length)
{
    return EVP_RAND_generate(ctx, out, length, STRENGTH, 0, NULL, 0) == 1;
}

/* Whether a call has failed and said why. */
static bool refused(int result)
{
    bool said = ERR_peek_error() != 0;

    ERR_clear_error();
    return result != 1 && said;
}

static unsigned int number_of(EVP_RAND_CTX *ctx, const char *key)
{
    unsigned int value = 0;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(key, &value), OSSL_PARAM_construct_end() };

    assert_int_equal(EVP_RAND_CTX_get_params(ctx, params), 1);
    return value;
}

static size_t max_request(EVP_RAND_CTX *ctx)
{
    size_t value = 0;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_RAND_PARAM_MAX_REQUEST, &value),
                            OSSL_PARAM_construct_end() };

    assert_int_equal(EVP_RAND_CTX_get_params(ctx, params), 1);
    return value;
}

static void every_generator_goes_through_its_states(void **state)
{
    uint8_t out[SAMPLE];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        EVP_RAND_CTX *ctx = new_context(names[i]);

        assert_int_equal(EVP_RAND_get_state(ctx), EVP_RAND_STATE_UNINITIALISED);
        assert_true(refused(generate(ctx, out, sizeof(out))));
        assert_true(refused(EVP_RAND_reseed(ctx, 0, out, sizeof(out), NULL, 0)));
        assert_true(refused(EVP_RAND_instantiate(ctx, STRENGTH + 1, 0, NULL, 0, NULL)));
        assert_int_equal(EVP_RAND_instantiate(ctx, 0, 0, NULL, 0, NULL), 1);
        assert_int_equal(EVP_RAND_get_state(ctx), EVP_RAND_STATE_READY);
        assert_true(refused(EVP_RAND_instantiate(ctx, 0, 0, NULL, 0, NULL)));
        assert_true(refused(EVP_RAND_generate(ctx, out, sizeof(out), STRENGTH + 1, 0, NULL, 0)));
        assert_true(generate(ctx, out, sizeof(out)));
        assert_int_equal(EVP_RAND_get_strength(ctx), STRENGTH);
        assert_true(max_request(ctx) >= 65536);
        assert_int_equal(EVP_RAND_uninstantiate(ctx), 1);
        assert_int_equal(EVP_RAND_get_state(ctx), EVP_RAND_STATE_UNINITIALISED);
        assert_int_equal(EVP_RAND_verify_zeroization(ctx), 1);
        assert_true(refused(generate(ctx, out, sizeof(out))));
        assert_int_equal(EVP_RAND_instantiate(ctx, 0, 0, NULL, 0, NULL), 1);
        assert_true(generate(ctx, out, sizeof(out)));
        EVP_RAND_CTX_free(ctx);
    }
}

static size_t zeros_in(const uint8_t *bytes, size_t length)
{
    size_t zeros = 0;

    for (size_t i = 0; i < length; i++)
        zeros += bytes[i] == 0;
    return zeros;
}

/* All of it is filled, by the kernel, and nothing behind it; twice the same never comes. */
static void check_length(EVP_RAND_CTX *ctx, size_t length)
{
    static uint8_t out[2][70001 + SAMPLE];
    uint64_t before = counters_read(libctx).kernel_bytes;

    assert_true(length + SAMPLE <= sizeof(out[0]));
    memset(out, 0, sizeof(out));
    assert_true(generate(ctx, out[0], length));
    assert_true(generate(ctx, out[1], length));
    assert_int_equal(counters_read(libctx).kernel_bytes, before + 2 * length);
    assert_int_equal(zeros_in(out[0] + length, SAMPLE), SAMPLE);
    /* A 256th of the bytes is 0; four times as many never. */
    assert_true(zeros_in(out[0], length) <= length / 64 + 8);
    if (length >= SAMPLE)
        assert_memory_not_equal(out[0], out[1], length);
}

static void requests_have_any_length(void **state)
{
    static const size_t lengths[] = { 0, 1, 16, 127, 128, 129, 255, 256, 1000 };
    EVP_RAND_CTX *ctx;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        ctx = new_instance(names[i]);
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++)
            check_length(ctx, lengths[j]);
        EVP_RAND_CTX_free(ctx);
    }
    /* More than EVP asks for at once; the others would take long. */
    ctx = new_instance("stdrng");
    check_length(ctx, 70001);
    EVP_RAND_CTX_free(ctx);
}

static void seeds_are_taken(void **state)
{
    static const uint8_t seed[3000];
    uint8_t out[SAMPLE];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        EVP_RAND_CTX *ctx = new_instance(names[i]);
        unsigned int before = number_of(ctx, OSSL_DRBG_PARAM_RESEED_COUNTER);

        assert_int_equal(EVP_RAND_reseed(ctx, 0, seed, sizeof(seed), seed, 7), 1);
        assert_int_equal(EVP_RAND_reseed(ctx, 1, NULL, 0, NULL, 0), 1);
        assert_int_equal(EVP_RAND_generate(ctx, out, sizeof(out), 0, 1, NULL, 0), 1);
        assert_int_equal(EVP_RAND_generate(ctx, out, sizeof(out), 0, 0, seed, 100), 1);
        assert_int_equal(number_of(ctx, OSSL_DRBG_PARAM_RESEED_COUNTER), before + 4);
        EVP_RAND_CTX_free(ctx);
    }
}

static void one_descriptor_while_instantiated(void **state)
{
    size_t before = descriptors_open();
    uint8_t out[SAMPLE];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        EVP_RAND_CTX *ctx = new_context(names[i]);

        assert_int_equal(descriptors_open(), before);
        assert_int_equal(EVP_RAND_instantiate(ctx, 0, 0, NULL, 0, NULL), 1);
        assert_int_equal(EVP_RAND_reseed(ctx, 0, NULL, 0, NULL, 0), 1);
        assert_true(generate(ctx, out, sizeof(out)));
        assert_int_equal(descriptors_open(), before + 1);
        assert_int_equal(EVP_RAND_uninstantiate(ctx), 1);
        assert_int_equal(descriptors_open(), before);
        EVP_RAND_CTX_free(ctx);
        ctx = new_instance(names[i]);
        EVP_RAND_CTX_free(ctx);
        assert_int_equal(descriptors_open(), before);
    }
}

/* Parent and child go on from the same context, and get different bytes. */
static void child_has_a_generator_of_its_own(void **state)
{
    EVP_RAND_CTX *ctx = new_instance("stdrng");
    uint8_t ours[SAMPLE];
    uint8_t theirs[SAMPLE];
    int ends[2];
    pid_t child;

    (void)state;
    assert_true(generate(ctx, ours, sizeof(ours)));
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        bool ok = generate(ctx, theirs, sizeof(theirs)) && counters_read(libctx).sockets == 1 &&
                  write(ends[1], theirs, sizeof(theirs)) == sizeof(theirs);

        EVP_RAND_CTX_free(ctx);
        _exit(ok && counters_read(libctx).sockets == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    assert_true(generate(ctx, ours, sizeof(ours)));
    assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
    assert_true(child_succeeds(child));
    assert_memory_not_equal(ours, theirs, sizeof(ours));
    assert_true(generate(ctx, ours, sizeof(ours)));
    close(ends[0]);
    close(ends[1]);
    EVP_RAND_CTX_free(ctx);
}

static void generator_survives_the_loss_of_its_descriptor(void **state)
{
    EVP_RAND_CTX *ctx = new_instance("stdrng");
    uint8_t before[SAMPLE];
    uint8_t after[SAMPLE];

    (void)state;
    assert_true(generate(ctx, before, sizeof(before)));
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    assert_true(generate(ctx, after, sizeof(after)));
    assert_memory_not_equal(before, after, sizeof(before));
    EVP_RAND_CTX_free(ctx);
}

/* If the kernel can't, nothing else does it. */
static void failure_is_an_error(void **state)
{
    EVP_RAND_CTX *ctx = new_context("stdrng");
    struct counters before = counters_read(libctx);
    struct rlimit files;
    struct rlimit none;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = files.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_true(refused(EVP_RAND_instantiate(ctx, 0, 0, NULL, 0, NULL)));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(EVP_RAND_get_state(ctx), EVP_RAND_STATE_ERROR);
    assert_int_equal(counters_read(libctx).fallbacks, before.fallbacks);
    assert_int_equal(counters_read(libctx).software_requests, before.software_requests);
    assert_int_equal(EVP_RAND_instantiate(ctx, 0, 0, NULL, 0, NULL), 1);
    EVP_RAND_CTX_free(ctx);
}

enum { THREADS = 8, DRAWS = 50 };

static uint8_t drawn[THREADS * DRAWS][SAMPLE];

struct drawer {
    EVP_RAND_CTX *ctx;
    size_t first;
    bool ok;
};

static void *draw(void *arg)
{
    struct drawer *drawer = arg;

    drawer->ok = true;
    for (size_t i = 0; i < DRAWS; i++)
        drawer->ok &= generate(drawer->ctx, drawn[drawer->first + i], SAMPLE);
    return NULL;
}

static int compare_samples(const void *a, const void *b)
{
    return memcmp(a, b, SAMPLE);
}

static void threads_share_a_locked_context(void **state)
{
    EVP_RAND_CTX *ctx = new_instance("stdrng");
    struct drawer drawers[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    assert_int_equal(EVP_RAND_enable_locking(ctx), 1);
    for (size_t i = 0; i < THREADS; i++) {
        drawers[i] = (struct drawer){ .ctx = ctx, .first = i * DRAWS };
        assert_int_equal(pthread_create(&threads[i], NULL, draw, &drawers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(drawers[i].ok);
    }
    qsort(drawn, THREADS * DRAWS, SAMPLE, compare_samples);
    for (size_t i = 1; i < THREADS * DRAWS; i++)
        assert_memory_not_equal(drawn[i - 1], drawn[i], SAMPLE);
    EVP_RAND_CTX_free(ctx);
}

/* OpenSSL's DRBG takes its seed from us, and again when we were reseeded. */
static void drbg_has_it_for_a_parent(void **state)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_CIPHER, "AES-256-CTR", 0),
        OSSL_PARAM_construct_utf8_string(OSSL_ALG_PARAM_PROPERTIES, "provider=default", 0),
        OSSL_PARAM_construct_end(),
    };

    (void)state;
    for (size_t i = 0; i < count; i++) {
        EVP_RAND_CTX *parent = new_instance(names[i]);
        EVP_RAND_CTX *drbg = new_from("CTR-DRBG", "provider=default", parent);
        uint64_t before = counters_read(libctx).kernel_bytes;
        uint64_t seeded;
        uint8_t out[SAMPLE];

        assert_int_equal(EVP_RAND_instantiate(drbg, STRENGTH, 0, NULL, 0, params), 1);
        assert_true(counters_read(libctx).kernel_bytes >= before + STRENGTH / 8);
        assert_true(generate(drbg, out, sizeof(out))); /* OpenSSL 3.0 reseeds at the first */
        seeded = counters_read(libctx).kernel_bytes;
        assert_true(generate(drbg, out, sizeof(out)));
        assert_int_equal(counters_read(libctx).kernel_bytes, seeded);
        assert_int_equal(EVP_RAND_reseed(parent, 0, NULL, 0, NULL, 0), 1);
        assert_true(generate(drbg, out, sizeof(out)));
        assert_true(counters_read(libctx).kernel_bytes > seeded);
        EVP_RAND_CTX_free(drbg);
        EVP_RAND_CTX_free(parent);
    }
}

/* A library context whose [random] section has these lines too. */
static OSSL_LIB_CTX *open_random(const char *lines)
{
    char settings[256];

    snprintf(settings, sizeof(settings), lines, subject_query());
    return subject_open(settings);
}

static void application_may_choose_it(void **state)
{
    OSSL_LIB_CTX *own = open_random("[random]\nrandom = stdrng\nproperties = %s\n");
    uint64_t before = counters_read(own).kernel_bytes;
    uint8_t out[2][1000];
    EVP_RAND *rand;

    (void)state;
    assert_int_equal(RAND_bytes_ex(own, out[0], sizeof(out[0]), STRENGTH), 1);
    assert_int_equal(RAND_priv_bytes_ex(own, out[1], sizeof(out[1]), STRENGTH), 1);
    rand = EVP_RAND_CTX_get0_rand(RAND_get0_public(own));
    assert_true(EVP_RAND_is_a(rand, "stdrng"));
    assert_true(is_subject(EVP_RAND_get0_provider(rand)));
    assert_int_equal(counters_read(own).kernel_bytes, before + sizeof(out));
    assert_memory_not_equal(out[0], out[1], sizeof(out[0]));
    OSSL_LIB_CTX_free(own);
}

/* The kernel may offer no jitterentropy_rng: it refuses a processor whose clock is too coarse. */
static bool is_offered(const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i < count;
}

static void check_seed(const char *name)
{
    char lines[128];
    OSSL_LIB_CTX *own;
    uint8_t out[SAMPLE];
    EVP_RAND *rand;

    snprintf(lines, sizeof(lines), "[random]\nseed = %s\nseed_properties = %%s\n", name);
    own = open_random(lines);
    assert_int_equal(RAND_bytes_ex(own, out, sizeof(out), 0), 1);
    rand = EVP_RAND_CTX_get0_rand(RAND_get0_primary(own));
    assert_true(EVP_RAND_is_a(rand, "CTR-DRBG"));
    assert_false(is_subject(EVP_RAND_get0_provider(rand)));
    assert_true(counters_read(own).kernel_bytes >= STRENGTH / 8);
    OSSL_LIB_CTX_free(own);
}

static void application_may_take_its_seed(void **state)
{
    (void)state;
    check_seed("stdrng");
    if (is_offered("jitterentropy_rng"))
        check_seed("jitterentropy_rng");
    else
        print_message("jitterentropy_rng is not offered here: left out\n");
}

/* What a module index can't tell: the module is there, and the kernel refuses nevertheless. */
static void what_the_kernel_refuses_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < refused_count; i++) {
        EVP_RAND_CTX *ctx = new_context(refused_names[i]);

        assert_true(refused(EVP_RAND_instantiate(ctx, STRENGTH, 0, NULL, 0, NULL)));
        EVP_RAND_CTX_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_kernel_refuses_is_an_error),
        cmocka_unit_test(every_generator_goes_through_its_states),
        cmocka_unit_test(requests_have_any_length),
        cmocka_unit_test(seeds_are_taken),
        cmocka_unit_test(one_descriptor_while_instantiated),
        cmocka_unit_test(child_has_a_generator_of_its_own),
        cmocka_unit_test(generator_survives_the_loss_of_its_descriptor),
        cmocka_unit_test(failure_is_an_error),
        cmocka_unit_test(threads_share_a_locked_context),
        cmocka_unit_test(drbg_has_it_for_a_parent),
        cmocka_unit_test(application_may_choose_it),
        cmocka_unit_test(application_may_take_its_seed),
    };

    return cmocka_run_group_tests(tests, open_subject, close_subject);
}
