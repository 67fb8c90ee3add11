/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sanity checks of sockopt(9)'s option DIAGNOSTIC, compiled in with
 * AFALG_DIAGNOSTIC. A check that fails prints one line to stderr and aborts.
 * Without it all of them are nothing.
 */
#ifndef AFALG_SOCKOPT_DIAGNOSTIC_H
#define AFALG_SOCKOPT_DIAGNOSTIC_H

#include <afalg/sockopt.h>

#ifdef AFALG_DIAGNOSTIC

/*
 * Marks a structure whose value was allocated, in the internal storage that
 * such a one leaves unused: so that it can be told from a copy of itself and
 * from chance contents of memory.
 */
void afalg_sockopt_diagnose_seal(struct sockopt *sopt);

/* Aborts if *sopt holds a value, that is, was not destroyed before its reuse. */
void afalg_sockopt_diagnose_unused(const struct sockopt *sopt);

/* Aborts if the fields of *sopt contradict each other. func names the caller. */
void afalg_sockopt_diagnose_consistent(const struct sockopt *sopt, const char *func);

#else

static inline void afalg_sockopt_diagnose_seal(struct sockopt *sopt)
{
    (void)sopt;
}

static inline void afalg_sockopt_diagnose_unused(const struct sockopt *sopt)
{
    (void)sopt;
}

static inline void afalg_sockopt_diagnose_consistent(const struct sockopt *sopt, const char *func)
{
    (void)sopt;
    (void)func;
}

#endif

#endif
