/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NETLINK_CRYPTO: the loaded implementations with their flags. All of them are
 * dumped: asked for one algorithm by name, the kernel may answer with another
 * implementation than the one that bind takes (measured).
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/cryptouser.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "descriptor.h"
#include "drivers.h"

/* CRYPTO_ALG_INTERNAL of the kernel's include/linux/crypto.h: only other drivers may use it. */
#define CRYPTO_ALG_INTERNAL 0x00002000

/* The kernel fills dumps up to 65535 bytes apiece; a shorter buffer would cut them. */
#define DUMP_SIZE ((size_t)1 << 16)

/* The names there are 64 bytes with their end, half of the kernel's own: longer ones are cut. */
static void copy_name(char to[AFALG_NAME_MAX], const char *from)
{
    afalg_drivers_copy_name(to, from, strnlen(from, CRYPTO_MAX_NAME));
}

/* Each struct crypto_report_... begins with char type[CRYPTO_MAX_NAME], as in /proc/crypto. */
static int read_attribute(const struct nlattr *attribute, void *data)
{
    struct driver_entry *entry = data;

    switch (mnl_attr_get_type(attribute)) {
    case CRYPTOCFGA_PRIORITY_VAL:
        if (mnl_attr_validate(attribute, MNL_TYPE_U32) == 0)
            entry->priority = (int)mnl_attr_get_u32(attribute);
        break;
    case CRYPTOCFGA_REPORT_CIPHER:
    case CRYPTOCFGA_REPORT_HASH:
    case CRYPTOCFGA_REPORT_BLKCIPHER:
    case CRYPTOCFGA_REPORT_AEAD:
    case CRYPTOCFGA_REPORT_RNG:
        if (mnl_attr_get_payload_len(attribute) >= CRYPTO_MAX_NAME)
            copy_name(entry->type, mnl_attr_get_payload(attribute));
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

/* Keeps what AF_ALG has a type for, and the ciphers that its algorithms are made of. */
static int read_message(const struct nlmsghdr *message, void *data)
{
    const struct crypto_user_alg *alg = mnl_nlmsg_get_payload(message);
    struct driver_entry entry = { 0 };
    int error;

    if (mnl_nlmsg_get_payload_len(message) < sizeof(*alg))
        return MNL_CB_OK;
    copy_name(entry.name, alg->cru_name);
    copy_name(entry.driver, alg->cru_driver_name);
    entry.flags = alg->cru_flags;
    entry.internal = (alg->cru_flags & CRYPTO_ALG_INTERNAL) != 0;
    mnl_attr_parse(message, sizeof(*alg), read_attribute, &entry);
    error = entry.type[0] == '\0' ? 0 : afalg_drivers_add(data, &entry);
    errno = -error;
    return error == 0 ? MNL_CB_OK : MNL_CB_ERROR;
}

/* The kernel binds the socket as it sends. 0 or -errno. */
static int send_dump_request(const struct descriptor *nl)
{
    const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    _Alignas(
        struct nlmsghdr) char buffer[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct crypto_user_alg))];
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

    message->nlmsg_type = CRYPTO_MSG_GETALG;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    mnl_nlmsg_put_extra_header(message, sizeof(struct crypto_user_alg));
    return sendto(nl->fd, message, message->nlmsg_len, MSG_NOSIGNAL,
                  (const struct sockaddr *)&kernel, sizeof(kernel)) < 0
               ? -errno
               : 0;
}

/*
 * A part of the dump, which the kernel has at once: it fills it as it is received. What the
 * application may have put under the number meanwhile is not read from. Its length or -errno.
 */
static ssize_t receive_part(const struct descriptor *nl, char *buffer)
{
    ssize_t len;

    do {
        if (!afalg_descriptor_valid(nl))
            return -EBADF;
        len = recv(nl->fd, buffer, DUMP_SIZE, MSG_DONTWAIT);
    } while (len < 0 && errno == EINTR);
    return len < 0 ? -errno : len;
}

static int receive_dump(const struct descriptor *nl, struct afalg_drivers *d)
{
    char *buffer = malloc(DUMP_SIZE);
    int more = MNL_CB_OK, error = buffer == NULL ? -ENOMEM : 0;

    while (error == 0 && more == MNL_CB_OK) {
        ssize_t len = receive_part(nl, buffer);

        if (len < 0)
            error = (int)len;
        else
            more = mnl_cb_run(buffer, (size_t)len, 0, 0, read_message, d);
        if (more == MNL_CB_ERROR)
            error = -errno;
    }
    free(buffer);
    return error;
}

int afalg_netlink_crypto_read(struct afalg_drivers *d)
{
    struct descriptor nl;
    int error = afalg_descriptor_open(&nl, AF_NETLINK, SOCK_RAW, NETLINK_CRYPTO);

    if (error != 0)
        return error;
    error = send_dump_request(&nl);
    if (error == 0)
        error = receive_dump(&nl, d);
    afalg_descriptor_close(&nl);
    return error;
}
