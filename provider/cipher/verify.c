/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the kernel's answers with software's. */
#include <string.h>

#include "cipher.h"

/* Whether the counter's low 32 bits overflow within the request. */
static bool carries(const struct cipher *c, size_t len)
{
    const unsigned char *low = c->iv + CIPHER_IV_MAX - 4;
    uint32_t counter =
        (uint32_t)low[0] << 24 | (uint32_t)low[1] << 16 | (uint32_t)low[2] << 8 | low[3];

    return mode_traits[c->alg->mode].next_iv == NEXT_IV_BIG_ENDIAN_128 &&
           counter + (uint64_t)(len / c->alg->blocksize) > UINT32_MAX;
}

static void shape(const struct request *base, struct verify_shape *shape)
{
    const struct cipher_request *r = (const struct cipher_request *)base;
    const struct cipher *c = base->ctx;

    shape->out = r->out;
    shape->in[0] = (struct iovec){ (void *)(uintptr_t)r->head, r->headlen };
    shape->in[1] = (struct iovec){ (void *)(uintptr_t)r->in, base->len - r->headlen };
    if (!c->encrypting)
        shape->features |= VERIFY_DECRYPT;
    if (base->len % c->alg->blocksize != 0)
        shape->features |= VERIFY_PARTIAL;
    if (carries(c, base->len))
        shape->features |= VERIFY_CARRY;
}

/* The copy of the input becomes what the output has to be. The IV stays ours. */
static ssize_t check(const struct request *base, unsigned char *copy, ssize_t done, bool *wrong,
                     enum outcome (*software)(struct request *))
{
    struct cipher_request again = *(const struct cipher_request *)base;
    unsigned char *out = again.out;
    size_t outl;

    again.headlen = 0;
    again.in = again.out = copy;
    again.outl = &outl;
    again.outsize = base->len;
    if (software(&again.base) != OUTCOME_SOFTWARE)
        return done;
    *wrong = memcmp(copy, out, base->len) != 0;
    if (*wrong)
        memcpy(out, copy, base->len);
    return done;
}

static ssize_t check_blocks(struct request *base, unsigned char *copy, ssize_t done, bool *wrong)
{
    return check(base, copy, done, wrong, cipher_software_blocks);
}

static ssize_t check_message(struct request *base, unsigned char *copy, ssize_t done, bool *wrong)
{
    return check(base, copy, done, wrong, base->class->software);
}

const struct verify_class cipher_verify_blocks = { .shape = shape, .check = check_blocks };
const struct verify_class cipher_verify_message = { .shape = shape, .check = check_message };
