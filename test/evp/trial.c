/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "support.h"

enum { GUARD_SIZE = 32, GUARD_BYTE = 0xc5, MISALIGNMENTS = 64 };

static uint8_t *buffer_new(void)
{
    uint8_t *buffer = malloc(BUFFER_SIZE);

    if (buffer == NULL)
        die("out of memory");
    return buffer;
}

void trial_open(struct trial *trial)
{
    *trial = (struct trial){ .message = buffer_new(), .in = buffer_new() };
    for (int side = 0; side < SIDES; side++)
        trial->out[side] = buffer_new();
}

void trial_close(struct trial *trial)
{
    free(trial->message);
    free(trial->in);
    for (int side = 0; side < SIDES; side++)
        free(trial->out[side]);
}

void trial_begin(struct trial *trial, const char *algorithm, uint64_t seed)
{
    trial->random = random_start(algorithm, seed);
    trial->algorithm = algorithm;
    trial->seed = seed;
    trial->failed = false;
    trial->over = false;
    trial->trace = open_memstream(&trial->trace_text, &trial->trace_size);
    if (trial->trace == NULL)
        die("out of memory");
    ERR_clear_error();
}

bool trial_end_silently(struct trial *trial, char **text)
{
    fclose(trial->trace);
    *text = trial->trace_text;
    return !trial->failed;
}

bool trial_end(struct trial *trial)
{
    char *text;

    if (!trial_end_silently(trial, &text))
        fprintf(stderr, "FAILED: AFALG_TEST_SUBJECT=%s %s --algorithm '%s' --seed %" PRIu64 "\n%s",
                subject_name(), program_invocation_short_name, trial->algorithm, trial->seed, text);
    free(text);
    return !trial->failed;
}

size_t trial_below(struct trial *trial, size_t below)
{
    return random_below(&trial->random, below);
}

bool trial_once_in(struct trial *trial, size_t times)
{
    return random_once_in(&trial->random, times);
}

static void trace(struct trial *trial, const char *mark, const char *format, va_list args)
{
    fputs(mark, trial->trace);
    vfprintf(trial->trace, format, args);
    fputc('\n', trial->trace);
}

void trial_step(struct trial *trial, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    trace(trial, "    ", format, args);
    va_end(args);
}

void trial_fail(struct trial *trial, const char *format, ...)
{
    va_list args;

    if (trial->failed)
        return;
    trial->failed = true;
    va_start(args, format);
    trace(trial, " => ", format, args);
    va_end(args);
}

struct outcome outcome_of(int result)
{
    struct outcome outcome = { .result = result,
                               .error = ERR_peek_error(),
                               .last = ERR_peek_last_error() };

    ERR_clear_error();
    return outcome;
}

bool trial_may_refuse(struct trial *trial, const char *call)
{
    if (trial->stricter != NULL && trial->stricter(trial, trial->stricter_arg, call))
        trial->over = true;
    return trial->over;
}

/*
 * Whether applications that look at the queue find the same. The default provider's may have one
 * more at either end: OpenSSL 3.5 tries parameters as pointers first, and EVP adds its own where
 * key wrapping gives a length of -1.
 */
static bool same_error(const struct outcome outcome[SIDES])
{
    return (outcome[OURS].error == 0) == (outcome[ORACLE].error == 0) &&
           (outcome[OURS].error == outcome[ORACLE].error ||
            outcome[OURS].last == outcome[ORACLE].last);
}

static const char *error_name(unsigned long error)
{
    const char *name = error == 0 ? "no error" : ERR_reason_error_string(error);

    return name == NULL ? "an error without a name" : name;
}

bool trial_agree(struct trial *trial, const char *call, const struct outcome outcome[SIDES])
{
    bool ours = outcome[OURS].result > 0;
    bool oracle = outcome[ORACLE].result > 0;

    if (!ours && (oracle || !same_error(outcome)) && trial_may_refuse(trial, call))
        trial_step(trial, "%s: ours refuses in its own way, and may", call);
    else if (ours != oracle)
        trial_fail(trial, "%s: ours %s, oracle %s", call, ours ? "accepts" : "refuses",
                   oracle ? "accepts" : "refuses");
    else if (ours && outcome[OURS].error != 0 && outcome[ORACLE].error == 0)
        trial_fail(trial, "%s: ours accepts but leaves an error on the queue: %s", call,
                   ERR_reason_error_string(outcome[OURS].error));
    else if (!ours && !same_error(outcome))
        trial_fail(trial, "%s: ours refuses with '%s', oracle with '%s'", call,
                   error_name(outcome[OURS].error), error_name(outcome[ORACLE].error));
    if (!oracle)
        trial_step(trial, "%s: refused", call);
    return ours && oracle && !trial->failed;
}

static void dump(struct trial *trial, const char *side, const uint8_t *bytes, size_t length)
{
    fprintf(trial->trace, "        %-6s ", side);
    for (size_t i = 0; i < length; i++)
        fprintf(trial->trace, "%02x", bytes[i]);
    fputc('\n', trial->trace);
}

void trial_same_bytes(struct trial *trial, const char *what, const uint8_t *ours,
                      const uint8_t *oracle, size_t length)
{
    size_t at = 0;
    size_t shown;

    if (trial->failed || length == 0 || memcmp(ours, oracle, length) == 0)
        return;
    while (ours[at] == oracle[at])
        at++;
    trial_fail(trial, "%s: %zu bytes differ from byte %zu on", what, length, at);
    shown = length - at < 48 ? length - at : 48;
    dump(trial, "ours", ours + at, shown);
    dump(trial, "oracle", oracle + at, shown);
}

void trial_same_number(struct trial *trial, const char *what, long long ours, long long oracle)
{
    if (ours != oracle)
        trial_fail(trial, "%s: ours %lld, oracle %lld", what, ours, oracle);
}

struct place place_choose(struct trial *trial, const uint8_t *in, size_t length, size_t room,
                          bool in_place)
{
    struct place place = { .room = room };

    place.in = trial->in + random_below(&trial->random, MISALIGNMENTS);
    place.out =
        in_place ? place.in : trial->out[OURS] + random_below(&trial->random, MISALIGNMENTS);
    memset(place.out + room, GUARD_BYTE, GUARD_SIZE);
    if (length > 0)
        memcpy(place.in, in, length);
    return place;
}

void place_check(struct trial *trial, const struct place *place)
{
    for (size_t i = 0; i < GUARD_SIZE; i++) {
        if (place->out[place->room + i] != GUARD_BYTE)
            trial_fail(trial, "ours writes %zu bytes or more behind its output", i + 1);
    }
}

static bool is_repeatable(const char *key)
{
    return strcmp(key, "randkey") != 0 && strcmp(key, "tlsivgen") != 0;
}

static bool is_iv(const char *key)
{
    return strcmp(key, "iv") == 0 || strcmp(key, "updated-iv") == 0;
}

/* Room for one value, and the parameter that asks for it. */
struct value {
    OSSL_PARAM params[2];
    uint8_t bytes[64];
    void *reference; /* what the parameter points to, when it asks by reference */
};

/* Asks as libcrypto does where it asks for the same: for IVs and tags of 16 bytes. */
static void value_ask(struct value *value, const OSSL_PARAM *wanted, bool by_reference)
{
    size_t size = sizeof(value->bytes);

    memset(value, 0, sizeof(*value));
    value->params[1] = OSSL_PARAM_construct_end();
    if (by_reference) {
        value->params[0] =
            OSSL_PARAM_construct_octet_ptr(wanted->key, &value->reference, EVP_MAX_IV_LENGTH);
        return;
    }
    if (wanted->data_type == OSSL_PARAM_UNSIGNED_INTEGER || wanted->data_type == OSSL_PARAM_INTEGER)
        size = sizeof(uint64_t);
    else if (is_iv(wanted->key) || strcmp(wanted->key, "tag") == 0)
        size = EVP_MAX_IV_LENGTH;
    value->params[0] = (OSSL_PARAM){ .key = wanted->key,
                                     .data_type = wanted->data_type,
                                     .data = value->bytes,
                                     .data_size = size,
                                     .return_size = OSSL_PARAM_UNMODIFIED };
}

/*
 * The bytes of both to be compared. Two oddities of the default provider (3.0 to 3.6) need not be
 * ours: a shorter IV of CCM is said to fill the caller's buffer, and the tag of ChaCha20-Poly1305
 * comes without its length.
 */
static size_t same_size(struct trial *trial, const char *what, const struct value value[SIDES])
{
    const OSSL_PARAM *ours = &value[OURS].params[0];
    const OSSL_PARAM *oracle = &value[ORACLE].params[0];

    if (is_iv(oracle->key) && oracle->return_size == oracle->data_size &&
        ours->return_size < oracle->return_size)
        return ours->return_size;
    if (!OSSL_PARAM_modified(oracle) && OSSL_PARAM_modified(ours))
        return ours->return_size;
    trial_same_number(trial, what, (long long)ours->return_size, (long long)oracle->return_size);
    return OSSL_PARAM_modified(oracle) ? oracle->return_size : 0;
}

/* Returns whether both give the parameter. */
static bool same_param(struct trial *trial, const OSSL_PARAM *wanted, get_params_fn *get,
                       void *const object[SIDES], bool by_reference)
{
    struct value value[SIDES];
    struct outcome outcome[SIDES];
    const uint8_t *bytes[SIDES];
    char what[64];

    snprintf(what, sizeof(what), "get %s%s", wanted->key, by_reference ? " by reference" : "");
    for (int side = 0; side < SIDES; side++) {
        value_ask(&value[side], wanted, by_reference);
        outcome[side] = outcome_of(get(object[side], value[side].params));
        bytes[side] = by_reference ? value[side].reference : value[side].bytes;
    }
    /* Which IVs can be had by reference differs from version to version of the default provider. */
    if (by_reference && is_iv(wanted->key) && outcome[ORACLE].result <= 0)
        return false;
    if (!trial_agree(trial, what, outcome))
        return false;
    if (bytes[OURS] == NULL || bytes[ORACLE] == NULL) {
        trial_same_number(trial, what, bytes[OURS] != NULL, bytes[ORACLE] != NULL);
        return false;
    }
    trial_same_bytes(trial, what, bytes[OURS], bytes[ORACLE], same_size(trial, what, value));
    return !trial->failed;
}

void trial_same_params(struct trial *trial, const OSSL_PARAM *gettable, get_params_fn *get,
                       void *const object[SIDES])
{
    for (const OSSL_PARAM *p = gettable; p != NULL && p->key != NULL; p++) {
        /* 4.0 lists tls-mac as a string, but gives it by reference only. */
        bool by_reference = p->data_type == OSSL_PARAM_OCTET_PTR || strcmp(p->key, "tls-mac") == 0;

        if (!is_repeatable(p->key) || trial->failed)
            continue;
        if (same_param(trial, p, get, object, by_reference) && is_iv(p->key))
            same_param(trial, p, get, object, true);
    }
}

void trial_same_keys(struct trial *trial, const char *list, const OSSL_PARAM *ours,
                     const OSSL_PARAM *oracle)
{
    for (; oracle != NULL && oracle->key != NULL; oracle++) {
        if (OSSL_PARAM_locate_const(ours, oracle->key) == NULL)
            trial_fail(trial, "%s: ours lacks %s", list, oracle->key);
    }
}
