/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Padding and MAC of TLS and DTLS records with a CBC cipher, up to version 1.2
 * (RFC 5246, 6.2.3.2; RFC 2246; SSL 3.0: RFC 6101, 5.2.3.2). libssl leaves both to the
 * provider: one update of the cipher is one record.
 */
#ifndef AFALG_CIPHER_TLS_H
#define AFALG_CIPHER_TLS_H

#include <stddef.h>

enum {
    TLS_MAC_MAX = 64, /* EVP_MAX_MD_SIZE */
};

/**
 * Appends the shortest padding to a record of *@len bytes that is about to be
 * encrypted, in a buffer of @size bytes; *@len becomes a multiple of @blocksize.
 * @return 1, or 0 where the buffer is too small: nothing is written then
 */
int tls_pad(size_t blocksize, unsigned char *record, size_t *len, size_t size);

/**
 * Takes a decrypted record of @len bytes apart: explicit IV (from TLS 1.1 on), text,
 * MAC of @macsize bytes (0: encrypt-then-MAC, or none), padding.
 *
 * *@outlen gets the length of the text, which starts behind the explicit IV where
 * @version has one; nothing is moved. @mac gets @macsize bytes: the MAC, or random ones
 * where the padding is wrong, so that the caller's comparison of MACs is the only
 * thing that fails. Time and memory accesses depend on the arguments alone, never
 * on the record's bytes; nor does the result, but where there is no MAC.
 *
 * @version  as on the wire: 0x0300 to 0x0303, 0xfeff, 0xfefd, or 0x0100 (DTLS before 1.0)
 * @return 1, or 0 where the record is invalid for everybody to see: too short,
 *         @version or @macsize unknown, no random bytes to be had; and, where @macsize
 *         is 0, where the padding is wrong
 */
int tls_unpad(unsigned version, size_t blocksize, size_t macsize, const unsigned char *record,
              size_t len, size_t *outlen, unsigned char mac[TLS_MAC_MAX]);

#endif
