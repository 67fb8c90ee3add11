/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl status: whether AF_ALG works here, and what to do if it doesn't. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "afalg/socket.h"
#include "afalgctl.h"
#include "kernel.h"
#include "status.h"

/* Below this a server runs out of sockets, as the provider takes a quarter. */
#define FEW_FILES 1024

/* A TLS record of 16 KiB with all that goes with it. */
#define SMALL_MESSAGE 20000

static const char *socket_advice(int error)
{
    switch (error) {
    case 0:
        return NULL;
    case EAFNOSUPPORT:
        return "load af_alg, or build the kernel with CONFIG_CRYPTO_USER_API_SKCIPHER, _AEAD, "
               "_HASH "
               "and _RNG; from Linux 7.3 on see af_alg_restrict";
    case EPERM:
    case EACCES:
        return "a sandbox (seccomp or a security module) forbids it: allow address family 38 "
               "there, "
               "or leave afalg out; see doc/howto-embedded.md";
    default:
        return "a limit of this process or of the machine";
    }
}

static void show_socket(struct facts *facts, int error)
{
    fact(facts, "AF_ALG", socket_advice(error), "%s%s",
         error == 0 ? "yes" : "no: ", error == 0 ? "" : strerror(error));
}

/* One algorithm stands for each type: a type's module can be missing, or blocked by modprobe.d. */
static void show_types(struct facts *facts)
{
    static const struct afalg_transform types[] = {
        { .type = "skcipher", .name = "cbc(aes)" },
        { .type = "aead", .name = "gcm(aes)" },
        { .type = "hash", .name = "sha256" },
        { .type = "rng", .name = "stdrng" },
    };
    struct afalg_probe *probe = afalg_probe_new();

    for (size_t i = 0; probe != NULL && i < sizeof(types) / sizeof(*types); i++) {
        int error = afalg_probe_bind(probe, types[i].type, types[i].name);
        char advice[128];

        snprintf(advice, sizeof(advice),
                 "see modprobe -v algif_%s, and whether /etc/modprobe.d blocks it", types[i].type);
        fact(facts, types[i].type, error == -ENOENT ? advice : NULL, "%s: %s", types[i].name,
             error == 0 ? "yes" : strerror(-error));
    }
    afalg_probe_free(probe);
}

static void show_descriptors(struct facts *facts)
{
    static const char few[] =
        "few for a server: raise it (ulimit -n, LimitNOFILE=) or set max_sockets";
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    if (files.rlim_cur == RLIM_INFINITY)
        fact(facts, "RLIMIT_NOFILE", NULL, "unlimited");
    else
        fact(facts, "RLIMIT_NOFILE", files.rlim_cur < FEW_FILES ? few : NULL,
             "%llu: at most %llu sockets by default", (unsigned long long)files.rlim_cur,
             (unsigned long long)(files.rlim_cur < 4 ? 1 : files.rlim_cur / 4));
}

static void show_message_limit(struct facts *facts)
{
    static const char small[] =
        "raise net.core.wmem_default and rmem_default: TLS records don't fit";
    struct afalg_limits limits;
    size_t max;

    if (afalg_default_limits(&limits) != 0)
        return;
    max = limits.send < limits.receive ? limits.send : limits.receive;
    fact(facts, "SO_SNDBUF/RCVBUF", max < SMALL_MESSAGE ? small : NULL,
         "%zu: longest AEAD message, with its AAD and tag", max);
}

static void show_netlink(struct facts *facts)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_CRYPTO);

    if (fd < 0) {
        fact(facts, "NETLINK_CRYPTO",
             "load crypto_user (CONFIG_CRYPTO_USER), or name the drivers by the key hardware",
             "no: %s; /proc/crypto only, which doesn't tell hardware", strerror(errno));
        return;
    }
    close(fd);
    fact(facts, "NETLINK_CRYPTO", NULL, "yes: drivers and what is hardware are known");
}

int status_command(const struct settings *settings)
{
    int error = kernel_refusal();
    struct facts facts;

    facts_begin(&facts, settings->json);
    show_socket(&facts, error);
    if (error == 0)
        show_types(&facts);
    status_kernel(&facts);
    show_descriptors(&facts);
    if (error == 0)
        show_message_limit(&facts);
    show_netlink(&facts);
    status_openssl(&facts);
    facts_end(&facts);
    return error == 0 ? STATUS_OK : STATUS_NO_KERNEL;
}
