/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's section of openssl.cnf, read once when the provider is loaded. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/params.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"
#include "error.h"
#include "key/key_socket.h"
#include "provctx.h"
#include "report.h"

/*
 * Where hardware wins on every device we know of, in bytes, unless the configuration says
 * otherwise: below a full TLS record, above what software does in the time that a request
 * takes for itself (doc/decisions.md).
 */
#define MIN_SIZE_HARDWARE 12288

/* Spare sockets of one digest, which are searched one by one. */
#define SPARES_MAX 64

static const char *get_string(const struct provctx *prov, const char *key)
{
    char *value = NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_ptr(key, &value, 0),
        OSSL_PARAM_construct_end(),
    };

    if (prov->core_get_params == NULL || !prov->core_get_params(prov->core, params))
        return NULL;
    return OSSL_PARAM_modified(&params[0]) ? value : NULL;
}

/*
 * Raises why the configuration makes no sense, and writes it to the log: OpenSSL forgets
 * the errors of a provider that openssl.cnf activates (measured on 3.0). @return false
 */
static bool refuse(const struct provctx *prov, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool refuse(const struct provctx *prov, const char *format, ...)
{
    char why[256];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    report_not_loaded(prov, why);
    return fail(prov, PROV_R_INVALID_CONFIG_DATA, "%s", why);
}

static bool bad_value(const struct provctx *prov, const char *key, const char *value,
                      const char *expected)
{
    return refuse(prov, "%s = %s: expected %s", key, value, expected);
}

/* A whole number of bytes or descriptors, 0 to @max. */
static bool parse_number(const struct provctx *prov, const char *key, const char *value, long max,
                         size_t *number)
{
    char *end, expected[64];
    intmax_t n = strtoimax(value, &end, 10); /* of a long's 32 bits the largest would be @max */

    if (end != value && *end == '\0' && n >= 0 && n <= max) {
        *number = (size_t)n;
        return true;
    }
    snprintf(expected, sizeof(expected), "a number of 0 to %ld", max);
    return bad_value(prov, key, value, expected);
}

static bool get_number(const struct provctx *prov, const char *key, long max, size_t *number,
                       bool *found)
{
    const char *value = get_string(prov, key);

    *found = value != NULL;
    return value == NULL || parse_number(prov, key, value, max, number);
}

/* Whether @value, of @key, is the second of two words. */
static bool parse_choice(const struct provctx *prov, const char *key, const char *value,
                         const char *first, const char *second, bool *is_second)
{
    char expected[64];

    *is_second = strcasecmp(value, second) == 0;
    if (*is_second || strcasecmp(value, first) == 0)
        return true;
    snprintf(expected, sizeof(expected), "%s or %s", first, second);
    return bad_value(prov, key, value, expected);
}

/*
 * Whether openssl.cnf has a section for the provider. OpenSSL hands over its own keys of
 * the section too; a section has one of them, or one of ours.
 */
static bool has_section(const struct provctx *prov)
{
    static const char *const keys[] = {
        "activate",          "module",
        "identity",          "soft_load",
        AFALG_CONF_MODE,     AFALG_CONF_LOG,
        AFALG_CONF_FALLBACK, AFALG_CONF_ALGORITHMS,
        AFALG_CONF_PROGRAMS, AFALG_CONF_HARDWARE,
        AFALG_CONF_MIN_SIZE, AFALG_CONF_SOFTWARE,
        AFALG_CONF_SPARES,   AFALG_CONF_MAX_SOCKETS,
        AFALG_CONF_KEYS,     AFALG_CONF_VERIFY,
    };
    size_t i = 0;

    while (i < sizeof(keys) / sizeof(*keys) && get_string(prov, keys[i]) == NULL)
        i++;
    return i < sizeof(keys) / sizeof(*keys);
}

/*
 * A section that doesn't say gets the harmless mode; -provider on a command line, without a
 * section, asks for the kernel.
 */
static bool config_mode(struct provctx *prov)
{
    const char *environment = secure_getenv(AFALG_ENV_MODE);
    const char *value = get_string(prov, AFALG_CONF_MODE);

    if (environment != NULL && *environment != '\0')
        return parse_choice(prov, AFALG_ENV_MODE, environment, "kernel", "auto",
                            &prov->config.automatic);
    if (value == NULL)
        value = has_section(prov) ? "auto" : "kernel";
    return parse_choice(prov, AFALG_CONF_MODE, value, "kernel", "auto", &prov->config.automatic);
}

static bool config_fallback(struct provctx *prov)
{
    const char *value = get_string(prov, AFALG_CONF_FALLBACK);
    bool no = false;
    bool ok = value == NULL || parse_choice(prov, AFALG_CONF_FALLBACK, value, "yes", "no", &no);

    prov->config.fallback = !no;
    return ok;
}

/* What stands for a key that only the kernel has needs what the kernel has to be offered. */
static bool config_keys(struct provctx *prov)
{
    const char *value = get_string(prov, AFALG_CONF_KEYS);
    bool ok = value == NULL ||
              parse_choice(prov, AFALG_CONF_KEYS, value, "no", "yes", &prov->config.keys);

    prov->config.key_sockets = key_sockets_read();
    prov->config.keys |= prov->config.key_sockets != NULL;
    return ok;
}

/* Most names that a row of the table has, and the longest of a key with one of them. */
enum { NAMES_MAX = 6, KEY_MAX = 64 };

/* Without printf, whose pages would be read for this alone at each start. */
static void make_key(char key[KEY_MAX], const char *prefix, const char *name, size_t len)
{
    char *end = stpcpy(key, prefix);
    size_t room;

    *end++ = '.';
    room = (size_t)(key + KEY_MAX - 1 - end);
    len = len < room ? len : room;
    memcpy(end, name, len);
    end[len] = '\0';
}

/*
 * The key "PREFIX.NAME" that is set for a row by any of its names, the first counts: its
 * value, with the key in @key; or NULL. All names are asked for in one upcall.
 */
static const char *get_name_key(const struct provctx *prov, const char *prefix,
                                const struct algorithm *alg, char key[KEY_MAX])
{
    char keys[NAMES_MAX][KEY_MAX], *values[NAMES_MAX] = { NULL };
    OSSL_PARAM params[NAMES_MAX + 1];
    const char *names = alg->names;
    int count = 0;

    for (; count < NAMES_MAX && *names != '\0'; count++) {
        size_t len = strcspn(names, ":");

        make_key(keys[count], prefix, names, len);
        params[count] = OSSL_PARAM_construct_utf8_ptr(keys[count], &values[count], 0);
        names += len + (names[len] == ':');
    }
    params[count] = OSSL_PARAM_construct_end();
    if (prov->core_get_params == NULL || !prov->core_get_params(prov->core, params))
        return NULL;
    for (int i = 0; i < count; i++) {
        if (values[i] == NULL)
            continue;
        strcpy(key, keys[i]);
        return values[i];
    }
    return NULL;
}

/* Whether @word (of @len) means @subject, of a kind that the function knows. */
typedef bool word_means_fn(const char *word, size_t len, const void *subject);

static bool word_names(const char *word, size_t len, const void *subject)
{
    const struct algorithm *alg = subject;
    char name[64];

    if (len >= sizeof(name))
        return false;
    memcpy(name, word, len);
    name[len] = '\0';
    return algorithm_named(alg->names, name);
}

static bool word_is(const char *word, size_t len, const void *subject)
{
    return strlen(subject) == len && memcmp(word, subject, len) == 0;
}

/* What a list of names says of one. */
enum said {
    SAID_NOTHING,
    SAID_OTHERS, /* only that others are in */
    SAID_IN,     /* NAME */
    SAID_OUT,    /* -NAME, which counts more */
};

static enum said list_says(const char *list, word_means_fn *means, const void *subject)
{
    enum said said = SAID_NOTHING;

    while (list != NULL && *(list += strspn(list, ", \t")) != '\0') {
        size_t len = strcspn(list, ", \t");

        if (*list == '-' && means(list + 1, len - 1, subject))
            return SAID_OUT;
        if (*list != '-' && said != SAID_IN)
            said = means(list, len, subject) ? SAID_IN : SAID_OTHERS;
        list += len;
    }
    return said;
}

/*
 * The file name of the running program; not the name that it gives itself, over which sshd, for
 * one, writes a title. Without /proc there is only that.
 */
static void program_name(char name[NAME_MAX + 1])
{
    static const char deleted[] = " (deleted)"; /* the kernel's word behind it, after an update */
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    const char *slash, *end;

    path[len < 0 ? 0 : len] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL) {
        snprintf(name, NAME_MAX + 1, "%s", program_invocation_short_name);
        return;
    }
    end = strstr(slash, deleted);
    if (end != NULL)
        path[end - path] = '\0';
    snprintf(name, NAME_MAX + 1, "%s", slash + 1);
}

/* sshd's sandbox kills at the first socket call, and without a login no file can be changed. */
static const char sandboxed_programs[] = "-sshd -sshd-session -sshd-auth";

static void config_programs(struct provctx *prov)
{
    const char *list = get_string(prov, AFALG_CONF_PROGRAMS);
    char name[NAME_MAX + 1];
    enum said said;

    program_name(name);
    said = list_says(list, word_is, name);
    if (said == SAID_NOTHING)
        said = list_says(sandboxed_programs, word_is, name);
    prov->config.excluded = said == SAID_OUT || said == SAID_OTHERS;
    if (prov->config.excluded)
        report_excluded(prov, name);
}

static bool word_known(const char *word, size_t len)
{
    size_t i = 0;

    while (i < algorithm_count && !word_names(word, len, &algorithms[i]))
        i++;
    return i < algorithm_count;
}

/* An unknown name would leave everything else out without a word. */
static bool config_algorithms(struct provctx *prov)
{
    const char *list = get_string(prov, AFALG_CONF_ALGORITHMS);

    prov->config.algorithms = list;
    while (list != NULL && *(list += strspn(list, ", \t")) != '\0') {
        size_t len = strcspn(list, ", \t");
        bool minus = *list == '-';

        if (!word_known(list + minus, len - minus))
            return refuse(prov, "%s: %.*s: expected names of algorithms", AFALG_CONF_ALGORITHMS,
                          (int)len, list);
        list += len;
    }
    return true;
}

/* A key per name: if it is set for an algorithm, @use takes it. */
typedef bool use_key_fn(const struct provctx *prov, struct alg_state *state, const char *key,
                        const char *value);

static bool use_min_size(const struct provctx *prov, struct alg_state *state, const char *key,
                         const char *value)
{
    state->calibrates = false;
    return parse_number(prov, key, value, INT32_MAX, &state->min_size);
}

static bool use_driver(const struct provctx *prov, struct alg_state *state, const char *key,
                       const char *value)
{
    if (strlen(value) >= AFALG_NAME_MAX)
        return bad_value(prov, key, value, "a driver's name as in /proc/crypto");
    state->bind_name = value;
    return true;
}

static bool config_per_name(struct provctx *prov, const char *prefix, use_key_fn *use)
{
    char key[KEY_MAX];

    for (size_t i = 0; i < algorithm_count; i++) {
        const char *value = get_name_key(prov, prefix, &algorithms[i], key);

        if (value != NULL && !use(prov, &prov->alg_states[i], key, value))
            return false;
    }
    return true;
}

/* A context of OpenSSL 3.0's digests lives for one message, and so does EVP_Digest()'s. */
static bool config_spare_sockets(struct provctx *prov)
{
    size_t count = 0;
    bool found;

    if (!get_number(prov, AFALG_CONF_SPARES, SPARES_MAX, &count, &found))
        return false;
    for (size_t i = 0; count > 0 && i < algorithm_count; i++) {
        struct alg_state *state = &prov->alg_states[i];

        if (state->alg->operation != OSSL_OP_DIGEST)
            continue;
        state->spares = calloc(count, sizeof(*state->spares));
        if (state->spares == NULL)
            return fail(prov, ERR_R_MALLOC_FAILURE, "%s = %zu", AFALG_CONF_SPARES, count);
        state->spare_count = count;
    }
    return true;
}

static bool wants(const char *list, const struct algorithm *alg)
{
    enum said said = list_says(list, word_names, alg);

    return said == SAID_NOTHING || said == SAID_IN;
}

static bool config_alg_states(struct provctx *prov)
{
    size_t min_size = prov->config.automatic ? MIN_SIZE_HARDWARE : 0;
    bool found;

    if (!get_number(prov, AFALG_CONF_MIN_SIZE, INT32_MAX, &min_size, &found))
        return false;
    for (size_t i = 0; i < algorithm_count; i++) {
        struct alg_state *state = &prov->alg_states[i];

        state->alg = &algorithms[i];
        state->bind_name = state->alg->kernel;
        state->kernel.type = state->alg->type;
        state->unavailable_reason = state->mac_unavailable_reason = "not asked for";
        state->enabled = wants(prov->config.algorithms, state->alg);
        state->min_size = min_size;
        state->progress =
            prov->config.log == LOG_PROGRESS || prov->config.log == LOG_OFFERS ? prov : NULL;
        state->calibrates = prov->config.automatic && prov->config.fallback && !found;
    }
    return config_per_name(prov, AFALG_CONF_MIN_SIZE, use_min_size) &&
           config_per_name(prov, AFALG_CONF_DRIVER, use_driver);
}

/* A quarter of what the process may open: the application keeps most. */
static bool config_max_sockets(const struct provctx *prov)
{
    struct rlimit files;
    size_t max = 0;
    bool found;

    if (!get_number(prov, AFALG_CONF_MAX_SOCKETS, INT32_MAX, &max, &found))
        return false;
    if (!found && getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
        max = files.rlim_cur < 4 ? 1 : files.rlim_cur / 4;
    afalg_socket_limit((unsigned)max);
    return true;
}

/* A copy: nginx, for one, writes its title over the environment. */
static bool set_log(struct provctx *prov, enum log_level level, const char *file)
{
    prov->config.log = level;
    prov->config.log_file = file == NULL ? NULL : strdup(file);
    return file == NULL || prov->config.log_file != NULL ||
           fail(prov, ERR_R_MALLOC_FAILURE, "the log's name");
}

/* "LEVEL", "LEVEL:FILE" or, of the environment, "FILE". */
static bool config_log(struct provctx *prov)
{
    const char *environment = secure_getenv(AFALG_ENV_LOG);
    const char *value = environment != NULL ? environment : get_string(prov, AFALG_CONF_LOG);
    static const char *const levels[] = { "none", "summary", "progress", "offers", "requests" };

    if (value == NULL || *value == '\0')
        return true;
    for (int i = LOG_NONE; i <= LOG_REQUESTS; i++) {
        size_t len = strlen(levels[i]);

        if (strncasecmp(value, levels[i], len) != 0 || (value[len] != '\0' && value[len] != ':'))
            continue;
        return set_log(prov, (enum log_level)i, value[len] == ':' ? value + len + 1 : NULL);
    }
    if (strchr(value, '/') == NULL)
        return bad_value(prov, AFALG_CONF_LOG, value,
                         "none, summary, progress, offers or requests, then :FILE");
    return set_log(prov, LOG_SUMMARY, value);
}

/* What software is not to do (fallback = no) it doesn't verify either, see backend_run(). */
static bool config_verify(struct provctx *prov)
{
    static const char *const modes[] = { "no", "first", "always" };
    const char *value = get_string(prov, AFALG_CONF_VERIFY);

    prov->config.verify = prov->config.automatic ? VERIFY_FIRST : VERIFY_NO;
    for (int i = VERIFY_NO; value != NULL && i <= VERIFY_ALWAYS; i++) {
        if (strcasecmp(value, modes[i]) == 0) {
            prov->config.verify = (enum verify_mode)i;
            return true;
        }
    }
    return value == NULL || bad_value(prov, AFALG_CONF_VERIFY, value, "first, always or no");
}

bool config_read(struct provctx *prov)
{
    struct config *c = &prov->config;

    /* The log first: it takes what is wrong with the rest. */
    if (!config_log(prov))
        return false;
    c->software = get_string(prov, AFALG_CONF_SOFTWARE);
    if (c->software == NULL)
        c->software = "provider=default";
    c->software_config = get_string(prov, AFALG_CONF_SOFTWARE_CONFIG);
    c->hardware = get_string(prov, AFALG_CONF_HARDWARE);
    config_programs(prov);
    return config_mode(prov) && config_verify(prov) && config_fallback(prov) && config_keys(prov) &&
           config_max_sockets(prov) && config_algorithms(prov) && config_alg_states(prov) &&
           config_spare_sockets(prov);
}
