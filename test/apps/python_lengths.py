# SPDX-License-Identifier: Apache-2.0
"""Round trips of AES-GCM with python3-cryptography, of each length from 200,000 to 220,000 bytes,
or of every STEPth and all round the limits of a socket's buffer of 208 KiB; prints a checksum of
the ciphertexts.

usage: python_lengths.py [STEP]
"""
import sys
import zlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FIRST, LAST = 200_000, 220_000
# What the kernel counts of a buffer of 212,992 bytes, that buffer, and a tag less than each.
LIMITS = (208_880, 208_896, 212_976, 212_992)
NEAR = 20


def main():
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    lengths = set(range(FIRST, LAST + 1, step))
    for limit in LIMITS:
        lengths.update(range(limit - NEAR, limit + NEAR + 1))
    aead = AESGCM(bytes(range(16)))
    text = bytes(i % 251 for i in range(LAST))
    checksum = 0
    for length in sorted(lengths):
        nonce = length.to_bytes(12, "big")
        ciphertext = aead.encrypt(nonce, text[:length], None)
        checksum = zlib.crc32(ciphertext, checksum)
        if aead.decrypt(nonce, ciphertext, None) != text[:length]:
            sys.exit(f"{length} bytes: another text came back")
    print(f"{len(lengths)} lengths, {checksum:08x}")


main()
