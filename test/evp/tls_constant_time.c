/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves with valgrind that cbc_padding_remove() neither branches on nor indexes by a byte of the
 * record: the record is marked as undefined, and memcheck counts every conditional jump and every
 * address that depends on undefined bytes. To be run under valgrind; fails if it isn't.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/prov_ssl.h>
#include <valgrind/memcheck.h>

#include "cipher/cbc_padding.h"

static unsigned char record[1024];

/* An index by a secret, which memcheck must find, or it would find nothing at all. */
static int leaky(size_t len)
{
    static volatile char table[256];

    return table[record[len - 1]];
}

static unsigned errors_of_remove(unsigned version, size_t macsize, size_t len)
{
    unsigned before = VALGRIND_COUNT_ERRORS;
    struct cbc_format format = { .version = version, .blocksize = 16, .macsize = macsize };
    unsigned char mac[CBC_MAC_MAX] = { 0 };
    size_t text = 0;

    (void)VALGRIND_MAKE_MEM_UNDEFINED(record, sizeof(record));
    (void)cbc_padding_remove(&format, record, len, &text, mac);
    return VALGRIND_COUNT_ERRORS - before;
}

static unsigned errors_of_leaky(void)
{
    unsigned before = VALGRIND_COUNT_ERRORS;
    volatile int result;

    (void)VALGRIND_MAKE_MEM_UNDEFINED(record, sizeof(record));
    result = leaky(sizeof(record));
    (void)result;
    return VALGRIND_COUNT_ERRORS - before;
}

static unsigned errors_of_all(void)
{
    static const unsigned versions[] = { SSL3_VERSION, TLS1_VERSION, TLS1_2_VERSION };
    static const size_t macs[] = { 0, 20, 48, 64 };
    unsigned errors = 0;

    for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
        for (size_t m = 0; m < sizeof(macs) / sizeof(macs[0]); m++) {
            errors += errors_of_remove(versions[v], macs[m], 96);
            errors += errors_of_remove(versions[v], macs[m], sizeof(record));
        }
    }
    return errors;
}

int main(void)
{
    unsigned errors;

    if (!RUNNING_ON_VALGRIND) {
        fputs("to be run under valgrind\n", stderr);
        return 1;
    }
    errors = errors_of_all();
    if (errors > 0) {
        fprintf(stderr, "%u places of cbc_padding_remove depend on secrets\n", errors);
        return 1;
    }
    if (errors_of_leaky() == 0) {
        fputs("memcheck does not see an index by a secret\n", stderr);
        return 1;
    }
    puts("no place of cbc_padding_remove depends on secrets; what memcheck reported is this test's "
         "own leak");
    return 0;
}
