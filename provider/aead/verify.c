/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the kernel's answers with software's. */
#include <errno.h>
#include <string.h>

#include "aead.h"

/* From here on CCM writes the length in six bytes (SP 800-38C, A.2.2). */
#define LONG_AAD 0xff00

static void shape(const struct request *base, struct verify_shape *shape)
{
    const struct aead *a = base->ctx;

    shape->out = ((const struct aead_request *)base)->text->out;
    if (!a->encrypting)
        shape->features |= VERIFY_DECRYPT;
    if (base->len % 16 != 0)
        shape->features |= VERIFY_PARTIAL;
    if (a->buffer.aadlen >= LONG_AAD)
        shape->features |= VERIFY_LONG_AAD;
    if (a->request.len < AEAD_TAG_MAX)
        shape->features |= VERIFY_SHORT_TAG;
}

/* The whole message by software, from the buffer to @copy, and with the tag of a->request. */
static enum outcome repeat(struct aead *a, const struct aead_piece *text, unsigned char *copy)
{
    struct aead_piece again = *text;
    enum outcome done = OUTCOME_FAILED;

    again.out = copy;
    if (text->len > 0)
        again.in = a->buffer.data + a->buffer.aadlen;
    if (aead_software_start(a, &a->request))
        done = a->mode->software_message(a, &again);
    backend_drop_software(&a->backend);
    return done;
}

static ssize_t check(struct request *base, unsigned char *copy, ssize_t done, bool *wrong)
{
    const struct aead_piece *text = ((const struct aead_request *)base)->text;
    struct aead *a = base->ctx;
    const struct aead_tag by_kernel = a->request;

    switch (repeat(a, text, copy)) {
    case OUTCOME_SOFTWARE:
        break;
    case OUTCOME_NOT_AUTHENTIC:
        *wrong = done >= 0;
        return -EBADMSG;
    default:
        a->request = by_kernel;
        return done;
    }
    *wrong = done < 0 || memcmp(copy, text->out, text->len) != 0 ||
             memcmp(a->request.bytes, by_kernel.bytes, by_kernel.len) != 0;
    if (*wrong)
        memcpy(text->out, copy, text->len);
    return (ssize_t)a->buffer.len;
}

const struct verify_class aead_verify = { .shape = shape, .check = check };
