/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_ALG sockets: transforms, requests and what the running kernel has.
 *
 * All lengths are in bytes. Functions return 0 or a length on success and a
 * negative errno value on failure; errno itself is not part of the contract.
 * A struct afalg_socket is used by one thread at a time and must not move in
 * memory while it is open.
 *
 * The kernel's side is Documentation/crypto/userspace-if.rst and crypto/af_alg.c;
 * "measured" in a comment means on Linux 6.1, 6.12 and 7.2.
 */
#ifndef AFALG_SOCKET_H
#define AFALG_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Longest IV that a request carries (skcipher and AEAD of Linux: 16). */
#define AFALG_IV_MAX 32
/** Most segments that a request's input or output may have. */
#define AFALG_SEGMENTS_MAX 4
/** Longest name of an algorithm or driver, with its end (CRYPTO_MAX_ALG_NAME). */
#define AFALG_NAME_MAX 128
/**
 * Longest cipher request. From 32 pages on virtio_crypto hands qemu more descriptors than a queue
 * takes, is never answered, and the process can't be killed (Linux 6.1).
 */
#define AFALG_SKCIPHER_MAX ((size_t)65536)

enum afalg_op {
    AFALG_DECRYPT = 0, /* ALG_OP_DECRYPT */
    AFALG_ENCRYPT = 1, /* ALG_OP_ENCRYPT */
};

/** What a socket is bound to. Pointers are only read during the call. */
struct afalg_transform {
    const char *type; /* "skcipher", "aead", "hash" or "rng" */
    const char *name; /* algorithm, "cbc(aes)", or a driver's own name */
    const void *key;  /* NULL for none; the seed of an rng */
    size_t keylen;
    int32_t serial;  /* of the keyring's key to be used (Linux 6.2); 0: none */
    size_t authsize; /* AEAD tag length; 0: the transform's longest */
};

/**
 * How long the requests of a socket may be, everything counted, by its own buffers: the system's
 * net.core.wmem_default and rmem_default when it was opened.
 */
struct afalg_limits {
    uint32_t send;    /* that the kernel takes at once; one page or more */
    uint32_t receive; /* that it gives at once into several segments; may be 0 */
    uint32_t segment; /* ... or into one segment, if that is more */
};

#define AFALG_GENERATION_BITS 31

/** One live request socket: one descriptor, or none. */
struct afalg_socket {
    int fd;               /* -1: closed */
    unsigned running : 1; /* a hash is in the middle of a message */
    /* The process's fork generation when that message began, see afalg_hash_update(). */
    unsigned generation : AFALG_GENERATION_BITS;
    void *place;                /* in the process's table; NULL: none */
    struct afalg_limits limits; /* send, segment: 0 until asked for, see afalg_socket_limits() */
};

#define AFALG_SOCKET_CLOSED                                                                        \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* --- the process ------------------------------------------------------- */

/**
 * Takes a reference to the process's table of who owns which descriptor, and
 * gives it back. Sockets can be opened only between the two. The table is wiped
 * in a child after fork (MADV_WIPEONFORK, Linux 4.14), so that a child never
 * uses a socket of its parent, but to copy a running hash: see afalg_hash_update().
 * @return 0, -ENOMEM, or -ENOSYS if the kernel can't wipe on fork
 */
int afalg_registry_hold(void);
void afalg_registry_release(void);

/**
 * With this many sockets in this process no other is opened; 0: no limit but the system's. Copies
 * of a running hash count, but are made beyond it too, as nothing else can go on with the message.
 */
void afalg_socket_limit(unsigned max);

/** How many sockets of this library are open in this process. */
unsigned afalg_socket_count(void);

/* --- sockets ----------------------------------------------------------- */

/**
 * Opens a request socket: socket, bind, setsockopt (key; tag length if it
 * is not the longest), accept, close of the bound one. CLOEXEC. What was open
 * in @s before is closed first.
 * @return 0, or as the kernel says: -ENOENT no such algorithm, -EAFNOSUPPORT
 *         no AF_ALG, -EPERM or -EACCES a sandbox, -EINVAL the key's or tag's
 *         length, -EMFILE the process's or afalg_socket_limit()'s limit; for a key of the
 *         keyring -ENOPROTOOPT if the kernel takes none or not of this type, -ENOKEY, -EACCES
 *         (it needs Search), -EKEYREVOKED, -EKEYEXPIRED
 */
int afalg_socket_open(struct afalg_socket *s, const struct afalg_transform *t);

/**
 * Opens a request socket from @bound, a bound socket with its key set that was inherited or passed;
 * @inode is its inode number (fstat(2), st_ino). It works where AF_ALG sockets can't be made, and
 * leaves @bound as it is. What was open in @s before is closed first.
 * @return 0; -EBADF if @bound is closed or anything else by now; -ENOKEY if it has no key; -EMFILE
 */
int afalg_socket_accept(struct afalg_socket *s, int bound, uint64_t inode);

/**
 * The length of a key of the keyring, which need not be readable, as far as a cipher could use it.
 * @return 16, 24, 32 or 64; 0 if it is another, or can't be told on this kernel; or -errno as from
 *         afalg_socket_open()
 */
int afalg_key_length(int32_t serial);

/**
 * Whether @s is open and was opened by this process for this very structure: false
 * after fork in the child, and if its number now belongs to another one.
 */
bool afalg_socket_valid(const struct afalg_socket *s);

/**
 * Gives the descriptor back, if it is still a socket of AF_ALG and nobody else's.
 * A number that the application has closed and used again is left alone.
 */
void afalg_socket_close(struct afalg_socket *s);

/**
 * How long the requests of @s, which is open, may be: asked of the socket itself, once. If that
 * fails, what any socket takes.
 */
struct afalg_limits afalg_socket_limits(struct afalg_socket *s);

/** The same of a socket opened now. 0, or -errno with @limits as it was. */
int afalg_default_limits(struct afalg_limits *limits);

/**
 * A second socket with the running state of a hash; @to is closed first. After a fork @from is
 * unshared first, as by afalg_hash_update(). 0 or -errno.
 */
int afalg_socket_clone(struct afalg_socket *to, struct afalg_socket *from);

/* --- requests ---------------------------------------------------------- */

/*
 * Each request takes two system calls, never waits for room or data, and never
 * touches a descriptor that is not an AF_ALG socket: what was taken over by another
 * family is refused with -EBADF, -ENOTSOCK, -EINVAL, -EAGAIN or -EOPNOTSUPP. After
 * a failure of the kernel's other than -EBADMSG the socket is closed, since what
 * the kernel still holds is unknown: open it again. The output is then undefined;
 * the input is untouched unless it overlaps the output. Arguments that make no
 * request (-EINVAL, -EMSGSIZE) leave the socket as it is.
 *
 * A request longer than the socket's limits would be cut by the kernel, which may then report
 * success all the same (measured): it fails with -EMSGSIZE before anything is sent. If the kernel
 * takes less than all of another one, that is -ENOBUFS; if it gives less, -EIO.
 */

/** A request to a cipher or an AEAD algorithm. */
struct afalg_request {
    enum afalg_op op;
    const void *iv; /* sent with the request; NULL for none, as ECB has */
    size_t ivlen;
    size_t aadlen;           /* AEAD: how much of both input and output is AAD */
    const struct iovec *in;  /* up to AFALG_SEGMENTS_MAX segments */
    const struct iovec *out; /* likewise */
    int nin, nout;
};

/**
 * One cipher request: input and output have the same total length, a whole number of blocks.
 * @return the bytes done, which is all; -EMSGSIZE if they are more than afalg_skcipher_max()
 */
ssize_t afalg_skcipher(struct afalg_socket *s, const struct afalg_request *r);

/** The longest request of @s, which is open, with one segment for the output. */
size_t afalg_skcipher_max(struct afalg_socket *s);

/**
 * One AEAD message. In: AAD, text (and, decrypting, the tag); out: room for the
 * AAD, text (and, encrypting, the tag), exactly as long as the request yields.
 * @return the length of the output, AAD included; -EBADMSG if the tag is
 *         wrong (the socket stays usable, the output must be wiped by the
 *         caller); -EMSGSIZE if the message is longer than afalg_aead_fits()
 */
ssize_t afalg_aead(struct afalg_socket *s, const struct afalg_request *r);

/** Whether @s, which is open, takes a message of @inlen bytes that yields @outlen in segments. */
bool afalg_aead_fits(struct afalg_socket *s, size_t inlen, size_t outlen);

/**
 * Feeds a hash with @len bytes; more will follow. 0 or -errno.
 *
 * fork leaves a running hash to parent and child, which share its socket. The first call of each
 * after it unshares the socket: it is replaced by a copy that is this process's alone, so
 * that neither moves what the other has yet to copy, and both are exact. That takes a fork that
 * calls the handlers of pthread_atfork(3), as fork(3) does, and vfork(2) and _Fork(3) don't. If the
 * copy can't be made, nothing was sent, and s->running is still true: -EMFILE, -ENFILE, -ENOMEM,
 * or, in a child, -ENOSYS from a driver that can't copy a running hash (the parent keeps it then).
 */
int afalg_hash_update(struct afalg_socket *s, const void *data, size_t len);

/**
 * Ends a hash: @len last bytes (may be 0), then the digest, exactly @size bytes.
 * The socket is ready for the next message with the same key. 0 or -errno; after a
 * fork it unshares the socket as afalg_hash_update() does.
 */
int afalg_hash_final(struct afalg_socket *s, const void *data, size_t len, void *digest,
                     size_t size);

/** Fills @out with @len random bytes, in pieces of 128 (the kernel's limit). 0 or -errno. */
int afalg_rng_read(struct afalg_socket *s, void *out, size_t len);

/* --- what the kernel has ----------------------------------------------- */

/** What is known of the running kernel's algorithms; made once, asked many times. */
struct afalg_probe;

/**
 * A probe costs nothing until it is asked; then it reads the loaded drivers and, once a name is
 * not among them, the module index (modules.alias and modules.builtin.modinfo of the running
 * release), and holds one descriptor until it is freed. @return NULL if memory is short
 */
struct afalg_probe *afalg_probe_new(void);
void afalg_probe_free(struct afalg_probe *p);

/** Why it can't ask at all, if it has tried: 0, or -EAFNOSUPPORT, -EPERM, -EMFILE ... */
int afalg_probe_error(const struct afalg_probe *p);

/** Whether @error (-errno) may pass while the process lives: descriptors or memory are short. */
bool afalg_error_is_transient(int error);

/** Reads the loaded drivers, which takes no socket of AF_ALG. @return 0, or a transient -errno */
int afalg_probe_read(struct afalg_probe *p);

/** Does all that asking for names takes but the binds. @return 0, or afalg_probe_error() */
int afalg_probe_open(struct afalg_probe *p);

/**
 * Whether the kernel could have @name for @type: it is loaded, or by the module index it can be. It
 * binds nothing and so loads nothing; the kernel may still refuse. @return as afalg_probe_bind()
 */
int afalg_probe_possible(struct afalg_probe *p, const char *type, const char *name);

/**
 * Whether bind takes @name for @type. A name that neither is loaded nor could be
 * by the module index is not tried, as each try of a missing name runs modprobe.
 * @return 0, or -errno: -ENOENT no such name, -EAFNOSUPPORT no AF_ALG at all,
 *         -EPERM or -EACCES a sandbox
 */
int afalg_probe_bind(struct afalg_probe *p, const char *type, const char *name);

/* --- drivers ------------------------------------------------------------ */

/** One implementation of an algorithm in the running kernel. */
struct afalg_driver {
    char driver[AFALG_NAME_MAX];    /* its own name, "cbc-aes-aesni" */
    char algorithm[AFALG_NAME_MAX]; /* that it implements, "cbc(aes)" */
    int priority;                   /* bind by algorithm takes the highest */
    bool hardware;                  /* see afalg_drivers_find() */
    bool known;                     /* false: read from /proc/crypto, which can't tell hardware */
};

/** All drivers of the running kernel at one moment. */
struct afalg_drivers;

/**
 * Dumps the drivers by NETLINK_CRYPTO (no privilege needed; module crypto_user),
 * or reads /proc/crypto if that is missing. @return NULL if memory is short
 */
struct afalg_drivers *afalg_drivers_read(void);
void afalg_drivers_free(struct afalg_drivers *d);

/** The same from /proc/crypto alone: names and priorities, by no socket. */
struct afalg_drivers *afalg_drivers_read_names(void);

/**
 * The same as a probe knows them, with what its own binds have loaded. NETLINK_CRYPTO is asked
 * only if by /proc/crypto one of them may be hardware. Costs nothing
 * if the probe has asked before and no bind has loaded anything since.
 * @return the probe's, until its next call; NULL if it can't ask (afalg_probe_error())
 */
const struct afalg_drivers *afalg_probe_drivers(struct afalg_probe *p);

/**
 * The driver that bind takes for @name, an algorithm or a driver: of those that are
 * loaded and not internal, the one of highest priority. Hardware is, by the flags
 * that the kernel gives: KERN_DRIVER_ONLY (0x1000), or ASYNC (0x80) with
 * ALLOCATES_MEMORY (0x10000) and not a template's INSTANCE (0x800) (measured:
 * neither ASYNC nor KERN_DRIVER_ONLY decides alone).
 * @return 0, or -ENOENT if none is loaded
 */
int afalg_drivers_find(const struct afalg_drivers *d, const char *type, const char *name,
                       struct afalg_driver *found);

#ifdef __cplusplus
}
#endif
#endif
