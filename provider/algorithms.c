/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of algorithms. To add one, add a row: everything else follows from it.
 * OpenSSL's names and OIDs are those of its default provider; the kernel's are
 * those of /proc/crypto.
 */
#include "algorithm.h"

#include <openssl/core.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "aead/aead.h"
#include "cipher/classes.h"
#include "digest/digest.h"
#include "mac/mac.h"
#include "provctx.h"
#include "rand/rand.h"

/* Object identifier arcs that many rows share. */
#define OID_AES          "2.16.840.1.101.3.4.1."
#define OID_HASH         "2.16.840.1.101.3.4.2."
#define OID_CAMELLIA     "0.3.4401.5.3.1.9."
#define OID_CAMELLIA_CBC "1.2.392.200011.61.1.1.1."
#define OID_ARIA         "1.2.410.200046.1.1."
#define OID_SM           "1.2.156.10197.1."

/*   id  class  OpenSSL's names  AF_ALG's type  kernel's name  mode  key  IV  block  flags */
/* clang-format off */
#define CIPHERS(ROW) \
	ROW(aes_128_ecb, block, "AES-128-ECB:" OID_AES "1", "skcipher", "ecb(aes)", ECB, 16, 0, 16, 0) \
	ROW(aes_192_ecb, block, "AES-192-ECB:" OID_AES "21", "skcipher", "ecb(aes)", ECB, 24, 0, 16, 0) \
	ROW(aes_256_ecb, block, "AES-256-ECB:" OID_AES "41", "skcipher", "ecb(aes)", ECB, 32, 0, 16, 0) \
	ROW(aes_128_cbc, block, "AES-128-CBC:AES128:" OID_AES "2", "skcipher", "cbc(aes)", CBC, 16, 16, 16, 0) \
	ROW(aes_192_cbc, block, "AES-192-CBC:AES192:" OID_AES "22", "skcipher", "cbc(aes)", CBC, 24, 16, 16, 0) \
	ROW(aes_256_cbc, block, "AES-256-CBC:AES256:" OID_AES "42", "skcipher", "cbc(aes)", CBC, 32, 16, 16, 0) \
	ROW(aes_128_ctr, stream, "AES-128-CTR", "skcipher", "ctr(aes)", CTR, 16, 16, 16, 0) \
	ROW(aes_192_ctr, stream, "AES-192-CTR", "skcipher", "ctr(aes)", CTR, 24, 16, 16, 0) \
	ROW(aes_256_ctr, stream, "AES-256-CTR", "skcipher", "ctr(aes)", CTR, 32, 16, 16, 0) \
	ROW(aes_128_cfb, stream, "AES-128-CFB:" OID_AES "4", "skcipher", "cfb(aes)", CFB, 16, 16, 16, 0) \
	ROW(aes_192_cfb, stream, "AES-192-CFB:" OID_AES "24", "skcipher", "cfb(aes)", CFB, 24, 16, 16, 0) \
	ROW(aes_256_cfb, stream, "AES-256-CFB:" OID_AES "44", "skcipher", "cfb(aes)", CFB, 32, 16, 16, 0) \
	ROW(aes_128_ofb, stream, "AES-128-OFB:" OID_AES "3", "skcipher", "ofb(aes)", OFB, 16, 16, 16, 0) \
	ROW(aes_192_ofb, stream, "AES-192-OFB:" OID_AES "23", "skcipher", "ofb(aes)", OFB, 24, 16, 16, 0) \
	ROW(aes_256_ofb, stream, "AES-256-OFB:" OID_AES "43", "skcipher", "ofb(aes)", OFB, 32, 16, 16, 0) \
	ROW(aes_128_xts, xts, "AES-128-XTS:1.3.111.2.1619.0.1.1", "skcipher", "xts(aes)", XTS, 32, 16, 16, 0) \
	ROW(aes_256_xts, xts, "AES-256-XTS:1.3.111.2.1619.0.1.2", "skcipher", "xts(aes)", XTS, 64, 16, 16, 0) \
	ROW(aes_128_cts, cts, "AES-128-CBC-CTS", "skcipher", "cts(cbc(aes))", CTS, 16, 16, 16, 0) \
	ROW(aes_192_cts, cts, "AES-192-CBC-CTS", "skcipher", "cts(cbc(aes))", CTS, 24, 16, 16, 0) \
	ROW(aes_256_cts, cts, "AES-256-CBC-CTS", "skcipher", "cts(cbc(aes))", CTS, 32, 16, 16, 0) \
	ROW(aes_128_wrap, wrap, "AES-128-WRAP:id-aes128-wrap:AES128-WRAP:" OID_AES "5", "skcipher", "kw(aes)", WRAP, 16, 8, 8, 0) \
	ROW(aes_192_wrap, wrap, "AES-192-WRAP:id-aes192-wrap:AES192-WRAP:" OID_AES "25", "skcipher", "kw(aes)", WRAP, 24, 8, 8, 0) \
	ROW(aes_256_wrap, wrap, "AES-256-WRAP:id-aes256-wrap:AES256-WRAP:" OID_AES "45", "skcipher", "kw(aes)", WRAP, 32, 8, 8, 0) \
	ROW(aes_128_gcm, aead, "AES-128-GCM:id-aes128-GCM:" OID_AES "6", "aead", "gcm(aes)", GCM, 16, 12, 16, 0) \
	ROW(aes_192_gcm, aead, "AES-192-GCM:id-aes192-GCM:" OID_AES "26", "aead", "gcm(aes)", GCM, 24, 12, 16, 0) \
	ROW(aes_256_gcm, aead, "AES-256-GCM:id-aes256-GCM:" OID_AES "46", "aead", "gcm(aes)", GCM, 32, 12, 16, 0) \
	ROW(aes_128_ccm, aead, "AES-128-CCM:id-aes128-CCM:" OID_AES "7", "aead", "ccm(aes)", CCM, 16, 12, 16, 0) \
	ROW(aes_192_ccm, aead, "AES-192-CCM:id-aes192-CCM:" OID_AES "27", "aead", "ccm(aes)", CCM, 24, 12, 16, 0) \
	ROW(aes_256_ccm, aead, "AES-256-CCM:id-aes256-CCM:" OID_AES "47", "aead", "ccm(aes)", CCM, 32, 12, 16, 0) \
	ROW(chacha20, chacha20, "ChaCha20", "skcipher", "chacha20", CHACHA20, 32, 16, 64, 0) \
	ROW(chacha20_poly1305, chacha20_poly1305, "ChaCha20-Poly1305", "aead", "rfc7539(chacha20,poly1305)", CHACHA20_POLY1305, 32, 12, 64, 0) \
	ROW(des_ede3_ecb, block, "DES-EDE3-ECB:DES-EDE3", "skcipher", "ecb(des3_ede)", ECB, 24, 0, 8, ALG_RANDKEY) \
	ROW(des_ede3_cbc, block, "DES-EDE3-CBC:DES3:1.2.840.113549.3.7", "skcipher", "cbc(des3_ede)", CBC, 24, 8, 8, ALG_RANDKEY) \
	ROW(camellia_128_ecb, block, "CAMELLIA-128-ECB:" OID_CAMELLIA "1", "skcipher", "ecb(camellia)", ECB, 16, 0, 16, 0) \
	ROW(camellia_192_ecb, block, "CAMELLIA-192-ECB:" OID_CAMELLIA "21", "skcipher", "ecb(camellia)", ECB, 24, 0, 16, 0) \
	ROW(camellia_256_ecb, block, "CAMELLIA-256-ECB:" OID_CAMELLIA "41", "skcipher", "ecb(camellia)", ECB, 32, 0, 16, 0) \
	ROW(camellia_128_cbc, block, "CAMELLIA-128-CBC:CAMELLIA128:" OID_CAMELLIA_CBC "2", "skcipher", "cbc(camellia)", CBC, 16, 16, 16, 0) \
	ROW(camellia_192_cbc, block, "CAMELLIA-192-CBC:CAMELLIA192:" OID_CAMELLIA_CBC "3", "skcipher", "cbc(camellia)", CBC, 24, 16, 16, 0) \
	ROW(camellia_256_cbc, block, "CAMELLIA-256-CBC:CAMELLIA256:" OID_CAMELLIA_CBC "4", "skcipher", "cbc(camellia)", CBC, 32, 16, 16, 0) \
	ROW(camellia_128_ctr, stream, "CAMELLIA-128-CTR:" OID_CAMELLIA "9", "skcipher", "ctr(camellia)", CTR, 16, 16, 16, 0) \
	ROW(camellia_192_ctr, stream, "CAMELLIA-192-CTR:" OID_CAMELLIA "29", "skcipher", "ctr(camellia)", CTR, 24, 16, 16, 0) \
	ROW(camellia_256_ctr, stream, "CAMELLIA-256-CTR:" OID_CAMELLIA "49", "skcipher", "ctr(camellia)", CTR, 32, 16, 16, 0) \
	ROW(aria_128_ecb, block, "ARIA-128-ECB:" OID_ARIA "1", "skcipher", "ecb(aria)", ECB, 16, 0, 16, 0) \
	ROW(aria_192_ecb, block, "ARIA-192-ECB:" OID_ARIA "6", "skcipher", "ecb(aria)", ECB, 24, 0, 16, 0) \
	ROW(aria_256_ecb, block, "ARIA-256-ECB:" OID_ARIA "11", "skcipher", "ecb(aria)", ECB, 32, 0, 16, 0) \
	ROW(aria_128_cbc, block, "ARIA-128-CBC:ARIA128:" OID_ARIA "2", "skcipher", "cbc(aria)", CBC, 16, 16, 16, 0) \
	ROW(aria_192_cbc, block, "ARIA-192-CBC:ARIA192:" OID_ARIA "7", "skcipher", "cbc(aria)", CBC, 24, 16, 16, 0) \
	ROW(aria_256_cbc, block, "ARIA-256-CBC:ARIA256:" OID_ARIA "12", "skcipher", "cbc(aria)", CBC, 32, 16, 16, 0) \
	ROW(aria_128_ctr, stream, "ARIA-128-CTR:" OID_ARIA "5", "skcipher", "ctr(aria)", CTR, 16, 16, 16, 0) \
	ROW(aria_192_ctr, stream, "ARIA-192-CTR:" OID_ARIA "10", "skcipher", "ctr(aria)", CTR, 24, 16, 16, 0) \
	ROW(aria_256_ctr, stream, "ARIA-256-CTR:" OID_ARIA "15", "skcipher", "ctr(aria)", CTR, 32, 16, 16, 0) \
	ROW(sm4_ecb, block, "SM4-ECB:" OID_SM "104.1", "skcipher", "ecb(sm4)", ECB, 16, 0, 16, 0) \
	ROW(sm4_cbc, block, "SM4-CBC:SM4:" OID_SM "104.2", "skcipher", "cbc(sm4)", CBC, 16, 16, 16, 0) \
	ROW(sm4_ctr, stream, "SM4-CTR:" OID_SM "104.7", "skcipher", "ctr(sm4)", CTR, 16, 16, 16, 0) \
	ROW(sm4_xts, xts, "SM4-XTS:" OID_SM "104.10", "skcipher", "xts(sm4)", XTS, 32, 16, 16, ALG_XTS_GB) \
	ROW(sm4_gcm, aead, "SM4-GCM:" OID_SM "104.8", "aead", "gcm(sm4)", GCM, 16, 12, 16, 0) \
	ROW(sm4_ccm, aead, "SM4-CCM:" OID_SM "104.9", "aead", "ccm(sm4)", CCM, 16, 12, 16, 0)

/*   id  OpenSSL's names  kernel's name  digest  block  flags */
#define DIGESTS(ROW) \
	ROW(md5, "MD5:SSL3-MD5:1.2.840.113549.2.5", "md5", 16, 64, 0) \
	ROW(sha1, "SHA1:SHA-1:SSL3-SHA1:1.3.14.3.2.26", "sha1", 20, 64, ALG_ALGID_ABSENT | ALG_SSL3) \
	ROW(sha2_224, "SHA2-224:SHA-224:SHA224:" OID_HASH "4", "sha224", 28, 64, ALG_ALGID_ABSENT) \
	ROW(sha2_256, "SHA2-256:SHA-256:SHA256:" OID_HASH "1", "sha256", 32, 64, ALG_ALGID_ABSENT) \
	ROW(sha2_384, "SHA2-384:SHA-384:SHA384:" OID_HASH "2", "sha384", 48, 128, ALG_ALGID_ABSENT) \
	ROW(sha2_512, "SHA2-512:SHA-512:SHA512:" OID_HASH "3", "sha512", 64, 128, ALG_ALGID_ABSENT) \
	ROW(sha3_224, "SHA3-224:" OID_HASH "7", "sha3-224", 28, 144, ALG_ALGID_ABSENT) \
	ROW(sha3_256, "SHA3-256:" OID_HASH "8", "sha3-256", 32, 136, ALG_ALGID_ABSENT) \
	ROW(sha3_384, "SHA3-384:" OID_HASH "9", "sha3-384", 48, 104, ALG_ALGID_ABSENT) \
	ROW(sha3_512, "SHA3-512:" OID_HASH "10", "sha3-512", 64, 72, ALG_ALGID_ABSENT) \
	ROW(blake2b_512, "BLAKE2B-512:BLAKE2b512:1.3.6.1.4.1.1722.12.2.1.16", "blake2b-512", 64, 128, ALG_VARIABLE_LENGTH) \
	ROW(ripemd_160, "RIPEMD-160:RIPEMD160:RIPEMD:RMD160:1.3.36.3.2.1", "rmd160", 20, 64, 0) \
	ROW(sm3, "SM3:" OID_SM "401", "sm3", 32, 64, 0)

/*   id  OpenSSL's name  kernel's template, around the digest's or the cipher's primitive */
#define MACS(ROW) \
	ROW(hmac, "HMAC", "hmac", MAC_HMAC) \
	ROW(cmac, "CMAC", "cmac", MAC_CMAC) \
	ROW(gmac, "GMAC", "gcm", MAC_GMAC)

/*   id  OpenSSL's name, which is the kernel's */
#define RANDS(ROW) \
	ROW(stdrng, "stdrng") \
	ROW(jitterentropy_rng, "jitterentropy_rng") \
	ROW(drbg_nopr_hmac_sha256, "drbg_nopr_hmac_sha256") \
	ROW(drbg_nopr_hmac_sha512, "drbg_nopr_hmac_sha512") \
	ROW(drbg_nopr_sha256, "drbg_nopr_sha256") \
	ROW(drbg_nopr_ctr_aes256, "drbg_nopr_ctr_aes256") \
	ROW(drbg_pr_hmac_sha256, "drbg_pr_hmac_sha256") \
	ROW(drbg_pr_hmac_sha512, "drbg_pr_hmac_sha512") \
	ROW(drbg_pr_sha256, "drbg_pr_sha256") \
	ROW(drbg_pr_ctr_aes256, "drbg_pr_ctr_aes256")
/* clang-format on */

#define ROW_NUMBER(id, ...) ROW_##id,
enum { CIPHERS(ROW_NUMBER) DIGESTS(ROW_NUMBER) MACS(ROW_NUMBER) RANDS(ROW_NUMBER) ROWS };

/* OpenSSL's ABI gives newctx and get_params no way to know their row, so each row has its own. */
#define CIPHER_FUNCTIONS(id, class, ...)                                                           \
    static OSSL_FUNC_cipher_newctx_fn id##_newctx;                                                 \
    static void *id##_newctx(void *prov)                                                           \
    {                                                                                              \
        return class##_new(prov, &algorithms[ROW_##id]);                                           \
    }                                                                                              \
    static OSSL_FUNC_cipher_get_params_fn id##_get_params;                                         \
    static int id##_get_params(OSSL_PARAM params[])                                                \
    {                                                                                              \
        return cipher_get_params(&algorithms[ROW_##id], params);                                   \
    }
CIPHERS(CIPHER_FUNCTIONS)

#define DIGEST_FUNCTIONS(id, ...)                                                                  \
    static OSSL_FUNC_digest_newctx_fn id##_newctx;                                                 \
    static void *id##_newctx(void *prov)                                                           \
    {                                                                                              \
        return digest_new(prov, &algorithms[ROW_##id]);                                            \
    }                                                                                              \
    static OSSL_FUNC_digest_get_params_fn id##_get_params;                                         \
    static int id##_get_params(OSSL_PARAM params[])                                                \
    {                                                                                              \
        return digest_get_params(&algorithms[ROW_##id], params);                                   \
    }
DIGESTS(DIGEST_FUNCTIONS)

#define MAC_FUNCTIONS(id, ...)                                                                     \
    static OSSL_FUNC_mac_newctx_fn id##_newctx;                                                    \
    static void *id##_newctx(void *prov)                                                           \
    {                                                                                              \
        return id##_new(prov, &algorithms[ROW_##id]);                                              \
    }
MACS(MAC_FUNCTIONS)

#define RAND_FUNCTIONS(id, ...)                                                                    \
    static OSSL_FUNC_rand_newctx_fn id##_newctx;                                                   \
    static void *id##_newctx(void *prov, void *parent, const OSSL_DISPATCH *calls)                 \
    {                                                                                              \
        return rand_new(prov, &algorithms[ROW_##id], parent, calls);                               \
    }
RANDS(RAND_FUNCTIONS)

#define CIPHER_ROW(id, class, names_, type_, kernel_, mode_, key, iv, block, flags_)               \
    {                                                                                              \
        .names = names_,                                                                           \
        .operation = OSSL_OP_CIPHER,                                                               \
        .type = type_,                                                                             \
        .kernel = kernel_,                                                                         \
        .mode = MODE_##mode_,                                                                      \
        .keylen = key,                                                                             \
        .ivlen = iv,                                                                               \
        .blocksize = block,                                                                        \
        .flags = flags_,                                                                           \
        .functions = class##_functions,                                                            \
        .newctx = (void (*)(void))id##_newctx,                                                     \
        .get_params = (void (*)(void))id##_get_params,                                             \
    },
#define DIGEST_ROW(id, names_, kernel_, size_, block, flags_)                                      \
    {                                                                                              \
        .names = names_,                                                                           \
        .operation = OSSL_OP_DIGEST,                                                               \
        .type = "hash",                                                                            \
        .kernel = kernel_,                                                                         \
        .size = size_,                                                                             \
        .blocksize = block,                                                                        \
        .flags = flags_,                                                                           \
        .functions = (flags_)&ALG_VARIABLE_LENGTH ? variable_length_digest_functions               \
                     : (flags_)&ALG_SSL3          ? ssl3_digest_functions                          \
                                                  : digest_functions,                                       \
        .newctx = (void (*)(void))id##_newctx,                                                     \
        .get_params = (void (*)(void))id##_get_params,                                             \
    },
#define MAC_ROW(id, names_, kernel_, template)                                                     \
    {                                                                                              \
        .names = names_,                                                                           \
        .operation = OSSL_OP_MAC,                                                                  \
        .kernel = kernel_,                                                                         \
        .mac_template = template,                                                                  \
        .functions = id##_functions,                                                               \
        .newctx = (void (*)(void))id##_newctx,                                                     \
    },
#define RAND_ROW(id, name)                                                                         \
    {                                                                                              \
        .names = name,                                                                             \
        .operation = OSSL_OP_RAND,                                                                 \
        .type = "rng",                                                                             \
        .kernel = name,                                                                            \
        .functions = rand_functions,                                                               \
        .newctx = (void (*)(void))id##_newctx,                                                     \
    },

const struct algorithm algorithms[] = { CIPHERS(CIPHER_ROW) DIGESTS(DIGEST_ROW) MACS(MAC_ROW)
                                            RANDS(RAND_ROW) };
const size_t algorithm_count = ROWS;

const struct mode_traits mode_traits[] = {
    [MODE_ECB] = { .evp_mode = EVP_CIPH_ECB_MODE, .blocks = true },
    [MODE_CBC] = { .evp_mode = EVP_CIPH_CBC_MODE,
                   .blocks = true,
                   .rewinds = true,
                   .next_iv = NEXT_IV_CIPHERTEXT },
    [MODE_CTR] = { .evp_mode = EVP_CIPH_CTR_MODE,
                   .keystream = true,
                   .next_iv = NEXT_IV_BIG_ENDIAN_128 },
    [MODE_CFB] = { .evp_mode = EVP_CIPH_CFB_MODE,
                   .rewinds = true,
                   .keystream = true,
                   .keystream_in_iv = true,
                   .feedback = true,
                   .next_iv = NEXT_IV_CIPHERTEXT },
    [MODE_OFB] = { .evp_mode = EVP_CIPH_OFB_MODE,
                   .rewinds = true,
                   .keystream = true,
                   .keystream_in_iv = true,
                   .next_iv = NEXT_IV_KEYSTREAM },
    [MODE_CHACHA20] = { .evp_mode = EVP_CIPH_STREAM_CIPHER,
                        .custom_iv = true,
                        .counts_outside_iv = true,
                        .next_iv = NEXT_IV_LITTLE_ENDIAN_64 },
    [MODE_XTS] = { .evp_mode = EVP_CIPH_XTS_MODE, .custom_iv = true },
    [MODE_CTS] = { .evp_mode = EVP_CIPH_CBC_MODE, .blocks = true, .rewinds = true, .steals = true },
    [MODE_WRAP] = { .evp_mode = EVP_CIPH_WRAP_MODE, .custom_iv = true, .blocks = true },
    [MODE_GCM] = { .evp_mode = EVP_CIPH_GCM_MODE, .custom_iv = true, .aead = &aead_gcm },
    [MODE_CCM] = { .evp_mode = EVP_CIPH_CCM_MODE, .custom_iv = true, .aead = &aead_ccm },
    [MODE_CHACHA20_POLY1305] = { .evp_mode = EVP_CIPH_STREAM_CIPHER,
                                 .custom_iv = true,
                                 .aead = &aead_chacha20_poly1305 },
};
