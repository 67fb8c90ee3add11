/* SPDX-License-Identifier: Apache-2.0 */
/* What a program gets that starts now and reads an openssl.cnf. */
#ifndef AFALGCTL_FRESH_H
#define AFALGCTL_FRESH_H

#include <stdbool.h>

struct fresh {
    bool loads;      /* OpenSSL takes the file */
    bool serves;     /* what afalg never does works: key exchange, key derivation, random bytes */
    char error[192]; /* OpenSSL's, if one of these is not so */
    char providers[512]; /* that are active: " NAME NAME ", sorted as OpenSSL has them */
};

/** Has a child read the file; NULL: the one that OpenSSL would read. @return false if there is no
 * child to be had */
bool fresh_try(const char *file, struct fresh *result);

/** Whether the provider is active. */
bool fresh_has(const struct fresh *result, const char *provider);

#endif
