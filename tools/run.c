/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl run: a command that is given sockets with keys set, and no privilege. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "afalg/params.h"
#include "afalgctl.h"
#include "handle.h"
#include "privilege.h"

/* Statuses of a command that can't be run, as env(1) has them. */
enum { STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

/* NAME=URI@ALGORITHM[,ALGORITHM...], taken apart. */
struct request {
    const char *name, *uri;
    char *algorithms;
};

static bool complain(const char *what, const char *problem)
{
    fprintf(stderr, "afalgctl: run: %s: %s\n", what, problem);
    return false;
}

/* --- sockets --- */

/* A socket under the number of a standard stream would be sent what the command prints. */
static bool open_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR); // NOLINT(android-cloexec-open)
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/*
 * Opens a socket of the key for the algorithm, and another accepted from it: while that one is
 * open, the kernel refuses the first another key. Both are the command's. Writes a word of the
 * list that AFALG_ENV_KEY is about.
 */
static bool add_socket(FILE *out, const struct key_source *key, const char *algorithm)
{
    struct target target;
    struct stat status;
    const char *call;
    int fd;

    if (!target_find(&target, algorithm))
        return complain(algorithm, "no name of an algorithm");
    if (target_refuses(&target, key)) {
        fprintf(stderr, "afalgctl: run: %s takes a key of %zu bytes, this one has %zu\n", algorithm,
                target.keylen, key->len);
        return false;
    }
    fd = handle_open(&target, key, &call);
    if (fd < 0)
        return complain(algorithm, handle_error(key, call, -fd));
    if (accept4(fd, NULL, NULL, 0) < 0 || fstat(fd, &status) != 0)
        return complain(algorithm, strerror(errno));
    fprintf(out, "%s%s:%s:%zu:%d:%ju", ftell(out) == 0 ? "" : " ", target.type, target.name,
            key->len, fd, (uintmax_t)status.st_ino);
    return true;
}

/* Cuts @list at its first comma that is not in parentheses. @return what follows it, or NULL */
static char *cut_list(char *list)
{
    int depth = 0;

    for (; *list != '\0'; list++) {
        depth += (*list == '(') - (*list == ')');
        if (*list == ',' && depth <= 0) {
            *list = '\0';
            return list + 1;
        }
    }
    return NULL;
}

static bool add_sockets(FILE *out, const struct key_source *key, char *algorithms)
{
    for (char *next; algorithms != NULL; algorithms = next) {
        next = cut_list(algorithms);
        if (!add_socket(out, key, algorithms))
            return false;
    }
    return true;
}

/* --- the environment --- */

static bool is_name(const char *name)
{
    for (; isalnum((unsigned char)*name) || *name == '_'; name++)
        ;
    return *name == '\0';
}

static bool set_variable(const char *name, const char *value)
{
    char variable[128];
    int len = snprintf(variable, sizeof(variable), "%s%s", AFALG_ENV_KEY, name);

    if (len >= (int)sizeof(variable))
        return complain(name, "too long a name");
    if (setenv(variable, value, 1) != 0)
        return complain(name, strerror(errno));
    return true;
}

/* The text is cut at '=' and at the last '@'. */
static bool parse_request(struct request *request, char *text)
{
    char *uri = strchr(text, '='), *at = strrchr(text, '@');

    if (uri == NULL || at == NULL || at < uri)
        return complain(text, "expected NAME=URI@ALGORITHM[,ALGORITHM...]");
    *uri++ = '\0';
    *at++ = '\0';
    *request = (struct request){ .name = text, .uri = uri, .algorithms = at };
    if (*text == '\0' || !is_name(text))
        return complain(text, "expected a name of letters, digits and _");
    return true;
}

static bool add_key(char *text)
{
    struct request request;
    struct key_source key;
    char *value = NULL;
    size_t len;
    FILE *out;
    bool ok;

    if (!parse_request(&request, text) || !key_source_open(&key, request.uri))
        return false;
    out = open_memstream(&value, &len);
    ok = out != NULL && add_sockets(out, &key, request.algorithms);
    if (out != NULL)
        fclose(out);
    ok = ok && set_variable(request.name, value);
    free(value);
    key_source_close(&key);
    return ok;
}

/* --- the command --- */

struct options {
    char **keys; /* the arguments of --key, which are its first elements */
    int count;
    const char *user;
    bool drop;
};

static bool parse_options(struct options *options, int argc, char *argv[])
{
    static const struct option names[] = {
        { "key", required_argument, NULL, 'k' },
        { "user", required_argument, NULL, 'u' },
        { "drop", no_argument, NULL, 'd' },
        { 0 },
    };
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "+", names, NULL)) != -1) {
        if (c == 'k')
            options->keys[options->count++] = optarg;
        else if (c == 'u')
            options->user = optarg;
        else if (c == 'd')
            options->drop = true;
        else
            return complain(argv[optind - 1], "unknown or incomplete option");
    }
    if (options->count == 0)
        return complain("no key", "expected --key NAME=URI@ALGORITHM");
    return optind < argc || complain("no command", "expected one after --");
}

/* Returns only if it fails. */
static int execute(const struct options *options, char *command[])
{
    if (!open_standard_streams()) {
        complain("/dev/null", strerror(errno));
        return STATUS_FAILED;
    }
    for (int i = 0; i < options->count; i++) {
        if (!add_key(options->keys[i]))
            return STATUS_FAILED;
    }
    if (!privilege_drop(options->user, options->drop))
        return STATUS_FAILED;
    execvp(command[0], command);
    complain(command[0], strerror(errno));
    return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

int run_command(int argc, char *argv[])
{
    struct options options = { .keys = calloc((size_t)argc, sizeof(*options.keys)) };
    int status = STATUS_USAGE;

    if (options.keys != NULL && parse_options(&options, argc, argv))
        status = execute(&options, argv + optind);
    free(options.keys);
    return status;
}
