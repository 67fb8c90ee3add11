# SPDX-License-Identifier: Apache-2.0
"""Prints the hash of a file, as hashlib has it in pieces, copied half-way: python_hash.py NAME FILE"""
import hashlib
import sys

whole = hashlib.new(sys.argv[1])
with open(sys.argv[2], "rb") as file:
    data = file.read()
whole.update(data[: len(data) // 2])
fork = whole.copy()
for state in (whole, fork):
    state.update(data[len(data) // 2 :])
if whole.digest() != fork.digest():
    sys.exit("a copied hash differs")
print(whole.hexdigest())
