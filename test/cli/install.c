/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody else writes with libafalg-socket: the first block of NIST SP 800-38A, F.2.1. */
#include <afalg/socket.h>
#include <stdio.h>

int main(void)
{
    unsigned char key[] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                            0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
    unsigned char iv[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    unsigned char text[] = { 0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
                             0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a };
    struct afalg_transform cbc = {
        .type = "skcipher", .name = "cbc(aes)", .key = key, .keylen = sizeof(key)
    };
    struct iovec data = { text, sizeof(text) };
    struct afalg_request request = { .op = AFALG_ENCRYPT,
                                     .iv = iv,
                                     .ivlen = sizeof(iv),
                                     .in = &data,
                                     .nin = 1,
                                     .out = &data,
                                     .nout = 1 };
    struct afalg_socket s = AFALG_SOCKET_CLOSED;

    if (afalg_registry_hold() != 0 || afalg_socket_open(&s, &cbc) != 0 ||
        afalg_skcipher(&s, &request) != sizeof(text))
        return 1;
    for (size_t i = 0; i < sizeof(text); i++)
        printf("%02x", text[i]);
    afalg_socket_close(&s);
    afalg_registry_release();
    return 0;
}
