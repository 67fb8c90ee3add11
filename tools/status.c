/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl status: whether AF_ALG works here, and what to do if it doesn't. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "afalg/socket.h"
#include "afalgctl.h"
#include "kernel.h"

#define RESTRICT_FILE "/proc/sys/crypto/af_alg_restrict"

/* Below this a server runs out of sockets, as the provider takes a quarter. */
#define FEW_FILES 1024

/* A TLS record of 16 KiB with all that goes with it. */
#define SMALL_MESSAGE 20000

static void print_fact(const char *name, const char *value, const char *what_to_do)
{
    printf("%-16s %s\n", name, value);
    if (what_to_do != NULL)
        printf("%-16s   -> %s\n", "", what_to_do);
}

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

static void show_socket(int error)
{
    char value[128];

    snprintf(value, sizeof(value), "%s%s",
             error == 0 ? "yes" : "no: ", error == 0 ? "" : strerror(error));
    print_fact("AF_ALG", value, socket_advice(error));
}

/* One algorithm stands for each type: a type's module can be missing, or blocked by modprobe.d. */
static void show_types(void)
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
        char value[128], advice[128];

        snprintf(value, sizeof(value), "%s: %s", types[i].name,
                 error == 0 ? "yes" : strerror(-error));
        snprintf(advice, sizeof(advice),
                 "see modprobe -v algif_%s, and whether /etc/modprobe.d blocks it", types[i].type);
        print_fact(types[i].type, value, error == -ENOENT ? advice : NULL);
    }
    afalg_probe_free(probe);
}

/* 0x70200 of "7.2.7-amd64"; 0 if it is no version. */
static unsigned version_number(const char *release)
{
    char *end;
    unsigned long major = strtoul(release, &end, 10), minor;

    if (*end != '.')
        return 0;
    minor = strtoul(end + 1, NULL, 10);
    return (unsigned)(major << 16 | (minor & 0xff) << 8);
}

static void show_kernel(void)
{
    struct utsname name;
    unsigned version;
    const char *meaning = NULL;

    if (uname(&name) != 0)
        return;
    version = version_number(name.release);
    if (version < 0x40e00)
        meaning = "older than 4.14: the provider offers nothing, as it could not survive fork";
    else if (version >= 0x70300)
        meaning =
            "7.3 and later hand no hardware out, and limit the algorithms by af_alg_restrict: "
            "mode = auto offers nothing";
    else if (version >= 0x70200)
        meaning = "7.2 and later hand no hardware out, cbc(paes) aside: mode = auto offers nothing";
    print_fact("kernel", name.release, meaning);
}

/* Values and meanings: the kernel's Documentation/admin-guide/sysctl/crypto.rst, from 7.3 on. */
static void show_restriction(void)
{
    FILE *in = fopen(RESTRICT_FILE, "re");
    int value = in == NULL ? EOF : fgetc(in);

    if (in != NULL)
        fclose(in);
    switch (value) {
    case EOF:
        print_fact("af_alg_restrict", "none: this kernel has no such limit", NULL);
        break;
    case '0':
        print_fact("af_alg_restrict", "0: all algorithms", NULL);
        break;
    case '1':
        print_fact("af_alg_restrict", "1: a short list of algorithms, longer with CAP_NET_ADMIN",
                   "echo 0 >" RESTRICT_FILE " for all (sysctl crypto.af_alg_restrict=0)");
        break;
    default:
        print_fact("af_alg_restrict", "2: AF_ALG is turned off",
                   "echo 0 >" RESTRICT_FILE " for all (sysctl crypto.af_alg_restrict=0)");
    }
}

static void show_descriptors(void)
{
    struct rlimit files;
    char value[96];

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    if (files.rlim_cur == RLIM_INFINITY) {
        print_fact("RLIMIT_NOFILE", "unlimited", NULL);
        return;
    }
    snprintf(value, sizeof(value), "%llu: at most %llu sockets by default",
             (unsigned long long)files.rlim_cur,
             (unsigned long long)(files.rlim_cur < 4 ? 1 : files.rlim_cur / 4));
    print_fact("RLIMIT_NOFILE", value,
               files.rlim_cur < FEW_FILES
                   ? "few for a server: raise it (ulimit -n, LimitNOFILE=) or set max_sockets"
                   : NULL);
}

static void show_message_limit(void)
{
    struct afalg_limits limits;
    char value[96];
    size_t max;

    if (afalg_default_limits(&limits) != 0)
        return;
    max = limits.send < limits.receive ? limits.send : limits.receive;
    snprintf(value, sizeof(value), "%zu: longest AEAD message, with its AAD and tag", max);
    print_fact("SO_SNDBUF/RCVBUF", value,
               max < SMALL_MESSAGE ? "raise net.core.wmem_default and rmem_default: TLS records "
                                     "don't fit"
                                   : NULL);
}

static void show_netlink(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_CRYPTO);
    char value[128];

    if (fd >= 0) {
        close(fd);
        print_fact("NETLINK_CRYPTO", "yes: drivers and what is hardware are known", NULL);
        return;
    }
    snprintf(value, sizeof(value), "no: %s; /proc/crypto only, which doesn't tell hardware",
             strerror(errno));
    print_fact("NETLINK_CRYPTO", value,
               "load crypto_user (CONFIG_CRYPTO_USER), or name the drivers by the key hardware");
}

int status_command(const struct settings *settings)
{
    int error = kernel_refusal();

    (void)settings;
    show_socket(error);
    if (error == 0)
        show_types();
    show_kernel();
    show_restriction();
    show_descriptors();
    if (error == 0)
        show_message_limit();
    show_netlink();
    return error == 0 ? STATUS_OK : STATUS_NO_KERNEL;
}
