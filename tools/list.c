/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl list: what this kernel lets the provider offer. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "afalgctl.h"
#include "instance.h"
#include "json.h"
#include "kernel.h"
#include "mac/mac.h"

/* One look at the kernel, as the provider takes it in each mode. */
struct survey {
    struct instance kernel, automatic;
    struct afalg_drivers *drivers;
    bool all_known;           /* every driver's flags were seen */
    int columns;              /* the terminal's width; 0: not a terminal, lines are not cut */
    struct json_object *json; /* an array; NULL: lines of text */
};

enum { LINE_SIZE = 512 };

static int terminal_columns(void)
{
    struct winsize size;

    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void put_line(const struct survey *survey, const char *text)
{
    int room = survey->columns > 0 ? survey->columns : LINE_SIZE;

    printf("%.*s\n", room, text);
}

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

/* The first five columns fit 80 characters but for drivers of very long names. */
#define LINE_FORMAT "%-22s %-6s %-4s %-8s %-35s %s"

static void add_object(struct survey *survey, const struct line *line, const char *hardware,
                       const char *driver)
{
    struct json_object *object = json_object_new_object();

    json_add_text(object, "algorithm", line->name);
    json_object_object_add(object, "kernel", json_object_new_boolean(line->in_kernel));
    json_object_object_add(object, "auto", json_object_new_boolean(line->in_auto));
    json_add_text(object, "hardware", hardware);
    json_add_text(object, "driver", driver);
    json_add_text(object, "reason", line->why_not);
    json_object_array_add(survey->json, object);
}

static void print_line(struct survey *survey, const struct line *line)
{
    struct afalg_driver driver;
    bool found = survey->drivers != NULL &&
                 afalg_drivers_find(survey->drivers, line->type, line->kernel, &driver) == 0;
    const char *hardware = found ? hardware_word(survey, line, &driver) : NULL;
    char text[LINE_SIZE];

    if (survey->json != NULL) {
        add_object(survey, line, hardware, found ? driver.driver : NULL);
        return;
    }
    snprintf(text, sizeof(text), LINE_FORMAT, line->name, yes_no(line->in_kernel),
             yes_no(line->in_auto), found ? hardware : "-", found ? driver.driver : "-",
             line->why_not == NULL ? "" : line->why_not);
    put_line(survey, text);
}

/* Why it is not offered in both modes; the first reason is the one that counts. */
static const char *reason(const char *in_kernel, const char *in_auto)
{
    return in_kernel != NULL ? in_kernel : in_auto;
}

static void list_row(struct survey *survey, size_t i)
{
    const struct alg_state *kernel = &survey->kernel.prov->alg_states[i];
    const struct alg_state *automatic = &survey->automatic.prov->alg_states[i];
    char name[64];
    struct line line = {
        .name = name,
        .type = kernel->alg->type,
        .kernel = kernel->alg->kernel,
        .in_kernel = kernel->unavailable_reason == NULL,
        .in_auto = automatic->unavailable_reason == NULL,
        .overruled = kernel->hardware,
        .why_not = reason(kernel->unavailable_reason, automatic->unavailable_reason),
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
        const struct alg_state *kernel = &survey->kernel.prov->alg_states[i];
        const struct alg_state *automatic = &survey->automatic.prov->alg_states[i];
        struct line line = {
            .name = name,
            .kernel = kernel_name,
            .in_kernel = kernel->mac_unavailable_reason == NULL,
            .in_auto = automatic->mac_unavailable_reason == NULL,
            .why_not = reason(kernel->mac_unavailable_reason, automatic->mac_unavailable_reason),
        };

        if (!mac_kernel_name(mac, kernel->alg, &type, kernel_name, sizeof(kernel_name)))
            continue;
        line.type = type;
        snprintf(name, sizeof(name), "%s(%.*s)", mac->names, algorithm_name_length(kernel->alg),
                 kernel->alg->names);
        print_line(survey, &line);
    }
}

static void list_rows(struct survey *survey)
{
    for (size_t i = 0; i < algorithm_count; i++) {
        const struct alg_state *state = &survey->kernel.prov->alg_states[i];

        if (!state->enabled)
            continue;
        if (state->alg->operation == OSSL_OP_MAC)
            list_mac(survey, state->alg);
        else
            list_row(survey, i);
    }
}

static void list_all(struct survey *survey)
{
    char text[LINE_SIZE];

    snprintf(text, sizeof(text), LINE_FORMAT, "algorithm", "kernel", "auto", "hardware", "driver",
             "why not");
    put_line(survey, text);
    list_rows(survey);
    if (!survey->all_known)
        puts(
            "\nhardware unknown: /proc/crypto only, which does not tell. The module crypto_user is "
            "missing;\nwithout it mode = auto takes for hardware what the key hardware names.");
}

static void list_as_json(struct survey *survey)
{
    survey->json = json_object_new_array();
    list_rows(survey);
    json_print(survey->json);
}

int list_command(const struct settings *settings)
{
    struct survey survey = { .all_known = true, .columns = terminal_columns() };
    int error = kernel_refusal();
    int status = STATUS_NO_KERNEL;

    if (error != 0)
        return complain_of_kernel(error);
    if (!instance_open(&survey.kernel, "kernel", settings, NULL))
        return status;
    if (instance_open(&survey.automatic, "auto", settings, NULL)) {
        /* Read now, when binding has brought the drivers in. */
        survey.drivers = afalg_drivers_read();
        if (settings->json)
            list_as_json(&survey);
        else
            list_all(&survey);
        afalg_drivers_free(survey.drivers);
        instance_close(&survey.automatic);
        status = STATUS_OK;
    }
    instance_close(&survey.kernel);
    return status;
}
