/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl bench: what its files share. */
#ifndef AFALGCTL_BENCH_H
#define AFALGCTL_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "afalg/socket.h"
#include "algorithm.h"
#include "contest.h"

/** What is measured: a row of the provider's table, or a MAC over a row. */
struct bench_subject {
    const struct algorithm *alg, *inner; /* inner: NULL unless alg is a MAC */
    const char *type;                    /* AF_ALG's */
    char kernel[AFALG_NAME_MAX];         /* the kernel's name */
    char name[64];                       /* OpenSSL's, "HMAC:SHA2-256" of a MAC */
};

enum bench_side { BENCH_SOFTWARE, BENCH_KERNEL, BENCH_SIDES };

enum { BENCH_SIZES = 6 };

/** What was found of a subject. */
struct bench_result {
    unsigned long long kernel_requests; /* by the provider's counter */
    size_t sizes;
    struct bench_size {
        size_t len; /* bytes */
        struct bench_cell {
            unsigned long requests;
            struct elapsed took;
        } of[BENCH_SIDES];
    } size[BENCH_SIZES];
};

/* --- bench_measure.c --- */

/**
 * Measures for about @seconds. @instance has what the subject is to be bound to.
 * @return false, with OpenSSL's error queue saying why, if a request failed or was not the kernel's
 */
bool bench_measure(const struct instance *instance, const struct bench_subject *subject,
                   double seconds, struct bench_result *result);

/* --- bench_report.c --- */

void bench_print_head(void);
void bench_print(const struct bench_subject *subject, const struct afalg_driver *driver,
                 const struct bench_result *result);

struct json_object;
void bench_add_json(const struct bench_subject *subject, const struct afalg_driver *driver,
                    const struct bench_result *result, struct json_object *array);

#endif
