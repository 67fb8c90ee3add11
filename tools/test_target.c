/* SPDX-License-Identifier: Apache-2.0 */
/* What can be tested: the kernel's names in the provider's table, and what their cases are like. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "aead/aead.h"
#include "mac/mac.h"
#include "test.h"

/* Of 65,536 bytes the kernel takes all at once, see afalg/socket.h. */
#define DATA_MAX ((unsigned long)AFALG_SKCIPHER_MAX)

/* --- the table --- */

/* Adds to the target the row whose kernel name is the target's. */
static void take_row(struct target *t, const struct algorithm *row)
{
    const char *type = row->type;
    char name[AFALG_NAME_MAX];
    bool same = t->mac == NULL ? type != NULL && strcmp(row->kernel, t->kernel) == 0
                               : mac_kernel_name(t->mac, row, &type, name, sizeof(name)) &&
                                     strcmp(name, t->kernel) == 0;

    if (same && strcmp(type, t->type) == 0 && t->count < KEY_LENGTHS_MAX)
        t->rows[t->count++] = row;
}

/* The target that begins with the row @first of the table, of the MAC @mac (NULL: none). */
static bool make_target(struct target *t, const struct algorithm *first,
                        const struct algorithm *mac)
{
    *t = (struct target){ .mac = mac, .type = first->type };
    if (mac == NULL)
        snprintf(t->kernel, sizeof(t->kernel), "%s", first->kernel);
    else if (!mac_kernel_name(mac, first, &t->type, t->kernel, sizeof(t->kernel)))
        return false;
    for (size_t i = 0; i < algorithm_count; i++)
        take_row(t, &algorithms[i]);
    return t->count > 0 && t->rows[0] == first;
}

/* GMAC is the kernel's GCM; a key is wrapped in one request, which no device does. */
static bool is_testable(const struct algorithm *row)
{
    return (row->operation == OSSL_OP_CIPHER && row->mode != MODE_WRAP) ||
           row->operation == OSSL_OP_DIGEST ||
           (row->operation == OSSL_OP_MAC && row->mac_template != MAC_GMAC);
}

void targets_each(bool (*use)(struct target *target, void *arg), void *arg)
{
    struct target t;
    bool more = true;

    for (size_t i = 0; i < algorithm_count && more; i++) {
        const struct algorithm *mac = &algorithms[i];

        if (!is_testable(mac))
            continue;
        if (mac->operation != OSSL_OP_MAC) {
            more = !make_target(&t, mac, NULL) || use(&t, arg);
            continue;
        }
        for (size_t j = 0; j < algorithm_count && more; j++)
            more = !make_target(&t, &algorithms[j], mac) || use(&t, arg);
    }
}

bool target_named(const struct target *t, const char *name)
{
    if (strcmp(t->kernel, name) == 0 || (t->mac != NULL && algorithm_named(t->mac->names, name)))
        return true;
    for (size_t i = 0; i < t->count && t->mac == NULL; i++) {
        if (algorithm_named(t->rows[i]->names, name))
            return true;
    }
    return false;
}

const struct algorithm *target_row(const struct target *t, size_t keylen)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i]->keylen == keylen)
            return t->rows[i];
    }
    return t->rows[0];
}

/* --- its cases --- */

void target_lengths(const struct target *t, size_t *least, size_t *unit)
{
    const struct algorithm *row = t->rows[0];

    *least = 0;
    *unit = 1;
    if (target_is_hash(t) || target_is_aead(t))
        return;
    if (target_traits(t)->blocks)
        *unit = row->blocksize;
    *least = row->mode == MODE_XTS || target_traits(t)->steals ? row->blocksize : *unit;
}

struct test_case target_case(const struct target *t)
{
    struct test_case c = { .v[LEN] = 64, .v[KEY] = t->rows[0]->keylen };

    if (t->mac != NULL && t->mac->mac_template == MAC_HMAC)
        c.v[KEY] = t->rows[0]->size;
    if (target_is_aead(t)) {
        c.v[AAD] = 16;
        c.v[TAG] = AEAD_TAG_MAX;
        c.v[NONCE] = AEAD_NONCE_LEN;
    }
    return c;
}

/* A length that the algorithm takes. */
static unsigned long fit_length(const struct target *t, unsigned long len)
{
    size_t least, unit;

    target_lengths(t, &least, &unit);
    if (len > DATA_MAX)
        len = DATA_MAX;
    len -= len % unit;
    return len < least ? least : len;
}

static void fit_key(const struct target *t, struct test_case *c)
{
    if (t->mac == NULL || t->mac->mac_template != MAC_HMAC)
        c->v[KEY] = target_row(t, c->v[KEY])->keylen;
    else if (c->v[KEY] == 0 || c->v[KEY] > 256)
        c->v[KEY] = target_case(t).v[KEY];
}

void target_adjust(const struct target *t, struct test_case *c)
{
    static const enum field of_aead[] = { AAD, TAG, NONCE, FORGED };
    size_t blocksize = t->rows[0]->blocksize;

    if (c->v[VECTOR] != 0)
        return;
    fit_key(t, c);
    c->v[IN] %= 4096;
    c->v[OUT] %= 4096;
    c->v[LEN] = fit_length(t, c->v[LEN]);
    for (size_t i = 0; i < sizeof(of_aead) / sizeof(*of_aead) && !target_is_aead(t); i++)
        c->v[of_aead[i]] = 0;
    if (target_is_hash(t)) {
        c->v[OUT] = c->v[DECRYPT] = c->v[IN_PLACE] = c->v[TIMES] = c->v[WRAP] = 0;
        return;
    }
    c->v[COPY] = 0;
    if (target_is_aead(t) || c->v[IN_PLACE])
        c->v[TIMES] = 0;
    if (c->v[TIMES] > 1) { /* whole blocks, in one piece */
        c->v[CUT] = 0;
        c->v[LEN] = fit_length(t, c->v[LEN] / c->v[TIMES]);
        c->v[LEN] += (blocksize - c->v[LEN] % blocksize) % blocksize;
    }
    c->v[FORGED] &= c->v[DECRYPT];
}
