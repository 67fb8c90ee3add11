/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static FILE *open_or_die(const char *path)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        die("cannot read %s", path);
    return file;
}

unsigned long device_references(void)
{
    FILE *file = open_or_die("/proc/crypto");
    unsigned long references = 0;
    bool ours = false;
    char line[256], driver[128];

    while (references == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "driver : %127s", driver) == 1)
            ours = strcmp(driver, DEVICE_DRIVER) == 0;
        else if (ours && strncmp(line, "refcnt", 6) == 0)
            references = strtoul(strchr(line, ':') + 1, NULL, 10);
    }
    fclose(file);
    if (references == 0)
        die("the kernel has no driver " DEVICE_DRIVER);
    return references;
}

/* Writes the device's name on its bus, "virtio0", and the "-" behind it in names of interrupts. */
static void find_device(char *prefix, size_t size)
{
    static const char path[] = "/sys/bus/virtio/drivers/virtio_crypto";
    DIR *dir = opendir(path);
    const struct dirent *entry;

    *prefix = '\0';
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "virtio", 6) == 0)
            snprintf(prefix, size, "%s-", entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    if (*prefix == '\0')
        die("no device in %s", path);
}

/* The sum of the numbers, one for each processor, behind "IRQ:". */
static unsigned long sum_of(const char *line)
{
    const char *at = strchr(line, ':');
    unsigned long sum = 0;

    while (at != NULL) {
        char *end;
        unsigned long n = strtoul(at + 1, &end, 10);

        sum += n;
        at = end == at + 1 || *end != ' ' ? NULL : end;
    }
    return sum;
}

unsigned long device_interrupts(void)
{
    char prefix[300], line[1024];
    unsigned long interrupts = 0;
    FILE *file;

    find_device(prefix, sizeof(prefix));
    file = open_or_die("/proc/interrupts");
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strstr(line, prefix) != NULL)
            interrupts += sum_of(line);
    }
    fclose(file);
    return interrupts;
}
