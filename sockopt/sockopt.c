/* SPDX-License-Identifier: Apache-2.0 */
#include <afalg/sockopt.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diagnostic.h"

/* Gives *sopt zeroed storage of size > 0 bytes. ENOMEM leaves it unchanged. */
static int allocate(struct sockopt *sopt, size_t size)
{
    void *data = sopt->sopt_buf;

    if (size > sizeof(sopt->sopt_buf)) {
        data = calloc(1, size);
        if (data == NULL)
            return ENOMEM;
    }
    sopt->sopt_data = data;
    sopt->sopt_size = size;
    if (data != sopt->sopt_buf)
        afalg_sockopt_diagnose_seal(sopt);
    return 0;
}

void sockopt_init(struct sockopt *sopt, int level, int name, size_t size)
{
    afalg_sockopt_diagnose_unused(sopt);
    *sopt = (struct sockopt){ .sopt_level = level, .sopt_name = name };
    if (size > 0 && allocate(sopt, size) != 0)
        sopt->sopt_size = size;
}

void sockopt_destroy(struct sockopt *sopt)
{
    afalg_sockopt_diagnose_consistent(sopt, __func__);
    if (sopt->sopt_data != NULL && sopt->sopt_data != sopt->sopt_buf) {
        explicit_bzero(sopt->sopt_data, sopt->sopt_size);
        free(sopt->sopt_data);
    }
    explicit_bzero(sopt, sizeof(*sopt));
}

int sockopt_get(struct sockopt *sopt, void *value, size_t size)
{
    afalg_sockopt_diagnose_consistent(sopt, __func__);
    if (size != sopt->sopt_size)
        return EINVAL;
    if (size == 0)
        return 0;
    if (sopt->sopt_data == NULL)
        return ENOMEM;
    memcpy(value, sopt->sopt_data, size);
    return 0;
}

int sockopt_getint(struct sockopt *sopt, int *value)
{
    return sockopt_get(sopt, value, sizeof(*value));
}

int sockopt_set(struct sockopt *sopt, const void *value, size_t size)
{
    afalg_sockopt_diagnose_consistent(sopt, __func__);
    if (sopt->sopt_size != 0 && sopt->sopt_size != size)
        return EINVAL;
    if (size == 0)
        return 0;
    if (sopt->sopt_data == NULL) {
        int err = allocate(sopt, size);

        if (err != 0)
            return err;
    }
    memcpy(sopt->sopt_data, value, size);
    sopt->sopt_retsize = size;
    return 0;
}

int sockopt_setint(struct sockopt *sopt, int value)
{
    return sockopt_set(sopt, &value, sizeof(value));
}
