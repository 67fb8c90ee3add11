/* SPDX-License-Identifier: Apache-2.0 */
/* What is worked on. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

const struct work works[] = {
    { "AES-128-CBC", "cbc(aes)", KIND_CIPHER, 16, 16 },
    { "AES-128-CTR", "ctr(aes)", KIND_CIPHER, 16, 16 },
    { "AES-128-GCM", "gcm(aes)", KIND_AEAD, 16, 12 },
    { "SHA256", "sha256", KIND_DIGEST, 0, 0 },
    { "HMAC-SHA256", "hmac(sha256)", KIND_MAC, 32, 0 },
};
const size_t work_count = sizeof(works) / sizeof(works[0]);

enum { PAGE = 4096 };

/* A page before for the AAD, one after for the tag. */
static unsigned char *make_pages(void)
{
    unsigned char *pages = aligned_alloc(PAGE, PAGE + SIZE_MAX_BYTES + PAGE);

    if (pages == NULL)
        return NULL;
    memset(pages, 0x5a, PAGE + SIZE_MAX_BYTES + PAGE);
    return pages + PAGE;
}

static void free_pages(unsigned char *data)
{
    if (data != NULL)
        free(data - PAGE);
}

int buffers_make(struct buffers *b)
{
    memset(b->key, 0x17, sizeof(b->key));
    b->in = make_pages();
    b->out = make_pages();
    if (b->in == NULL || b->out == NULL)
        return -1;
    buffers_reset(b);
    return 0;
}

void buffers_free(struct buffers *b)
{
    free_pages(b->in);
    free_pages(b->out);
}

void buffers_next_iv(struct buffers *b)
{
    unsigned counter;

    memcpy(&counter, b->iv, sizeof(counter));
    counter++;
    memcpy(b->iv, &counter, sizeof(counter));
}

void buffers_reset(struct buffers *b)
{
    memset(b->iv, 0x42, sizeof(b->iv));
    memset(b->out, 0, SIZE_MAX_BYTES + TAG_SIZE);
}
