#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Searches the memory of processes, all that a core dump would have, for an AES key.

    key_in_memory.py KEY PID...

KEY is hexadecimal. Prints a line for each process that has the key ("PID key") or, of the round
keys that AES makes of it, any that is not the key itself ("PID round key N").
"""
import sys


def make_sbox():
    """FIPS 197, 5.1.1: the inverse in GF(2^8), then an affine map."""
    sbox, p, q = [0] * 256, 1, 1
    while True:
        p ^= (p << 1) ^ (0x11B if p & 0x80 else 0)  # times 3
        p &= 0xFF
        for shift in (1, 2, 4):  # divided by 3
            q ^= (q << shift) & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        rotated = q
        for shift in range(1, 5):
            rotated ^= ((q << shift) | (q >> (8 - shift))) & 0xFF
        sbox[p] = rotated ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    return sbox


def round_keys(key):
    """FIPS 197, 5.2: the expanded key, in pieces of 16 bytes."""
    sbox, words, constant = make_sbox(), [key[i:i + 4] for i in range(0, len(key), 4)], 1
    length = len(words)
    for i in range(length, 4 * (length + 7)):
        word = words[-1]
        if i % length == 0:
            word = bytes(sbox[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = (constant << 1) ^ (0x11B if constant & 0x80 else 0)
        elif length > 6 and i % length == 4:
            word = bytes(sbox[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(words[i - length], word)))
    return [b"".join(words[i:i + 4]) for i in range(0, len(words), 4)]


def memory(pid):
    """What of the process's mappings can be read; a piece each."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            start, end = (int(number, 16) for number in line.split()[0].split("-"))
            try:
                mem.seek(start)
                yield mem.read(end - start)
            except (OSError, ValueError, OverflowError):
                pass  # [vvar], [vsyscall]


def main():
    key = bytes.fromhex(sys.argv[1])
    derived = round_keys(key)[len(key) // 16:]
    assert round_keys(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))[10].hex() == \
        "d014f9a8c9ee2589e13f0cc8b6630ca6"  # FIPS 197, A.1
    for pid in sys.argv[2:]:
        pieces = list(memory(pid))
        assert sum(map(len, pieces)) > 1000000, pid
        if any(key in piece for piece in pieces):
            print(pid, "key")
        for number, round_key in enumerate(derived, len(key) // 16):
            if any(round_key in piece for piece in pieces):
                print(pid, "round key", number)


main()
