/* SPDX-License-Identifier: Apache-2.0 */
/* A test case as numbers, and as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static const char *const case_names[FIELDS] = {
    [LEN] = "len",         [AAD] = "aad",         [TAG] = "tag",
    [NONCE] = "nonce",     [KEY] = "key",         [IN] = "in",
    [OUT] = "out",         [CUT] = "cut",         [TIMES] = "times",
    [WRAP] = "wrap",       [DECRYPT] = "decrypt", [IN_PLACE] = "in_place",
    [FORGED] = "forged",   [COPY] = "copy",       [OTHER_KEY] = "other_key",
    [THREADS] = "threads", [VECTOR] = "vector",   [SEED] = "seed",
};

/* --- numbers --- */

struct random random_start(uint64_t seed)
{
    return (struct random){ seed };
}

/* SplitMix64. */
uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

size_t random_below(struct random *r, size_t below)
{
    return random_next(r) % below;
}

void random_fill(struct random *r, void *bytes, size_t len)
{
    unsigned char *to = bytes;

    for (; len > 0; len -= len < 8 ? len : 8) {
        uint64_t next = random_next(r);

        memcpy(to, &next, len < 8 ? len : 8);
        to += 8;
    }
}

/* --- text --- */

void case_print(const struct test_case *c, char *text, size_t size)
{
    size_t at = 0;

    *text = '\0';
    for (int i = 0; i < FIELDS && at < size; i++) {
        if (c->v[i] != 0)
            at += (size_t)snprintf(text + at, size - at, "%s%s=%lu", at == 0 ? "" : ",",
                                   case_names[i], c->v[i]);
    }
}

static int field_named(const char *name, size_t len)
{
    int i = 0;

    while (i < FIELDS && (strlen(case_names[i]) != len || memcmp(case_names[i], name, len) != 0))
        i++;
    return i;
}

bool case_parse(struct test_case *c, const char *text)
{
    *c = (struct test_case){ 0 };
    while (*text != '\0') {
        size_t len = strcspn(text, "=");
        int field = field_named(text, len);
        char *end;

        if (field == FIELDS || text[len] == '\0')
            return false;
        text += len + 1;
        c->v[field] = strtoul(text, &end, 10);
        if (end == text || (*end != ',' && *end != '\0'))
            return false;
        text = end + (*end == ',');
    }
    return true;
}
