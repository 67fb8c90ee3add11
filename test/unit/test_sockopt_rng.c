/* SPDX-License-Identifier: Apache-2.0 */
/* The options of the kernel's RNGs on a real kernel: seed, and entropy for tests. */
#include <afalg/sockopt.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "raw_alg.h"

/* The most that one receive yields, in bytes. */
enum { MOST = 128 };

/* For ANSI X9.31 this is V, the key of AES-128, and DT, 16 bytes each. */
static const uint8_t SEED[48] = "seed: V of 16 bykey of AES, 16 b, and date/time";

static int seeded(const char *name, const void *seed, size_t len)
{
    int bound = raw_alg_must_bind("rng", name);
    int fd;

    assert_int_equal(sockopt_alg_key(bound, seed, len), 0);
    fd = raw_alg_must_accept(bound);
    (void)close(bound);
    return fd;
}

static void assert_reads(int fd, uint8_t out[32])
{
    memset(out, 0, 32);
    assert_int_equal(recv(fd, out, 32, 0), 32);
}

/* A DRBG mixes the seed with entropy of its own, so equal seeds must not show. */
static void a_seed_makes_the_drbg_run(void **state)
{
    int one = seeded("stdrng", SEED, sizeof(SEED));
    int two = seeded("stdrng", SEED, sizeof(SEED));
    uint8_t random[3][32];

    (void)state;
    assert_reads(one, random[0]);
    assert_reads(one, random[1]);
    assert_reads(two, random[2]);
    assert_memory_not_equal(random[0], random[1], 32);
    assert_memory_not_equal(random[0], random[2], 32);
    (void)close(one);
    (void)close(two);
}

static void a_drbg_without_seed_gives_nothing(void **state)
{
    int bound = raw_alg_must_bind("rng", "stdrng");
    int fd = raw_alg_must_accept(bound);
    uint8_t out[32];

    (void)state;
    assert_int_equal(recv(fd, out, sizeof(out), 0), -1);
    assert_int_equal(errno, EINVAL);
    (void)close(fd);
    (void)close(bound);
}

static void a_seed_may_be_empty(void **state)
{
    int fd = seeded("stdrng", NULL, 0);
    uint8_t out[32];

    (void)state;
    assert_reads(fd, out);
    (void)close(fd);
}

static void one_receive_yields_128_bytes(void **state)
{
    int fd = seeded("stdrng", SEED, sizeof(SEED));
    uint8_t out[MOST + 72];

    (void)state;
    assert_int_equal(recv(fd, out, sizeof(out), 0), MOST);
    (void)close(fd);
}

/* ANSI X9.31 depends on its seed alone, so it shows that the seed arrives; gone in 7.x. */
static void a_seed_decides_what_ansi_cprng_gives(void **state)
{
    uint8_t random[3][32];
    uint8_t other[sizeof(SEED)];
    int fd[3];

    (void)state;
    if (raw_alg_kernel_is(7, 2)) {
        assert_int_equal(raw_alg_bind("rng", "ansi_cprng"), -ENOENT);
        return;
    }
    memcpy(other, SEED, sizeof(SEED));
    other[0] ^= 1;
    fd[0] = seeded("ansi_cprng", SEED, sizeof(SEED));
    fd[1] = seeded("ansi_cprng", SEED, sizeof(SEED));
    fd[2] = seeded("ansi_cprng", other, sizeof(other));
    for (int i = 0; i < 3; i++) {
        assert_reads(fd[i], random[i]);
        (void)close(fd[i]);
    }
    assert_memory_equal(random[0], random[1], 32);
    assert_memory_not_equal(random[0], random[2], 32);
}

static void a_seed_too_short_for_ansi_cprng(void **state)
{
    int bound;

    (void)state;
    if (raw_alg_kernel_is(7, 2)) {
        assert_int_equal(raw_alg_bind("rng", "ansi_cprng"), -ENOENT);
        return;
    }
    bound = raw_alg_must_bind("rng", "ansi_cprng");
    assert_int_equal(sockopt_alg_key(bound, SEED, 31), EINVAL);
    (void)close(bound);
}

/* Whether the kernel has CONFIG_CRYPTO_USER_API_RNG_CAVP: it has this function then. */
static bool has_cavp(void)
{
    FILE *symbols = fopen("/proc/kallsyms", "re");
    char line[512];
    unsigned algif_rng = 0;
    bool found = false;

    assert_non_null(symbols);
    while (fgets(line, sizeof(line), symbols) != NULL) {
        found = found || strstr(line, " rng_test_recvmsg") != NULL;
        algif_rng += strstr(line, " rng_accept_parent") != NULL;
    }
    (void)fclose(symbols);
    assert_true(algif_rng > 0); /* else the list tells nothing */
    return found;
}

static void entropy_needs_a_kernel_made_for_tests(void **state)
{
    int bound = raw_alg_must_bind("rng", "stdrng");

    (void)state;
    if (!has_cavp())
        assert_int_equal(sockopt_alg_drbg_entropy(bound, SEED, 32), ENOPROTOOPT);
    else if (geteuid() != 0)
        assert_int_equal(sockopt_alg_drbg_entropy(bound, SEED, 32), EACCES);
    else
        assert_int_equal(sockopt_alg_drbg_entropy(bound, SEED, 32), 0);
    (void)close(bound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_makes_the_drbg_run),
        cmocka_unit_test(a_drbg_without_seed_gives_nothing),
        cmocka_unit_test(a_seed_may_be_empty),
        cmocka_unit_test(one_receive_yields_128_bytes),
        cmocka_unit_test(a_seed_decides_what_ansi_cprng_gives),
        cmocka_unit_test(a_seed_too_short_for_ansi_cprng),
        cmocka_unit_test(entropy_needs_a_kernel_made_for_tests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
