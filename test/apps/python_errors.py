# SPDX-License-Identifier: Apache-2.0
# python3-cryptography turns the library and reason of OpenSSL's errors into exceptions: of its own for
# those that it knows, InternalError for all others. Each of these must be known.
import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, aead, algorithms, modes


def raises(expected, what, call, *arguments):
    try:
        call(*arguments)
    except expected as error:
        if type(error) is not expected:
            raise SystemExit(f"{what}: {error!r} instead of {expected.__name__}")
        return
    except Exception as error:
        raise SystemExit(f"{what}: {error!r} instead of {expected.__name__}")
    raise SystemExit(f"{what}: nothing raised")


def short_token(key):
    """A token with 5 bytes of ciphertext, and a right signature."""
    token = b"\x80" + bytes(8) + bytes(16) + b"short"
    signature = hmac.HMAC(base64.urlsafe_b64decode(key)[:16], hashes.SHA256())
    signature.update(token)
    return base64.urlsafe_b64encode(token + signature.finalize())


def padded_badly(key):
    """A token whose ciphertext has no valid padding."""
    token = b"\x80" + bytes(8) + bytes(16)
    secret = base64.urlsafe_b64decode(key)
    encryptor = Cipher(algorithms.AES(secret[16:]), modes.CBC(bytes(16))).encryptor()
    token += encryptor.update(bytes(32)) + encryptor.finalize()
    signature = hmac.HMAC(secret[:16], hashes.SHA256())
    signature.update(token)
    return base64.urlsafe_b64encode(token + signature.finalize())


def partial_block(algorithm, mode, way):
    context = getattr(Cipher(algorithm, mode), way)()
    context.update(b"12345")
    context.finalize()


def wrong_tag(mode_of):
    key = os.urandom(16)
    decryptor = Cipher(algorithms.AES(key), mode_of(bytes(16))).decryptor()
    decryptor.authenticate_additional_data(b"aad")
    decryptor.update(bytes(40))
    decryptor.finalize()


def main():
    key = Fernet.generate_key()
    raises(InvalidToken, "Fernet, 5 bytes", Fernet(key).decrypt, short_token(key))
    raises(InvalidToken, "Fernet, padding", Fernet(key).decrypt, padded_badly(key))
    aes = algorithms.AES(os.urandom(16))
    triple = algorithms.TripleDES(os.urandom(24))
    for way in "encryptor", "decryptor":
        for algorithm, mode in (
            (aes, modes.CBC(bytes(16))),
            (aes, modes.ECB()),
            (triple, modes.CBC(bytes(8))),
        ):
            what = f"{algorithm.name} {mode.name} {way}"
            raises(ValueError, what, partial_block, algorithm, mode, way)
    xts = Cipher(algorithms.AES(bytes(32)), modes.XTS(bytes(16)))
    raises(ValueError, "XTS, equal keys", xts.encryptor)
    raises(InvalidTag, "GCM", wrong_tag, lambda tag: modes.GCM(bytes(12), tag))
    for cipher in (aead.AESGCM(bytes(16)), aead.AESCCM(bytes(16)), aead.ChaCha20Poly1305(bytes(32))):
        raises(InvalidTag, type(cipher).__name__, cipher.decrypt, bytes(12), bytes(40), b"aad")


main()
