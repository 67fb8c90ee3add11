/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl list: what this kernel lets the provider offer. */
#include <stdio.h>

#include "afalgctl.h"
#include "instance.h"
#include "mac/mac.h"

/* One look at the kernel, as the provider takes it in each mode. */
struct survey {
    struct instance kernel, automatic;
    struct afalg_drivers *drivers;
    bool all_known; /* every driver's flags were seen */
};

/* A line of the list. */
struct line {
    const char *name; /* OpenSSL's */
    const char *type, *kernel;
    bool in_kernel, in_auto; /* offered in these modes */
    bool overruled;          /* the configuration has made it hardware */
    const char *why_not;
};

static const char *yes_no(bool yes)
{
    return yes ? "yes" : "no";
}

/* Whether the driver is hardware, in a word. */
static const char *hardware_word(struct survey *survey, const struct line *line,
                                 const struct afalg_driver *driver)
{
    if (line->in_auto || line->overruled)
        return "yes";
    if (driver->known)
        return yes_no(driver->hardware);
    survey->all_known = false;
    return "unknown";
}

static void print_line(struct survey *survey, const struct line *line)
{
    struct afalg_driver driver;
    bool found = survey->drivers != NULL &&
                 afalg_drivers_find(survey->drivers, line->type, line->kernel, &driver) == 0;
    char priority[16] = "-";

    if (found)
        snprintf(priority, sizeof(priority), "%d", driver.priority);
    printf("%-24s %-27s %-44s %8s %-8s %-6s %-4s %s\n", line->name, line->kernel,
           found ? driver.driver : "-", priority,
           found ? hardware_word(survey, line, &driver) : "-", yes_no(line->in_kernel),
           yes_no(line->in_auto), line->why_not == NULL ? "" : line->why_not);
}

/* Why it is not offered in both modes; the first reason is the one that counts. */
static const char *reason(const char *in_kernel, const char *in_auto)
{
    return in_kernel != NULL ? in_kernel : in_auto;
}

static void list_row(struct survey *survey, size_t i)
{
    const struct offer *kernel = &survey->kernel.prov->offers[i];
    const struct offer *automatic = &survey->automatic.prov->offers[i];
    char name[64];
    struct line line = {
        .name = name,
        .type = kernel->alg->type,
        .kernel = kernel->alg->kernel,
        .in_kernel = kernel->refusal == NULL,
        .in_auto = automatic->refusal == NULL,
        .overruled = kernel->hardware,
        .why_not = reason(kernel->refusal, automatic->refusal),
    };

    snprintf(name, sizeof(name), "%.*s", algorithm_name_length(kernel->alg), kernel->alg->names);
    print_line(survey, &line);
}

/* A line for each digest or cipher that the MAC is made of. */
static void list_mac(struct survey *survey, const struct algorithm *mac)
{
    const char *type;
    char kernel_name[AFALG_NAME_MAX], name[64];

    for (size_t i = 0; i < algorithm_count; i++) {
        const struct offer *kernel = &survey->kernel.prov->offers[i];
        const struct offer *automatic = &survey->automatic.prov->offers[i];
        struct line line = {
            .name = name,
            .kernel = kernel_name,
            .in_kernel = kernel->mac_refusal == NULL,
            .in_auto = automatic->mac_refusal == NULL,
            .why_not = reason(kernel->mac_refusal, automatic->mac_refusal),
        };

        if (!mac_kernel_name(mac, kernel->alg, &type, kernel_name, sizeof(kernel_name)))
            continue;
        line.type = type;
        snprintf(name, sizeof(name), "%s(%.*s)", mac->names, algorithm_name_length(kernel->alg),
                 kernel->alg->names);
        print_line(survey, &line);
    }
}

static void list_all(struct survey *survey)
{
    printf("%-24s %-27s %-44s %8s %-8s %-6s %-4s %s\n", "algorithm", "kernel name", "driver",
           "priority", "hardware", "kernel", "auto", "why not");
    for (size_t i = 0; i < algorithm_count; i++) {
        const struct offer *offer = &survey->kernel.prov->offers[i];

        if (!offer->wanted)
            continue;
        if (offer->alg->operation == OSSL_OP_MAC)
            list_mac(survey, offer->alg);
        else
            list_row(survey, i);
    }
    if (!survey->all_known)
        puts(
            "\nhardware unknown: /proc/crypto only, which does not tell. The module crypto_user is "
            "missing;\nwithout it mode = auto takes for hardware what the key hardware names.");
}

int list_command(const struct settings *settings)
{
    struct survey survey = { .all_known = true };
    int error = kernel_refusal();
    int status = STATUS_NO_KERNEL;

    if (error != 0)
        return complain_of_kernel(error);
    if (!instance_open(&survey.kernel, "kernel", settings, NULL))
        return status;
    if (instance_open(&survey.automatic, "auto", settings, NULL)) {
        /* Read now, when binding has brought the drivers in. */
        survey.drivers = afalg_drivers_read();
        list_all(&survey);
        afalg_drivers_free(survey.drivers);
        instance_close(&survey.automatic);
        status = STATUS_OK;
    }
    instance_close(&survey.kernel);
    return status;
}
