/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "kernel_names.h"
#include "support.h"

enum { ROWS_MAX = 400 };

const char *const kind_name[KINDS] = { "cipher", "aead", "digest", "mac" };

/* What the callbacks of EVP_*_do_all_provided add to. */
struct listing {
    struct rows *rows;
    OSSL_LIB_CTX *const *libctx;
};

static struct row *add(struct rows *rows, enum kind kind, const char *name, const char *part)
{
    struct row *row = &rows->row[rows->count];

    if (rows->count == ROWS_MAX)
        die("more than %d algorithms", ROWS_MAX);
    *row = (struct row){ .kind = kind };
    snprintf(row->name, sizeof(row->name), "%s%s%s", name, *part == '\0' ? "" : "/", part);
    snprintf(row->part, sizeof(row->part), "%.*s", (int)sizeof(row->part) - 1, part);
    rows->count++;
    return row;
}

/* Whether AF_ALG has a name for it. The default provider as the subject offers more than that. */
static bool is_shared(enum kind kind, const char *name)
{
    struct row row = { .kind = kind };
    char kernel[64];

    snprintf(row.name, sizeof(row.name), "%s", name);
    return kernel_name(&row, kernel, sizeof(kernel));
}

static void list_cipher(EVP_CIPHER *cipher, void *arg)
{
    struct listing *listing = arg;
    const char *name = EVP_CIPHER_get0_name(cipher);
    bool aead = (EVP_CIPHER_get_flags(cipher) & EVP_CIPH_FLAG_AEAD_CIPHER) != 0;
    struct row *row;

    if (!is_subject(EVP_CIPHER_get0_provider(cipher)) ||
        (!subject_counts() && !is_shared(KIND_CIPHER, name)))
        return;
    row = add(listing->rows, aead ? KIND_AEAD : KIND_CIPHER, name, "");
    row->cipher[OURS] = cipher;
    EVP_CIPHER_up_ref(cipher);
    row->cipher[ORACLE] = EVP_CIPHER_fetch(listing->libctx[ORACLE], name, NULL);
    if (row->cipher[ORACLE] == NULL)
        die("no other implementation of cipher %s", name);
}

static void list_digest(EVP_MD *digest, void *arg)
{
    struct listing *listing = arg;
    const char *name = EVP_MD_get0_name(digest);
    struct row *row;

    if (!is_subject(EVP_MD_get0_provider(digest)) ||
        (!subject_counts() && !is_shared(KIND_DIGEST, name)))
        return;
    row = add(listing->rows, KIND_DIGEST, name, "");
    row->digest[OURS] = digest;
    EVP_MD_up_ref(digest);
    row->digest[ORACLE] = EVP_MD_fetch(listing->libctx[ORACLE], name, NULL);
    if (row->digest[ORACLE] == NULL)
        die("no other implementation of digest %s", name);
}

/* One row for this MAC over the digest or cipher of the row part, if the subject offers the MAC. */
static void list_mac(const struct listing *listing, const char *name, const struct row *part)
{
    struct row *row;
    EVP_MAC *ours = subject_mac(listing->libctx[OURS], name);

    if (ours == NULL)
        return;
    row = add(listing->rows, KIND_MAC, name, part->name);
    if (part->kind != KIND_DIGEST)
        row->part_key_length = (size_t)EVP_CIPHER_get_key_length(part->cipher[ORACLE]);
    row->mac[OURS] = ours;
    row->mac[ORACLE] = EVP_MAC_fetch(listing->libctx[ORACLE], name, NULL);
    if (row->mac[ORACLE] == NULL)
        die("no other implementation of MAC %s", name);
}

/* MACs over what the rows so far offer. */
static void list_macs(const struct listing *listing)
{
    size_t parts = listing->rows->count;

    for (size_t i = 0; i < parts; i++) {
        const struct row *part = &listing->rows->row[i];
        int mode = part->kind == KIND_DIGEST ? 0 : EVP_CIPHER_get_mode(part->cipher[OURS]);

        if (part->kind == KIND_DIGEST)
            list_mac(listing, "HMAC", part);
        else if (mode == EVP_CIPH_GCM_MODE)
            list_mac(listing, "GMAC", part);
        else if (mode == EVP_CIPH_CBC_MODE && strstr(part->name, "CTS") == NULL)
            list_mac(listing, "CMAC", part);
    }
}

struct rows rows_open(OSSL_LIB_CTX *const libctx[SIDES])
{
    struct rows rows = { .row = calloc(ROWS_MAX, sizeof(struct row)) };
    struct listing listing = { .rows = &rows, .libctx = libctx };

    if (rows.row == NULL)
        die("out of memory");
    EVP_CIPHER_do_all_provided(libctx[OURS], list_cipher, &listing);
    EVP_MD_do_all_provided(libctx[OURS], list_digest, &listing);
    list_macs(&listing);
    ERR_clear_error();
    return rows;
}

void rows_close(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        for (int side = 0; side < SIDES; side++) {
            EVP_CIPHER_free(rows->row[i].cipher[side]);
            EVP_MD_free(rows->row[i].digest[side]);
            EVP_MAC_free(rows->row[i].mac[side]);
        }
    }
    free(rows->row);
    *rows = (struct rows){ 0 };
}
