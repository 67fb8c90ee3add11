/* SPDX-License-Identifier: Apache-2.0 */
/* What afalgctl's commands share. */
#ifndef AFALGCTL_H
#define AFALGCTL_H

#include <stdbool.h>

/* Exit statuses; see doc/afalgctl.md. */
enum {
    STATUS_OK = 0,
    STATUS_NO_KERNEL = 1, /* AF_ALG is missing or forbidden, or a measurement failed */
    STATUS_FINDINGS = 1,  /* of check */
    STATUS_FAILED = 1,    /* of key and run */
    STATUS_USAGE = 2,
};

/** What a command is given; NULL: not given. The first three are keys of the provider's section. */
struct settings {
    const char *algorithms;
    const char *hardware;
    const char *mode;
    const char *file; /* an openssl.cnf */
    bool dry_run;
    bool json;
};

/** The commands. Each returns the exit status. */
int check_command(const struct settings *settings);
int disable_command(const struct settings *settings);
int enable_command(const struct settings *settings);
int list_command(const struct settings *settings);
int status_command(const struct settings *settings);
int table_command(const struct settings *settings);
int tune_command(const struct settings *settings);

/** Commands that parse their own options. @argv begins with the command's name. */
int bench_command(int argc, char *argv[]);
int key_command(int argc, char *argv[]);
int run_command(int argc, char *argv[]);
int test_command(int argc, char *argv[]);

#endif
