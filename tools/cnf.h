/* SPDX-License-Identifier: Apache-2.0 */
/* An openssl.cnf as OpenSSL reads it, with what it includes. */
#ifndef AFALGCTL_CNF_H
#define AFALGCTL_CNF_H

#include <openssl/conf.h>
#include <stdbool.h>

/** @return the file's content, or NULL with the reason printed to standard error */
CONF *cnf_read(const char *file);

/** The value of @key in the section itself, not in the default one; NULL if there is none. */
const char *cnf_value(const CONF *conf, const char *section, const char *key);

/** Whether the section activates its provider: since OpenSSL 3.2 by the value, before by the key.
 */
bool cnf_is_activated(const CONF *conf, const char *section);

/** Whether @entry of the section of providers is the provider @name, by its identity or module too.
 */
bool cnf_is_provider(const CONF *conf, const CONF_VALUE *entry, const char *name);

/**
 * The drop-in file that afalg gets beside others in a directory that the file includes.
 * @return its name, allocated; NULL if the file includes no directory by its absolute name
 */
char *cnf_drop_in(const char *file);

/**
 * Whether all values of @before are those of @after, but for default_properties.
 * @return NULL, or the key of one that is not
 */
const char *cnf_lost(const CONF *before, const CONF *after);

#endif
