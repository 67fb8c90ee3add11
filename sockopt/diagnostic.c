/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnostic.h"

#ifdef AFALG_DIAGNOSTIC

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seal_of(const struct sockopt *sopt)
{
    uint64_t mix = (uint64_t)(uintptr_t)sopt * 0x9e3779b97f4a7c15u;

    mix ^= (uint64_t)(uintptr_t)sopt->sopt_data + sopt->sopt_size;
    mix *= 0x9e3779b97f4a7c15u;
    return (uint32_t)(mix >> 32);
}

static bool is_sealed(const struct sockopt *sopt)
{
    uint32_t seal = seal_of(sopt);

    _Static_assert(sizeof(seal) <= sizeof(sopt->sopt_buf), "the seal fits the internal storage");
    return memcmp(sopt->sopt_buf, &seal, sizeof(seal)) == 0;
}

static bool holds_value(const struct sockopt *sopt)
{
    if (sopt->sopt_data == NULL || sopt->sopt_size == 0)
        return false;
    if (sopt->sopt_size <= sizeof(sopt->sopt_buf))
        return sopt->sopt_data == sopt->sopt_buf;
    return is_sealed(sopt);
}

_Noreturn static void fail(const struct sockopt *sopt, const char *func, const char *what)
{
    (void)fprintf(stderr, "%s: %s (level %d, name %d, size %zu)\n", func, what, sopt->sopt_level,
                  sopt->sopt_name, sopt->sopt_size);
    abort();
}

void afalg_sockopt_diagnose_seal(struct sockopt *sopt)
{
    uint32_t seal = seal_of(sopt);

    memcpy(sopt->sopt_buf, &seal, sizeof(seal));
}

void afalg_sockopt_diagnose_unused(const struct sockopt *sopt)
{
    if (holds_value(sopt))
        fail(sopt, "sockopt_init", "structure reused without sockopt_destroy");
}

void afalg_sockopt_diagnose_consistent(const struct sockopt *sopt, const char *func)
{
    if (sopt->sopt_data != NULL && !holds_value(sopt))
        fail(sopt, func, "sopt_data is not this structure's storage");
    if (sopt->sopt_retsize > sopt->sopt_size)
        fail(sopt, func, "sopt_retsize is larger than sopt_size");
    if (sopt->sopt_data == NULL && sopt->sopt_retsize != 0)
        fail(sopt, func, "a value was set but sopt_data is NULL");
}

#endif
