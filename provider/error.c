/* SPDX-License-Identifier: Apache-2.0 */
/* One way to fail: an entry on OpenSSL's error queue, raised through the core. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "provider.h"

const OSSL_ITEM provider_reasons[] = {
    { REASON_KEY_LENGTH, (void *)"invalid key length" },
    { REASON_IV_LENGTH, (void *)"invalid iv length" },
    { REASON_TAG_LENGTH, (void *)"invalid tag length" },
    { REASON_NO_KEY, (void *)"no key set" },
    { REASON_NO_IV, (void *)"no iv set" },
    { REASON_NOT_WHOLE_BLOCKS, (void *)"wrong final block length" },
    { REASON_BAD_PADDING, (void *)"bad decrypt" },
    { REASON_OUTPUT_TOO_SMALL, (void *)"output buffer too small" },
    { REASON_KERNEL, (void *)"kernel crypto failed" },
    { REASON_NO_SOFTWARE, (void *)"no software to fall back to" },
    { REASON_TAG_MISMATCH, (void *)"authentication failed" },
    { REASON_NO_TAG, (void *)"no tag set" },
    { REASON_AAD_AFTER_DATA, (void *)"aad after data" },
    { REASON_MESSAGE_ENDED, (void *)"message has ended" },
    { REASON_STATE_LOST, (void *)"state in the kernel was lost" },
    { REASON_PARAMETER, (void *)"invalid parameter" },
    { REASON_MEMORY, (void *)"out of memory" },
    { REASON_CONFIG, (void *)"invalid configuration" },
    { REASON_DUPLICATED_KEYS, (void *)"xts duplicated keys" },
    { REASON_LENGTH, (void *)"invalid data length" },
    { REASON_NOT_INSTANTIATED, (void *)"not instantiated" },
    { 0, NULL },
};

int fail_at(const struct provctx *prov, enum reason reason, const char *file, int line,
            const char *function, const char *format, ...)
{
    va_list args;

    prov->new_error(prov->core);
    prov->set_error_debug(prov->core, file, line, function);
    va_start(args, format);
    prov->vset_error(prov->core, (uint32_t)reason, format, args);
    va_end(args);
    return 0;
}

/* What the user can do about a kernel's refusal. */
static const char *advice(int error)
{
    switch (error) {
    case -ENOENT:
        return "the kernel has no such algorithm, or its module is blocked: see /proc/crypto and "
               "modprobe";
    case -EAFNOSUPPORT:
        return "this kernel has no AF_ALG (CONFIG_CRYPTO_USER_API)";
    case -EPERM:
    case -EACCES:
        return "a sandbox or container forbids AF_ALG sockets: allow them, or leave afalg out";
    case -EMFILE:
    case -ENFILE:
        return "no descriptor left: raise RLIMIT_NOFILE or the provider's max_sockets";
    case -EBUSY:
        return "the device is busy: try again, or set fallback = yes";
    case -ENOMEM:
    case -ENOBUFS:
        return "the kernel is short of memory for sockets: see net.core.optmem_max";
    case -EMSGSIZE:
        return "longer than one request can be: raise net.core.wmem_default, or set fallback = yes";
    default:
        return "set fallback = yes to let software do it";
    }
}

int fail_kernel(const struct provctx *prov, const struct algorithm *alg, const char *what,
                int error)
{
    return fail(prov, REASON_KERNEL, "%.*s: %s: %s; %s", algorithm_name_length(alg), alg->names,
                what, strerror(-error), advice(error));
}
