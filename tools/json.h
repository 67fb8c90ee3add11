/* SPDX-License-Identifier: Apache-2.0 */
/* Output of --json. */
#ifndef AFALGCTL_JSON_H
#define AFALGCTL_JSON_H

#include <json-c/json.h>

/** Prints the value to standard output, and frees it. */
void json_print(struct json_object *json);

/** Adds a string; NULL: null. */
void json_add_text(struct json_object *json, const char *key, const char *text);

#endif
