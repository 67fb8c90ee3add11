/* SPDX-License-Identifier: Apache-2.0 */
/* The bare kernel: an accepted socket and two system calls per message, nothing else. */
#include "bench.h"

#include <linux/if_alg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CONTROL_SIZE = 2 * CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(uint32_t) + 16) };

struct raw_state {
    int fd;
    struct msghdr message;
    struct iovec in[2], out[2];
    unsigned char *iv;           /* inside of control */
    unsigned char aad[AAD_SIZE]; /* what the kernel gives back of it */
    union {
        struct cmsghdr align;
        unsigned char bytes[CONTROL_SIZE];
    } control;
};

static bool knows_all(const struct work *work)
{
    (void)work;
    return true;
}

static bool cipher_once(struct session *session)
{
    struct raw_state *state = session->state;
    ssize_t size = (ssize_t)session->size;

    return sendmsg(state->fd, &state->message, 0) == size &&
           read(state->fd, session->buffers->out, session->size) == size;
}

static bool aead_once(struct session *session)
{
    struct raw_state *state = session->state;
    ssize_t size = (ssize_t)(AAD_SIZE + session->size);

    buffers_next_iv(session->buffers);
    memcpy(state->iv, session->buffers->iv, session->work->ivlen);
    return sendmsg(state->fd, &state->message, 0) == size &&
           readv(state->fd, state->out, 2) == size + TAG_SIZE;
}

static bool hash_once(struct session *session)
{
    struct raw_state *state = session->state;

    return send(state->fd, session->buffers->in, session->size, 0) == (ssize_t)session->size &&
           read(state->fd, session->buffers->out, DIGEST_SIZE) == DIGEST_SIZE;
}

static unsigned char *add_control(struct raw_state *state, int type, uint32_t value, size_t more)
{
    struct cmsghdr *header =
        (struct cmsghdr *)(void *)(state->control.bytes + state->message.msg_controllen);

    header->cmsg_level = SOL_ALG;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof(value) + more);
    memcpy(CMSG_DATA(header), &value, sizeof(value));
    state->message.msg_controllen += CMSG_SPACE(sizeof(value) + more);
    return CMSG_DATA(header) + sizeof(value);
}

static void prepare_message(struct session *session)
{
    struct raw_state *state = session->state;
    struct buffers *b = session->buffers;
    bool aead = session->work->kind == KIND_AEAD;

    state->in[0] = (struct iovec){ buffers_aad(b), AAD_SIZE };
    state->in[1] = (struct iovec){ b->in, session->size };
    state->out[0] = (struct iovec){ state->aad, AAD_SIZE };
    state->out[1] = (struct iovec){ b->out, session->size + TAG_SIZE };
    state->message.msg_iov = aead ? state->in : state->in + 1;
    state->message.msg_iovlen = aead ? 2 : 1;
    state->message.msg_control = state->control.bytes;
    add_control(state, ALG_SET_OP, ALG_OP_ENCRYPT, 0);
    state->iv =
        add_control(state, ALG_SET_IV, (uint32_t)session->work->ivlen, session->work->ivlen);
    memcpy(state->iv, b->iv, session->work->ivlen);
    if (aead)
        add_control(state, ALG_SET_AEAD_ASSOCLEN, AAD_SIZE, 0);
}

/* The accepted socket; the bound one is not needed after that. */
static int open_socket(const struct work *work, const unsigned char *key)
{
    static const char *const types[] = { "skcipher", "aead", "hash", "hash" };
    struct sockaddr_alg address = { .salg_family = AF_ALG };
    int bound = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), fd = -1;

    if (bound < 0)
        return -1;
    snprintf((char *)address.salg_type, sizeof(address.salg_type), "%s", types[work->kind]);
    snprintf((char *)address.salg_name, sizeof(address.salg_name), "%s", work->kernel_name);
    if (bind(bound, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        (work->keylen == 0 ||
         setsockopt(bound, SOL_ALG, ALG_SET_KEY, key, (socklen_t)work->keylen) == 0))
        fd = accept4(bound, NULL, NULL, SOCK_CLOEXEC);
    close(bound);
    return fd;
}

static bool raw_open(struct session *session)
{
    static bool (*const once[])(struct session *) = { cipher_once, aead_once, hash_once,
                                                      hash_once };
    struct raw_state *state = calloc(1, sizeof(*state));

    session->state = state;
    session->once = once[session->work->kind];
    if (state == NULL)
        return false;
    prepare_message(session);
    state->fd = open_socket(session->work, session->buffers->key);
    if (state->fd < 0)
        perror(session->work->kernel_name);
    return state->fd >= 0;
}

static void raw_close(struct session *session)
{
    struct raw_state *state = session->state;

    if (state != NULL && state->fd >= 0)
        close(state->fd);
    free(state);
}

const struct peer peer_raw = {
    .name = "two system calls",
    .knows = knows_all,
    .open = raw_open,
    .close = raw_close,
};
