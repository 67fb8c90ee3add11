/* SPDX-License-Identifier: Apache-2.0 */
/* Takes whole blocks to the kernel or to software, and moves the IV on. */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#include "cipher.h"

/* How much an unaligned piece takes to software at once: it has to be laid out anew. */
#define STAGE_SIZE 1024

/* --- the next request's IV -------------------------------------------------- */

/* Adds @blocks to a big-endian counter of the whole IV (SP 800-38A, B.1 with m = all bits). */
static void add_big_endian(unsigned char *iv, size_t len, size_t blocks)
{
    while (len-- > 0 && blocks > 0) {
        blocks += iv[len];
        iv[len] = (unsigned char)blocks;
        blocks >>= 8;
    }
}

static uint32_t get_little_endian(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The counter of ChaCha20 is the IV's first word (RFC 8439); OpenSSL carries into the second. */
static void add_chacha(unsigned char *iv, size_t blocks)
{
    for (size_t i = 0; i < 8 && blocks > 0; i++) {
        blocks += iv[i];
        iv[i] = (unsigned char)blocks;
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

    switch (c->alg->mode) {
    case MODE_CBC:
    case MODE_CTS:
    case MODE_CFB:
        copy_block(c->iv, c->encrypting ? last_out : last_in, blocksize);
        break;
    case MODE_OFB:
        for (size_t i = 0; i < blocksize; i++)
            c->iv[i] = last_in[i] ^ last_out[i];
        break;
    case MODE_CTR:
        add_big_endian(c->iv, blocksize, len / blocksize);
        break;
    case MODE_CHACHA20:
        add_chacha(c->iv, len / blocksize);
        break;
    default:
        break;
    }
}

/* --- software --------------------------------------------------------------- */

void cipher_software_takes(struct cipher *c, bool records)
{
    unsigned padding = records, version = records ? c->tls_version : 0;
    size_t mac_size = records ? c->tls_mac_size : 0;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_PADDING, &padding),
        OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_TLS_VERSION, &version),
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_TLS_MAC_SIZE, &mac_size),
        OSSL_PARAM_construct_end(),
    };

    if (c->software_ctx == NULL || c->software_records == records)
        return;
    c->software->set_ctx_params(c->software_ctx, params);
    c->software_records = records;
    c->straight_max = 0;
}

static void *software_context(struct cipher *c)
{
    const struct software *s = software_find(c->prov, c->alg_state);

    if (s == NULL)
        return NULL;
    c->software = &s->cipher;
    c->straight = s->cipher.update;
    c->software_ctx = s->cipher.newctx(s->provctx);
    c->software_records = true; /* its padding is on */
    cipher_software_takes(c, false);
    return c->software_ctx;
}

/* Whether the software's context has our IV; never, if the application may have written to it. */
static bool software_follows(const struct cipher *c)
{
    return c->software_synced && !c->iv_lent;
}

void *cipher_software(struct cipher *c)
{
    const unsigned char *iv = c->alg->ivlen == 0 ? NULL : c->iv;
    OSSL_FUNC_cipher_encrypt_init_fn *init;

    if (c->software_ctx == NULL && software_context(c) == NULL)
        return NULL;
    if (software_follows(c))
        return c->software_ctx;
    init = c->encrypting ? c->software->encrypt_init : c->software->decrypt_init;
    if (!init(c->software_ctx, c->software_keyed ? NULL : c->key,
              c->software_keyed ? 0 : c->alg->keylen, iv, c->alg->ivlen, NULL))
        return NULL;
    c->software_keyed = true;
    /* ECB has no IV that could differ. */
    c->software_synced = true;
    return c->software_ctx;
}

int cipher_no_software(const struct cipher *c)
{
    return fail(c->prov, ERR_R_UNSUPPORTED, "%.*s: nothing matches software = %s",
                algorithm_name_length(c->alg), c->alg->names, c->prov->config.software);
}

void cipher_go_straight(struct cipher *c, size_t len)
{
    c->straight_max = c->straight_limit;
    if (c->straight_limit == 0 || len <= c->straight_limit)
        return;
    if (calibration_skip(&c->sample, c->straight_longer))
        c->straight_max = len;
    c->straight_longer = 0;
}

static int run_software(struct cipher *c, unsigned char *out, const unsigned char *in, size_t len)
{
    size_t blocksize = c->alg->blocksize, last = len - blocksize;
    unsigned char last_in[CIPHER_BLOCK_MAX];
    size_t outl;

    if (!software_follows(c) && cipher_software(c) == NULL)
        return cipher_no_software(c);
    if (c->software_records)
        cipher_software_takes(c, false);
    copy_block(last_in, in + last, blocksize);
    if (!c->software->update(c->software_ctx, out, &outl, len, in, len) || outl != len)
        return 0;
    advance_iv(c, last_in, out + last, len);
    backend_tally(&c->tally, len);
    if (c->tls_version == 0)
        cipher_go_straight(c, len);
    return 1;
}

static void software_iv(struct cipher *c)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_UPDATED_IV, c->iv, c->alg->ivlen),
        OSSL_PARAM_construct_end(),
    };

    /* OpenSSL 3.5 tries the pointer first, and leaves that error behind though it succeeds. */
    ERR_set_mark();
    c->software->get_ctx_params(c->software_ctx, params);
    ERR_pop_to_mark();
}

__attribute__((hot)) void cipher_fetch_iv(struct cipher *c)
{
    if (c->iv_behind && c->alg->ivlen != 0)
        software_iv(c);
    c->iv_behind = false;
}

/* --- the kernel --------------------------------------------------------------- */

__attribute__((hot)) static bool goes_to_kernel(struct cipher *c, size_t len)
{
    c->sample.of = NULL;
    return !c->kernel_refused &&
           backend_choose(c->alg_state, &c->alg_state->kernel, len, &c->sample);
}

/* After a request by the kernel: see advance_iv(). */
__attribute__((hot)) static void moved_by_kernel(struct cipher *c, const unsigned char *last_in,
                                                 const unsigned char *last_out, size_t len)
{
    advance_iv(c, last_in, last_out, len);
    c->software_synced = c->alg->ivlen == 0 && c->software_keyed;
    c->straight_max = 0;
    backend_count_tally(c->alg_state, &c->tally);
}

/* --- whole messages ---------------------------------------------------------- */

enum request cipher_request(struct cipher *c, unsigned char *out, const unsigned char *in,
                            size_t len)
{
    struct iovec data = { .iov_base = (void *)(uintptr_t)in, .iov_len = len };
    enum fallback why = FALLBACK_LENGTH;
    int error = 0;

    c->sample.of = NULL;
    if (!c->software_only) {
        if (!goes_to_kernel(c, len))
            return REQUEST_SOFTWARE;
        cipher_fetch_iv(c);
        error = len > AFALG_SKCIPHER_MAX ? -EMSGSIZE : cipher_kernel_request(c, out, len, &data, 1);
        if (error == 0) {
            backend_done(&c->sample, true);
            backend_count_kernel(c->alg_state, len);
            return REQUEST_DONE;
        }
        if (error == -EBADMSG && c->alg->mode == MODE_WRAP)
            return REQUEST_FORGED;
        why = error == -EMSGSIZE ? FALLBACK_SIZE : FALLBACK_REQUEST;
    }
    if (!backend_fallback(c->prov, c->alg_state, why, error))
        return REQUEST_FAILED;
    c->kernel_refused = error == -EINVAL;
    return REQUEST_SOFTWARE;
}

enum request cipher_request_blocks(struct cipher *c, unsigned char *out, const unsigned char *in,
                                   size_t len)
{
    size_t last = len - c->alg->blocksize;
    unsigned char last_in[CIPHER_BLOCK_MAX];
    enum request done;

    copy_block(last_in, in + last, c->alg->blocksize);
    done = cipher_request(c, out, in, len);
    if (done == REQUEST_DONE)
        moved_by_kernel(c, last_in, out + last, len);
    return done;
}

int cipher_software_update(struct cipher *c, unsigned char *out, size_t *outl, size_t outsize,
                           const unsigned char *in, size_t len)
{
    if (cipher_software(c) == NULL)
        return cipher_no_software(c);
    if (!c->software->update(c->software_ctx, out, outl, outsize, in, len))
        return 0;
    backend_done(&c->sample, false);
    backend_count_software(c->alg_state, len);
    return 1;
}

/* --- pieces ------------------------------------------------------------------- */

/*
 * What is still to be done. The head is a constant number of bytes ahead of the
 * input, so in place the output of a piece would overwrite that many bytes of the
 * next one's input: they are put aside as its head.
 */
struct work {
    unsigned char head[CIPHER_BLOCK_MAX];
    size_t headlen;
    const unsigned char *in;
    size_t len;
    unsigned char *out;
    size_t most;   /* in one request of the kernel's */
    size_t chosen; /* what is left of the bytes for which kernel or software was chosen */
    bool kernel;   /* it was the kernel */
};

static void last_block(const struct work *w, size_t part, size_t blocksize, unsigned char *last)
{
    size_t body = part - w->headlen;

    if (body >= blocksize) {
        copy_block(last, w->in + body - blocksize, blocksize);
        return;
    }
    memcpy(last, w->head, w->headlen);
    memcpy(last + w->headlen, w->in, body);
}

static void choose(struct cipher *c, struct work *w)
{
    size_t total = w->headlen + w->len;

    w->chosen = total < w->most ? total : w->most;
    w->kernel = goes_to_kernel(c, w->chosen);
}

static size_t part_size(const struct cipher *c, const struct work *w)
{
    size_t max = w->chosen;

    if (w->kernel && w->most < max)
        max = w->most;
    else if (!w->kernel && w->headlen != 0)
        max = STAGE_SIZE;
    if (c->alg->mode == MODE_CHACHA20) {
        /* The kernel's counter wraps at 32 bits without a carry. */
        uint64_t left = ((uint64_t)1 << 32) - get_little_endian(c->iv);

        if (left * CIPHER_BLOCK_MAX < max)
            max = (size_t)(left * CIPHER_BLOCK_MAX);
    }
    return w->chosen < max ? w->chosen : max;
}

/* 1: done; 0: failed and raised; -1: to be done by software, or in shorter parts. */
__attribute__((hot)) static int part_kernel(struct cipher *c, struct work *w, size_t part)
{
    struct iovec in[2] = {
        { .iov_base = (void *)(uintptr_t)w->head, .iov_len = w->headlen },
        { .iov_base = (void *)(uintptr_t)w->in, .iov_len = part - w->headlen },
    };
    int skip = w->headlen == 0;
    unsigned char last_in[CIPHER_BLOCK_MAX];
    int error;

    last_block(w, part, c->alg->blocksize, last_in);
    error = cipher_kernel_request(c, w->out, part, in + skip, 2 - skip);
    if (error == -EMSGSIZE) {
        w->most = afalg_skcipher_max(&c->socket);
        return -1;
    }
    if (error != 0) {
        if (!backend_fallback(c->prov, c->alg_state, FALLBACK_REQUEST, error))
            return 0;
        c->kernel_refused = error == -EINVAL;
        w->kernel = false;
        return -1;
    }
    moved_by_kernel(c, last_in, w->out + part - c->alg->blocksize, part);
    backend_count_kernel(c->alg_state, part);
    return 1;
}

static int part_software(struct cipher *c, const struct work *w, size_t part)
{
    unsigned char stage[STAGE_SIZE];
    int ok;

    if (w->headlen == 0)
        return run_software(c, w->out, w->in, part);
    memcpy(stage, w->head, w->headlen);
    memcpy(stage + w->headlen, w->in, part - w->headlen);
    ok = run_software(c, w->out, stage, part);
    OPENSSL_cleanse(stage, part);
    return ok;
}

/* Goes on behind @part, with @head before what follows. */
static void advance(struct work *w, size_t part, const unsigned char *head)
{
    w->chosen -= part;
    if (part == w->headlen + w->len) {
        w->headlen = w->len = 0;
        return;
    }
    memcpy(w->head, head, w->headlen);
    w->in += part;
    w->len -= part;
    w->out += part;
}

__attribute__((hot)) static int run_parts(struct cipher *c, struct work *w)
{
    unsigned char next_head[CIPHER_BLOCK_MAX];

    while (w->headlen + w->len > 0) {
        size_t part;
        int done;

        if (w->chosen == 0)
            choose(c, w);
        part = part_size(c, w);
        if (part < w->headlen + w->len)
            memcpy(next_head, w->in + part - w->headlen, w->headlen);
        done = w->kernel ? part_kernel(c, w, part) : part_software(c, w, part);
        if (done == 0)
            return 0;
        if (done < 0)
            continue;
        advance(w, part, next_head);
        if (w->chosen == 0)
            backend_done(&c->sample, w->kernel);
    }
    return 1;
}

__attribute__((hot)) int cipher_run(struct cipher *c, unsigned char *out, const unsigned char *head,
                                    size_t headlen, const unsigned char *in, size_t len)
{
    struct work w;
    int ok;

    cipher_fetch_iv(c);
    w.headlen = headlen;
    w.in = in;
    w.len = len;
    w.out = out;
    w.most = AFALG_SKCIPHER_MAX;
    w.chosen = 0;
    if (headlen == 0)
        return run_parts(c, &w);
    memcpy(w.head, head, headlen);
    ok = run_parts(c, &w);
    OPENSSL_cleanse(w.head, sizeof(w.head));
    return ok;
}

/* --- life ------------------------------------------------------------------- */

void cipher_engine_reset(struct cipher *c)
{
    backend_count_tally(c->alg_state, &c->tally);
    afalg_socket_close(&c->socket);
    if (c->software_ctx != NULL)
        c->software->freectx(c->software_ctx);
    cipher_engine_detach(c);
}

void cipher_engine_detach(struct cipher *c)
{
    c->socket = (struct afalg_socket)AFALG_SOCKET_CLOSED;
    c->software_ctx = NULL;
    c->software_keyed = c->software_synced = c->software_records = c->kernel_refused = false;
    c->straight_max = 0;
    c->tally = (struct tally){ 0 };
}
