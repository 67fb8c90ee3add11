/* SPDX-License-Identifier: Apache-2.0 */
/* What can go wrong with digests, MACs and random generators. */
#include "errors.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "support.h"

static unsigned char bytes[200]; /* key and data */

/* --- digests --- */

static EVP_MD *md(struct run *run, const char *name)
{
    EVP_MD *digest = EVP_MD_fetch(run->libctx, name, run->query);

    if (digest == NULL)
        die("no %s by %s", name, run->query);
    return digest;
}

/* A digest of another length than its own, data after the end, and before any init. */
static void digest_calls(struct run *run, const char *name)
{
    EVP_MD *digest = md(run, name);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char out[64];

    CALL(run, EVP_DigestUpdate(ctx, bytes, 7));
    CALL(run, EVP_DigestFinal_ex(ctx, out, NULL));
    CALL(run, EVP_DigestInit_ex2(ctx, digest, NULL));
    CALL(run, EVP_DigestUpdate(ctx, bytes, 7));
    CALL(run, EVP_DigestFinalXOF(ctx, out, 5));
    CALL(run, EVP_DigestFinal_ex(ctx, out, NULL));
    CALL(run, EVP_DigestUpdate(ctx, bytes, 7));
    CALL(run, EVP_DigestFinal_ex(ctx, out, NULL));
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(digest);
}

static void digest_parameters(struct run *run, const char *name)
{
    EVP_MD *digest = md(run, name);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    CALL(run, EVP_DigestInit_ex2(ctx, digest, NULL));
    CALL(run, EVP_MD_CTX_set_params(ctx, SIZE_PARAM("size", 0)));
    CALL(run, EVP_MD_CTX_set_params(ctx, SIZE_PARAM("size", 1000)));
    CALL(run, EVP_MD_CTX_set_params(ctx, OCTET_PARAM("size", bytes, 3)));
    CALL(run, EVP_MD_CTX_set_params(ctx, SIZE_PARAM("no-such-parameter", 3)));
    CALL(run, EVP_MD_CTX_get_params(ctx, OCTET_PARAM("size", bytes, 3)));
    CALL(run, EVP_MD_CTX_ctrl(ctx, EVP_CTRL_SSL3_MASTER_SECRET, 48, bytes));
    CALL(run, EVP_MD_CTX_ctrl(ctx, EVP_CTRL_SSL3_MASTER_SECRET, 47, bytes));
    CALL(run, EVP_DigestInit_ex2(ctx, digest, SIZE_PARAM("size", 0)));
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(digest);
}

const struct error_case digest_errors[] = {
    { "digest_calls", digest_calls, "SHA2-256 SHA1 SHA3-256 MD5 BLAKE2B-512" },
    { "digest_parameters", digest_parameters, "SHA2-256 SHA1 SHA3-256 MD5 BLAKE2B-512" },
    { NULL, NULL, NULL },
};

/* --- MACs: "HMAC/SHA2-256" --- */

struct mac_parts {
    char name[16];
    const char *underlying; /* digest or cipher */
    const char *key;        /* the parameter that names it */
};

static EVP_MAC_CTX *mac_start(struct run *run, const char *name, struct mac_parts *parts)
{
    size_t length = strcspn(name, "/");
    EVP_MAC *mac;
    EVP_MAC_CTX *ctx;

    memcpy(parts->name, name, length);
    parts->name[length] = '\0';
    parts->underlying = name + length + 1;
    parts->key = strcmp(parts->name, "HMAC") == 0 ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER;
    mac = EVP_MAC_fetch(run->libctx, parts->name, run->query);
    ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    if (ctx == NULL)
        die("no %s by %s", parts->name, run->query);
    EVP_MAC_free(mac);
    return ctx;
}

static void mac_data(struct run *run, EVP_MAC_CTX *ctx)
{
    unsigned char out[64];
    size_t n;

    CALL(run, EVP_MAC_update(ctx, bytes, 0));
    CALL(run, EVP_MAC_update(ctx, bytes, 7));
    CALL(run, EVP_MAC_final(ctx, out, &n, 3));
    CALL(run, EVP_MAC_final(ctx, out, &n, sizeof(out)));
    CALL(run, EVP_MAC_final(ctx, out, &n, sizeof(out)));
    CALL(run, EVP_MAC_update(ctx, bytes, 7));
    CALL(run, EVP_MAC_final(ctx, out, &n, sizeof(out)));
}

/* Neither digest nor key; the digest alone; both. */
static void mac_order(struct run *run, const char *name)
{
    struct mac_parts parts;
    EVP_MAC_CTX *ctx = mac_start(run, name, &parts);

    mac_data(run, ctx);
    CALL(run, EVP_MAC_init(ctx, NULL, 0, NULL));
    CALL(run, EVP_MAC_init(ctx, bytes, 16, NULL));
    mac_data(run, ctx);
    CALL(run, EVP_MAC_CTX_set_params(ctx, TEXT_PARAM(parts.key, parts.underlying)));
    CALL(run, EVP_MAC_init(ctx, NULL, 0, NULL));
    mac_data(run, ctx);
    CALL(run, EVP_MAC_init(ctx, bytes, 16, NULL));
    mac_data(run, ctx);
    CALL(run, EVP_MAC_init(ctx, NULL, 0, NULL));
    mac_data(run, ctx);
    EVP_MAC_CTX_free(ctx);
}

static void mac_keys(struct run *run, const char *name)
{
    struct mac_parts parts;
    EVP_MAC_CTX *ctx = mac_start(run, name, &parts);

    CALL(run, EVP_MAC_CTX_set_params(ctx, TEXT_PARAM(parts.key, parts.underlying)));
    CALL(run, EVP_MAC_init(ctx, bytes, 1, NULL));
    CALL(run, EVP_MAC_init(ctx, bytes, 0, NULL));
    CALL(run, EVP_MAC_init(ctx, bytes, 15, NULL));
    CALL(run, EVP_MAC_CTX_set_params(ctx, OCTET_PARAM("key", bytes, 5)));
    CALL(run, EVP_MAC_CTX_set_params(ctx, UINT_PARAM("key", 5)));
    EVP_MAC_CTX_free(ctx);
}

static void mac_parameters(struct run *run, const char *name)
{
    struct mac_parts parts;
    EVP_MAC_CTX *ctx = mac_start(run, name, &parts);
    unsigned char out[8];

    CALL(run, EVP_MAC_CTX_set_params(ctx, TEXT_PARAM(parts.key, "no-such-algorithm")));
    CALL(run, EVP_MAC_CTX_set_params(ctx, TEXT_PARAM("cipher", "AES-128-CTR")));
    CALL(run, EVP_MAC_CTX_set_params(ctx, TEXT_PARAM("digest", "SHAKE256")));
    CALL(run, EVP_MAC_CTX_set_params(ctx, UINT_PARAM(parts.key, 5)));
    CALL(run, EVP_MAC_CTX_set_params(ctx, TEXT_PARAM(parts.key, parts.underlying)));
    CALL(run, EVP_MAC_init(ctx, bytes, 16, NULL));
    CALL(run, EVP_MAC_CTX_set_params(ctx, OCTET_PARAM("tls-data-size", bytes, 3)));
    CALL(run, EVP_MAC_CTX_set_params(ctx, OCTET_PARAM("digest-noinit", bytes, 3)));
    CALL(run, EVP_MAC_CTX_set_params(ctx, OCTET_PARAM("digest-oneshot", bytes, 3)));
    CALL(run, EVP_MAC_CTX_set_params(ctx, OCTET_PARAM("no-such-parameter", bytes, 3)));
    CALL(run, EVP_MAC_CTX_set_params(ctx, OCTET_PARAM("iv", bytes, 0)));
    CALL(run, EVP_MAC_CTX_set_params(ctx, OCTET_PARAM("iv", bytes, 129)));
    CALL(run, EVP_MAC_CTX_set_params(ctx, UINT_PARAM("iv", 1)));
    CALL(run, EVP_MAC_CTX_get_params(ctx, OCTET_PARAM("size", out, 3)));
    CALL(run, EVP_MAC_CTX_get_params(ctx, OCTET_PARAM("block-size", out, 3)));
    EVP_MAC_CTX_free(ctx);
}

#define MACS "HMAC/SHA2-256 HMAC/SHA1 CMAC/AES-128-CBC GMAC/AES-128-GCM"

const struct error_case mac_errors[] = {
    { "mac_order", mac_order, MACS },
    { "mac_keys", mac_keys, MACS },
    { "mac_parameters", mac_parameters, MACS },
    { NULL, NULL, NULL },
};

/* --- random generators --- */

/* The default provider has none of the kernel's generators: a DRBG of its own stands for them. */
static EVP_RAND_CTX *rand_start(struct run *run, const char *name)
{
    EVP_RAND *rand;
    EVP_RAND_CTX *ctx;

    if (run->is_default)
        name = "HASH-DRBG";
    rand = EVP_RAND_fetch(run->libctx, name, run->query);
    ctx = rand == NULL ? NULL : EVP_RAND_CTX_new(rand, NULL);
    if (ctx == NULL)
        die("no %s by %s", name, run->query);
    if (run->is_default)
        EVP_RAND_CTX_set_params(ctx, TEXT_PARAM("digest", "SHA2-256"));
    EVP_RAND_free(rand);
    return ctx;
}

static void rand_order(struct run *run, const char *name)
{
    EVP_RAND_CTX *ctx = rand_start(run, name);
    unsigned char out[32];

    CALL(run, EVP_RAND_generate(ctx, out, sizeof(out), 0, 0, NULL, 0));
    CALL(run, EVP_RAND_reseed(ctx, 0, NULL, 0, NULL, 0));
    CALL(run, EVP_RAND_instantiate(ctx, 1000, 0, NULL, 0, NULL));
    CALL(run, EVP_RAND_instantiate(ctx, 0, 0, NULL, 0, NULL));
    CALL(run, EVP_RAND_instantiate(ctx, 0, 0, NULL, 0, NULL));
    CALL(run, EVP_RAND_generate(ctx, out, sizeof(out), 1000, 0, NULL, 0));
    CALL(run, EVP_RAND_uninstantiate(ctx));
    CALL(run, EVP_RAND_generate(ctx, out, sizeof(out), 0, 0, NULL, 0));
    EVP_RAND_CTX_free(ctx);
}

const struct error_case rand_errors[] = {
    { "rand_order", rand_order, "stdrng" },
    { NULL, NULL, NULL },
};
