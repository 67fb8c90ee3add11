/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "afalg/socket.h"
#include "status.h"

#define RESTRICT_FILE "/proc/sys/crypto/af_alg_restrict"
#define ALLOW_ALL     "echo 0 >" RESTRICT_FILE " for all (sysctl crypto.af_alg_restrict=0)"

/* A version of the kernel, to be compared: 6.1.176. */
struct version {
    unsigned long series[2], patch;
};

static struct version version_parse(const char *text)
{
    struct version v = { { 0, 0 }, 0 };
    char *end;

    v.series[0] = strtoul(text, &end, 10);
    if (*end == '.')
        v.series[1] = strtoul(end + 1, &end, 10);
    if (*end == '.')
        v.patch = strtoul(end + 1, &end, 10);
    return v;
}

static bool is_before(const struct version *v, unsigned long major, unsigned long minor)
{
    return v->series[0] < major || (v->series[0] == major && v->series[1] < minor);
}

/* Debian's release has had its ABI's number for the patch: 6.1.0-30-amd64. Its version has the real
 * one. */
static struct version version_of(const struct utsname *name)
{
    static const char word[] = "Debian ";
    const char *debian = strstr(name->version, word);

    if (debian != NULL && isdigit((unsigned char)debian[strlen(word)]))
        return version_parse(debian + strlen(word));
    return version_parse(name->release);
}

static const char *hardware_rule(const struct version *v)
{
    if (is_before(v, 4, 14))
        return "older than 4.14: the provider offers nothing, as it could not survive fork";
    if (is_before(v, 7, 2))
        return NULL;
    if (is_before(v, 7, 3))
        return "7.2 and later hand no hardware out, cbc(paes) aside: mode = auto offers nothing";
    return "7.3 and later hand no hardware out, and limit the algorithms by af_alg_restrict: "
           "mode = auto offers nothing";
}

/* The first fixed version of each series, from the kernel's announcements; all from 7.0 on are
 * fixed. */
static void show_cve(struct facts *facts, const struct version *v)
{
    static const struct version fixed[] = {
        { { 5, 10 }, 254 }, { { 5, 15 }, 204 }, { { 6, 1 }, 170 }, { { 6, 6 }, 137 },
        { { 6, 12 }, 85 },  { { 6, 18 }, 22 },  { { 6, 19 }, 12 },
    };
    static const char advice[] =
        "a distribution may have fixed it all the same: ask its security tracker";
    bool is_fixed = !is_before(v, 7, 0);

    for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
        if (v->series[0] == fixed[i].series[0] && v->series[1] == fixed[i].series[1])
            is_fixed = v->patch >= fixed[i].patch;
    }
    fact(facts, "CVE-2026-31431", is_fixed ? NULL : advice, "%s by the version %lu.%lu.%lu",
         is_fixed ? "fixed," : "not fixed,", v->series[0], v->series[1], v->patch);
}

/* Sets *value to the number in a line "NAME:\tNUMBER" of /proc/self/status; false if there is none.
 */
static bool own_status(const char *name, int base, uint64_t *value)
{
    FILE *in = fopen("/proc/self/status", "re");
    char line[256];
    bool found = false;

    while (in != NULL && !found && fgets(line, sizeof(line), in) != NULL) {
        found = strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':';
        if (found)
            *value = strtoull(line + strlen(name) + 1, NULL, base);
    }
    if (in != NULL)
        fclose(in);
    return found;
}

static bool has_net_admin(void)
{
    uint64_t capabilities;

    return own_status("CapEff", 16, &capabilities) && (capabilities >> CAP_NET_ADMIN & 1) != 0;
}

/* Values and meanings: the kernel's Documentation/admin-guide/sysctl/crypto.rst, from 7.3 on. */
static void show_restriction(struct facts *facts, bool net_admin)
{
    FILE *in = fopen(RESTRICT_FILE, "re");
    int value = in == NULL ? EOF : fgetc(in);

    if (in != NULL)
        fclose(in);
    if (value == EOF)
        fact(facts, "af_alg_restrict", NULL, "none: this kernel has no such limit");
    else if (value == '0')
        fact(facts, "af_alg_restrict", NULL, "0: all algorithms");
    else if (value == '1')
        fact(facts, "af_alg_restrict", ALLOW_ALL, "1: to this user %s",
             net_admin
                 ? "AES without GCM, DES-EDE3, SHA1 and SHA2 with HMAC, CMAC, MD5"
                 : "XTS and SHA1 alone; more with CAP_NET_ADMIN, and by the keyed sockets that "
                   "afalgctl run leaves to a program");
    else
        fact(facts, "af_alg_restrict", ALLOW_ALL, "2: AF_ALG is turned off");
}

static void show_sandbox(struct facts *facts, bool net_admin)
{
    static const char *const modes[] = { "none", "strict", "a filter" };
    uint64_t mode;

    fact(facts, "CAP_NET_ADMIN", NULL, "%s",
         net_admin ? "yes" : "no: decides nothing before Linux 7.3");
    if (own_status("Seccomp", 10, &mode) && mode < sizeof(modes) / sizeof(*modes))
        fact(facts, "seccomp", NULL, "%s", modes[mode]);
}

/* Whether a line of modprobe.d keeps a module of AF_ALG from being loaded: "blacklist algif_aead",
 * "install algif_aead /bin/false". */
static bool blocks(char *line)
{
    char *rest = NULL;
    const char *word = strtok_r(line, " \t\n", &rest), *module = strtok_r(NULL, " \t\n", &rest);

    return word != NULL && module != NULL &&
           (strcmp(word, "blacklist") == 0 || strcmp(word, "install") == 0) &&
           (strncmp(module, "algif_", strlen("algif_")) == 0 || strcmp(module, "af_alg") == 0);
}

static void show_blocked_in(struct facts *facts, const char *directory, const char *name)
{
    char path[512], line[256], copy[256];
    FILE *in;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    in = fopen(path, "re");
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        snprintf(copy, sizeof(copy), "%s", line);
        if (blocks(copy))
            fact(facts, "modprobe.d",
                 "a decision of this system: remove it if it is yours to decide", "%s: %.*s", path,
                 (int)strcspn(line, "\n"), line);
    }
    if (in != NULL)
        fclose(in);
}

static void show_blocked(struct facts *facts)
{
    static const char *const directories[] = { "/etc/modprobe.d", "/run/modprobe.d",
                                               "/usr/lib/modprobe.d", "/lib/modprobe.d" };

    for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
        DIR *directory = opendir(directories[i]);
        const struct dirent *entry;

        while (directory != NULL && (entry = readdir(directory)) != NULL) {
            if (strstr(entry->d_name, ".conf") != NULL)
                show_blocked_in(facts, directories[i], entry->d_name);
        }
        if (directory != NULL)
            closedir(directory);
    }
}

static bool file_has(const char *path, const char *word)
{
    FILE *in = fopen(path, "re");
    char line[1024];
    bool found = false;

    while (in != NULL && !found && fgets(line, sizeof(line), in) != NULL)
        found = strstr(line, word) != NULL;
    if (in != NULL)
        fclose(in);
    return found;
}

/* The driver of gcm(aes) that kTLS takes: of those loaded the one of the highest priority, hardware
 * too where AF_ALG gets none. Empty: none is loaded. */
static void find_gcm(char *text, size_t size)
{
    struct afalg_drivers *drivers = afalg_drivers_read();
    struct afalg_driver gcm;

    *text = '\0';
    if (drivers != NULL && afalg_drivers_find(drivers, "aead", "gcm(aes)", &gcm) == 0)
        snprintf(text, size, "; gcm(aes) is %s%s", gcm.driver, gcm.hardware ? ", hardware" : "");
    afalg_drivers_free(drivers);
}

/* The kernel's own TLS takes the records out of OpenSSL's hands, and so out of this provider's. */
static void show_ktls(struct facts *facts, const struct utsname *name)
{
    char path[256], gcm[AFALG_NAME_MAX + 64];
    const char *value = "no";

    snprintf(path, sizeof(path), "/lib/modules/%.200s/modules.dep", name->release);
    if (file_has("/proc/sys/net/ipv4/tcp_available_ulp", "tls"))
        value = "loaded";
    else if (file_has(path, "/net/tls/tls.ko"))
        value = "not loaded, but there";
    find_gcm(gcm, sizeof(gcm));
    fact(facts, "kTLS", NULL, "%s%s", value, strcmp(value, "no") == 0 ? "" : gcm);
}

void status_kernel(struct facts *facts)
{
    bool net_admin = has_net_admin();
    struct utsname name;
    struct version version;

    if (uname(&name) != 0)
        return;
    version = version_of(&name);
    fact(facts, "kernel", hardware_rule(&version), "%s", name.release);
    show_cve(facts, &version);
    show_restriction(facts, net_admin);
    show_sandbox(facts, net_admin);
    show_blocked(facts);
    show_ktls(facts, &name);
}
