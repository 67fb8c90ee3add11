/* SPDX-License-Identifier: Apache-2.0 */
/* What was found of each driver, as a table or as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "test.h"

/* --- the table --- */

void result_print_head(FILE *out)
{
    fprintf(out, "%-30s %-26s %6s  %s\n", "driver", "algorithm", "cases", "verdict");
}

/* The properties of a verdict behind its word, each refused one with the reason. */
static void print_verdict(const struct result *r, enum verdict verdict, const char *word, FILE *out)
{
    const char *before = word;

    for (size_t i = 0; i < property_count; i++) {
        if (!r->of[i].applies || r->of[i].verdict != verdict)
            continue;
        fprintf(out, "%s%s", before, properties[i].name);
        if (verdict == VERDICT_REFUSED)
            fprintf(out, " (%s)", strerror(-r->of[i].trial.error));
        before = ", ";
    }
}

void result_print(const struct result *r, FILE *out)
{
    fprintf(out, "%-30s %-26s %6lu  ", r->target->driver.driver, r->target->kernel, r->cases);
    if (r->unreachable != 0)
        fprintf(out, "out of reach: %s", strerror(-r->unreachable));
    else if (r->wrong == 0)
        fputs("right", out);
    print_verdict(r, VERDICT_WRONG, "WRONG: ", out);
    print_verdict(r, VERDICT_REFUSED, "; refused: ", out);
    print_verdict(r, VERDICT_OUT_OF_REACH, "; out of reach: ", out);
    fputc('\n', out);
    for (size_t i = 0; i < property_count; i++) {
        if (!r->of[i].applies || r->of[i].verdict != VERDICT_WRONG)
            continue;
        fprintf(out, "\n%s: ", properties[i].name);
        trial_report(&r->of[i].trial, out);
    }
    if (r->wrong > 0)
        fputc('\n', out);
    fflush(out);
}

/* --- JSON --- */

/* The case and the report of a wrong answer. */
static void add_case(struct json_object *object, const struct trial *t)
{
    char text[256], *report = NULL;
    size_t len;
    FILE *out = open_memstream(&report, &len);

    case_print(&t->c, text, sizeof(text));
    json_add_text(object, "case", text);
    if (out == NULL)
        return;
    trial_report(t, out);
    if (fclose(out) == 0)
        json_add_text(object, "report", report);
    free(report);
}

static struct json_object *property_json(const struct outcome_of *o, const char *name)
{
    static const char *const words[] = { "right", "wrong", "refused", "out of reach" };
    struct json_object *object = json_object_new_object();

    json_add_text(object, "property", name);
    json_add_text(object, "verdict", words[o->verdict]);
    if (o->verdict == VERDICT_WRONG)
        add_case(object, &o->trial);
    if (o->verdict == VERDICT_REFUSED)
        json_add_text(object, "error", strerror(-o->trial.error));
    return object;
}

struct json_object *json_new(void)
{
    return json_object_new_array();
}

void result_add_json(const struct result *r, struct json_object *array)
{
    struct json_object *object = json_object_new_object(), *list = json_object_new_array();

    json_add_text(object, "driver", r->target->driver.driver);
    json_add_text(object, "algorithm", r->target->kernel);
    json_object_object_add(object, "hardware", json_object_new_boolean(r->target->driver.hardware));
    json_object_object_add(object, "cases", json_object_new_int64((int64_t)r->cases));
    if (r->unreachable != 0)
        json_add_text(object, "unreachable", strerror(-r->unreachable));
    for (size_t i = 0; i < property_count; i++) {
        if (r->of[i].applies)
            json_object_array_add(list, property_json(&r->of[i], properties[i].name));
    }
    json_object_object_add(object, "properties", list);
    json_object_array_add(array, object);
}
