/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of socket/ share. */
#ifndef AFALG_SOCKET_INTERNAL_H
#define AFALG_SOCKET_INTERNAL_H

#include <linux/if_alg.h>
#include <sys/socket.h>

#include "afalg/socket.h"

/*
 * recv flags under which every family but AF_ALG refuses or has nothing: MSG_OOB
 * is refused by UNIX and netlink sockets, MSG_ERRQUEUE turns TCP and UDP away from
 * their data. AF_ALG looks at neither (measured). MSG_DONTWAIT: a request that
 * yields less than was asked for fails instead of blocking for ever.
 */
#define RECV_FLAGS (MSG_DONTWAIT | MSG_OOB | MSG_ERRQUEUE)

/**
 * Enters @s as owner of its descriptor. 0, or -EMFILE (nothing entered): its number is too high, or
 * it is @limited and the limit is reached.
 */
int registry_enter(const struct afalg_socket *s, bool limited);
/**
 * Takes @s out again. Whether its descriptor's number was @s's until now: here or, before a fork,
 * in the parent, of whose socket it is a copy.
 */
bool registry_leave(const struct afalg_socket *s);
/** Whether @s was the last to enter with its number: here or, before a fork, in the parent. */
bool registry_claimed(const struct afalg_socket *s);
/**
 * A count that moves on in parent and child with each fork that calls the handlers of
 * pthread_atfork(3).
 */
unsigned registry_generation(void);
/** Whether one more socket may be opened: 0, or -EMFILE, or -ENOSYS without a registry. */
int registry_has_room(void);

/** A descriptor bound to a type and name, CLOEXEC; or -errno. */
int transform_bind(const char *type, const char *name);
/** The same for a socket that exists already. 0 or -errno. */
int transform_rebind(int fd, const char *type, const char *name);

/**
 * Makes sure that a running hash is this process's alone. 0; -EBADF if the descriptor was closed or
 * is another's by now; else as afalg_hash_update() says, with @s as it was. @s->running is true.
 */
int socket_unshare(struct afalg_socket *s);

/** What one sendmsg takes; see message_begin(). */
struct message {
    struct msghdr msg;
    size_t len; /* of the data to send */
    union {
        struct cmsghdr align;
        unsigned char bytes[CMSG_SPACE(0) + 2 * CMSG_SPACE(sizeof(uint32_t)) +
                            CMSG_SPACE(sizeof(struct af_alg_iv) + AFALG_IV_MAX)];
    } control;
};

/** Starts a message of @len bytes in all: the guard against foreign sockets, nothing else yet. */
void message_begin(struct message *m, const struct iovec *in, int nin, size_t len);
void message_add_op(struct message *m, enum afalg_op op);
void message_add_assoclen(struct message *m, size_t aadlen);
/** @return 0, or -EINVAL for an IV longer than AFALG_IV_MAX. */
int message_add_iv(struct message *m, const void *iv, size_t ivlen);
/** Sends all of it or fails: 0 or -errno (-ENOBUFS if the kernel took only a part). */
int message_send(struct message *m, const struct afalg_socket *s, int flags);
/** Receives up to @len bytes: how many came, or -errno. */
ssize_t request_receive_some(const struct afalg_socket *s, void *to, size_t len);

/**
 * Receives exactly @len bytes into the segments: 0 or -errno, -EIO where fewer came. The rest is
 * not asked for then: of a digest or an AEAD message the kernel has dropped it, and for the rest
 * of one of XTS or CTS it would take what is a message of its own.
 */
int request_receive(const struct afalg_socket *s, const struct iovec *out, int nout, size_t len);

/**
 * Ends a request that yields no byte, as an AEAD message of neither AAD nor text
 * does. Receiving into no room would return without looking at the tag.
 */
int request_receive_nothing(const struct afalg_socket *s);

/* Of any socket, whatever its buffers: see limits.c. */
#define SURE_SEND    ((size_t)4096)
#define SURE_SEGMENT ((size_t)4096)

/** request_fits() of what is longer than that. */
bool limits_hold(struct afalg_socket *s, size_t inlen, size_t outlen, int nout);

/** Whether the kernel takes @inlen bytes at once, and gives @outlen at once into @nout segments. */
static inline bool request_fits(struct afalg_socket *s, size_t inlen, size_t outlen, int nout)
{
    return (inlen <= SURE_SEND && outlen <= SURE_SEGMENT && nout == 1) ||
           limits_hold(s, inlen, outlen, nout);
}

/** Sum of the segments' lengths. */
size_t segments_length(const struct iovec *v, int n);

/** What to do with a socket after a request ended with @error: returns @error. */
int request_failed(struct afalg_socket *s, int error);

/* --- what the kernel has loaded (drivers.c) --- */

/* Of cra_flags, as the kernel's include/linux/crypto.h has them: no header for user space does. */
#define CRYPTO_ALG_ASYNC 0x00000080

/** One implementation as it is read; names are cut to what fits. */
struct driver_entry {
    char name[AFALG_NAME_MAX];
    char driver[AFALG_NAME_MAX];
    char type[AFALG_NAME_MAX]; /* the kernel's word: skcipher, lskcipher, aead, shash, ... */
    int priority;
    uint32_t flags; /* the kernel's cra_flags; of /proc/crypto CRYPTO_ALG_ASYNC alone */
    bool internal;  /* for other drivers only */
};

/** The same as it is kept. */
struct loaded_driver {
    char *name; /* owned, with the two that follow behind it */
    const char *driver;
    const char *type;
    int priority;
    uint32_t flags;
    bool internal;
};

struct afalg_drivers {
    struct loaded_driver *loaded; /* in the kernel's own order */
    size_t count, room;
    bool known; /* flags are */
};

/**
 * Reads what is loaded into an empty @d: by NETLINK_CRYPTO if @netlink, else, and where
 * that is not to be had, from /proc/crypto. 0, or a transient -errno.
 */
int drivers_fill(struct afalg_drivers *d, bool netlink);
/** Has NETLINK_CRYPTO replace what @d has, if it answers. 0, or a transient -errno. */
int drivers_fill_flags(struct afalg_drivers *d);
/**
 * Whether hardware may be among what /proc/crypto has told: a driver that is asynchronous, or
 * preferred to portable code. Templates' instances are none. True also if nothing is known.
 */
bool drivers_may_be_hardware(const struct afalg_drivers *d);
/** Empties @d. */
void drivers_clear(struct afalg_drivers *d);
/** Appends a copy of @entry. 0 or -ENOMEM. */
int drivers_add(struct afalg_drivers *d, const struct driver_entry *entry);
/** Copies @len characters of @from, as many as fit, and an end. */
void drivers_name(char to[AFALG_NAME_MAX], const char *from, size_t len);
/** What afalg_drivers_find() finds; NULL for nothing. */
const struct loaded_driver *drivers_lookup(const struct afalg_drivers *d, const char *type,
                                           const char *name);
/** Whether @word (@len bytes) is part of any algorithm's name: "cbc" of "cbc(aes)". */
bool drivers_have_word(const struct afalg_drivers *d, const char *word, size_t len);
/** Appends all that the kernel dumps. 0, or -errno with a part of them appended. */
int netlink_crypto_read(struct afalg_drivers *d);
/** Appends all of /proc/crypto; nothing where there is none. 0, or a transient -errno. */
int proc_crypto_read(struct afalg_drivers *d);

/* --- what it could load (modules.c) --- */

/** The names that modules of the running kernel answer to. */
struct module_index;
/** NETLINK_CRYPTO's module, as modprobe is asked for it. */
#define NETLINK_CRYPTO_ALIAS "net-pf-16-proto-21"
/** Makes @index; without its files it is empty. 0, or -errno and @index is as it was. */
int module_index_read(struct module_index **index);
void module_index_free(struct module_index *index);
/** Whether a module, built in or not, has the alias crypto-@name (@len bytes). */
bool module_index_has(const struct module_index *index, const char *name, size_t len);
/** Whether one can open NETLINK_CRYPTO. */
bool module_index_netlink(const struct module_index *index);
/** Whether @module is built into the kernel. */
bool module_index_builtin(const struct module_index *index, const char *module);
/** Whether the running kernel has no index here (a container, a kernel without modules). */
bool module_index_missing(const struct module_index *index);

#endif
