/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <inttypes.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t get(const atomic_uint_least64_t *counter)
{
    return atomic_load_explicit((atomic_uint_least64_t *)(uintptr_t)counter, memory_order_relaxed);
}

static uint64_t sum_reasons(const struct counters *c, int from, int to)
{
    uint64_t sum = 0;

    for (int i = from; i < to; i++)
        sum += get(&c->reasons[i]);
    return sum;
}

static uint64_t fallbacks(const struct counters *c)
{
    return sum_reasons(c, REASON_FALLBACKS, REASONS);
}

/* A counter of all algorithms; @at is its place in struct counters. */
static uint64_t total(const struct provctx *prov, size_t at)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < algorithm_count; i++) {
        const char *counters = (const char *)&prov->alg_states[i].counters;

        sum += get((const atomic_uint_least64_t *)(const void *)(counters + at));
    }
    return sum;
}

static uint64_t total_fallbacks(const struct provctx *prov)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < algorithm_count; i++)
        sum += fallbacks(&prov->alg_states[i].counters);
    return sum;
}

/* In the summary, and in the line of a request. */
static const struct reason_words {
    const char *name, *text;
} reasons[REASONS] = {
    [REASON_MIN_SIZE] = { "min_size", "shorter than min_size" },
    [REASON_CALIBRATION] = { "calibration", "calibration: the faster, or its turn in the trial" },
    [REASON_REFUSED] = { "refused", "refused: the kernel does not take this key" },
    [REASON_BACKOFF] = { "backoff", "backoff: the kernel keeps failing" },
    [REASON_OPEN] = { "open", "open: no socket, or no such algorithm" },
    [REASON_REQUEST] = { "request", "request: the kernel failed it" },
    [REASON_SIZE] = { "size", "size: too long for one request" },
    [REASON_STREAM] = { "stream", "stream: in pieces, or the tag after the data" },
    [REASON_WRONG] = { "wrong", "wrong: the driver has given a wrong answer" },
    [REASON_LENGTH] = { "length", "length: of an IV, a tag or a variant that the kernel lacks" },
};

/* Their sum under @title, and after it those that there were. */
static void write_reasons(FILE *out, const struct counters *c, const char *title, int from, int to)
{
    fprintf(out, " %s=%" PRIu64, title, sum_reasons(c, from, to));
    for (int i = from; i < to; i++) {
        if (get(&c->reasons[i]) != 0)
            fprintf(out, ",%s:%" PRIu64, reasons[i].name, get(&c->reasons[i]));
    }
}

static void write_driver(FILE *out, const struct afalg_drivers *drivers,
                         const struct alg_state *state)
{
    const struct algorithm *alg = state->alg;
    struct afalg_driver found;

    if (drivers == NULL || alg->type == NULL ||
        afalg_drivers_find(drivers, alg->type, state->bind_name, &found) != 0)
        fputs(" driver=-", out);
    else
        fprintf(out, " driver=%s", found.driver);
}

static bool used(const struct counters *c)
{
    return get(&c->kernel_requests) + get(&c->software_requests) + fallbacks(c) != 0;
}

/* The end of an algorithm's line. */
static void write_counters(FILE *out, const struct counters *c)
{
    fprintf(out, " kernel=%" PRIu64 "/%" PRIu64 " software=%" PRIu64 "/%" PRIu64,
            get(&c->kernel_requests), get(&c->kernel_bytes), get(&c->software_requests),
            get(&c->software_bytes));
    write_reasons(out, c, "fallbacks", REASON_FALLBACKS, REASONS);
    if (sum_reasons(c, REASON_MIN_SIZE, REASON_FALLBACKS) != 0)
        write_reasons(out, c, "preferred", REASON_MIN_SIZE, REASON_FALLBACKS);
    fputc('\n', out);
}

/* A line for each algorithm that was used. */
static void write_report(FILE *out, const struct provctx *prov)
{
    struct afalg_drivers *drivers = afalg_drivers_read_names();

    for (size_t i = 0; i < algorithm_count; i++) {
        const struct alg_state *state = &prov->alg_states[i];

        if (!used(&state->counters))
            continue;
        fprintf(out, "afalg: %.*s", algorithm_name_length(state->alg), state->alg->names);
        write_driver(out, drivers, state);
        write_counters(out, &state->counters);
    }
    afalg_drivers_free(drivers);
}

static int set_report(const struct provctx *prov, OSSL_PARAM *p)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    int ok;

    if (out == NULL)
        return 0;
    write_report(out, prov);
    ok = fclose(out) == 0 && OSSL_PARAM_set_utf8_string(p, text);
    free(text);
    return ok;
}

static int set_count(OSSL_PARAM params[], const char *key, uint64_t value)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, key);

    return p == NULL || OSSL_PARAM_set_uint64(p, value);
}

int report_params(struct provctx *prov, OSSL_PARAM params[])
{
    OSSL_PARAM *report = OSSL_PARAM_locate(params, AFALG_PARAM_REPORT);

    return set_count(params, AFALG_PARAM_KERNEL_REQUESTS,
                     total(prov, offsetof(struct counters, kernel_requests))) &&
           set_count(params, AFALG_PARAM_KERNEL_BYTES,
                     total(prov, offsetof(struct counters, kernel_bytes))) &&
           set_count(params, AFALG_PARAM_SOFTWARE_REQUESTS,
                     total(prov, offsetof(struct counters, software_requests))) &&
           set_count(params, AFALG_PARAM_SOFTWARE_BYTES,
                     total(prov, offsetof(struct counters, software_bytes))) &&
           set_count(params, AFALG_PARAM_FALLBACKS, total_fallbacks(prov)) &&
           set_count(params, AFALG_PARAM_SOCKETS, afalg_socket_count()) &&
           (report == NULL || set_report(prov, report));
}

/* Each line of a file is one write, as many processes may append to it. */
static FILE *log_open(const struct provctx *prov)
{
    FILE *out;

    if (prov->config.log_file == NULL)
        return stderr;
    out = fopen(prov->config.log_file, "ae");
    if (out != NULL)
        setvbuf(out, NULL, _IOLBF, BUFSIZ);
    return out;
}

static void log_close(FILE *out)
{
    if (out != NULL && out != stderr)
        fclose(out);
}

void report_progress(const struct alg_state *state)
{
    FILE *out = log_open(state->progress);

    if (out == NULL)
        return;
    fprintf(out, "afalg[%ld]: %.*s", (long)getpid(), algorithm_name_length(state->alg),
            state->alg->names);
    write_counters(out, &state->counters);
    log_close(out);
}

void report_request(const struct provctx *prov, const struct alg_state *state, size_t len,
                    enum reason reason)
{
    FILE *out = log_open(prov);

    if (out == NULL)
        return;
    fprintf(out, "afalg[%ld]: %.*s %zu bytes: ", (long)getpid(), algorithm_name_length(state->alg),
            state->alg->names, len);
    if (reason == REASON_NONE)
        fputs("kernel\n", out);
    else
        fprintf(out, "software (%s)\n", reasons[reason].text);
    log_close(out);
}

void report_alg_state(const struct provctx *prov, const struct alg_state *state)
{
    FILE *out = prov->config.log < LOG_OFFERS ? NULL : log_open(prov);
    const char *why = state->unavailable_reason;

    if (out == NULL)
        return;
    fprintf(out, "afalg: %.*s %s%s", algorithm_name_length(state->alg), state->alg->names,
            why == NULL ? "offered" : "not offered: ", why == NULL ? "" : why);
    if (why == NULL && state->driver != NULL)
        fprintf(out, ", hardware: %s", state->driver);
    else if (why != NULL && state->bind_name != state->alg->kernel)
        fprintf(out, " (%s = %s)", AFALG_CONF_DRIVER, state->bind_name);
    fputc('\n', out);
    log_close(out);
}

void report_backoff(const struct provctx *prov, const struct alg_state *state, int error)
{
    FILE *out = prov->config.log == LOG_NONE ? NULL : log_open(prov);

    if (out != NULL)
        fprintf(out, "afalg: %.*s failed in the kernel (%s): left to software, asked again later\n",
                algorithm_name_length(state->alg), state->alg->names, strerror(-error));
    log_close(out);
}

void report_wrong(const struct provctx *prov, const struct alg_state *state, const char *name)
{
    FILE *out = prov->config.log == LOG_NONE ? NULL : log_open(prov);

    if (out != NULL)
        fprintf(out,
                "afalg: %.*s: the kernel's answer was wrong (%s): left to software; "
                "see afalgctl test\n",
                algorithm_name_length(state->alg), state->alg->names, name);
    log_close(out);
}

void report_excluded(const struct provctx *prov, const char *program)
{
    FILE *out = prov->config.log < LOG_OFFERS ? NULL : log_open(prov);

    if (out != NULL)
        fprintf(out, "afalg: nothing offered to %s: left out by %s\n", program,
                AFALG_CONF_PROGRAMS);
    log_close(out);
}

void report_not_loaded(const struct provctx *prov, const char *why)
{
    FILE *out = prov->config.log == LOG_NONE ? NULL : log_open(prov);

    if (out != NULL)
        fprintf(out, "afalg: not loaded: %s\n", why);
    log_close(out);
}

static bool anything_done(const struct provctx *prov)
{
    for (size_t i = 0; i < algorithm_count; i++) {
        if (used(&prov->alg_states[i].counters))
            return true;
    }
    return false;
}

void report_log(struct provctx *prov)
{
    FILE *out = prov->config.log == LOG_NONE || !anything_done(prov) ? NULL : log_open(prov);

    if (out != NULL)
        write_report(out, prov);
    log_close(out);
}
