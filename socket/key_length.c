/* SPDX-License-Identifier: Apache-2.0 */
/* How long a key of the keyring is that can't be read: which transforms take it tells. */
#include <errno.h>
#include <sys/socket.h>

#include "afalg/socket.h"
#include "afalg/sockopt.h"
#include "descriptor.h"
#include "transform.h"

/* Whether a transform takes a key: 1, 0 if its length is not the transform's, or -errno; -ENOENT if
 * this kernel, or its policy, doesn't have the transform. */
static int takes(const char *name, int32_t serial)
{
    struct descriptor d;
    int error = afalg_descriptor_open(&d, AF_ALG, SOCK_SEQPACKET, 0);

    if (error != 0)
        return error;
    error = afalg_transform_bind(d.fd, "skcipher", name);
    if (error == 0)
        error = -sockopt_alg_key_serial(d.fd, serial);
    afalg_descriptor_close(&d);
    return error == -EINVAL ? 0 : error == 0 ? 1 : error;
}

/*
 * AES takes 16, 24 and 32 bytes, XTS twice as many, triple DES 24. From Linux 7.3 on XTS and
 * Adiantum, which takes 32, are all that a process without privilege is given.
 */
int afalg_key_length(int32_t serial)
{
    int xts = takes("xts(aes)", serial), aes, other;

    if (xts < 0 && xts != -ENOENT)
        return xts;
    aes = takes("cbc(aes)", serial);
    if (aes < 0 && aes != -ENOENT)
        return aes;
    if (xts == 1 && aes >= 0)
        return aes == 1 ? 32 : 64;
    if (xts == 0 && aes == 1) {
        other = takes("cbc(des3_ede)", serial);
        return other < 0 ? 0 : other == 1 ? 24 : 16;
    }
    if (xts == 1) {
        other = takes("adiantum(xchacha12,aes)", serial);
        return other < 0 ? 0 : other == 1 ? 32 : 64;
    }
    return 0;
}
