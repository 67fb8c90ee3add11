/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdio.h>

bool options_parse(int argc, char *argv[], const struct option *options, option_take_fn *take,
                   void *into)
{
    int letter;

    opterr = 0;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (take(into, letter))
            continue;
        fprintf(stderr, "afalgctl: unknown or wrong option: %s (see afalgctl %s --help)\n",
                argv[optind - 1], argv[0]);
        return false;
    }
    return true;
}
