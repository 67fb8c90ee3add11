/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Socket options as values, and the options of Linux's AF_ALG sockets.
 *
 * The first half is NetBSD's sockopt(9) in user space: a structure that holds
 * one option and its value, with checked access. The second half applies such
 * an option to a socket, and sets the options of level SOL_ALG.
 *
 * Every function that returns an int returns 0 or a positive errno value, as
 * sockopt(9) does; errno itself carries nothing. None keeps state of its own,
 * so all may be called from any thread on different structures.
 */
#ifndef AFALG_SOCKOPT_H
#define AFALG_SOCKOPT_H

#include <linux/if_alg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef SOL_ALG
#define SOL_ALG 279
#endif
/* Linux 5.10; not in older headers. */
#ifndef ALG_SET_DRBG_ENTROPY
#define ALG_SET_DRBG_ENTROPY 6
#endif
/* Linux 6.2; Debian 12's headers stop before it. */
#ifndef ALG_SET_KEY_BY_KEY_SERIAL
#define ALG_SET_KEY_BY_KEY_SERIAL 7
#endif

/* In object files the names begin with afalg_: an application may have functions of these names. */
#define AFALG_SYMBOL(name) __asm__("afalg_" #name)

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One socket option and its value. The fields may be read, and the sopt_size
 * bytes at sopt_data written, at any time between sockopt_init() and
 * sockopt_destroy(); only the functions below set the fields themselves.
 *
 * Values up to the size of an int lie in sopt_buf, so that they need no
 * allocation; sopt_data then points there. So a structure must not be copied
 * or moved while it holds a value.
 *
 * A structure serves one combination of level, name and size between
 * sockopt_init() and sockopt_destroy().
 */
struct sockopt {
    int sopt_level;                /* option level */
    int sopt_name;                 /* option name */
    size_t sopt_size;              /* bytes at sopt_data; 0: unset */
    size_t sopt_retsize;           /* bytes of the value that was set; 0: none yet */
    void *sopt_data;               /* the value; NULL: unset, or memory was short */
    uint8_t sopt_buf[sizeof(int)]; /* internal storage */
};

/*
 * Makes *sopt an option of this level and name. With size > 0 it holds size
 * bytes of zeroes to be filled; with size 0 it is unset, and the first
 * sockopt_set() decides the size. *sopt may hold anything before.
 *
 * It can't report a failure. If memory is short, sopt_size is set and
 * sopt_data is NULL; sockopt_set() then tries again and reports ENOMEM, as do
 * sockopt_get() and sockopt_apply().
 */
void sockopt_init(struct sockopt *sopt, int level, int name, size_t size)
    AFALG_SYMBOL(sockopt_init);

/*
 * Wipes the value and the structure, since they may hold a key, and frees what
 * was allocated. A structure that was destroyed, or is all zeroes, may be
 * destroyed again.
 */
void sockopt_destroy(struct sockopt *sopt) AFALG_SYMBOL(sockopt_destroy);

/*
 * Copies the value to the size bytes at value.
 * EINVAL: the option does not hold exactly size bytes (an unset one holds 0).
 * ENOMEM: sockopt_init() found no memory for it. value is untouched then.
 */
int sockopt_get(struct sockopt *sopt, void *value, size_t size) AFALG_SYMBOL(sockopt_get);

/* sockopt_get() of an int. EINVAL: the option does not hold sizeof(int) bytes. */
int sockopt_getint(struct sockopt *sopt, int *value) AFALG_SYMBOL(sockopt_getint);

/*
 * Copies size bytes from value into the option and notes them in sopt_retsize.
 * An unset option gets storage of that size. The value may be set again.
 * EINVAL: the option holds another number of bytes; it stays as it was.
 * ENOMEM: there is no memory; it stays as it was. Can't happen if size is at
 * most sizeof(int), or if sockopt_init() has got the memory before.
 */
int sockopt_set(struct sockopt *sopt, const void *value, size_t size) AFALG_SYMBOL(sockopt_set);

/* sockopt_set() of an int. EINVAL: the option holds another number of bytes. */
int sockopt_setint(struct sockopt *sopt, int value) AFALG_SYMBOL(sockopt_setint);

/*
 * Sets the option on socket fd: one setsockopt(2), repeated only on EINTR.
 * Returns what that gave. EINVAL also for a value larger than INT_MAX bytes,
 * which setsockopt(2) can't take; ENOMEM if sockopt_init() found no memory.
 *
 * The tag length of an AEAD travels as the option's length, not as its value:
 * sockopt_init(&sopt, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, taglen), then this.
 */
int sockopt_apply(int fd, const struct sockopt *sopt) AFALG_SYMBOL(sockopt_apply);

/*
 * Options of level SOL_ALG. Each is one setsockopt(2) straight from the
 * caller's buffer: nothing is allocated, no key is copied.
 *
 * fd is the socket that was BOUND to an algorithm, not one that accept(2) gave:
 * the kernel's own documentation (Crypto API, "Setsockopt Interface") names
 * the latter, but Linux 6.1, 6.12 and 7.2 refuse it.
 *
 * All of them: EOPNOTSUPP: fd is an accepted socket. ENOPROTOOPT: fd is not
 * bound, or its type has no such option. EBUSY: a socket is open that was
 * accepted from fd with its key set; close it, set, accept again. One that was
 * accepted before the key doesn't count: its use gives ENOKEY, and works once
 * the key is there. EBADF, ENOTSOCK: as setsockopt(2).
 */

/*
 * Sets the key (skcipher, aead, keyed hash) or the seed (rng) of keylen bytes. A
 * DRBG of the kernel takes any seed, an empty one too, adds entropy of its own,
 * and gives EINVAL on recv(2) before it has one.
 * EINVAL: the algorithm takes no key of this length; go on with a fresh socket
 * then, since it depends on the kernel whether the former key survives.
 * ENOSYS: a hash without a key.
 */
int sockopt_alg_key(int fd, const void *key, size_t keylen) AFALG_SYMBOL(sockopt_alg_key);

/*
 * Sets the tag length, in bytes, of an AEAD, for both directions: what an
 * encryption appends and a decryption expects behind the text.
 * EINVAL: the algorithm has no tag of this length.
 */
int sockopt_alg_aead_authsize(int fd, size_t taglen) AFALG_SYMBOL(sockopt_alg_aead_authsize);

/*
 * Sets the key from the payload of a key of the kernel's key retention service
 * (keyrings(7)), of type "user", "logon", "encrypted" or "trusted", that the
 * caller may search; the key's bytes need never be in user space.
 * ENOPROTOOPT: the kernel is older than 6.2, or the key is of another type.
 * ENOKEY, EKEYEXPIRED, EKEYREVOKED, EACCES: as keyctl(2). EINVAL, ENOSYS: as
 * sockopt_alg_key().
 */
int sockopt_alg_key_serial(int fd, int32_t serial) AFALG_SYMBOL(sockopt_alg_key_serial);

/*
 * Gives a deterministic RNG its entropy, for tests with published vectors.
 * Needs a kernel with CONFIG_CRYPTO_USER_API_RNG_CAVP (ENOPROTOOPT without) and
 * CAP_SYS_ADMIN (EACCES without).
 */
int sockopt_alg_drbg_entropy(int fd, const void *entropy, size_t len)
    AFALG_SYMBOL(sockopt_alg_drbg_entropy);

#ifdef __cplusplus
}
#endif

#endif
