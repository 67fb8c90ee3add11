/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a command that has its own. */
#ifndef AFALGCTL_OPTIONS_H
#define AFALGCTL_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

/** Takes the option @letter, whose value is optarg, into @into. False if it is unknown or wrong. */
typedef bool option_take_fn(void *into, int letter);

/**
 * Has @take take each of @options that @argv has; @argv[0] is the name of the command. What is no
 * option begins at @argv[optind] then. False with the problem said.
 */
bool options_parse(int argc, char *argv[], const struct option *options, option_take_fn *take,
                   void *into);

#endif
