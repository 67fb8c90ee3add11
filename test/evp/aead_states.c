/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AEAD's calls out of their order: what would use a nonce twice, or accept what nobody has
 * verified, is refused; what default does is done.
 */
#include "cmocka_test.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/proverr.h>
#include <openssl/rand.h>

#include "support.h"

static uint8_t key[32] = "a key of thirty-two bytes, of no";
static uint8_t iv[16] = "nonce nonce 123";
static uint8_t text[64] = "the text of the message, and nothing but the text of the message";

static OSSL_LIB_CTX *libctx;

static EVP_CIPHER *fetch(const char *name)
{
    EVP_CIPHER *cipher = subject_cipher(libctx, name);

    assert_non_null(cipher);
    assert_true(is_subject(EVP_CIPHER_get0_provider(cipher)));
    return cipher;
}

/* A context of the subject; with key and IV if @enc is 0 or 1. */
static EVP_CIPHER_CTX *begin(const char *name, int enc)
{
    EVP_CIPHER *cipher = fetch(name);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    assert_non_null(ctx);
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, enc < 0 ? NULL : key, enc < 0 ? NULL : iv,
                                        enc < 0 ? 1 : enc, NULL),
                     1);
    EVP_CIPHER_free(cipher);
    return ctx;
}

static int set_tag(EVP_CIPHER_CTX *ctx, const void *tag, size_t len)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (void *)(uintptr_t)tag, len),
        OSSL_PARAM_construct_end(),
    };

    return EVP_CIPHER_CTX_set_params(ctx, params);
}

/* Seals @len bytes of the text by GCM or ChaCha20-Poly1305. */
static void seal(const char *name, uint8_t *out, size_t len, uint8_t tag[16])
{
    EVP_CIPHER_CTX *ctx = begin(name, 1);
    int n;

    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, (int)len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, out, &n), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
}

static void refused(int result, int reason)
{
    unsigned long error = ERR_peek_error();

    assert_true(result <= 0);
    assert_int_equal(reason == 0 ? error : (unsigned long)ERR_GET_REASON(error), reason);
    ERR_clear_error();
}

static void ccm_seals_one_text_under_a_nonce(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-CCM", 1);
    uint8_t out[64];
    int n;

    (void)state;
    assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, NULL, 32), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 32), 1);
    refused(EVP_EncryptUpdate(ctx, out, &n, text, 32), PROV_R_CIPHER_OPERATION_FAILED);
    refused(EVP_EncryptUpdate(ctx, NULL, &n, NULL, 32), PROV_R_CIPHER_OPERATION_FAILED);
    refused(EVP_EncryptUpdate(ctx, out, &n, text, 32), PROV_R_CIPHER_OPERATION_FAILED);
    EVP_CIPHER_CTX_free(ctx);
}

static int start_record(EVP_CIPHER_CTX *ctx, size_t fixed, int taglen)
{
    uint8_t aad[13] = { 0, 0, 0, 0, 0, 0, 0, 1, 23, 3, 3, 0, 40 };

    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IV_FIXED, (int)fixed, iv), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_TLS1_AAD, 13, aad), taglen);
    return 40;
}

static void a_record_of_chacha20_poly1305_is_read_from_its_input(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("ChaCha20-Poly1305", 1);
    uint8_t apart[64] = { 1, 2, 3 }, place[64] = { 0 };
    int n;

    (void)state;
    memcpy(place, text, 40);
    start_record(ctx, 12, 16);
    assert_int_equal(EVP_EncryptUpdate(ctx, place, &n, place, 56), 1);
    start_record(ctx, 12, 16);
    assert_int_equal(EVP_EncryptUpdate(ctx, apart, &n, text, 56), 1);
    assert_int_equal(n, 56);
    assert_memory_equal(apart, place, 56);
    EVP_CIPHER_CTX_free(ctx);
}

static void a_record_of_gcm_and_ccm_is_done_in_place_only(void **state)
{
    static const char *const names[] = { "AES-128-GCM", "AES-128-CCM" };
    uint8_t out[64] = { 0 };
    int n;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        EVP_CIPHER_CTX *ctx = begin(names[i], 1);

        start_record(ctx, 4, i == 0 ? 16 : 12);
        refused(EVP_EncryptUpdate(ctx, out, &n, text, 64), PROV_R_CIPHER_OPERATION_FAILED);
        EVP_CIPHER_CTX_free(ctx);
    }
}

static void gcm_does_not_replace_an_iv_of_another_length(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-GCM", 1);
    uint8_t out[64];
    int n;

    (void)state;
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 16, NULL), 1);
    refused(EVP_EncryptUpdate(ctx, out, &n, text, 32), PROV_R_CIPHER_OPERATION_FAILED);
    EVP_CIPHER_CTX_free(ctx);
}

static void ccm_fails_after_a_tampered_text_for_good(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-CCM", -1);
    uint8_t out[64];
    int n;

    (void)state;
    assert_int_equal(EVP_DecryptInit_ex2(ctx, NULL, NULL, NULL, NULL), 1);
    assert_int_equal(set_tag(ctx, text, 12), 1);
    assert_int_equal(EVP_DecryptInit_ex2(ctx, NULL, key, iv, NULL), 1);
    refused(EVP_DecryptUpdate(ctx, out, &n, text, 32), PROV_R_CIPHER_OPERATION_FAILED);
    refused(EVP_DecryptFinal_ex(ctx, out, &n), 0);
    refused(EVP_DecryptFinal_ex(ctx, out, &n), 0);
    EVP_CIPHER_CTX_free(ctx);
}

/* From OpenSSL 4.0 on, by default, the tag may still come. */
static void chacha20_poly1305_ends_with_a_final_without_a_tag(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("ChaCha20-Poly1305", 0);
    uint8_t out[64];
    int n;

    (void)state;
    assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, text, 32), 1);
    refused(EVP_DecryptFinal_ex(ctx, out, &n), PROV_R_TAG_NOT_SET);
    if (OPENSSL_version_major() < 4)
        refused(EVP_DecryptUpdate(ctx, out, &n, text, 32), 0);
    else
        assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, text, 32), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* CCM's default length and tag, in the direction @enc, with key and IV. */
static void begin_again(EVP_CIPHER_CTX *ctx, int enc)
{
    assert_int_equal(EVP_CipherInit_ex2(ctx, NULL, key, iv, enc, NULL), 1);
}

/* As in default, until the tag is fetched. */
static void ccm_keeps_its_length_while_the_direction_changes(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-CCM", 1);
    uint8_t out[64], tag[12];
    int n;

    (void)state;
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 30), 1);
    begin_again(ctx, 0);
    begin_again(ctx, 1);
    refused(EVP_EncryptUpdate(ctx, out, &n, text, 60), PROV_R_CIPHER_OPERATION_FAILED);
    begin_again(ctx, 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, NULL, 60), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 60), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 12, tag), 1);
    begin_again(ctx, 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 30), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* Default's would have the length that was set since, or be what was set to be verified. */
static void ccm_gives_no_tag_but_its_last_messages(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-CCM", 1);
    uint8_t out[64], tag[16];
    int n;

    (void)state;
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 30), 1);
    assert_int_equal(set_tag(ctx, NULL, 16), 1);
    begin_again(ctx, 1);
    refused(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag), PROV_R_TAG_NOT_SET);
    begin_again(ctx, 0);
    assert_int_equal(set_tag(ctx, text, 16), 1);
    begin_again(ctx, 1);
    refused(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag), PROV_R_TAG_NOT_SET);
    EVP_CIPHER_CTX_free(ctx);
}

static void evp_cipher_of_no_bytes_needs_a_message(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-GCM", 1);
    uint8_t out[64];
    int n;

    (void)state;
    assert_int_equal(EVP_Cipher(ctx, out, text, 0), 0);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, out, &n), 1);
    refused(EVP_Cipher(ctx, out, text, 0), 0);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 0), 1);
    start_record(ctx, 4, 16);
    refused(EVP_Cipher(ctx, out, out, 0), 0);
    refused(EVP_EncryptUpdate(ctx, out, &n, out, 64), PROV_R_CIPHER_OPERATION_FAILED);
    EVP_CIPHER_CTX_free(ctx);
}

static void evp_cipher_verifies_an_empty_text_of_ccm(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-CCM", -1);
    int n;

    (void)state;
    assert_int_equal(EVP_DecryptInit_ex2(ctx, NULL, NULL, NULL, NULL), 1);
    assert_int_equal(set_tag(ctx, text, 12), 1);
    assert_int_equal(EVP_DecryptInit_ex2(ctx, NULL, key, iv, NULL), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, NULL, &n, NULL, 0), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, NULL, &n, text, 20), 1);
    refused(EVP_Cipher(ctx, NULL, NULL, 0), 0);
    EVP_CIPHER_CTX_free(ctx);
}

static void a_ccm_record_takes_the_tag_length_of_its_key(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-CCM", -1);
    uint8_t record[80] = { 0 };
    int n;

    (void)state;
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL), 1);
    assert_int_equal(set_tag(ctx, NULL, 8), 1);
    assert_int_equal(EVP_EncryptInit_ex2(ctx, NULL, key, iv, NULL), 1);
    assert_int_equal(set_tag(ctx, NULL, 16), 1);
    start_record(ctx, 4, 16);
    refused(EVP_EncryptUpdate(ctx, record, &n, record, 56), PROV_R_CIPHER_OPERATION_FAILED);
    EVP_CIPHER_CTX_free(ctx);
}

static void the_tag_that_is_set_last_is_the_one_verified(void **state)
{
    static const char *const names[] = { "AES-128-GCM", "ChaCha20-Poly1305" };
    uint8_t sealed[64], out[64], tag[16], other[16] = { 0 };
    int n;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        EVP_CIPHER_CTX *ctx;

        seal(names[i / 2], sealed, 32, tag);
        ctx = begin(names[i / 2], 0);
        assert_int_equal(set_tag(ctx, tag, 16), 1);
        assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, sealed, 32), 1);
        assert_memory_equal(out, text, 32);
        assert_int_equal(set_tag(ctx, i % 2 ? tag : other, 16), 1);
        if (i % 2)
            assert_int_equal(EVP_DecryptFinal_ex(ctx, out, &n), 1);
        else
            refused(EVP_DecryptFinal_ex(ctx, out, &n), 0);
        EVP_CIPHER_CTX_free(ctx);
    }
}

static void a_wrong_tag_leaves_no_error(void **state)
{
    static const char *const names[] = { "AES-256-GCM", "ChaCha20-Poly1305" };
    uint8_t out[64];
    int n;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        EVP_CIPHER_CTX *ctx = begin(names[i / 2], 0);

        assert_int_equal(set_tag(ctx, text, 16), 1);
        if (i % 2)
            assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, text, 32), 1);
        refused(EVP_DecryptFinal_ex(ctx, out, &n), 0);
        EVP_CIPHER_CTX_free(ctx);
    }
}

static void ccm_compares_an_empty_text_with_the_length_that_was_set(void **state)
{
    EVP_CIPHER_CTX *ctx = begin("AES-128-CCM", 1);
    uint8_t out[64];
    int n = 1;

    (void)state;
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, NULL, 0), 1);
    assert_int_equal(n, 0);
    assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, NULL, 3), 1);
    refused(EVP_EncryptUpdate(ctx, out, &n, text, 0), PROV_R_CIPHER_OPERATION_FAILED);
    EVP_CIPHER_CTX_free(ctx);
}

/* As of OpenSSL 3.5.9 and 4.0; the default provider of others gives no tag, and verifies none. */
static void ccm_ends_an_empty_message_by_final(void **state)
{
    uint8_t tag[12];
    int n;

    (void)state;
    for (int tampered = 0; tampered < 2; tampered++) {
        EVP_CIPHER_CTX *ctx = begin("AES-128-CCM", 1);

        assert_int_equal(EVP_EncryptFinal_ex(ctx, NULL, &n), 1);
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 12, tag), 1);
        refused(EVP_EncryptUpdate(ctx, tag, &n, text, 1), PROV_R_CIPHER_OPERATION_FAILED);
        EVP_CIPHER_CTX_free(ctx);
        tag[0] ^= (uint8_t)tampered;
        ctx = begin("AES-128-CCM", 0);
        assert_int_equal(set_tag(ctx, tag, 12), 1);
        assert_int_equal(EVP_DecryptFinal_ex(ctx, NULL, &n), !tampered);
        refused(0, 0);
        EVP_CIPHER_CTX_free(ctx);
    }
}

/* openssl/test/bio_enc_test.c does so: the IV is zeros. */
static void chacha20_poly1305_begins_with_a_key_alone(void **state)
{
    static uint8_t zeros[12];
    uint8_t out[2][64];
    int n;

    (void)state;
    for (int i = 0; i < 2; i++) {
        EVP_CIPHER_CTX *ctx = begin("ChaCha20-Poly1305", -1);

        assert_int_equal(EVP_EncryptInit_ex2(ctx, NULL, key, i ? zeros : NULL, NULL), 1);
        assert_int_equal(EVP_EncryptUpdate(ctx, out[i], &n, text, 64), 1);
        EVP_CIPHER_CTX_free(ctx);
    }
    assert_memory_equal(out[0], out[1], 64);
}

/* The subject's library context has a generator; the default one has no provider at all. */
static void random_ivs_come_from_the_subjects_library_context(void **state)
{
    OSSL_PROVIDER *null = OSSL_PROVIDER_load(NULL, "null");
    EVP_CIPHER *cipher = fetch("AES-128-GCM");
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t out[64] = { 0 };
    int n;

    (void)state;
    assert_non_null(null);
    assert_true(RAND_bytes(out, 16) <= 0);
    ERR_clear_error();
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text, 32), 1);
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL), 1);
    start_record(ctx, 4, 16);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, out, 64), 1);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    OSSL_PROVIDER_unload(null);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_ivs_come_from_the_subjects_library_context),
        cmocka_unit_test(ccm_seals_one_text_under_a_nonce),
        cmocka_unit_test(a_record_of_chacha20_poly1305_is_read_from_its_input),
        cmocka_unit_test(a_record_of_gcm_and_ccm_is_done_in_place_only),
        cmocka_unit_test(gcm_does_not_replace_an_iv_of_another_length),
        cmocka_unit_test(ccm_fails_after_a_tampered_text_for_good),
        cmocka_unit_test(chacha20_poly1305_ends_with_a_final_without_a_tag),
        cmocka_unit_test(ccm_keeps_its_length_while_the_direction_changes),
        cmocka_unit_test(ccm_gives_no_tag_but_its_last_messages),
        cmocka_unit_test(evp_cipher_of_no_bytes_needs_a_message),
        cmocka_unit_test(evp_cipher_verifies_an_empty_text_of_ccm),
        cmocka_unit_test(a_ccm_record_takes_the_tag_length_of_its_key),
        cmocka_unit_test(the_tag_that_is_set_last_is_the_one_verified),
        cmocka_unit_test(a_wrong_tag_leaves_no_error),
        cmocka_unit_test(ccm_compares_an_empty_text_with_the_length_that_was_set),
        cmocka_unit_test(ccm_ends_an_empty_message_by_final),
        cmocka_unit_test(chacha20_poly1305_begins_with_a_key_alone),
    };
    int failed;

    libctx = subject_open("mode = kernel\n");
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    OSSL_LIB_CTX_free(libctx);
    return failed;
}
