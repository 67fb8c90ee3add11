/* SPDX-License-Identifier: Apache-2.0 */
#include <afalg/sockopt.h>

#include <errno.h>
#include <limits.h>

#include "diagnostic.h"

/* setsockopt(2), repeated on EINTR: 0 or an errno value. EINVAL: size > INT_MAX. */
static int set_option(int fd, int level, int name, const void *value, size_t size)
{
    int ret;

    if (size > INT_MAX)
        return EINVAL;
    do {
        ret = setsockopt(fd, level, name, value, (socklen_t)size);
    } while (ret != 0 && errno == EINTR);
    return ret == 0 ? 0 : errno;
}

int sockopt_apply(int fd, const struct sockopt *sopt)
{
    afalg_sockopt_diagnose_consistent(sopt, __func__);
    if (sopt->sopt_data == NULL && sopt->sopt_size != 0)
        return ENOMEM;
    return set_option(fd, sopt->sopt_level, sopt->sopt_name, sopt->sopt_data, sopt->sopt_size);
}

int sockopt_alg_key(int fd, const void *key, size_t keylen)
{
    return set_option(fd, SOL_ALG, ALG_SET_KEY, key, keylen);
}

int sockopt_alg_aead_authsize(int fd, size_t taglen)
{
    return set_option(fd, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, NULL, taglen);
}

int sockopt_alg_key_serial(int fd, int32_t serial)
{
    return set_option(fd, SOL_ALG, ALG_SET_KEY_BY_KEY_SERIAL, &serial, sizeof(serial));
}

int sockopt_alg_drbg_entropy(int fd, const void *entropy, size_t len)
{
    return set_option(fd, SOL_ALG, ALG_SET_DRBG_ENTROPY, entropy, len);
}
