/* SPDX-License-Identifier: Apache-2.0 */
#include "algorithm.h"

#include <string.h>
#include <strings.h>

int algorithm_named(const char *names, const char *name)
{
    size_t len = strlen(name);

    for (;; names++) {
        size_t word = strcspn(names, ":");

        if (word == len && strncasecmp(names, name, len) == 0)
            return 1;
        names += word;
        if (*names == '\0')
            return 0;
    }
}

int algorithm_name_length(const struct algorithm *alg)
{
    return (int)strcspn(alg->names, ":");
}

const struct algorithm *algorithm_find(int operation, const char *name)
{
    for (size_t i = 0; i < algorithm_count; i++) {
        if (algorithms[i].operation == operation && algorithm_named(algorithms[i].names, name))
            return &algorithms[i];
    }
    return NULL;
}

void (*algorithm_function(const struct algorithm *alg, int id))(void)
{
    const OSSL_DISPATCH *entry = alg->functions;

    while (entry->function_id != 0 && entry->function_id != id)
        entry++;
    return entry->function;
}
