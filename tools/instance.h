/* SPDX-License-Identifier: Apache-2.0 */
/* The provider, loaded by OpenSSL into a library context of our own, with a configuration of ours.
 */
#ifndef AFALGCTL_INSTANCE_H
#define AFALGCTL_INSTANCE_H

#include <openssl/types.h>
#include <stdbool.h>

#include "afalgctl.h"
#include "provctx.h"

struct instance {
    OSSL_LIB_CTX *libctx; /* default is loaded beside afalg */
    struct provctx *prov; /* libctx's */
};

/**
 * Loads the provider with mode = @mode, the settings, and @lines ("key = value\n", NULL for
 * none), and asks the kernel about every algorithm.
 * @return false, with the reason printed to standard error, if that fails
 */
bool instance_open(struct instance *instance, const char *mode, const struct settings *settings,
                   const char *lines);
void instance_close(struct instance *instance);

#endif
