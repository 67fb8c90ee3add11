/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors, a few of each algorithm that boards have in hardware. */
#include <string.h>

#include "test.h"

static const struct vector vectors[] = {
    { .kernel = "ecb(aes)",
      .source = "SP 800-38A, F.1.1",
      .key = "2b7e151628aed2a6abf7158809cf4f3c",
      .text = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fb"
              "c1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
      .output = "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece2388"
                "1b00e3ed0306887b0c785e27e8ad3f8223207104725dd4" },
    { .kernel = "cbc(aes)",
      .source = "SP 800-38A, F.2.1",
      .key = "2b7e151628aed2a6abf7158809cf4f3c",
      .iv = "000102030405060708090a0b0c0d0e0f",
      .text = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fb"
              "c1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
      .output = "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b71"
                "16e69e222295163ff1caa1681fac09120eca307586e1a7" },
    { .kernel = "ctr(aes)",
      .source = "SP 800-38A, F.5.1",
      .key = "2b7e151628aed2a6abf7158809cf4f3c",
      .iv = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      .text = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fb"
              "c1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
      .output = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b"
                "4f09020db03eab1e031dda2fbe03d1792170a0f3009cee" },
    { .kernel = "ctr(aes)",
      .source = "SP 800-38A, F.5.5",
      .key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      .iv = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      .text = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fb"
              "c1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
      .output = "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce8"
                "7017ba2d84988ddfc9c58db67aada613c2dd08457941a6" },
    { .kernel = "xts(aes)",
      .source = "IEEE 1619, vector 2",
      .key = "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f022222222222222222222222222222222",
      .iv = "33333333330000000000000000000000",
      .text = "4444444444444444444444444444444444444444444444444444444444444444",
      .output = "af85336b597afc1a900b2eb21ec949d292df4c047e0b21532186a5971a227a89" },
    { .kernel = "xts(aes)",
      .source = "IEEE 1619, vector 18",
      .key = "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
      .iv = "9a785634120000000000000000000000",
      .text = "000102030405060708090a0b0c0d0e0f10111213",
      .output = "9d84c813f719aa2c7be3f66171c7c5c2edbf9dac" },
    { .kernel = "ecb(des3_ede)",
      .source = "SP 800-67",
      .key = "0123456789abcdef23456789abcdef01456789abcdef0123",
      .text = "54686520717566636b2062726f776e20666f78206a756d70",
      .output = "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900" },
    { .kernel = "chacha20",
      .source = "RFC 8439, 2.4.2",
      .key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      .iv = "01000000000000000000004a00000000",
      .text = "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20"
              "4966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f722074686520"
              "6675747572652c2073756e73637265656e20776f756c642062652069742e",
      .output = "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f"
                "593dabcd62b3571639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc"
                "514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eedf2785e42874d" },
    { .kernel = "gcm(aes)",
      .source = "GCM, test case 4",
      .key = "feffe9928665731c6d6a8f9467308308",
      .iv = "cafebabefacedbaddecaf888",
      .aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      .text = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf"
              "0e2449a6b525b16aedf5aa0de657ba637b39",
      .output = "feedfacedeadbeeffeedfacedeadbeefabaddad242831ec2217774244b7221b784d0d49ce3aa212f2c"
                "02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc9"
                "4fbc3221a5db94fae95ae7121a47",
      .taglen = 16 },
    { .kernel = "gcm(aes)",
      .source = "GCM, test case 16",
      .key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      .iv = "cafebabefacedbaddecaf888",
      .aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      .text = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf"
              "0e2449a6b525b16aedf5aa0de657ba637b39",
      .output = "feedfacedeadbeeffeedfacedeadbeefabaddad2522dc1f099567d07f47f37a32a84427d643a8cdcbf"
                "e5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc"
                "6ece0f4e1768cddf8853bb2d551b",
      .taglen = 16 },
    { .kernel = "ccm(aes)",
      .source = "SP 800-38C, example 1",
      .key = "404142434445464748494a4b4c4d4e4f",
      .iv = "10111213141516",
      .aad = "0001020304050607",
      .text = "20212223",
      .output = "00010203040506077162015b4dac255d",
      .taglen = 4 },
    { .kernel = "ccm(aes)",
      .source = "RFC 3610",
      .key = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
      .iv = "00000003020100a0a1a2a3a4a5",
      .aad = "0001020304050607",
      .text = "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
      .output = "0001020304050607588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0",
      .taglen = 8 },
    { .kernel = "rfc7539(chacha20,poly1305)",
      .source = "RFC 8439, 2.8.2",
      .key = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
      .iv = "070000004041424344454647",
      .aad = "50515253c0c1c2c3c4c5c6c7",
      .text = "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20"
              "4966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f722074686520"
              "6675747572652c2073756e73637265656e20776f756c642062652069742e",
      .output = "50515253c0c1c2c3c4c5c6c7d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736"
                "ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d77"
                "8b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec6"
                "4b61161ae10b594f09e26a7e902ecbd0600691",
      .taglen = 16 },
    { .kernel = "md5",
      .source = "RFC 1321",
      .text = "6d65737361676520646967657374",
      .output = "f96b697d7cb7938d525a2f31aaf161d0" },
    { .kernel = "sha1",
      .source = "FIPS 180",
      .text = "616263",
      .output = "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { .kernel = "sha256",
      .source = "FIPS 180",
      .text = "616263",
      .output = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { .kernel = "sha384",
      .source = "FIPS 180",
      .text = "616263",
      .output = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358"
                "baeca134c825a7" },
    { .kernel = "sha512",
      .source = "FIPS 180",
      .text = "616263",
      .output = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836"
                "ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
    { .kernel = "sha3-256",
      .source = "FIPS 202",
      .text = "616263",
      .output = "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
    { .kernel = "hmac(sha1)",
      .source = "RFC 2202",
      .key = "4a656665",
      .text = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      .output = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
    { .kernel = "hmac(sha256)",
      .source = "RFC 4231",
      .key = "4a656665",
      .text = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      .output = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { .kernel = "hmac(sha384)",
      .source = "RFC 4231",
      .key = "4a656665",
      .text = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      .output = "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b"
                "3239ecfab21649" },
    { .kernel = "hmac(sha512)",
      .source = "RFC 4231",
      .key = "4a656665",
      .text = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      .output = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d"
                "034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
    { .kernel = "cmac(aes)",
      .source = "RFC 4493",
      .key = "2b7e151628aed2a6abf7158809cf4f3c",
      .text = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
      .output = "dfa66747de9ae63030ca32611497c827" },
    { .kernel = "cmac(aes)",
      .source = "SP 800-38B",
      .key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      .output = "028962f61b7bf89efc6b551f4667d983" },
};

const struct vector *vector_find(const struct target *t, unsigned n)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
        if (strcmp(vectors[i].kernel, t->kernel) == 0 && --n == 0)
            return &vectors[i];
    }
    return NULL;
}

/* The value of a hexadecimal digit in lower case. */
static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

size_t vector_bytes(const char *hex, unsigned char *bytes)
{
    size_t len = 0;

    for (; hex != NULL && hex[2 * len] != '\0'; len++)
        bytes[len] = (unsigned char)(digit(hex[2 * len]) << 4 | digit(hex[2 * len + 1]));
    return len;
}
