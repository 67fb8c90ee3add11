/* SPDX-License-Identifier: Apache-2.0 */
#include "auto_mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "algorithms.h"
#include "kernel_names.h"
#include "support.h"

/* Templates such as cbc(aes-generic) are listed as soon as somebody has bound cbc(aes). */
static void bind_everything(void)
{
    OSSL_LIB_CTX *libctx[SIDES] = { subject_open(NULL), oracle_open() };
    struct algorithms algorithms = algorithms_open(libctx);

    for (size_t i = 0; i < algorithms.count; i++)
        kernel_has(&algorithms.list[i]);
    algorithms_close(&algorithms);
    for (int side = 0; side < SIDES; side++)
        OSSL_LIB_CTX_free(libctx[side]);
}

/* Writes the drivers' names as a list. */
static void list_drivers(FILE *out)
{
    FILE *crypto = fopen("/proc/crypto", "r");
    const char *separator = "";
    char line[256];
    char driver[128];

    if (crypto == NULL)
        die("cannot read /proc/crypto");
    while (fgets(line, sizeof(line), crypto) != NULL) {
        if (sscanf(line, "driver : %127s", driver) != 1)
            continue;
        fprintf(out, "%s%s", separator, driver);
        separator = " ";
    }
    fclose(crypto);
}

OSSL_LIB_CTX *auto_open(const char *settings)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    OSSL_LIB_CTX *libctx;

    if (out == NULL)
        die("out of memory");
    bind_everything();
    fprintf(out, "mode = auto\n%shardware = ", settings);
    list_drivers(out);
    fputc('\n', out);
    fclose(out);
    libctx = subject_open(text);
    free(text);
    return libctx;
}
