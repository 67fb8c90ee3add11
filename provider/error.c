/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <errno.h>
#include <stdarg.h>

#include "provctx.h"

int fail_at(const struct provctx *prov, unsigned long code, const struct place *place,
            const char *format, ...)
{
    va_list args;

    prov->new_error(prov->core);
    prov->set_error_debug(prov->core, place->file, place->line, place->function);
    va_start(args, format);
    prov->vset_error(prov->core, (uint32_t)code, format, args);
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
        return "longer than one request can be (a cipher's 65,536 bytes, others by "
               "net.core.wmem_default and rmem_default): set fallback = yes";
    default:
        return "set fallback = yes to let software do it";
    }
}

int fail_kernel(const struct provctx *prov, const struct algorithm *alg, const char *what,
                int error)
{
    return fail_code(prov, ERR_SYSTEM_FLAG | (unsigned long)-error, "%.*s: %s: %s",
                     algorithm_name_length(alg), alg->names, what, advice(error));
}
