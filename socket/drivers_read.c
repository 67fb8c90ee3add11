/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the list of loaded drivers. */
#include <stdlib.h>

#include "drivers.h"

int afalg_drivers_fill(struct afalg_drivers *d, bool netlink)
{
    d->known = netlink && afalg_netlink_crypto_read(d) == 0;
    if (d->known)
        return 0;
    afalg_drivers_clear(d); /* what came before the dump failed */
    return afalg_proc_crypto_read(d);
}

int afalg_drivers_fill_flags(struct afalg_drivers *d)
{
    struct afalg_drivers dumped = { .known = true };
    int error = afalg_netlink_crypto_read(&dumped);

    if (error == 0) {
        afalg_drivers_clear(d);
        *d = dumped;
        return 0;
    }
    afalg_drivers_clear(&dumped);
    return afalg_error_is_transient(error) ? error : 0;
}

static struct afalg_drivers *drivers_new(bool netlink)
{
    struct afalg_drivers *d = calloc(1, sizeof(*d));

    if (d == NULL || afalg_drivers_fill(d, netlink) == 0)
        return d;
    afalg_drivers_free(d);
    return NULL;
}

struct afalg_drivers *afalg_drivers_read(void)
{
    return drivers_new(true);
}

struct afalg_drivers *afalg_drivers_read_names(void)
{
    return drivers_new(false);
}

void afalg_drivers_free(struct afalg_drivers *d)
{
    if (d == NULL)
        return;
    afalg_drivers_clear(d);
    free(d);
}
