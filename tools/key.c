/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl key: the command line. */
#include "key.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "afalgctl.h"
#include "number.h"

static const struct key_command {
    const char *name;
    int (*run)(const struct key_options *options);
    const char *options; /* letters of those that it takes */
    bool takes_uri;
} commands[] = {
    { "list", key_list, "j", false },
    { "show", key_show, "", true },
    { "new", key_new, "bmk", true },
    { "load", key_load, "k", true },
};

static int usage_error(const char *what, const char *problem)
{
    fprintf(stderr, "afalgctl: key: %s: %s (see afalgctl key --help)\n", what, problem);
    return STATUS_USAGE;
}

/* A keyring by its serial, or by one of keyctl(1)'s names. */
static bool parse_keyring(const char *text, key_serial_t *keyring)
{
    static const struct {
        const char *name;
        key_serial_t id;
    } names[] = {
        { "@s", KEY_SPEC_SESSION_KEYRING },
        { "@u", KEY_SPEC_USER_KEYRING },
        { "@us", KEY_SPEC_USER_SESSION_KEYRING },
    };
    long long serial;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(text, names[i].name) == 0) {
            *keyring = names[i].id;
            return true;
        }
    }
    if (!number_parse(text, 1, INT32_MAX, &serial))
        return false;
    *keyring = (key_serial_t)serial;
    return true;
}

/* NULL, or what is wrong with the option's value. */
static const char *set_option(struct key_options *options, int letter)
{
    long long bytes;

    switch (letter) {
    case 'j':
        options->json = true;
        return NULL;
    case 'b':
        if (!number_parse(optarg, 1, 32767, &bytes))
            return "expected 1 to 32767";
        options->bytes = (size_t)bytes;
        return NULL;
    case 'm':
        options->master = optarg;
        return NULL;
    default:
        return parse_keyring(optarg, &options->keyring) ? NULL : "expected @s, @u, @us or a serial";
    }
}

/* @argv begins with the command's name. */
static int command_run(const struct key_command *command, int argc, char *argv[])
{
    static const struct option names[] = {
        { "json", no_argument, NULL, 'j' },
        { "bytes", required_argument, NULL, 'b' },
        { "master", required_argument, NULL, 'm' },
        { "keyring", required_argument, NULL, 'k' },
        { 0 },
    };
    struct key_options options = { .keyring = KEY_SPEC_USER_KEYRING };
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        const char *problem = strchr(command->options, c) == NULL ? "unknown or incomplete option"
                                                                  : set_option(&options, c);

        if (problem != NULL)
            return usage_error(argv[optind - 1], problem);
    }
    if (command->takes_uri && optind < argc)
        options.uri = argv[optind++];
    if (optind < argc)
        return usage_error(argv[optind], "unexpected argument");
    if (command->takes_uri && options.uri == NULL)
        return usage_error(command->name, "expected the URI of a key");
    return command->run(&options);
}

int key_command(int argc, char *argv[])
{
    if (argc < 2)
        return usage_error("no command", "list, show, new or load");
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return command_run(&commands[i], argc - 1, argv + 1);
    }
    return usage_error(argv[1], "no such command");
}
