/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of TLS up to 1.2 with a CBC cipher. Every record is taken apart three ways: by the
 * functions of cipher/cbc_padding.h alone, by the subject's EVP cipher and by the default
 * provider's, which must agree on validity, on the length of the text and, if the padding is
 * right, on the MAC.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/prov_ssl.h>

#include "cipher/cbc_padding.h"
#include "random.h"
#include "support.h"

enum { BLOCK = 16, PADDING_LONGEST = 256, RECORD_MAX = 1024 };

static const unsigned versions[] = { SSL3_VERSION,  TLS1_VERSION,  TLS1_1_VERSION, TLS1_2_VERSION,
                                     DTLS1_BAD_VER, DTLS1_VERSION, DTLS1_2_VERSION };
static const size_t mac_sizes[] = { 0, 16, 20, 32, 48, CBC_MAC_MAX };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is fixed for a run of records. */
struct setting {
    EVP_CIPHER *oracle, *subject;
    unsigned version;
    size_t macsize;
};

struct record {
    uint8_t bytes[RECORD_MAX];
    size_t len;
};

/* What became of a record. Without @valid the rest means nothing. */
struct opened {
    bool valid;
    size_t text;
    uint8_t mac[CBC_MAC_MAX];
};

static const uint8_t key[16] = "sixteen bytes...";
static const uint8_t iv[BLOCK] = "and an iv of 16.";

static size_t iv_length(unsigned version)
{
    return version == SSL3_VERSION || version == TLS1_VERSION ? 0 : BLOCK;
}

/* A context for records: both directions want libssl's parameters after the init. */
static EVP_CIPHER_CTX *start(const struct setting *setting, EVP_CIPHER *cipher, int encrypt)
{
    unsigned version = setting->version;
    size_t macsize = setting->macsize;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(OSSL_CIPHER_PARAM_TLS_VERSION, &version),
                            OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_TLS_MAC_SIZE, &macsize),
                            OSSL_PARAM_construct_end() };
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (EVP_CipherInit_ex2(ctx, cipher, key, iv, encrypt, NULL) != 1 ||
        EVP_CIPHER_CTX_set_params(ctx, params) != 1)
        die("no context for TLS records");
    return ctx;
}

/* Encrypts the bytes as they are. */
static struct record seal(const struct setting *setting, const struct record *record)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    struct record sealed = { .len = record->len };
    int len = 0;

    if (EVP_EncryptInit_ex2(ctx, setting->oracle, key, iv, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
        EVP_EncryptUpdate(ctx, sealed.bytes, &len, record->bytes, (int)record->len) != 1 ||
        (size_t)len != record->len)
        die("cannot encrypt a record");
    EVP_CIPHER_CTX_free(ctx);
    return sealed;
}

static struct opened open_evp(const struct setting *setting, EVP_CIPHER *cipher,
                              struct record sealed)
{
    EVP_CIPHER_CTX *ctx = start(setting, cipher, 0);
    struct opened opened = { .valid = false };
    void *mac = NULL;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, &mac,
                                                           setting->macsize),
                            OSSL_PARAM_construct_end() };
    int len = 0;

    opened.valid = EVP_DecryptUpdate(ctx, sealed.bytes, &len, sealed.bytes, (int)sealed.len) == 1;
    opened.text = (size_t)len;
    if (opened.valid && setting->macsize > 0) {
        if (EVP_CIPHER_CTX_get_params(ctx, params) != 1 || mac == NULL)
            die("no MAC from %s", EVP_CIPHER_get0_name(cipher));
        memcpy(opened.mac, mac, setting->macsize);
    }
    ERR_clear_error();
    EVP_CIPHER_CTX_free(ctx);
    return opened;
}

static struct opened open_alone(const struct setting *setting, const struct record *record)
{
    const struct cbc_format format = { .version = setting->version,
                                       .blocksize = BLOCK,
                                       .macsize = setting->macsize };
    struct opened opened = { .valid = false, .mac = "random bytes that are no MAC of any record" };

    opened.valid =
        cbc_padding_remove(&format, record->bytes, record->len, &opened.text, opened.mac) == 1;
    return opened;
}

/* Ends the program if two disagree about a record. */
static void compare(const struct setting *setting, const struct record *record,
                    const struct opened *expected, const struct opened *seen, const char *what)
{
    const uint8_t *place = record->bytes + iv_length(setting->version) + expected->text;
    size_t macsize = setting->macsize;
    bool good;

    if (seen->valid != expected->valid)
        die("%s: version %04x, mac %zu, %zu bytes: %d", what, setting->version, macsize,
            record->len, seen->valid);
    if (!expected->valid)
        return;
    if (seen->text != expected->text)
        die("%s: version %04x, mac %zu, %zu bytes: text of %zu instead of %zu", what,
            setting->version, macsize, record->len, seen->text, expected->text);
    good = memcmp(expected->mac, place, macsize) == 0;
    if (macsize > 0 && good != (memcmp(seen->mac, place, macsize) == 0))
        die("%s: version %04x, mac %zu, %zu bytes: MAC must be %s", what, setting->version, macsize,
            record->len, good ? "the record's" : "random");
}

/* @return whether the oracle gave the record's own MAC, so found the padding right */
static bool check(const struct setting *setting, const struct record *record)
{
    struct record sealed = seal(setting, record);
    struct opened expected = open_evp(setting, setting->oracle, sealed);
    struct opened alone = open_alone(setting, record);
    struct opened subject = open_evp(setting, setting->subject, sealed);

    compare(setting, record, &expected, &alone, "cipher/cbc_padding.h");
    compare(setting, record, &expected, &subject, subject_name());
    return expected.valid &&
           memcmp(expected.mac, record->bytes + iv_length(setting->version) + expected.text,
                  setting->macsize) == 0;
}

/* A record that is right: @padding bytes and their length byte, @extra blocks of text. */
static struct record compose(const struct setting *setting, size_t padding, size_t extra,
                             uint64_t seed)
{
    struct random random = random_start("tls_cbc", seed);
    size_t fixed = iv_length(setting->version) + setting->macsize + padding + 1;
    struct record record = { .len = fixed + (BLOCK - fixed % BLOCK) % BLOCK + extra * BLOCK };

    random_fill(&random, record.bytes, record.len - padding - 1);
    memset(record.bytes + record.len - padding - 1, (int)padding, padding + 1);
    return record;
}

static bool padding_allowed(unsigned version, size_t padding)
{
    return version != SSL3_VERSION || padding < BLOCK;
}

static void every_padding(const struct setting *setting)
{
    for (size_t padding = 0; padding < PADDING_LONGEST; padding++) {
        for (size_t extra = 0; extra < 3; extra += 2) {
            struct record record = compose(setting, padding, extra, padding);

            if (check(setting, &record) != padding_allowed(setting->version, padding))
                die("version %04x: padding %zu taken wrongly", setting->version, padding);
        }
    }
}

/* Each bit of the padding's length, and one bit of every other byte of it. */
static void every_wrong_byte(const struct setting *setting)
{
    static const size_t paddings[] = { 0, 1, 15, 16, 127, 255 };

    for (size_t i = 0; i < COUNT(paddings); i++) {
        struct record record = compose(setting, paddings[i], 1, i);

        for (size_t bit = 0; bit < 8; bit++) {
            record.bytes[record.len - 1] ^= (uint8_t)(1U << bit);
            check(setting, &record);
            record.bytes[record.len - 1] ^= (uint8_t)(1U << bit);
        }
        for (size_t back = 1; back <= paddings[i]; back++) {
            record.bytes[record.len - 1 - back] ^= (uint8_t)(1U << back % 8);
            if (check(setting, &record) && setting->version != SSL3_VERSION)
                die("version %04x: wrong padding byte accepted", setting->version);
            record.bytes[record.len - 1 - back] ^= (uint8_t)(1U << back % 8);
        }
    }
}

/* From one block on, as the default provider reads beyond the record if there is no explicit IV
 * to take off. */
static void every_short_length(const struct setting *setting)
{
    struct record record = { .len = 0 };
    struct opened nothing = open_alone(setting, &record);

    if (nothing.valid)
        die("an empty record is valid");
    for (size_t last = 0; last < 2; last++) {
        for (record.len = BLOCK; record.len < 10 * BLOCK; record.len += BLOCK) {
            memset(record.bytes, 0x5a, record.len);
            record.bytes[record.len - 1] = last == 0 ? 0 : PADDING_LONGEST - 1;
            check(setting, &record);
        }
    }
}

static void unknown_versions(const struct setting *setting)
{
    struct setting other = *setting;
    struct record record = compose(setting, 3, 1, 0);

    other.version = TLS1_3_VERSION;
    check(&other, &record);
    if (open_alone(&other, &record).valid)
        die("a CBC record of TLS 1.3 is valid");
}

/*
 * The same bytes from both for every length, in place as libssl does it; but for SSL 3.0, whose
 * padding may be of any bytes (RFC 6101, 5.2.3.2).
 */
static void every_encryption(const struct setting *setting)
{
    EVP_CIPHER_CTX *oracle = start(setting, setting->oracle, 1);
    EVP_CIPHER_CTX *subject = start(setting, setting->subject, 1);

    for (size_t len = 0; len < 5 * BLOCK; len++) {
        struct record expected = compose(setting, 0, 5, len);
        struct record seen = expected;
        int expected_len = 0, seen_len = 0;

        if (EVP_EncryptUpdate(oracle, expected.bytes, &expected_len, expected.bytes, (int)len) !=
                1 ||
            EVP_EncryptUpdate(subject, seen.bytes, &seen_len, seen.bytes, (int)len) != 1)
            die("encryption of %zu bytes failed", len);
        if (seen_len != expected_len || memcmp(seen.bytes, expected.bytes, (size_t)seen_len) != 0)
            die("encryption of %zu bytes differs", len);
    }
    EVP_CIPHER_CTX_free(oracle);
    EVP_CIPHER_CTX_free(subject);
}

static void padding_needs_room(void)
{
    uint8_t record[2 * BLOCK + 1] = { 0 };
    size_t len = BLOCK + 3;

    if (cbc_padding_add(BLOCK, record, &len, 2 * BLOCK - 1) != 0 || len != BLOCK + 3 ||
        record[len] != 0)
        die("padding written beyond the buffer");
    if (cbc_padding_add(BLOCK, record, &len, 2 * BLOCK) != 1 || len != 2 * BLOCK ||
        record[len] != 0 || record[BLOCK + 2] != 0 || record[BLOCK + 3] != 12 ||
        record[2 * BLOCK - 1] != 12)
        die("padding not written");
    if (cbc_padding_add(BLOCK, record, &len, 2 * BLOCK) != 0)
        die("a block of padding written beyond the buffer");
}

static void every_record(struct setting setting)
{
    for (size_t v = 0; v < COUNT(versions); v++) {
        setting.version = versions[v];
        for (size_t m = 0; m < COUNT(mac_sizes); m++) {
            setting.macsize = mac_sizes[m];
            every_padding(&setting);
            every_wrong_byte(&setting);
            every_short_length(&setting);
        }
        if (setting.version != SSL3_VERSION)
            every_encryption(&setting);
    }
    unknown_versions(&setting);
}

int main(void)
{
    OSSL_LIB_CTX *subject = subject_open(NULL);
    OSSL_LIB_CTX *oracle = oracle_open();
    struct setting setting = { .oracle = EVP_CIPHER_fetch(oracle, "AES-128-CBC", NULL),
                               .subject = subject_cipher(subject, "AES-128-CBC") };
    uint64_t requests;

    if (setting.subject == NULL || !is_subject(EVP_CIPHER_get0_provider(setting.subject)))
        die("AES-128-CBC is not offered by %s", subject_name());
    padding_needs_room();
    every_record(setting);
    requests = counters_read(subject).kernel_requests;
    if (subject_counts() && requests == 0)
        die("no record went to the kernel");
    printf("%s: %llu requests to the kernel\n", subject_name(), (unsigned long long)requests);
    EVP_CIPHER_free(setting.subject);
    EVP_CIPHER_free(setting.oracle);
    OSSL_LIB_CTX_free(subject);
    OSSL_LIB_CTX_free(oracle);
    return 0;
}
