/* SPDX-License-Identifier: Apache-2.0 */
/* Whole blocks: a request each for what fits into one, and the IV moved on behind it. */
#include <openssl/crypto.h>
#include <string.h>

#include "cipher.h"

/* --- the IV --- */

/* Adds @blocks to a counter of @len bytes, @step from its least significant one to the next. */
static void add_to_counter(unsigned char *least, int step, size_t len, size_t blocks)
{
    for (; len > 0 && blocks > 0; len--, least += step) {
        blocks += *least;
        *least = (unsigned char)blocks;
        blocks >>= 8;
    }
}

/* The one size that nearly all have, without a call. */
static void copy_block(unsigned char *to, const unsigned char *from, size_t blocksize)
{
    if (blocksize == 16)
        memcpy(to, from, 16);
    else
        memcpy(to, from, blocksize);
}

/* After @len bytes, of whose first and last form @last_in and @last_out are the last block. */
__attribute__((hot)) static void advance_iv(struct cipher *c, const unsigned char *last_in,
                                            const unsigned char *last_out, size_t len)
{
    size_t blocksize = c->alg->blocksize;

    switch (mode_traits[c->alg->mode].next_iv) {
    case NEXT_IV_CIPHERTEXT:
        copy_block(c->iv, c->encrypting ? last_out : last_in, blocksize);
        break;
    case NEXT_IV_KEYSTREAM:
        for (size_t i = 0; i < blocksize; i++)
            c->iv[i] = last_in[i] ^ last_out[i];
        break;
    case NEXT_IV_BIG_ENDIAN_128:
        add_to_counter(c->iv + blocksize - 1, -1, blocksize, len / blocksize);
        break;
    case NEXT_IV_LITTLE_ENDIAN_64:
        add_to_counter(c->iv, 1, 8, len / blocksize);
        break;
    case NEXT_IV_NONE:
        break;
    }
}

__attribute__((hot)) void cipher_moved_by_kernel(struct cipher *c, const unsigned char *last_in,
                                                 const unsigned char *last_out, size_t len)
{
    advance_iv(c, last_in, last_out, len);
    c->iv_place = c->alg->ivlen == 0 && c->backend.software_keyed ? IV_BOTH : IV_HERE;
    cipher_pass_end(c);
}

/* How much the kernel may do before a counter of 32 bits wraps: it does not carry, OpenSSL does. */
static size_t until_wrap(const struct cipher *c)
{
    const unsigned char *iv = c->iv;
    uint64_t counter;

    if (mode_traits[c->alg->mode].next_iv != NEXT_IV_LITTLE_ENDIAN_64)
        return SIZE_MAX;
    counter = iv[0] | (uint32_t)iv[1] << 8 | (uint32_t)iv[2] << 16 | (uint32_t)iv[3] << 24;
    return (size_t)((((uint64_t)1 << 32) - counter) * c->alg->blocksize);
}

/* --- requests --- */

static const struct request_class blocks_class = {
    .kernel = cipher_kernel,
    .software = cipher_software_blocks,
    .verify = &cipher_verify_blocks,
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The last block of a request's input. */
static void copy_last(const struct cipher_request *r, size_t blocksize, unsigned char *last)
{
    size_t body = r->base.len - r->headlen;

    if (body >= blocksize) {
        copy_block(last, r->in + body - blocksize, blocksize);
        return;
    }
    memcpy(last, r->head, r->headlen);
    memcpy(last + r->headlen, r->in, body);
}

/* One request, after which the IV is the next one's. */
__attribute__((hot)) static enum outcome run_request(struct cipher *c, struct cipher_request *r)
{
    unsigned char last_in[CIPHER_BLOCK_MAX];
    size_t blocksize = c->alg->blocksize;
    enum outcome done;

    copy_last(r, blocksize, last_in);
    done = backend_run(&c->backend, &r->base);
    if (done == OUTCOME_KERNEL)
        cipher_moved_by_kernel(c, last_in, r->out + r->base.len - blocksize, r->base.len);
    else if (done == OUTCOME_SOFTWARE)
        advance_iv(c, last_in, r->out + r->base.len - blocksize, r->base.len);
    return done;
}

/*
 * The head is a constant number of bytes ahead of the input, so in place the output of a request
 * would overwrite that many bytes of the next one's input: they are put aside as its head.
 */
__attribute__((hot)) int cipher_run(struct cipher *c, unsigned char *out, const unsigned char *head,
                                    size_t headlen, const unsigned char *in, size_t len)
{
    unsigned char this_head[CIPHER_BLOCK_MAX], next_head[CIPHER_BLOCK_MAX];
    size_t left = headlen + len, most = AFALG_SKCIPHER_MAX;
    struct cipher_request r = {
        .base = { .class = &blocks_class, .ctx = c, .divisible = true },
        .head = this_head,
        .headlen = headlen,
        .in = in,
        .out = out,
    };

    if (headlen > 0)
        memcpy(this_head, head, headlen);
    cipher_fetch_iv(c);
    while (left > 0) {
        r.base.len = least(left, least(most, until_wrap(c)));
        if (r.base.len < left)
            memcpy(next_head, r.in + r.base.len - headlen, headlen);
        switch (run_request(c, &r)) {
        case OUTCOME_FAILED:
            return 0;
        case OUTCOME_TOO_LONG:
            most = afalg_skcipher_max(&c->backend.socket);
            r.base.divisible = most < r.base.len; /* if not, it isn't the length that is refused */
            continue;
        default:
            break;
        }
        r.in += r.base.len;
        r.out += r.base.len;
        left -= r.base.len;
        if (left > 0)
            memcpy(this_head, next_head, headlen);
    }
    if (headlen > 0) {
        OPENSSL_cleanse(this_head, sizeof(this_head));
        OPENSSL_cleanse(next_head, sizeof(next_head));
    }
    return 1;
}
