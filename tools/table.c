/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl table: the table of algorithms as Markdown. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "afalgctl.h"
#include "algorithm.h"

/* Rows that differ by the key's length alone share a line: [first, last] of the table. */
struct range {
    const struct algorithm *first, *last;
};

static bool same_line(const struct algorithm *a, const struct algorithm *b)
{
    return a->operation == b->operation && a->mode != MODE_NONE && a->mode == b->mode &&
           strcmp(a->kernel, b->kernel) == 0;
}

static void print_names(struct range range)
{
    for (const struct algorithm *alg = range.first; alg <= range.last; alg++)
        printf("%s%.*s", alg == range.first ? "" : ", ", algorithm_name_length(alg), alg->names);
}

static void print_lengths(struct range range)
{
    if (range.first->keylen == 0) {
        fputs("-", stdout);
        return;
    }
    for (const struct algorithm *alg = range.first; alg <= range.last; alg++)
        printf("%s%zu", alg == range.first ? "" : ", ", alg->keylen);
}

static void print_length(size_t length)
{
    if (length == 0)
        fputs("-", stdout);
    else
        printf("%zu", length);
}

static const char *mode_note(enum cipher_mode mode)
{
    switch (mode) {
    case MODE_CBC:
        return "TLS records too";
    case MODE_CFB:
        return "128-bit feedback";
    case MODE_XTS:
        return "the key is two keys; a data unit is one update";
    case MODE_CTS:
        return "CS1, CS2, CS3";
    case MODE_WRAP:
        return "RFC 3394; wrapping is done by software";
    case MODE_GCM:
        return "other IV lengths by software; TLS 1.2 records too";
    case MODE_CCM:
        return "IV of 7 to 13; TLS 1.2 records too";
    default:
        return "";
    }
}

static const char *operation_note(const struct algorithm *alg)
{
    switch (alg->operation) {
    case OSSL_OP_MAC:
        if (strcmp(alg->kernel, "hmac") == 0)
            return "over every digest above";
        return strcmp(alg->kernel, "cmac") == 0 ? "over every cipher in CBC mode above"
                                                : "over every cipher in GCM mode above";
    case OSSL_OP_RAND:
        return "random generator";
    default:
        return mode_note(alg->mode);
    }
}

/* Other names that are no object identifiers; @separator goes before the first. */
static void print_aliases(const struct algorithm *alg, const char *separator)
{
    const char *name = alg->names + algorithm_name_length(alg);

    while (*name == ':') {
        int len = (int)strcspn(++name, ":");

        if (!isdigit((unsigned char)*name)) {
            printf("%s%.*s", separator, len, name);
            separator = ", ";
        }
        name += len;
    }
}

static void print_notes(struct range range)
{
    const struct algorithm *alg = range.first;
    const char *note = operation_note(alg);

    fputs(note, stdout);
    if (alg->operation == OSSL_OP_DIGEST)
        printf("digest of %zu bytes", alg->size);
    if (range.first == range.last)
        print_aliases(alg, *note != '\0' || alg->operation == OSSL_OP_DIGEST ? "; also " : "also ");
}

static void print_line(struct range range)
{
    const struct algorithm *alg = range.first;

    fputs("| ", stdout);
    print_names(range);
    if (alg->operation == OSSL_OP_MAC)
        printf(" | %s(...) | %s | %s", alg->kernel,
               strcmp(alg->kernel, "gcm") == 0 ? "aead" : "hash",
               strcmp(alg->kernel, "hmac") == 0 ? "any" : "the cipher's");
    else {
        printf(" | %s | %s | ", alg->kernel, alg->type);
        print_lengths(range);
    }
    fputs(" | ", stdout);
    print_length(alg->ivlen);
    fputs(" | ", stdout);
    print_notes(range);
    fputs(" |\n", stdout);
}

int table_command(const struct settings *settings)
{
    const struct algorithm *end = algorithms + algorithm_count;
    struct range range;

    (void)settings;
    puts("| OpenSSL name | kernel name | AF_ALG type | key, bytes | IV, bytes | notes |\n"
         "| --- | --- | --- | --- | --- | --- |");
    for (range.first = algorithms; range.first < end; range.first = range.last + 1) {
        range.last = range.first;
        while (range.last + 1 < end && same_line(range.first, range.last + 1))
            range.last++;
        print_line(range);
    }
    return STATUS_OK;
}
