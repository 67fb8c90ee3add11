/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Padding and MAC of TLS and DTLS records with a CBC cipher, up to version 1.2
 * (RFC 5246, 6.2.3.2; RFC 2246; SSL 3.0: RFC 6101, 5.2.3.2). libssl leaves both to the
 * provider: one update of the cipher is one record.
 */
#ifndef AFALG_CIPHER_CBC_PADDING_H
#define AFALG_CIPHER_CBC_PADDING_H

#include <stddef.h>

enum {
    CBC_MAC_MAX = 64, /* EVP_MAX_MD_SIZE */
};

/* What the records of a connection have in common. */
struct cbc_format {
    unsigned
        version; /* as on the wire: 0x0300 to 0x0303, 0xfeff, 0xfefd, 0x0100 (DTLS before 1.0) */
    size_t blocksize; /* bytes */
    size_t macsize;   /* bytes; 0: encrypt-then-MAC, or none */
};

/**
 * Appends the shortest padding to a record of *@len bytes that is about to be
 * encrypted, in a buffer of @size bytes; *@len becomes a multiple of @blocksize.
 * @return 1, or 0 if the buffer is too small: nothing is written then
 */
int cbc_padding_add(size_t blocksize, unsigned char *record, size_t *len, size_t size);

/**
 * Takes a decrypted record of @len bytes apart: explicit IV (from TLS 1.1 on), text,
 * MAC, padding.
 *
 * *@outlen gets the length of the text, which starts behind the explicit IV if the version
 * has one; nothing is moved. @mac holds macsize random bytes, and gets the MAC if the padding
 * is right, so that the caller's comparison of MACs is the only thing that fails. Time and
 * memory accesses depend on the arguments alone, never on the record's bytes; nor does the
 * result, unless there is no MAC.
 *
 * @return 1, or 0 if the record is invalid for everybody to see: too short, version or
 *         macsize unknown; and, if macsize is 0, if the padding is wrong
 */
int cbc_padding_remove(const struct cbc_format *format, const unsigned char *record, size_t len,
                       size_t *outlen, unsigned char mac[CBC_MAC_MAX]);

#endif
