/* SPDX-License-Identifier: Apache-2.0 */
#include "parameters.h"

#include <stddef.h>
#include <stdio.h>

#include "support.h"

static FILE *open_parameter(const char *name, const char *mode)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "/sys/module/afalg_device/parameters/%s", name);
    file = fopen(path, mode);
    if (file == NULL)
        die("cannot open %s", path);
    return file;
}

void parameter_set(const char *name, const char *value)
{
    FILE *file = open_parameter(name, "we");

    if (fputs(value, file) < 0 || fclose(file) != 0)
        die("the device's %s can't be %s", name, value);
}

unsigned parameter_read(const char *name)
{
    FILE *file = open_parameter(name, "re");
    unsigned value;

    if (fscanf(file, "%u", &value) != 1)
        die("the device's %s is no number", name);
    fclose(file);
    return value;
}

void parameters_reset(void)
{
    static const char *const right[][2] = {
        { "hold", "N" },          { "gone", "N" },       { "wrong", "none" },
        { "engines", "1" },       { "latency_us", "0" }, { "megabytes_per_second", "0" },
        { "max_request", "0" },   { "fail_every", "0" }, { "fail_errno", "5" },
        { "late_every", "0" },    { "late_us", "0" },    { "refuse_export", "N" },
        { "refuse_keylen", "0" },
    };

    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        parameter_set(right[i][0], right[i][1]);
}

int parameters_teardown(void **state)
{
    (void)state;
    parameters_reset();
    return 0;
}
