/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <stdio.h>

void device_computes(bool on)
{
    FILE *file = fopen("/sys/module/afalg_device/parameters/computes", "we");

    if (file == NULL)
        return;
    fputc(on ? 'Y' : 'N', file);
    fclose(file);
}
