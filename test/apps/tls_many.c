/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many TLS handshakes side by side, as a server has them that has just been started: each turn of
 * one is followed by the same turn of all others. The certificates sent are longer than what a
 * digest collects, so that the hashes of all handshakes are in the kernel, and are copied there.
 */
#include <stdio.h>
#include <sys/resource.h>

#include <openssl/err.h>

#include "support.h"
#include "tls_link.h"

enum { DESCRIPTORS = 1024, LINKS = 90, CHAIN = 10, TURNS = 20 };

static void lengthen_chain(const struct side *server, const struct identity *identity)
{
    for (int i = 0; i < CHAIN; i++) {
        if (SSL_CTX_add1_chain_cert(server->server[0], identity->certificate[1]) != 1)
            die("no chain");
    }
}

static bool turn_all(struct link *links[LINKS])
{
    bool done = true;

    for (int i = 0; i < LINKS; i++)
        done = link_turn(links[i]) && done;
    return done;
}

static void shake_all_hands(const struct side *client, const struct side *server,
                            const struct terms *terms)
{
    struct link *links[LINKS];
    uint64_t before = counters_read(server->libctx).kernel_requests;
    int turns = 0;

    for (int i = 0; i < LINKS; i++)
        links[i] = link_begin(client, server, terms, NULL);
    while (!turn_all(links)) {
        if (++turns == TURNS)
            die("%s: handshakes without end", terms->suite);
    }
    if (ERR_peek_error() != 0)
        die("%s: errors are left", terms->suite);
    for (int i = 0; i < LINKS; i++) {
        link_send(links[i], true, 1000);
        link_send(links[i], false, 1000);
    }
    for (int i = 0; i < LINKS; i++)
        link_close(links[i]);
    if (subject_counts() && counters_read(server->libctx).kernel_requests - before < LINKS)
        die("%s: the kernel had nothing to do", terms->suite);
    if (counters_read(server->libctx).sockets != 0)
        die("%s: sockets are left", terms->suite);
}

int main(void)
{
    static const struct terms all[] = {
        { .suite = "ECDHE-ECDSA-AES128-GCM-SHA256", .version = TLS1_2_VERSION },
        { .suite = "TLS_AES_256_GCM_SHA384", .version = TLS1_3_VERSION },
    };
    struct rlimit files;
    struct identity identity;
    struct side side;
    OSSL_LIB_CTX *libctx;
    char preferred[128];

    default_context_empty();
    identity = identity_new(true);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        die("no limit");
    files.rlim_cur = DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        die("no limit of %d descriptors", DESCRIPTORS);
    libctx = subject_open(NULL);
    snprintf(preferred, sizeof(preferred), "?%s", subject_query());
    side = side_open(subject_name(), libctx, preferred, &identity);
    lengthen_chain(&side, &identity);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        shake_all_hands(&side, &side, &all[i]);
    side_close(&side);
    identity_free(&identity);
    return 0;
}
