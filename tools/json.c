/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdio.h>

void json_print(struct json_object *json)
{
    puts(json_object_to_json_string_ext(json,
                                        JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(json);
}

void json_add_text(struct json_object *json, const char *key, const char *text)
{
    json_object_object_add(json, key, text == NULL ? NULL : json_object_new_string(text));
}
