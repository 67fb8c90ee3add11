/* SPDX-License-Identifier: Apache-2.0 */
/* A case by the kernel: requests in a socket of their own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_alg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

size_t kernel_iv(const struct trial *t, unsigned char iv[TRIAL_IV_MAX])
{
    size_t len = target_is_aead(t->target) ? t->c.v[NONCE] : t->target->rows[0]->ivlen;

    if (!target_is_aead(t->target) || t->target->rows[0]->mode != MODE_CCM) {
        memcpy(iv, t->iv, len);
        return len;
    }
    /* RFC 3610: L - 1, the nonce, and room for the counter. */
    memset(iv, 0, TRIAL_IV_MAX);
    iv[0] = (unsigned char)(14 - len);
    memcpy(iv + 1, t->iv, len);
    return TRIAL_IV_MAX;
}

static int open_with(struct afalg_socket *s, const struct trial *t, const unsigned char *key)
{
    struct afalg_transform transform = {
        .type = t->target->type,
        .name = t->target->driver.driver,
        .key = t->c.v[KEY] == 0 ? NULL : key,
        .keylen = t->c.v[KEY],
        .authsize = t->c.v[TAG],
    };

    return afalg_socket_open(s, &transform);
}

/* --- in place: the pages themselves go to the socket, by a pipe --- */

static void add_control(struct msghdr *msg, size_t *used, int type, const void *data, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)((char *)msg->msg_control + *used);

    *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(len), .cmsg_level = SOL_ALG, .cmsg_type = type };
    memcpy(CMSG_DATA(c), data, len);
    *used += CMSG_SPACE(len);
}

/* What comes before the data of a request. */
static int send_control(int fd, const struct afalg_request *r)
{
    _Alignas(struct cmsghdr) unsigned char control[256] = { 0 };
    struct msghdr msg = { .msg_control = control };
    unsigned char iv[sizeof(uint32_t) + TRIAL_IV_MAX];
    uint32_t op = r->op, aadlen = (uint32_t)r->aadlen, ivlen = (uint32_t)r->ivlen;
    size_t used = 0;

    add_control(&msg, &used, ALG_SET_OP, &op, sizeof(op));
    if (r->ivlen > 0) {
        memcpy(iv, &ivlen, sizeof(ivlen));
        memcpy(iv + sizeof(ivlen), r->iv, r->ivlen);
        add_control(&msg, &used, ALG_SET_IV, iv, sizeof(ivlen) + r->ivlen);
    }
    if (aadlen > 0)
        add_control(&msg, &used, ALG_SET_AEAD_ASSOCLEN, &aadlen, sizeof(aadlen));
    msg.msg_controllen = used;
    return sendmsg(fd, &msg, MSG_MORE) < 0 ? -errno : 0;
}

static int splice_to(int fd, const struct iovec *data)
{
    int pipe[2], error = 0;

    if (pipe2(pipe, O_CLOEXEC) != 0)
        return -errno;
    for (size_t left = data->iov_len; left > 0 && error == 0;) {
        struct iovec rest = { (char *)data->iov_base + data->iov_len - left, left };
        ssize_t in = vmsplice(pipe[1], &rest, 1, 0);
        ssize_t done = in < 0 ? in
                              : splice(pipe[0], NULL, fd, NULL, (size_t)in,
                                       (size_t)in < left ? SPLICE_F_MORE : 0);

        error = done < 0 ? -errno : done != in ? -EIO : 0;
        left -= (size_t)in;
    }
    close(pipe[0]);
    close(pipe[1]);
    return error;
}

/* r->in[0] is where the output goes too. @return its length or -errno */
static ssize_t request_in_place(const struct afalg_socket *s, const struct afalg_request *r)
{
    int error = send_control(s->fd, r);
    ssize_t got;

    if (error == 0)
        error = splice_to(s->fd, r->in);
    if (error != 0)
        return error;
    got = recv(s->fd, r->out[0].iov_base, r->out[0].iov_len, 0);
    return got < 0 ? -errno : got;
}

/*
 * Sends one thing and writes another over it: if the pages themselves were sent, it is the other
 * that gets encrypted, which is the case if it changes what is received.
 */
bool kernel_copies(const struct target *target)
{
    _Alignas(4096) static unsigned char buffer[2][4096];
    struct trial t = { .target = target, .c = target_case(target) };
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    struct iovec data = { NULL, t.c.v[LEN] };
    unsigned char iv[TRIAL_IV_MAX];
    struct afalg_request r = { .op = AFALG_ENCRYPT, .iv = iv, .ivlen = kernel_iv(&t, iv) };
    int error;

    memset(t.key, 1, t.c.v[KEY] / 2); /* XTS takes no halves that are equal */
    error = open_with(&s, &t, t.key);
    for (int i = 0; i < 2 && error == 0; i++) {
        data.iov_base = memset(buffer[i], 0, sizeof(buffer[i]));
        error = send_control(s.fd, &r);
        if (error == 0)
            error = splice_to(s.fd, &data);
        memset(buffer[i], i, data.iov_len);
        if (error == 0 && recv(s.fd, buffer[i], data.iov_len + t.c.v[TAG], 0) < 0)
            error = -errno;
    }
    afalg_socket_close(&s);
    return error != 0 || memcmp(buffer[0], buffer[1], data.iov_len) == 0;
}

/* --- ciphers and AEAD --- */

/* Where the output is to go: in two segments if it is cut. */
static int output_segments(const struct trial *t, struct iovec out[2])
{
    size_t cut = t->c.v[CUT] < t->outlen ? t->c.v[CUT] : 0;

    out[0] = (struct iovec){ t->out, cut == 0 ? t->outlen : cut };
    out[1] = (struct iovec){ t->out + cut, t->outlen - cut };
    return cut == 0 ? 1 : 2;
}

static ssize_t request(struct afalg_socket *s, const struct trial *t, const struct afalg_request *r)
{
    if (t->c.v[IN_PLACE])
        return request_in_place(s, r);
    return target_is_aead(t->target) ? afalg_aead(s, r) : afalg_skcipher(s, r);
}

/* The requests of a case; those after the first go on without an IV. */
static int run_requests(struct afalg_socket *s, struct trial *t)
{
    size_t times = t->c.v[TIMES] > 1 ? t->c.v[TIMES] : 1;
    unsigned char iv[TRIAL_IV_MAX];
    struct iovec in = { t->in, t->inlen / times }, out[2];
    struct afalg_request r = {
        .op = t->c.v[DECRYPT] ? AFALG_DECRYPT : AFALG_ENCRYPT,
        .iv = iv,
        .ivlen = kernel_iv(t, iv),
        .aadlen = t->c.v[AAD],
        .in = &in,
        .nin = 1,
        .out = out,
        .nout = output_segments(t, out),
    };
    ssize_t done = 0;

    if (times > 1)
        out[0].iov_len = in.iov_len;
    if (t->c.v[IN_PLACE]) {
        memcpy(t->out, t->in, t->inlen);
        in.iov_base = t->out;
    }
    for (size_t i = 0; i < times && done >= 0; i++) {
        done = request(s, t, &r);
        r.ivlen = 0;
        in.iov_base = (char *)in.iov_base + in.iov_len;
        out[0].iov_base = (char *)out[0].iov_base + in.iov_len;
    }
    return done < 0 ? (int)done : 0;
}

/* --- hashes --- */

static int end_hash(struct afalg_socket *s, const struct trial *t, size_t from, unsigned char *out)
{
    size_t piece = t->c.v[CUT] == 0 ? t->inlen : t->c.v[CUT];
    int error = 0;

    for (; t->inlen - from > piece && error == 0; from += piece)
        error = afalg_hash_update(s, t->in + from, piece);
    return error == 0 ? afalg_hash_final(s, t->in + from, t->inlen - from, out, t->outlen) : error;
}

/* The first piece, and then both, the copy and what it was made of, to the end. */
static int run_copies(struct afalg_socket *s, const struct trial *t)
{
    struct afalg_socket copy = AFALG_SOCKET_CLOSED;
    unsigned char of_copy[64];
    size_t first = t->c.v[CUT] < t->inlen ? t->c.v[CUT] : t->inlen;
    int error = afalg_hash_update(s, t->in, first);

    if (error == 0)
        error = afalg_socket_clone(&copy, s);
    if (error == 0)
        error = end_hash(&copy, t, first, of_copy);
    if (error == 0)
        error = end_hash(s, t, first, t->out);
    afalg_socket_close(&copy);
    if (error == 0 && memcmp(of_copy, t->expected, t->outlen) != 0)
        memcpy(t->out, of_copy, t->outlen);
    return error;
}

static int run_hash(struct afalg_socket *s, const struct trial *t)
{
    return t->c.v[COPY] && t->inlen > 0 ? run_copies(s, t) : end_hash(s, t, 0, t->out);
}

/* --- both --- */

static int run_in(struct afalg_socket *s, struct trial *t)
{
    return target_is_hash(t->target) ? run_hash(s, t) : run_requests(s, t);
}

/* A request with another key before the one that counts, in a second socket. */
static int run_beside_other(struct afalg_socket *s, struct trial *t)
{
    struct afalg_socket other = AFALG_SOCKET_CLOSED;
    unsigned char key[TRIAL_KEY_MAX];
    int error;

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = t->key[i] ^ (unsigned char)(i + 1);
    error = open_with(&other, t, key);
    if (error == 0) {
        error = run_in(&other, t);
        if (error == -EBADMSG) /* it was sealed with the first key */
            error = 0;
    }
    if (error == 0)
        error = run_in(s, t);
    afalg_socket_close(&other);
    return error;
}

int kernel_run(struct trial *t)
{
    struct afalg_socket s = AFALG_SOCKET_CLOSED;
    int error = open_with(&s, t, t->key);

    if (error == 0)
        error = t->c.v[OTHER_KEY] ? run_beside_other(&s, t) : run_in(&s, t);
    afalg_socket_close(&s);
    return error;
}
