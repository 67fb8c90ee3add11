/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libssl on the subject: every suite of TLS 1.2, TLS 1.3 and DTLS 1.2 that OpenSSL supports with a
 * certificate, between ends that use the subject and the default provider, in all four
 * combinations.
 *
 *     tls_pair [BYTES [SUITE]]
 *
 * Each connection moves BYTES both ways (1 MiB unless given), changes keys (TLS 1.3), is resumed by
 * its ticket, and refuses tampered records. CBC suites go with encrypt-then-MAC and without, those
 * of TLS 1.0 also over that, and over DTLS 1.0. For each suite whose cipher the subject offers, its
 * counters must show that the kernel had every byte of an end's records.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "support.h"
#include "tls_link.h"

struct run {
    size_t each_way;     /* bytes */
    struct side side[2]; /* the subject's, the default provider's */
    const char *suite;   /* NULL: all */
    unsigned connections, suites;
    unsigned without; /* suites whose cipher the subject doesn't offer */
};

static void converse(struct link *link, size_t each_way)
{
    link_send(link, true, each_way / 2);
    link_send(link, false, each_way / 2);
    if (link->terms.version == TLS1_3_VERSION)
        link_update_keys(link);
    link_send(link, true, each_way - each_way / 2);
    link_send(link, false, each_way - each_way / 2);
    if (link->terms.version == TLS1_3_VERSION && link->key_updates != 2)
        die("%s: %u KeyUpdates", link->what, link->key_updates);
}

/* Both ways of tampering, as a link ends with one, and its session as well. */
static void resume_and_tamper(const struct side *client, const struct side *server,
                              const struct terms *terms, SSL_SESSION *session)
{
    for (int to_server = 0; to_server < 2; to_server++) {
        SSL_SESSION *copy = SSL_SESSION_dup(session);
        struct link *link = link_open(client, server, terms, copy);

        link_send(link, true, 1000);
        link_send(link, false, 1000);
        link_tamper(link, to_server == 1);
        link_close(link);
        SSL_SESSION_free(copy);
    }
}

/*
 * What the subject did for a connection since @before. Software may only have checked MACs under a
 * CBC cipher's padding: that must take the same time whatever the padding, which the kernel can't
 * promise.
 *
 * @ends  how many of the two ends are the subject's and have its cipher
 */
static void check_work(const struct run *run, const struct link *link,
                       const struct counters *before, unsigned ends)
{
    struct counters now = counters_read(run->side[0].libctx);
    uint64_t bytes = now.kernel_bytes - before->kernel_bytes;

    if (bytes < (uint64_t)ends * 2 * run->each_way)
        die("%s: only %" PRIu64 " bytes went to the kernel", link->what, bytes);
    if (!link->terms.no_encrypt_then_mac && now.fallbacks != before->fallbacks)
        die("%s: software did the kernel's work", link->what);
}

/* @ends  as above */
static void connect_pair(struct run *run, const struct side *client, const struct side *server,
                         const struct terms *terms, unsigned ends)
{
    struct counters before = counters_read(run->side[0].libctx);
    struct link *link = link_open(client, server, terms, NULL);
    SSL_SESSION *session;

    converse(link, run->each_way);
    session = link_session(link);
    check_work(run, link, &before, ends);
    link_close(link);
    resume_and_tamper(client, server, terms, session);
    SSL_SESSION_free(session);
    run->connections += 3;
}

static void all_combinations(struct run *run, const struct terms *terms, bool offered)
{
    for (int client = 0; client < 2; client++) {
        for (int server = 0; server < 2; server++)
            connect_pair(run, &run->side[client], &run->side[server], terms,
                         offered && subject_counts() ? (client == 0) + (server == 0) : 0);
    }
}

/* Whether the subject has the cipher of a suite. */
static bool suite_offered(const struct run *run, const SSL_CIPHER *suite)
{
    EVP_CIPHER *cipher =
        subject_cipher(run->side[0].libctx, OBJ_nid2sn(SSL_CIPHER_get_cipher_nid(suite)));

    EVP_CIPHER_free(cipher);
    return cipher != NULL;
}

/* A suite by @version and, if it is one of CBC and @old is not 0, by that. */
static void by_version(struct run *run, const SSL_CIPHER *suite, bool offered, int version, int old)
{
    struct terms terms = { .suite = SSL_CIPHER_get_name(suite), .version = version };

    all_combinations(run, &terms, offered);
    if (SSL_CIPHER_is_aead(suite) != 0)
        return;
    terms.no_encrypt_then_mac = true;
    all_combinations(run, &terms, offered);
    terms.version = old;
    if (old != 0)
        all_combinations(run, &terms, offered);
}

static void one_suite(struct run *run, const SSL_CIPHER *suite)
{
    const char *since = SSL_CIPHER_get_version(suite);
    bool offered = suite_offered(run, suite), old = strcmp(since, "TLSv1.2") != 0;

    if (strcmp(since, "TLSv1.3") == 0) {
        by_version(run, suite, offered, TLS1_3_VERSION, 0);
    } else {
        by_version(run, suite, offered, TLS1_2_VERSION, old ? TLS1_VERSION : 0);
        by_version(run, suite, offered, DTLS1_2_VERSION, old ? DTLS1_VERSION : 0);
    }
    run->suites++;
    run->without += !offered;
    printf("%s%s\n", SSL_CIPHER_get_name(suite), offered ? "" : ": cipher not offered");
}

static bool has_certificate(const SSL_CIPHER *suite)
{
    int auth = SSL_CIPHER_get_auth_nid(suite);
    int exchange = SSL_CIPHER_get_kx_nid(suite);

    if (exchange != NID_kx_any && exchange != NID_kx_rsa && exchange != NID_kx_ecdhe &&
        exchange != NID_kx_dhe)
        return false;
    return auth == NID_auth_any || auth == NID_auth_rsa || auth == NID_auth_ecdsa;
}

static void every_suite(struct run *run)
{
    SSL *ssl = SSL_new(run->side[1].client[0]);
    STACK_OF(SSL_CIPHER) * suites;

    if (ssl == NULL || SSL_set_cipher_list(ssl, "ALL") != 1 ||
        SSL_set_ciphersuites(ssl, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                                  "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
                                  "TLS_AES_128_CCM_8_SHA256") != 1)
        die("no list of suites");
    suites = SSL_get1_supported_ciphers(ssl);
    for (int i = 0; i < sk_SSL_CIPHER_num(suites); i++) {
        const SSL_CIPHER *suite = sk_SSL_CIPHER_value(suites, i);

        if (has_certificate(suite) &&
            (run->suite == NULL || strcmp(run->suite, SSL_CIPHER_get_name(suite)) == 0))
            one_suite(run, suite);
    }
    sk_SSL_CIPHER_free(suites);
    SSL_free(ssl);
}

/*
 * On processors with AES instructions libssl takes MAC-then-encrypt with AES and SHA1 or SHA256 to
 * the default provider's AES-128-CBC-HMAC-SHA1 and its like, whoever else has AES and HMAC.
 */
static void refuse_stitched_ciphers(OSSL_LIB_CTX *libctx)
{
    EVP_CIPHER *stitched = EVP_CIPHER_fetch(libctx, "AES-128-CBC-HMAC-SHA1", NULL);

    if (stitched != NULL)
        die("OPENSSL_ia32cap must hide the processor's AES instructions");
    ERR_clear_error();
}

int main(int argc, char **argv)
{
    struct identity identity;
    struct run run = { .each_way = argc > 1 ? strtoul(argv[1], NULL, 10) : 1 << 20,
                       .suite = argc > 2 ? argv[2] : NULL };
    struct counters counters;
    char preferred[128];

    default_context_empty();
    identity = identity_new(true);
    /* What the subject doesn't have, such as signatures, is the default provider's. */
    snprintf(preferred, sizeof(preferred), "?%s", subject_query());
    run.side[0] = side_open(subject_name(), subject_open(NULL), preferred, &identity);
    run.side[1] = side_open("default", oracle_open(), NULL, &identity);
    refuse_stitched_ciphers(run.side[1].libctx);
    every_suite(&run);
    counters = counters_read(run.side[0].libctx);
    printf("%u suites, %u with a cipher of %s, %u connections: %" PRIu64 " requests with %" PRIu64
           " bytes to the kernel, %" PRIu64 " to software, %" PRIu64 " fallbacks\n",
           run.suites, run.suites - run.without, subject_name(), run.connections,
           counters.kernel_requests, counters.kernel_bytes, counters.software_requests,
           counters.fallbacks);
    if (run.suites == run.without)
        die("no suite with a cipher of %s", subject_name());
    side_close(&run.side[0]);
    side_close(&run.side[1]);
    identity_free(&identity);
    return 0;
}
