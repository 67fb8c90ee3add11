/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One face for ciphers, AEAD, digests and MACs: a stream takes messages in pieces and collects all
 * that comes out of them. A stream of the subject and one of the oracle, opened with the same
 * number and fed the same way, have the same output.
 */
#ifndef TEST_EVP_STREAM_H
#define TEST_EVP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

/* Bytes of a message's beginning, with which a hash is certainly still with its context; a digest
 * no longer, a MAC still; both no longer. */
enum { STREAM_FEW = 3000, STREAM_MANY = 20000, STREAM_LONG = 80000 };

/* A record is one of TLS 1.2, sealed in place by an update of its own; a cipher's name is given. */
enum stream_type { STREAM_CIPHER, STREAM_RECORD, STREAM_AEAD, STREAM_DIGEST, STREAM_MAC };

struct stream_kind {
    const char *name;
    enum stream_type type;
    const char *mac; /* of a MAC: which one; name is what it is made of then */
};

/* One of each sort, all of which every kernel has; ends with a name of NULL. */
extern const struct stream_kind *stream_kinds;

/* With the argument --keyring those kinds alone that take a message in pieces with a key that only
 * the kernel has; all of the subject's are in the user's keyring then. Ends the program with 77,
 * for skipped, on a kernel without such keys. */
void stream_choose_kinds(int argc, char **argv);

struct stream {
    const struct stream_kind *kind;
    void *algorithm;
    void *ctx;
    uint64_t number;
    bool opaque;   /* its key is the keyring's */
    bool in_place; /* a cipher's input is laid where its output goes */
    bool keyed;
    uint8_t *output; /* length bytes */
    size_t length;
};

/* Fetches from the provider that the query names; ends the program if it isn't offered. */
struct stream stream_open(OSSL_LIB_CTX *libctx, const char *query, const struct stream_kind *kind,
                          uint64_t number);
void stream_close(struct stream *stream);

/* A second stream in the same state, output included. False: stream_close is all that may follow.
 */
bool stream_copy(struct stream *copy, const struct stream *stream);

/*
 * Begins a message: the first in a stream sets its key, the others keep it. The IV comes from the
 * numbers of stream and message.
 */
bool stream_start(struct stream *stream, unsigned int message);

bool stream_update(struct stream *stream, const uint8_t *in, size_t length);

/* Ends the message: adds its digest, MAC, tag or last block to the output. */
bool stream_finish(struct stream *stream);

/*
 * Opens what a stream of AEAD with the same number made of this message: ciphertext and tag, length
 * bytes. The plaintext is added to the output, and all of it counts only if this returns true.
 */
bool stream_unseal(struct stream *stream, unsigned int message, const uint8_t *sealed,
                   size_t length);

bool stream_same(const struct stream *a, const struct stream *b);

/*
 * Whether a message may end in an error after its descriptor was closed behind this many bytes of
 * it, or left behind by a fork that called no handlers. The state of a hash is in the kernel alone
 * once more than 4096 bytes of a digest or 65536 of a MAC have come; ciphers and AEAD keep theirs
 * with the context.
 */
bool stream_may_be_lost(const struct stream *stream, size_t bytes);

/* "HMAC/SHA2-256". Valid until the next call. */
const char *stream_name(const struct stream *stream);

#endif
