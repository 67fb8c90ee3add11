/* SPDX-License-Identifier: Apache-2.0 */
#include "cbc_padding.h"

#include <limits.h>
#include <openssl/prov_ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The longest padding that a record can have, its length byte included. */
enum { PADDING_MAX = 256 };

/*
 * Masks: all bits set for true, none for false. Their arguments may be secret. Numbers
 * that are compared are lengths, far below half of size_t's range.
 */

/*
 * A number of which the compiler knows nothing: it can neither see that a mask has but
 * two values and branch on it, nor count by a secret where it could count by an index.
 */
static size_t opaque(size_t number)
{
    __asm__("" : "+r"(number));
    return number;
}

static size_t mask_less(size_t a, size_t b)
{
    return opaque(0 - ((opaque(a) - b) >> (sizeof(size_t) * CHAR_BIT - 1)));
}

static size_t mask_equal(size_t a, size_t b)
{
    return mask_less(a ^ b, 1);
}

static unsigned char select_byte(size_t mask, unsigned char yes, unsigned char no)
{
    return (unsigned char)((yes & mask) | (no & ~mask));
}

int cbc_padding_add(size_t blocksize, unsigned char *record, size_t *len, size_t size)
{
    size_t padding = blocksize - *len % blocksize;

    if (*len > size || size - *len < padding)
        return 0;
    memset(record + *len, (int)(padding - 1), padding);
    *len += padding;
    return 1;
}

/* False if @version is none that CBC records exist for. */
static bool explicit_iv(unsigned version, bool *has)
{
    switch (version) {
    case SSL3_VERSION:
    case TLS1_VERSION:
        *has = false;
        return true;
    case TLS1_1_VERSION:
    case TLS1_2_VERSION:
    case DTLS1_BAD_VER:
    case DTLS1_VERSION:
    case DTLS1_2_VERSION:
        *has = true;
        return true;
    default:
        return false;
    }
}

/* A mask: whether as many bytes as the last one says, before it, are all equal to it. */
static size_t padding_uniform(const unsigned char *record, size_t len)
{
    size_t value = record[len - 1];
    size_t longest = len < PADDING_MAX ? len : PADDING_MAX;
    size_t different = 0;

    for (size_t i = 0; i < longest; i++) {
        size_t is_padding = ~mask_less(value, i);

        different |= is_padding & (value ^ record[len - 1 - i]);
    }
    return mask_equal(different, 0);
}

/* A mask: whether the padding of a record is right and leaves room for the MAC. */
static size_t padding_good(const struct cbc_format *format, const unsigned char *record, size_t len)
{
    size_t padding = (size_t)record[len - 1] + 1;
    size_t fits = ~mask_less(len, padding + format->macsize);

    /* SSL 3.0 says nothing of the padding's bytes, but that it is shorter than a block. */
    if (format->version == SSL3_VERSION)
        return fits & ~mask_less(format->blocksize, padding);
    return fits & padding_uniform(record, len);
}

/* Rotates @size bytes left by a secret number of places, less than @size. */
static void rotate_left(unsigned char *bytes, size_t size, size_t places)
{
    unsigned char rotated[CBC_MAC_MAX];

    for (size_t step = 1; step < size; step <<= 1) {
        size_t wanted = ~mask_equal(places & step, 0);

        for (size_t i = 0; i < size; i++)
            rotated[i] = select_byte(wanted, bytes[(i + step) % size], bytes[i]);
        memcpy(bytes, rotated, size);
    }
}

/*
 * Copies the MAC that starts at the secret place @start of the record. Every byte
 * where it could be is read; it is gathered in the ring @mac from where its place
 * falls there, and then turned to the front.
 */
static void copy_mac(const unsigned char *record, size_t len, size_t start, size_t macsize,
                     unsigned char *mac)
{
    size_t first = len > macsize + PADDING_MAX ? len - macsize - PADDING_MAX : 0;
    size_t turn = 0;

    memset(mac, 0, macsize);
    for (size_t i = first; i < len; i++) {
        size_t place = (i - first) % macsize;
        size_t inside = ~mask_less(i, start) & mask_less(i, start + macsize);

        turn |= place & mask_equal(i, start);
        mac[place] |= (unsigned char)(record[i] & inside);
    }
    rotate_left(mac, macsize, turn);
}

int cbc_padding_remove(const struct cbc_format *format, const unsigned char *record, size_t len,
                       size_t *outlen, unsigned char mac[CBC_MAC_MAX])
{
    size_t macsize = format->macsize;
    unsigned char found[CBC_MAC_MAX];
    size_t good;
    bool has_iv;

    if (!explicit_iv(format->version, &has_iv) || macsize > CBC_MAC_MAX)
        return 0;
    if (len < macsize + 1 + (has_iv ? format->blocksize : 0))
        return 0;
    if (has_iv) {
        record += format->blocksize;
        len -= format->blocksize;
    }
    good = padding_good(format, record, len);
    *outlen = len - macsize - (good & ((size_t)record[len - 1] + 1));
    if (macsize == 0)
        return (int)(good & 1);
    copy_mac(record, len, *outlen, macsize, found);
    for (size_t i = 0; i < macsize; i++)
        mac[i] = select_byte(good, found[i], mac[i]);
    return 1;
}
