/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl(1): the command line. */
#include "afalgctl.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    TAKES_LISTS = 1, /* --algorithms, --hardware */
    TAKES_FILE = 2,
    TAKES_MODE = 4,
    TAKES_DRY_RUN = 8,
    TAKES_JSON = 16,
};

struct command {
    const char *name;
    int (*run)(const struct settings *settings);
    int (*main)(int argc, char *argv[]); /* of a command that parses its own; else NULL */
    unsigned takes;                      /* TAKES_... */
    const char *help;
};

static const struct command commands[] = {
    { .name = "bench",
      .main = bench_command,
      .help =
          "usage: afalgctl bench [ALGORITHM...] [--driver=DRIVER] [--seconds=N] [--json]\n"
          "\n"
          "How fast the kernel is beside OpenSSL's default provider, by size of the message, and\n"
          "what processor time each takes. ALGORITHM is OpenSSL's name or the kernel's, of a MAC\n"
          "HMAC or HMAC:SHA256; without one, some common ones are measured.\n"
          "\n"
          "  --driver=DRIVER  by this driver, as /proc/crypto has it (the one that bind takes)\n"
          "  --seconds=N      of time for each algorithm (1)\n"
          "  --json           as JSON\n" },
    { .name = "check",
      .run = check_command,
      .takes = TAKES_FILE,
      .help =
          "usage: afalgctl check [FILE]\n"
          "\n"
          "What in FILE keeps the provider from doing what it says: unknown keys, values that the\n"
          "provider refuses, sections and lines that are missing. FILE is the openssl.cnf that\n"
          "OpenSSL would read, unless given. Asks no kernel but for mode = auto.\n" },
    { .name = "disable",
      .run = disable_command,
      .takes = TAKES_FILE | TAKES_DRY_RUN,
      .help = "usage: afalgctl disable [--dry-run] [FILE]\n"
              "\n"
              "Takes out of FILE the lines that enable has added, and no others. FILE is the "
              "openssl.cnf\n"
              "that OpenSSL would read, unless given.\n"
              "\n"
              "  --dry-run  change nothing, print what would be changed\n" },
    { .name = "enable",
      .run = enable_command,
      .takes = TAKES_FILE | TAKES_MODE | TAKES_DRY_RUN,
      .help =
          "usage: afalgctl enable [--mode=auto|kernel] [--dry-run] [FILE]\n"
          "\n"
          "Adds to FILE what it lacks to load the provider for every application, and sees that "
          "it\n"
          "works. FILE is the openssl.cnf that OpenSSL would read, unless given; if it includes a\n"
          "directory, the lines go into a file there.\n"
          "\n"
          "  --mode=auto    what hardware does faster (the default)\n"
          "  --mode=kernel  everything that the kernel has\n"
          "  --dry-run      change nothing, print what would be changed\n" },
    { .name = "key",
      .main = key_command,
      .help =
          "usage: afalgctl key list [--json]\n"
          "       afalgctl key show URI\n"
          "       afalgctl key new URI [--bytes=N] [--master=TYPE:NAME] [--keyring=KEYRING]\n"
          "       afalgctl key load URI [--keyring=KEYRING] <FILE\n"
          "\n"
          "Keys that AF_ALG takes from the kernel's keyrings: lists them; shows one and what it\n"
          "could be used for here; makes one of random bytes, or has the kernel make one\n"
          "(encrypted, trusted); loads one from standard input. URI is afalg:serial=NUMBER or\n"
          "afalg:keyring=TYPE;name=DESCRIPTION; show takes afalg:file= and afalg:fd= as well.\n"
          "\n"
          "  --json              as JSON\n"
          "  --bytes=N           the key's length (32)\n"
          "  --master=TYPE:NAME  an encrypted key's master key: user:NAME or trusted:NAME\n"
          "  --keyring=KEYRING   where the key is put: @s, @u (default), @us, or a serial\n" },
    { .name = "list",
      .run = list_command,
      .takes = TAKES_LISTS | TAKES_JSON,
      .help =
          "usage: afalgctl list [--algorithms=LIST] [--hardware=LIST] [--json]\n"
          "\n"
          "What this kernel lets the provider state, in mode = kernel and in mode = auto: the\n"
          "algorithm, the kernel's name, the driver that bind takes, its priority, whether it is\n"
          "hardware, and why it is not offered.\n" },
    { .name = "run",
      .main = run_command,
      .help =
          "usage: afalgctl run --key NAME=URI@ALGORITHM[,ALGORITHM...]... [--user USER]\n"
          "                    [--drop] -- COMMAND [ARGUMENT...]\n"
          "\n"
          "Runs COMMAND with sockets that have a key set, which it can use by the URI\n"
          "afalg:fd=NAME and can't read: also without privilege, and in a sandbox that forbids\n"
          "AF_ALG sockets. ALGORITHM is a cipher (AES-256-CBC), a MAC and what it is made of\n"
          "(HMAC:SHA256, CMAC:AES-256-CBC), or the kernel's name (cbc(aes)).\n"
          "\n"
          "  --user USER  runs it as this user, by name or number\n"
          "  --drop       without any capability, for good (no_new_privs)\n" },
    { .name = "status",
      .run = status_command,
      .takes = TAKES_JSON,
      .help = "usage: afalgctl status [--json]\n"
              "\n"
              "Whether and how well AF_ALG works here, for this user and in this sandbox, what "
              "OpenSSL\n"
              "makes of it, and what to do if it doesn't.\n" },
    { .name = "table",
      .run = table_command,
      .help = "usage: afalgctl table\n"
              "\n"
              "The table of algorithms as Markdown, as in doc/algorithms.md. Asks no kernel.\n" },
    { .name = "test",
      .main = test_command,
      .help =
          "usage: afalgctl test [NAME...] [--driver=DRIVER] [--seconds=N] [--seed=N]\n"
          "                     [--json] [--write]\n"
          "       afalgctl test --driver=DRIVER --case=CASE\n"
          "\n"
          "Proves the kernel's drivers: what AF_ALG gives is compared with published vectors\n"
          "and with OpenSSL's default provider. All hardware drivers, or those of the algorithms\n"
          "NAME, OpenSSL's or the kernel's. A wrong answer is told with the smallest case that\n"
          "shows it, and the command that repeats it. The exit status is 1 if there is one.\n"
          "\n"
          "  --driver=DRIVER  this one, as /proc/crypto has it\n"
          "  --seconds=N      random cases for so long, for each driver (a fixed number)\n"
          "  --seed=N         other random cases (1)\n"
          "  --case=CASE      the one case of a report\n"
          "  --json           as JSON\n"
          "  --write          the key hardware of openssl.cnf that leaves wrong drivers alone;\n"
          "                   the table goes to standard error\n" },
    { .name = "tune",
      .run = tune_command,
      .takes = TAKES_LISTS | TAKES_JSON,
      .help =
          "usage: afalgctl tune [--algorithms=LIST] [--hardware=LIST] [--json]\n"
          "\n"
          "Measures from what size on hardware wins over the default provider, for each algorithm\n"
          "that has a hardware driver, and prints the lines min_size.NAME = N for the provider's\n"
          "section of openssl.cnf. Prints none if there is no hardware. Run it on an idle\n"
          "machine.\n" },
};

static const char settings_help[] =
    "\n"
    "  --algorithms=LIST  as the key algorithms of openssl.cnf: names, -NAME takes one out\n"
    "  --hardware=LIST    as the key hardware: DRIVER is hardware, -DRIVER is not\n";

static const char json_help[] = "\n  --json             as JSON\n";

static const char general_help[] =
    "usage: afalgctl COMMAND [OPTION...]\n"
    "\n"
    "  bench    how fast the kernel is beside software\n"
    "  check    what in an openssl.cnf keeps the provider from doing what it says\n"
    "  disable  switch the provider off in openssl.cnf\n"
    "  enable   switch the provider on in openssl.cnf\n"
    "  key      keys that only the kernel has: list, show, make and load them\n"
    "  list     what this kernel lets the provider state, or why not\n"
    "  run      run a command that can use such keys and not read them\n"
    "  status   whether AF_ALG works here, and what to do if it doesn't\n"
    "  table    the table of algorithms as Markdown\n"
    "  test     prove that the kernel's drivers give the right answers\n"
    "  tune     measure from what size on hardware wins\n"
    "\n"
    "afalgctl COMMAND --help says more of each. afalgctl --version tells the version.\n"
    "Exit status: 0; 1 if AF_ALG is missing or forbidden, measuring failed, a key can't be used,\n"
    "or check or test has found something; 2 for a wrong command line or a file that can't be\n"
    "read.\n";

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int usage_error(const char *problem, const char *what)
{
    fprintf(stderr, "afalgctl: %s: %s (see afalgctl --help)\n", problem, what);
    return STATUS_USAGE;
}

static void command_help(const struct command *command)
{
    fputs(command->help, stdout);
    if ((command->takes & TAKES_LISTS) != 0)
        fputs(settings_help, stdout);
    if ((command->takes & TAKES_JSON) != 0)
        fputs(json_help, stdout);
}

/* Lists of names only: what a configuration file gives another meaning is none. */
static bool is_list(const char *value)
{
    return strpbrk(value, "\"'`\\$#\n") == NULL;
}

static int command_main(const struct command *command, int argc, char *argv[])
{
    if (argc != 2 || strcmp(argv[1], "--help") != 0)
        return command->main(argc, argv);
    command_help(command);
    return STATUS_OK;
}

/* What an option needs of a command to be one of its own. */
static unsigned option_needs(int c)
{
    switch (c) {
    case 'a':
    case 'w':
        return TAKES_LISTS;
    case 'm':
        return TAKES_MODE;
    case 'n':
        return TAKES_DRY_RUN;
    case 'j':
        return TAKES_JSON;
    default:
        return 0;
    }
}

/* Takes an option. @return NULL, or what is wrong with its value */
static const char *option_take(struct settings *settings, int c, const char *value)
{
    switch (c) {
    case 'm':
        settings->mode = value;
        return strcmp(value, "auto") == 0 || strcmp(value, "kernel") == 0
                   ? NULL
                   : "no mode, auto or kernel";
    case 'n':
        settings->dry_run = true;
        return NULL;
    case 'j':
        settings->json = true;
        return NULL;
    default:
        *(c == 'a' ? &settings->algorithms : &settings->hardware) = value;
        return is_list(value) ? NULL : "not a list of names";
    }
}

/* @argv begins with the command's name. */
static int command_run(const struct command *command, int argc, char *argv[])
{
    static const struct option options[] = {
        { "help", no_argument, NULL, 'h' },
        { "algorithms", required_argument, NULL, 'a' },
        { "hardware", required_argument, NULL, 'w' },
        { "mode", required_argument, NULL, 'm' },
        { "dry-run", no_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },
        { 0 },
    };
    struct settings settings = { 0 };
    const char *problem;
    int c;

    if (command->main != NULL)
        return command_main(command, argc, argv);
    opterr = 0;
    while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (c == 'h') {
            command_help(command);
            return STATUS_OK;
        }
        if ((option_needs(c) & command->takes) == 0)
            return usage_error("unknown or incomplete option", argv[optind - 1]);
        problem = option_take(&settings, c, optarg);
        if (problem != NULL)
            return usage_error(problem, optarg);
    }
    if (optind < argc && (command->takes & TAKES_FILE) != 0)
        settings.file = argv[optind++];
    if (optind < argc)
        return usage_error("unexpected argument", argv[optind]);
    return command->run(&settings);
}

int main(int argc, char *argv[])
{
    const struct command *command;
    int status;

    if (argc < 2)
        return usage_error("no command", "check, enable, list, status, ...");
    if (strcmp(argv[1], "--help") == 0 && argc == 2) {
        fputs(general_help, stdout);
        return STATUS_OK;
    }
    if (strcmp(argv[1], "--version") == 0 && argc == 2) {
        puts("afalgctl " AFALG_VERSION);
        return STATUS_OK;
    }
    command = command_find(argv[1]);
    if (command == NULL)
        return usage_error("no such command", argv[1]);
    status = command_run(command, argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("afalgctl: standard output");
        return STATUS_NO_KERNEL;
    }
    return status;
}
