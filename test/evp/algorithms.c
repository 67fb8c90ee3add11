/* SPDX-License-Identifier: Apache-2.0 */
#include "algorithms.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "kernel_names.h"
#include "support.h"

enum { ALGORITHMS_MAX = 400 };

const char *const kind_name[KINDS] = { "cipher", "aead", "digest", "mac" };

/* What the callbacks of EVP_*_do_all_provided add to. */
struct listing {
    struct algorithms *algorithms;
    OSSL_LIB_CTX *const *libctx;
};

static struct algorithm *add(struct algorithms *algorithms, enum kind kind, const char *name,
                             const char *part)
{
    struct algorithm *algorithm = &algorithms->list[algorithms->count];

    if (algorithms->count == ALGORITHMS_MAX)
        die("more than %d algorithms", ALGORITHMS_MAX);
    *algorithm = (struct algorithm){ .kind = kind };
    snprintf(algorithm->name, sizeof(algorithm->name), "%s%s%s", name, *part == '\0' ? "" : "/",
             part);
    snprintf(algorithm->part, sizeof(algorithm->part), "%.*s", (int)sizeof(algorithm->part) - 1,
             part);
    algorithms->count++;
    return algorithm;
}

/* Whether AF_ALG has a name for it. The default provider as the subject offers more than that. */
static bool is_shared(enum kind kind, const char *name)
{
    struct algorithm algorithm = { .kind = kind };
    char kernel[64];

    snprintf(algorithm.name, sizeof(algorithm.name), "%s", name);
    return kernel_name(&algorithm, kernel, sizeof(kernel));
}

static void list_cipher(EVP_CIPHER *cipher, void *arg)
{
    struct listing *listing = arg;
    const char *name = EVP_CIPHER_get0_name(cipher);
    bool aead = (EVP_CIPHER_get_flags(cipher) & EVP_CIPH_FLAG_AEAD_CIPHER) != 0;
    struct algorithm *algorithm;

    if (!is_subject(EVP_CIPHER_get0_provider(cipher)) ||
        (!subject_counts() && !is_shared(KIND_CIPHER, name)))
        return;
    algorithm = add(listing->algorithms, aead ? KIND_AEAD : KIND_CIPHER, name, "");
    algorithm->cipher[OURS] = cipher;
    EVP_CIPHER_up_ref(cipher);
    algorithm->cipher[ORACLE] = EVP_CIPHER_fetch(listing->libctx[ORACLE], name, NULL);
    if (algorithm->cipher[ORACLE] == NULL)
        die("no other implementation of cipher %s", name);
}

static void list_digest(EVP_MD *digest, void *arg)
{
    struct listing *listing = arg;
    const char *name = EVP_MD_get0_name(digest);
    struct algorithm *algorithm;

    if (!is_subject(EVP_MD_get0_provider(digest)) ||
        (!subject_counts() && !is_shared(KIND_DIGEST, name)))
        return;
    algorithm = add(listing->algorithms, KIND_DIGEST, name, "");
    algorithm->digest[OURS] = digest;
    EVP_MD_up_ref(digest);
    algorithm->digest[ORACLE] = EVP_MD_fetch(listing->libctx[ORACLE], name, NULL);
    if (algorithm->digest[ORACLE] == NULL)
        die("no other implementation of digest %s", name);
}

/* A MAC over the digest or cipher named @part, if the subject offers the MAC. */
static void list_mac(const struct listing *listing, const char *name, const struct algorithm *part)
{
    struct algorithm *algorithm;
    EVP_MAC *ours = subject_mac(listing->libctx[OURS], name);

    if (ours == NULL)
        return;
    algorithm = add(listing->algorithms, KIND_MAC, name, part->name);
    if (part->kind != KIND_DIGEST)
        algorithm->part_key_length = (size_t)EVP_CIPHER_get_key_length(part->cipher[ORACLE]);
    algorithm->mac[OURS] = ours;
    algorithm->mac[ORACLE] = EVP_MAC_fetch(listing->libctx[ORACLE], name, NULL);
    if (algorithm->mac[ORACLE] == NULL)
        die("no other implementation of MAC %s", name);
}

/* MACs over what the algorithms so far offer. */
static void list_macs(const struct listing *listing)
{
    size_t parts = listing->algorithms->count;

    for (size_t i = 0; i < parts; i++) {
        const struct algorithm *part = &listing->algorithms->list[i];
        int mode = part->kind == KIND_DIGEST ? 0 : EVP_CIPHER_get_mode(part->cipher[OURS]);

        if (part->kind == KIND_DIGEST)
            list_mac(listing, "HMAC", part);
        else if (mode == EVP_CIPH_GCM_MODE)
            list_mac(listing, "GMAC", part);
        else if (mode == EVP_CIPH_CBC_MODE && strstr(part->name, "CTS") == NULL)
            list_mac(listing, "CMAC", part);
    }
}

struct algorithms algorithms_open(OSSL_LIB_CTX *const libctx[SIDES])
{
    struct algorithms algorithms = { .list = calloc(ALGORITHMS_MAX, sizeof(struct algorithm)) };
    struct listing listing = { .algorithms = &algorithms, .libctx = libctx };

    if (algorithms.list == NULL)
        die("out of memory");
    EVP_CIPHER_do_all_provided(libctx[OURS], list_cipher, &listing);
    EVP_MD_do_all_provided(libctx[OURS], list_digest, &listing);
    list_macs(&listing);
    ERR_clear_error();
    return algorithms;
}

void algorithms_close(struct algorithms *algorithms)
{
    for (size_t i = 0; i < algorithms->count; i++) {
        for (int side = 0; side < SIDES; side++) {
            EVP_CIPHER_free(algorithms->list[i].cipher[side]);
            EVP_MD_free(algorithms->list[i].digest[side]);
            EVP_MAC_free(algorithms->list[i].mac[side]);
        }
    }
    free(algorithms->list);
    *algorithms = (struct algorithms){ 0 };
}
