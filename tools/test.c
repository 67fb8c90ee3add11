/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl test: whether the kernel's drivers are right. */
#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "afalg/params.h"
#include "afalgctl.h"
#include "contest.h"
#include "json.h"
#include "kernel.h"
#include "number.h"
#include "options.h"
#include "test.h"

enum { RANDOM_CASES = 200, SEED_DEFAULT = 1 };

/* What is asked for, and what was found. */
struct session {
    char *const *names; /* algorithms; none: all with a hardware driver */
    size_t name_count;
    const char *driver;
    long long seconds; /* for each driver; 0: a fixed number of cases */
    long long seed;
    struct test_case one; /* if given by --case */
    bool has_case;
    bool write;
    struct json_object *json; /* NULL: a table */
    FILE *table;

    OSSL_LIB_CTX *libctx;
    struct afalg_probe *probe;
    unsigned long drivers, wrong;
};

/* --- one driver --- */

/* Whether a property has more cases: those of the last one end with the time, or the number. */
static bool goes_on(const struct session *s, size_t property, unsigned i, double end)
{
    return property + 1 < property_count || i < RANDOM_CASES ||
           (s->seconds > 0 && contest_now() < end);
}

/* Runs a property's cases until one is not right, which is then the trial's. */
static enum verdict prove(const struct session *s, struct trial *t, size_t property, double end,
                          unsigned long *cases)
{
    const struct property *p = &properties[property];
    struct random random = random_start((uint64_t)s->seed * property_count + property);
    enum verdict verdict = VERDICT_RIGHT;

    for (unsigned i = 0; verdict == VERDICT_RIGHT && goes_on(s, property, i, end); i++) {
        t->c = target_case(t->target);
        t->c.v[SEED] = random_next(&random) >> 32;
        if (!p->make(t->target, i, &random, &t->c))
            break;
        if (t->c.v[IN_PLACE] && kernel_copies(t->target))
            return VERDICT_OUT_OF_REACH;
        target_adjust(t->target, &t->c);
        verdict = trial_run(t);
        ++*cases;
        if (verdict == VERDICT_REFUSED && t->error == -EMSGSIZE)
            verdict = VERDICT_RIGHT; /* longer than a socket takes: out of reach */
    }
    return verdict;
}

static void prove_all(struct session *s, const struct target *target, struct result *result)
{
    double end = contest_now() + (double)s->seconds;

    *result = (struct result){ .target = target };
    for (size_t i = 0; i < property_count; i++) {
        struct outcome_of *o = &result->of[i];
        bool random = i + 1 == property_count;

        o->trial = (struct trial){ .target = target, .libctx = s->libctx };
        o->applies = properties[i].applies(target) && !(random && result->wrong > 0);
        if (!o->applies)
            continue;
        o->verdict = prove(s, &o->trial, i, end, &result->cases);
        if (o->verdict == VERDICT_WRONG)
            trial_shrink(&o->trial);
        result->wrong += o->verdict == VERDICT_WRONG;
        result->refused += o->verdict == VERDICT_REFUSED;
    }
}

static void free_result(struct result *result)
{
    for (size_t i = 0; i < property_count; i++)
        trial_free(&result->of[i].trial);
}

static void test_target(struct session *s, const struct target *target)
{
    struct result result;

    result.unreachable = afalg_probe_bind(s->probe, target->type, target->driver.driver);
    if (result.unreachable != 0)
        result = (struct result){ .target = target, .unreachable = result.unreachable };
    else
        prove_all(s, target, &result);
    s->drivers++;
    s->wrong += result.wrong > 0;
    if (s->json != NULL)
        result_add_json(&result, s->json);
    else
        result_print(&result, s->table);
    if (s->write && result.wrong > 0)
        printf("%s-%s", s->wrong == 1 ? AFALG_CONF_HARDWARE " = " : ", ", target->driver.driver);
    free_result(&result);
}

static void test_case_of(struct session *s, const struct target *target)
{
    struct trial t = { .target = target, .libctx = s->libctx, .c = s->one };
    enum verdict verdict = trial_run(&t);

    s->drivers++;
    if (verdict == VERDICT_RIGHT)
        fprintf(s->table, "%s: right\n", target->driver.driver);
    else if (verdict == VERDICT_REFUSED)
        fprintf(s->table, "%s: refused: %s\n", target->driver.driver, strerror(-t.error));
    else
        trial_report(&t, s->table);
    s->wrong += verdict == VERDICT_WRONG;
    trial_free(&t);
}

/* --- which --- */

static bool is_asked_for(const struct session *s, const struct target *t)
{
    for (size_t i = 0; i < s->name_count; i++) {
        if (target_named(t, s->names[i]))
            return true;
    }
    return s->name_count == 0;
}

/* The driver that is to be tested: the one that was named, or the one that bind takes. */
static bool find_driver(const struct session *s, struct target *t)
{
    const struct afalg_drivers *drivers;

    if (s->name_count > 0)
        afalg_probe_bind(s->probe, t->type, t->kernel); /* which loads it */
    drivers = afalg_probe_drivers(s->probe);
    if (drivers == NULL ||
        afalg_drivers_find(drivers, t->type, s->driver == NULL ? t->kernel : s->driver,
                           &t->driver) != 0)
        return false;
    if (s->driver != NULL)
        return strcmp(t->driver.driver, s->driver) == 0 &&
               strcmp(t->driver.algorithm, t->kernel) == 0;
    return s->name_count > 0 || t->driver.hardware;
}

static bool use_target(struct target *target, void *arg)
{
    struct session *s = arg;

    if (is_asked_for(s, target) && find_driver(s, target)) {
        if (s->has_case)
            test_case_of(s, target);
        else
            test_target(s, target);
    }
    return true;
}

static int test_drivers(struct session *s)
{
    if (s->json == NULL && !s->has_case)
        result_print_head(s->table);
    targets_each(use_target, s);
    if (s->json != NULL)
        json_print(s->json);
    if (s->write && s->wrong > 0)
        putchar('\n');
    if (s->drivers > 0)
        return s->wrong > 0 ? STATUS_FINDINGS : STATUS_OK;
    if (s->name_count > 0 || s->driver != NULL) {
        fputs("afalgctl: the kernel has no such driver, or it can't be tested\n", stderr);
        return STATUS_USAGE;
    }
    fputs("afalgctl: no algorithm has a hardware driver here; name one to test the kernel's\n",
          stderr);
    return STATUS_OK;
}

/* --- the command line --- */

static bool take_option(void *into, int letter)
{
    struct session *s = into;

    switch (letter) {
    case 'd':
        s->driver = optarg;
        return true;
    case 's':
        return number_parse(optarg, 0, INT_MAX, &s->seconds);
    case 'e':
        return number_parse(optarg, 0, LLONG_MAX, &s->seed);
    case 'c':
        s->has_case = true;
        return case_parse(&s->one, optarg);
    case 'j':
        s->json = json_new();
        return true;
    case 'w':
        s->write = true;
        s->table = stderr;
        return true;
    default:
        return false;
    }
}

/* False with the problem said. */
static bool parse_command_line(struct session *s, int argc, char *argv[])
{
    static const struct option options[] = {
        { "driver", required_argument, NULL, 'd' },
        { "seconds", required_argument, NULL, 's' },
        { "seed", required_argument, NULL, 'e' },
        { "case", required_argument, NULL, 'c' },
        { "json", no_argument, NULL, 'j' },
        { "write", no_argument, NULL, 'w' },
        { 0 },
    };

    if (!options_parse(argc, argv, options, take_option, s))
        return false;
    s->names = argv + optind;
    s->name_count = (size_t)(argc - optind);
    if (s->has_case && s->driver == NULL) {
        fputs("afalgctl: a case needs the driver that it is for (--driver)\n", stderr);
        return false;
    }
    return true;
}

int test_command(int argc, char *argv[])
{
    struct session s = { .seed = SEED_DEFAULT, .table = stdout };
    int error = kernel_refusal(), status = STATUS_NO_KERNEL;

    if (!parse_command_line(&s, argc, argv))
        return STATUS_USAGE;
    if (error != 0)
        return complain_of_kernel(error);
    s.libctx = OSSL_LIB_CTX_new();
    s.probe = afalg_probe_new();
    if (s.libctx != NULL && s.probe != NULL && afalg_registry_hold() == 0) {
        status = test_drivers(&s);
        afalg_registry_release();
    }
    afalg_probe_free(s.probe);
    OSSL_LIB_CTX_free(s.libctx);
    return status;
}
