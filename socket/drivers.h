/* SPDX-License-Identifier: Apache-2.0 */
/* The drivers that the kernel has loaded. */
#ifndef AFALG_SOCKET_DRIVERS_H
#define AFALG_SOCKET_DRIVERS_H

#include "afalg/socket.h"

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

/** The same in a list. */
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
 * Whether hardware may be among what /proc/crypto has told: a driver that is asynchronous, or
 * preferred to portable code. Templates' instances are none. True also if nothing is known.
 */
bool afalg_drivers_may_be_hardware(const struct afalg_drivers *d);
/** Empties @d. */
void afalg_drivers_clear(struct afalg_drivers *d);
/** Appends a copy of @entry. 0 or -ENOMEM. */
int afalg_drivers_add(struct afalg_drivers *d, const struct driver_entry *entry);
/** Copies @len characters of @from, as many as fit, and an end. */
void afalg_drivers_copy_name(char to[AFALG_NAME_MAX], const char *from, size_t len);
/** What afalg_drivers_find() finds; NULL for nothing. */
const struct loaded_driver *afalg_drivers_lookup(const struct afalg_drivers *d, const char *type,
                                                 const char *name);
/** Whether @word (@len bytes) is part of any algorithm's name: "cbc" of "cbc(aes)". */
bool afalg_drivers_have_word(const struct afalg_drivers *d, const char *word, size_t len);

/* --- drivers_read.c --- */

/**
 * Reads what is loaded into an empty @d: by NETLINK_CRYPTO if @netlink, else, and if
 * that does not answer, from /proc/crypto. 0, or a transient -errno.
 */
int afalg_drivers_fill(struct afalg_drivers *d, bool netlink);
/** Has NETLINK_CRYPTO replace what @d has, if it answers. 0, or a transient -errno. */
int afalg_drivers_fill_flags(struct afalg_drivers *d);

/* --- netlink_crypto.c, proc_crypto.c --- */

/** Appends all that the kernel dumps. 0, or -errno with a part of them appended. */
int afalg_netlink_crypto_read(struct afalg_drivers *d);
/** Appends all of /proc/crypto; nothing if there is none. 0, or a transient -errno. */
int afalg_proc_crypto_read(struct afalg_drivers *d);

#endif
