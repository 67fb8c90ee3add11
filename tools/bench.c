/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl bench: how fast the kernel's drivers are, beside OpenSSL's software. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "afalgctl.h"
#include "bench.h"
#include "json.h"
#include "kernel.h"
#include "mac/mac.h"
#include "number.h"
#include "options.h"

/* What is measured if nothing is named. */
static char *const common[] = { "AES-128-CBC",       "AES-128-CTR", "AES-128-GCM", "AES-256-XTS",
                                "ChaCha20-Poly1305", "SHA256",      "SHA512",      "HMAC:SHA256" };

enum { SECONDS_MAX = 3600 };

/* What is asked for, and what was found. */
struct session {
    char *const *names;
    size_t name_count;
    const char *driver;
    long long seconds;        /* for each algorithm */
    struct json_object *json; /* an array; NULL: a table */

    struct instance kernel;        /* without software */
    struct afalg_drivers *drivers; /* once all algorithms were bound */
    struct afalg_driver found;     /* of the algorithm that is measured */
    unsigned measured, failed;
};

/* --- which --- */

/* @prefix names the row @alg. */
static bool is_named(const struct algorithm *alg, const char *prefix, size_t len)
{
    char name[64];

    snprintf(name, sizeof(name), "%.*s", (int)len, prefix);
    return algorithm_named(alg->names, name) != 0;
}

/* By OpenSSL's name, the kernel's, "HMAC", or "HMAC:SHA256". */
static bool subject_named(const struct bench_subject *subject, const char *name)
{
    size_t len = strcspn(name, ":");

    if (strcmp(subject->kernel, name) == 0)
        return true;
    return is_named(subject->alg, name, len) &&
           (name[len] == '\0' ||
            (subject->inner != NULL && algorithm_named(subject->inner->names, name + len + 1)));
}

/* The subject of a row, of the MAC @alg over @inner. False if the kernel knows no such thing. */
static bool make_subject(struct bench_subject *subject, const struct algorithm *alg,
                         const struct algorithm *inner)
{
    *subject = (struct bench_subject){ .alg = alg, .inner = inner, .type = alg->type };
    if (inner == NULL) {
        snprintf(subject->kernel, sizeof(subject->kernel), "%s", alg->kernel);
        snprintf(subject->name, sizeof(subject->name), "%.*s", algorithm_name_length(alg),
                 alg->names);
        return worker_knows(alg);
    }
    snprintf(subject->name, sizeof(subject->name), "%.*s:%.*s", algorithm_name_length(alg),
             alg->names, algorithm_name_length(inner), inner->names);
    return mac_kernel_name(alg, inner, &subject->type, subject->kernel, sizeof(subject->kernel));
}

/* Calls @use for all that can be measured. */
static void subjects_each(void (*use)(const struct bench_subject *subject, void *arg), void *arg)
{
    struct bench_subject subject;

    for (size_t i = 0; i < algorithm_count; i++) {
        const struct algorithm *alg = &algorithms[i];

        if (alg->operation != OSSL_OP_MAC && make_subject(&subject, alg, NULL))
            use(&subject, arg);
        for (size_t j = 0; j < algorithm_count && alg->operation == OSSL_OP_MAC; j++) {
            if (make_subject(&subject, alg, &algorithms[j]))
                use(&subject, arg);
        }
    }
}

/* A name, and whether a subject has it. */
struct search {
    const char *name;
    bool found;
};

static void compare_name(const struct bench_subject *subject, void *arg)
{
    struct search *search = arg;

    search->found |= subject_named(subject, search->name);
}

/* The first name that no subject has; NULL: each has one. */
static const char *unknown_name(const struct session *s)
{
    for (size_t i = 0; i < s->name_count; i++) {
        struct search search = { .name = s->names[i] };

        subjects_each(compare_name, &search);
        if (!search.found)
            return search.name;
    }
    return NULL;
}

/* Whether it is among the names; without any, everything is that the driver does. */
static bool is_asked_for(const struct session *s, const struct bench_subject *subject)
{
    for (size_t i = 0; i < s->name_count; i++) {
        if (subject_named(subject, s->names[i]))
            return true;
    }
    return s->name_count == 0;
}

/* Sets s->found to the driver that is asked for, or the one that bind takes. */
static bool find_driver(struct session *s, const struct bench_subject *subject)
{
    const char *name = s->driver == NULL ? subject->kernel : s->driver;

    return s->drivers != NULL &&
           afalg_drivers_find(s->drivers, subject->type, name, &s->found) == 0 &&
           (s->driver == NULL || (strcmp(s->found.driver, s->driver) == 0 &&
                                  strcmp(s->found.algorithm, subject->kernel) == 0));
}

/* --- each --- */

/* Has new contexts of the subject bind to s->found: by the algorithm's name a kernel that hands no
 * hardware out (7.2 and later) would give them another driver. */
static bool pin_driver(struct session *s, const struct bench_subject *subject)
{
    const struct algorithm *alg = subject->inner == NULL ? subject->alg : subject->inner;
    struct alg_state *state = provider_alg_state(s->kernel.prov, alg);

    if (subject->inner == NULL) {
        state->bind_name = s->found.driver;
        return true;
    }
    free(state->mac_bind_name);
    state->mac_bind_name = strdup(s->found.driver);
    return state->mac_bind_name != NULL;
}

static void measure(const struct bench_subject *subject, void *arg)
{
    struct session *s = arg;
    struct bench_result result;

    if (!is_asked_for(s, subject) || !find_driver(s, subject))
        return;
    ERR_clear_error();
    if (!pin_driver(s, subject) ||
        !bench_measure(&s->kernel, subject, (double)s->seconds, &result)) {
        fprintf(stderr, "afalgctl: %s could not be measured in the kernel by %s\n", subject->name,
                s->found.driver);
        ERR_print_errors_fp(stderr);
        s->failed++;
        return;
    }
    s->measured++;
    if (s->json != NULL)
        bench_add_json(subject, &s->found, &result, s->json);
    else
        bench_print(subject, &s->found, &result);
}

static int measure_all(struct session *s)
{
    if (s->json == NULL)
        bench_print_head();
    subjects_each(measure, s);
    if (s->json != NULL)
        json_print(s->json);
    if (s->measured + s->failed > 0)
        return s->failed > 0 ? STATUS_NO_KERNEL : STATUS_OK;
    fputs("afalgctl: the kernel has no such algorithm or driver; see afalgctl list\n", stderr);
    return STATUS_USAGE;
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
        return number_parse(optarg, 1, SECONDS_MAX, &s->seconds);
    case 'j':
        s->json = json_object_new_array();
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
        { "json", no_argument, NULL, 'j' },
        { 0 },
    };

    if (!options_parse(argc, argv, options, take_option, s))
        return false;
    s->names = argv + optind;
    s->name_count = (size_t)(argc - optind);
    if (s->name_count == 0 && s->driver == NULL) {
        s->names = common;
        s->name_count = sizeof(common) / sizeof(*common);
    }
    return true;
}

int bench_command(int argc, char *argv[])
{
    static const struct settings all;
    struct session s = { .seconds = 1 };
    int error = kernel_refusal(), status = STATUS_NO_KERNEL;
    const char *unknown;

    if (!parse_command_line(&s, argc, argv))
        return STATUS_USAGE;
    unknown = unknown_name(&s);
    if (unknown != NULL) {
        fprintf(stderr, "afalgctl: %s: no such algorithm (see afalgctl table)\n", unknown);
        return STATUS_USAGE;
    }
    if (error != 0)
        return complain_of_kernel(error);
    if (!instance_open(&s.kernel, "kernel", &all, AFALG_CONF_FALLBACK " = no\n"))
        return status;
    s.drivers = afalg_drivers_read();
    status = measure_all(&s);
    afalg_drivers_free(s.drivers);
    instance_close(&s.kernel);
    return status;
}
