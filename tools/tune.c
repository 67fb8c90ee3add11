/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl tune: from what size on hardware wins over the default provider. */
#include <openssl/err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "afalgctl.h"
#include "contest.h"
#include "instance.h"
#include "json.h"
#include "kernel.h"
#include "mac/mac.h"

enum {
    SMALLEST = 64,
    ROUNDS = 9, /* odd, for the median */
    BISECTIONS = 2,
};

/* Shorter than this, a round would measure the clock and the scheduler. */
#define ROUND_SECONDS 0.002

/* What goes into openssl.cnf if hardware never wins: the largest that the key takes. */
#define NEVER ((size_t)INT32_MAX)

/* How many requests make a round. */
static unsigned calibrate(struct contest *c, struct worker *w, size_t len)
{
    unsigned count = 1;

    while (contest_run(c, w, len, count).seconds < ROUND_SECONDS && !c->failed)
        count *= 2;
    return count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Whether hardware is faster at this size: the median over rounds in which both take turns. */
static bool hardware_wins(struct contest *c, size_t len)
{
    unsigned many = calibrate(c, c->software, len), few = calibrate(c, c->kernel, len);
    double ratios[ROUNDS];

    for (int i = 0; i < ROUNDS && !c->failed; i++) {
        double hardware = contest_run(c, c->kernel, len, few).seconds / few;
        double software = contest_run(c, c->software, len, many).seconds / many;

        ratios[i] = hardware / software;
    }
    if (c->failed)
        return false;
    qsort(ratios, ROUNDS, sizeof(*ratios), compare);
    return ratios[ROUNDS / 2] < 1;
}

/* The first size from which hardware wins, at it and at its double; NEVER if it doesn't. */
static size_t crossing(struct contest *c, size_t largest)
{
    size_t win = SMALLEST, lose;

    while (win <= largest &&
           !(hardware_wins(c, win) && (win * 2 > largest || hardware_wins(c, win * 2))) &&
           !c->failed)
        win *= 2;
    if (win > largest)
        return NEVER;
    lose = win / 2;
    for (int i = 0; i < BISECTIONS && win > SMALLEST && !c->failed; i++) {
        size_t middle = (lose + win) / 2;

        if (hardware_wins(c, middle))
            win = middle;
        else
            lose = middle;
    }
    return win;
}

/* Measures one row, of a MAC over @inner. False if a request failed or was not the kernel's. */
static bool measure_row(const struct instance *pinned, const struct algorithm *alg,
                        const struct algorithm *inner, size_t *size)
{
    size_t largest = contest_largest();
    struct contest c;
    bool ok = contest_open(&c, pinned, alg, inner, largest);

    if (ok)
        *size = crossing(&c, largest);
    ok = ok && contest_was_fair(&c);
    contest_close(&c);
    return ok;
}

static void print_failure(const struct algorithm *alg)
{
    fprintf(stderr, "afalgctl: %.*s could not be measured in the kernel\n",
            algorithm_name_length(alg), alg->names);
    ERR_print_errors_fp(stderr);
}

/* What is compared, and where the result goes. */
struct tuning {
    struct instance automatic; /* the drivers that auto takes */
    struct instance pinned;    /* bound to them, without software */
    struct json_object *json;  /* an object; NULL: lines of text */
};

static void print_line(const struct algorithm *alg, size_t size)
{
    if (size == NEVER)
        printf("# %.*s: software is faster at every size\n", algorithm_name_length(alg),
               alg->names);
    printf(AFALG_CONF_MIN_SIZE ".%.*s = %zu\n", algorithm_name_length(alg), alg->names, size);
    fflush(stdout);
}

/* A number, or null if software is faster at every size. */
static void add_number(struct json_object *json, const struct algorithm *alg, size_t size)
{
    char name[64];

    snprintf(name, sizeof(name), "%.*s", algorithm_name_length(alg), alg->names);
    json_object_object_add(json, name, size == NEVER ? NULL : json_object_new_int64((int64_t)size));
}

static bool print_size(const struct tuning *tuning, const struct algorithm *alg, bool measured,
                       size_t size)
{
    if (!measured) {
        print_failure(alg);
        return false;
    }
    if (tuning->json != NULL)
        add_number(tuning->json, alg, size);
    else
        print_line(alg, size);
    return true;
}

static bool tune_row(const struct tuning *tuning, const struct algorithm *alg)
{
    size_t size = 0;
    bool measured = measure_row(&tuning->pinned, alg, NULL, &size);

    return print_size(tuning, alg, measured, size);
}

/* One size serves a MAC over all of its digests or ciphers: the largest that was found. */
static bool tune_mac(const struct tuning *tuning, const struct algorithm *mac)
{
    char name[AFALG_NAME_MAX];
    const char *type;
    size_t largest = 0, size = 0;
    bool ok = true;

    for (size_t i = 0; ok && i < algorithm_count; i++) {
        const struct alg_state *inner = &tuning->automatic.prov->alg_states[i];

        if (inner->mac_unavailable_reason != NULL ||
            !mac_kernel_name(mac, inner->alg, &type, name, sizeof(name)))
            continue;
        ok = measure_row(&tuning->pinned, mac, inner->alg, &size);
        largest = size > largest ? size : largest;
    }
    return print_size(tuning, mac, ok, largest);
}

/* False if a row could not be measured. */
static bool tune_all(const struct tuning *tuning)
{
    bool ok = true;

    for (size_t i = 0; i < algorithm_count; i++) {
        const struct algorithm *alg = &algorithms[i];

        if (tuning->automatic.prov->alg_states[i].unavailable_reason != NULL || !worker_knows(alg))
            continue;
        ERR_clear_error();
        ok &= alg->operation == OSSL_OP_MAC ? tune_mac(tuning, alg) : tune_row(tuning, alg);
    }
    return ok;
}

/* Lines that bind each row to the driver that auto would take; allocated. NULL: no hardware. */
static char *pin_drivers(const struct instance *automatic)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    bool any = false;

    if (out == NULL)
        return NULL;
    fprintf(out, AFALG_CONF_FALLBACK " = no\n");
    for (size_t i = 0; i < algorithm_count; i++) {
        const struct alg_state *state = &automatic->prov->alg_states[i];

        any |= state->unavailable_reason == NULL;
        if (state->unavailable_reason == NULL && state->alg->operation != OSSL_OP_MAC)
            fprintf(out, AFALG_CONF_DRIVER ".%.*s = %s\n", algorithm_name_length(state->alg),
                    state->alg->names, state->driver);
    }
    if (fclose(out) == 0 && any)
        return text;
    free(text);
    return NULL;
}

/* False if a row could not be measured. Without hardware there is nothing to measure. */
static bool tune_hardware(struct tuning *tuning, const struct settings *settings)
{
    char *lines = pin_drivers(&tuning->automatic);
    bool ok;

    if (lines == NULL) {
        fputs("afalgctl: no algorithm has a hardware driver here; see afalgctl list\n", stderr);
        return true;
    }
    ok = instance_open(&tuning->pinned, "kernel", settings, lines) && tune_all(tuning);
    if (tuning->pinned.libctx != NULL)
        instance_close(&tuning->pinned);
    free(lines);
    return ok;
}

int tune_command(const struct settings *settings)
{
    struct tuning tuning = { .json = NULL };
    int error = kernel_refusal();
    bool ok;

    if (error != 0)
        return complain_of_kernel(error);
    if (!instance_open(&tuning.automatic, "auto", settings, NULL))
        return STATUS_NO_KERNEL;
    if (settings->json)
        tuning.json = json_object_new_object();
    ok = tune_hardware(&tuning, settings);
    if (tuning.json != NULL)
        json_print(tuning.json);
    instance_close(&tuning.automatic);
    return ok ? STATUS_OK : STATUS_NO_KERNEL;
}
