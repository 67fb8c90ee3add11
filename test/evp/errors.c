/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evp.errors: whatever goes wrong, the subject's calls return what the default provider's do, and
 * leave entries of the same library and reason on OpenSSL's error queue, or none: applications
 * compare them. With each request done by the kernel, by software that was chosen for it, and by
 * software because no socket can be opened.
 */
#include "errors.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "inject.h"
#include "support.h"

static const struct error_case *const groups[] = { cipher_errors, aead_errors, digest_errors,
                                                   mac_errors, rand_errors };
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

/* What may differ. */
enum difference {
    STRICTER, /* the subject fails, and the default provider does not */
    FEWER, /* both return the same, and the default provider's queue has the subject's, and more */
    ANY,
};

/* A difference that is meant: in which cases and calls (patterns of fnmatch(3)), and why. */
struct accepted {
    const char *name; /* "case algorithm" */
    const char *call;
    enum difference difference;
    const char *why;
};

static const struct accepted accepted[] = {
    { "parameters ChaCha20", "*get_*", ANY, "default knows less of them; 3.0 only lengths" },
    { "tls_mac_size *", "*set_params*", STRICTER, "longer than any MAC; 3.0 stores it" },
    { "tls_record *", "*Update*", ANY, "records are not told apart by what is wrong with them" },
    { "num *", "*set_num*", STRICTER, "not within a block; 3.0 takes any" },
    { "one_shot *", "*, 5)", STRICTER, "3.0 and others write a whole block, or claim success" },
    { "wrap *", "*Update*", FEWER, "default claims a length of -1, of which EVP makes an entry" },
    { "mac_order *", "EVP_MAC_update*, 7)", STRICTER, "after the end; 3.0 and CMAC go on" },
    { "mac_order *", "EVP_MAC_final*", STRICTER, "after the end; 3.0 and CMAC go on" },
    { "mac_order GMAC/*", "*", FEWER, "without a key, the EVP cipher inside default's raises" },
    { "mac_order GMAC/*", "EVP_MAC_init(ctx, NULL, *", STRICTER, "no key; default takes none" },
    { "mac_order GMAC/*", "EVP_MAC_final*", ANY, "no IV was set; default's has made itself one" },
    { "rand_order *", "*", ANY, "a DRBG of default instantiates itself" },
    { "aead_no_key ChaCha20-Poly1305", "*", STRICTER, "default has a key of zeros" },
    { "aead_no_iv ChaCha20-Poly1305", "*Final*", STRICTER, "before 4.0 no tag is asked for" },
    { "no_tag ChaCha20-Poly1305", "*Final*", STRICTER, "before 4.0 no tag is asked for" },
    { "* AES-128-CCM", "*Final*", STRICTER, "all was refused; 3.0, and others without an IV" },
    { "message_over ChaCha20-Poly1305", "*", STRICTER, "the nonce again; before 4.0" },
    { "tag_after ChaCha20-Poly1305", "*Final*", STRICTER, "after the end" },
    { "aead_parameters ChaCha20-Poly1305", "*iv*", STRICTER, "default gives none" },
    { "aead_parameters AES-*", "*\"keylen\", 5*", STRICTER, "default takes no notice" },
    { "tls_fixed_length AES-*-GCM", "*", STRICTER, "longer than the IV; default's count wraps" },
    { "parameters *", "*iv*", FEWER, "3.5 tries a pointer first, and leaves that error" },
    { "digest_calls SHA3-256", "*FinalXOF*", STRICTER, "no XOF; 3.5 and later cut the digest" },
    { "mac_parameters HMAC/*", "*digest-*", STRICTER, "hints that 3.5 and later do not read" },
    { NULL, NULL, ANY, NULL },
};

void record_call(struct run *run, const char *text, long returned)
{
    struct call_record *call = &run->calls[run->call_count++];
    unsigned long code;

    if (run->call_count == sizeof(run->calls) / sizeof(run->calls[0]))
        die("%s: a case of too many calls", text);
    *call = (struct call_record){ .text = text, .returned = returned };
    while ((code = ERR_get_error()) != 0) {
        if (call->code_count < sizeof(call->codes) / sizeof(call->codes[0]))
            call->codes[call->code_count++] = code;
    }
}

static bool same(const struct call_record *a, const struct call_record *b)
{
    return a->returned == b->returned && a->code_count == b->code_count &&
           memcmp(a->codes, b->codes, a->code_count * sizeof(a->codes[0])) == 0;
}

static void print_call(const char *side, const struct call_record *call)
{
    char text[128];

    fprintf(stderr, "  %s: %ld", side, call->returned);
    for (size_t i = 0; i < call->code_count; i++) {
        ERR_error_string_n(call->codes[i], text, sizeof(text));
        fprintf(stderr, ", %s", text);
    }
    fputc('\n', stderr);
}

/* Whether the codes of one call are among those of the other, in their order. */
static bool has_codes(const struct call_record *call, const struct call_record *some)
{
    size_t found = 0;

    for (size_t i = 0; i < call->code_count; i++)
        found += found < some->code_count && call->codes[i] == some->codes[found];
    return found == some->code_count;
}

static bool is_difference(enum difference difference, const struct call_record *subject,
                          const struct call_record *other)
{
    switch (difference) {
    case STRICTER:
        return subject->returned <= 0 && other->returned > 0;
    case FEWER:
        return subject->returned == other->returned && has_codes(other, subject);
    default:
        return true;
    }
}

static bool is_accepted(const char *name, const struct call_record *subject,
                        const struct call_record *other)
{
    for (const struct accepted *a = accepted; a->name != NULL; a++) {
        if (fnmatch(a->name, name, 0) == 0 && fnmatch(a->call, subject->text, 0) == 0 &&
            is_difference(a->difference, subject, other))
            return true;
    }
    return false;
}

/* Prints what differs; returns how many calls do. */
static unsigned int compare(const char *setting, const char *name, const struct run runs[2])
{
    unsigned int differences = 0;

    for (size_t i = 0; i < runs[0].call_count; i++) {
        const struct call_record *call = &runs[0].calls[i];

        if (same(call, &runs[1].calls[i]) || is_accepted(name, call, &runs[1].calls[i]))
            continue;
        differences++;
        fprintf(stderr, "%s, %s, call %zu: %s\n", setting, name, i + 1, call->text);
        print_call(subject_name(), call);
        print_call("default", &runs[1].calls[i]);
    }
    return differences;
}

struct setting {
    const char *name;
    OSSL_LIB_CTX *libctx;
    const struct fault *fault;
    bool in_kernel;
};

static unsigned int run_case(const struct setting *setting, OSSL_LIB_CTX *oracle,
                             const struct error_case *c, const char *algorithm)
{
    static struct run runs[2];
    char name[96];

    runs[0] = (struct run){ .libctx = setting->libctx, .query = subject_query() };
    runs[0].is_default = strcmp(subject_name(), "default") == 0;
    runs[1] = (struct run){ .libctx = oracle, .query = "provider=default", .is_default = true };
    for (int side = 0; side < 2; side++) {
        ERR_clear_error();
        if (side == 0)
            inject_start(setting->fault);
        c->make(&runs[side], algorithm);
        inject_stop();
    }
    snprintf(name, sizeof(name), "%s %s", c->name, algorithm);
    return compare(setting->name, name, runs);
}

/* Whether the subject offers the algorithm, or (HMAC/..., stdrng/...) what makes use of it. */
static bool offered(OSSL_LIB_CTX *libctx, const char *algorithm)
{
    char name[64] = { 0 };
    void *found;

    memcpy(name, algorithm, strcspn(algorithm, "/"));
    found = subject_cipher(libctx, name);
    if (found != NULL) {
        EVP_CIPHER_free(found);
        return true;
    }
    found = subject_digest(libctx, name);
    if (found != NULL) {
        EVP_MD_free(found);
        return true;
    }
    found = subject_mac(libctx, name);
    EVP_MAC_free(found);
    if (found != NULL)
        return true;
    found = EVP_RAND_fetch(libctx, name, subject_query());
    EVP_RAND_free(found);
    ERR_clear_error();
    return found != NULL || strcmp(subject_name(), "default") == 0;
}

static unsigned int run_cases(const struct setting *setting, OSSL_LIB_CTX *oracle,
                              const struct error_case *cases)
{
    unsigned int differences = 0;

    for (const struct error_case *c = cases; c->name != NULL; c++) {
        char names[256], *rest = names, *name;

        snprintf(names, sizeof(names), "%s", c->algorithms);
        while ((name = strtok_r(rest, " ", &rest)) != NULL) {
            if (offered(setting->libctx, name))
                differences += run_case(setting, oracle, c, name);
            else
                printf("%s: not offered\n", name);
        }
    }
    return differences;
}

/* All cases; of a generator there is no software. */
static unsigned int run_setting(const struct setting *setting, OSSL_LIB_CTX *oracle)
{
    size_t count = setting->in_kernel ? GROUPS : GROUPS - 1;
    unsigned int differences = 0;

    for (size_t i = 0; i < count; i++)
        differences += run_cases(setting, oracle, groups[i]);
    return differences;
}

/* Appends what the cases are about to the configuration's list: no other is looked for then. */
static void list_algorithms(FILE *out)
{
    for (size_t group = 0; group < GROUPS; group++) {
        for (const struct error_case *c = groups[group]; c->name != NULL; c++) {
            for (const char *p = c->algorithms; *p != '\0'; p++)
                fputc(*p == '/' ? ' ' : *p, out);
            fputc(' ', out);
        }
    }
}

static OSSL_LIB_CTX *open_subject(const char *settings)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    OSSL_LIB_CTX *libctx;

    if (out == NULL)
        die("out of memory");
    fprintf(out, "%salgorithms = ", settings);
    list_algorithms(out);
    fputc('\n', out);
    fclose(out);
    libctx = subject_open(text);
    free(text);
    return libctx;
}

int main(void)
{
    static const struct fault no_socket = { .call = CALL_SOCKET,
                                            .for_ever = true,
                                            .error = EMFILE };
    struct setting settings[] = {
        { "kernel", open_subject(""), NULL, true },
        { "software", open_subject("min_size = 1048576\n"), NULL, false },
        { "no socket", open_subject(""), &no_socket, false },
    };
    OSSL_LIB_CTX *oracle = oracle_open();
    unsigned int differences = 0;

    for (size_t i = 0; i < 3; i++) {
        struct counters c;

        differences += run_setting(&settings[i], oracle);
        c = counters_read(settings[i].libctx);
        if (subject_counts() && (i == 0 ? c.kernel_requests : c.software_requests) == 0)
            die("%s: nothing was done by it", settings[i].name);
        if (i > 0 && c.kernel_requests > 0)
            die("%s: the kernel has done requests", settings[i].name);
        OSSL_LIB_CTX_free(settings[i].libctx);
    }
    OSSL_LIB_CTX_free(oracle);
    printf("%u calls differ\n", differences);
    return differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
