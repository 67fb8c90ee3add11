/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the provider's configuration keys, its parameters and its properties. */
#ifndef AFALG_PARAMS_H
#define AFALG_PARAMS_H

/* The provider's section of openssl.cnf. A NAME is any OpenSSL name of an algorithm. */
#define AFALG_CONF_MODE            "mode"       /* "auto" (default) or "kernel" */
#define AFALG_CONF_MIN_SIZE        "min_size"   /* bytes; also min_size.NAME */
#define AFALG_CONF_ALGORITHMS      "algorithms" /* list; -NAME takes one out; default all */
#define AFALG_CONF_PROGRAMS        "programs"   /* list; -NAME keeps a program out; default all */
#define AFALG_CONF_DRIVER          "driver"     /* driver.NAME = kernel driver to bind to */
#define AFALG_CONF_VERIFY          "verify"     /* first, always or no: compare with software */
#define AFALG_CONF_HARDWARE        "hardware"   /* list: DRIVER is hardware, -DRIVER is not */
#define AFALG_CONF_FALLBACK        "fallback"   /* "yes" (default) or "no" */
#define AFALG_CONF_KEYS            "keys"       /* "yes" or "no" (default): for mode = auto */
#define AFALG_CONF_KEY             "key" /* key.HEX = URI of the key that the bytes stand for */
#define AFALG_CONF_SOFTWARE        "software" /* property query, default "provider=default" */
#define AFALG_CONF_SOFTWARE_CONFIG "software_config" /* file for it; default none */
#define AFALG_CONF_MAX_SOCKETS     "max_sockets" /* descriptors at most; default RLIMIT_NOFILE / 4 */
#define AFALG_CONF_SPARES          "spare_sockets" /* idle ones kept for each digest; default 0 */
#define AFALG_CONF_LOG             "log"           /* LEVEL or LEVEL:FILE; also by AFALG_ENV_LOG */
#define AFALG_ENV_LOG              "AFALG_LOG"
#define AFALG_ENV_MODE             "AFALG_MODE" /* goes before AFALG_CONF_MODE */

/* OSSL_PROVIDER_get_params, all uint64_t unless said otherwise: totals over all algorithms. */
#define AFALG_PARAM_KERNEL_REQUESTS   "afalg-kernel-requests"
#define AFALG_PARAM_KERNEL_BYTES      "afalg-kernel-bytes"
#define AFALG_PARAM_SOFTWARE_REQUESTS "afalg-software-requests"
#define AFALG_PARAM_SOFTWARE_BYTES    "afalg-software-bytes"
#define AFALG_PARAM_FALLBACKS         "afalg-fallbacks"
#define AFALG_PARAM_SOCKETS           "afalg-sockets" /* open now, in this process */
#define AFALG_PARAM_REPORT            "afalg-report" /* UTF-8 text: a line per algorithm, as in the log */

/*
 * Parameter of ciphers and MACs, UTF-8: the URI of a key that only the kernel has, in place of a
 * key's bytes (doc/keys.md). Settable in every call that takes parameters.
 */
#define AFALG_PARAM_KEY "afalg-key"

/*
 * The type of EVP_SKEY objects for such keys (OpenSSL 3.5), imported by AFALG_PARAM_KEY. Generated,
 * they are added to the user's keyring under that URI's type and description: "key-length" random
 * bytes or, of the type "encrypted", bytes that the kernel makes and wraps by the key
 * AFALG_PARAM_KEY_MASTER ("user:NAME" or "trusted:NAME").
 */
#define AFALG_SKEY_TYPE        "AFALG"
#define AFALG_PARAM_KEY_MASTER "afalg-key-master"

/*
 * Sockets with keys that a launcher leaves to the process, for the URI afalg:fd=NAME: the
 * environment's variable AFALG_KEY_NAME is a list, separated by spaces, of
 * TYPE:ALGORITHM:LENGTH:FD:INODE. FD is a bound socket of AF_ALG with its key set, of this inode
 * number (fstat(2)); TYPE and ALGORITHM are what it is bound to, as "skcipher" and "cbc(aes)";
 * LENGTH is the key's in bytes, or 0 if it is not known.
 */
#define AFALG_ENV_KEY "AFALG_KEY_"

/* Property of every algorithm: can be asked for in a query, as in "?afalg.hw=yes". */
#define AFALG_PROPERTY_HARDWARE "afalg.hw"

#endif
