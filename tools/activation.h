/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that an openssl.cnf lacks to load afalg and to prefer it. */
#ifndef AFALGCTL_ACTIVATION_H
#define AFALGCTL_ACTIVATION_H

#include <openssl/conf.h>

/**
 * Sections that are added to those of @conf: what is there stays, and the default provider is
 * activated as well.
 * @file    its name, for messages
 * @mode    the key mode
 * @module  the key module; NULL: OpenSSL finds the module by itself
 * @return the lines, allocated; NULL, with the reason printed to standard error, if the file has
 *         what they would contradict
 */
char *activation_lines(const CONF *conf, const char *file, const char *mode, const char *module);

#endif
