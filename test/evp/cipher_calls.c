/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ciphers that are no AEAD, call by call beside the default provider: parameters that are refused,
 * an IV that the application writes to, finals, generated keys, and no descriptor left. OpenSSL's
 * default context has no provider, as in an application that has a library context of its own.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/prov_ssl.h>
#include <openssl/proverr.h>
#include <openssl/rand.h>

#include "auto_mode.h"
#include "cipher_pair.h"
#include "inject.h"
#include "support.h"

static OSSL_LIB_CTX *automatic; /* ours as well: requests under 64 bytes are software's */

static const char *const block_ciphers[] = { "AES-128-CBC", "AES-256-ECB", "DES-EDE3-CBC", NULL };
static const char *stream_ciphers[] = { "AES-128-CTR", "AES-192-CFB", "AES-256-OFB", "ChaCha20",
                                        NULL };
static const char *all_ciphers[] = { "AES-128-CBC",     "AES-256-ECB",  "DES-EDE3-CBC",
                                     "DES-EDE3-ECB",    "AES-128-CTR",  "AES-192-CFB",
                                     "AES-256-OFB",     "ChaCha20",     "AES-128-XTS",
                                     "AES-192-CBC-CTS", "AES-128-WRAP", NULL };

static const char *iv_ciphers[] = { "AES-128-CBC", "DES-EDE3-CBC", "AES-128-CTR", "AES-192-CFB",
                                    "AES-256-OFB", "AES-128-XTS",  NULL };

/* --- parameters that are refused ------------------------------------------------- */

static int set_two(EVP_CIPHER_CTX *ctx, const char *first, unsigned value, const char *second,
                   size_t size)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(first, &value),
                            OSSL_PARAM_construct_size_t(second, &size),
                            OSSL_PARAM_construct_end() };

    return EVP_CIPHER_CTX_set_params(ctx, params);
}

static size_t tls_mac_length(EVP_CIPHER_CTX *ctx)
{
    void *mac = NULL;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, &mac, 0),
                            OSSL_PARAM_construct_end() };

    assert_int_equal(EVP_CIPHER_CTX_get_params(ctx, params), 1);
    return params[0].return_size;
}

static void refused_parameters_change_nothing(void **state)
{
    (void)state;
    for (const char *const *name = block_ciphers; *name != NULL; name++) {
        struct pair pair = pair_new(libctx[OURS], *name);
        EVP_CIPHER_CTX *ctx = pair.ctx[OURS];

        pair_init(&pair, 0);
        assert_int_equal(
            set_two(ctx, OSSL_CIPHER_PARAM_PADDING, 0, OSSL_CIPHER_PARAM_TLS_MAC_SIZE, 1000), 0);
        assert_int_equal(set_two(ctx, OSSL_CIPHER_PARAM_TLS_VERSION, TLS1_2_VERSION,
                                 OSSL_CIPHER_PARAM_TLS_MAC_SIZE, 65),
                         0);
        assert_int_equal(
            set_two(ctx, OSSL_CIPHER_PARAM_NUM, 16, OSSL_CIPHER_PARAM_TLS_MAC_SIZE, 20), 0);
        assert_int_equal(get_uint(ctx, OSSL_CIPHER_PARAM_PADDING), 1);
        assert_int_equal(tls_mac_length(ctx), 0);
        ERR_clear_error();
        pair_update(&pair, 64);
        pair_finish(&pair);
        pair_free(&pair);
    }
}

/* Neither the key nor the IV nor the direction, nor what came before of a message. */
static void a_refused_init_changes_nothing(void **state)
{
    size_t size = 1000;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_TLS_MAC_SIZE, &size),
                            OSSL_PARAM_construct_end() };

    (void)state;
    for (const char *const *name = block_ciphers; *name != NULL; name++) {
        struct pair pair = pair_new(libctx[OURS], *name);

        pair_init(&pair, 1);
        pair_update(&pair, 21);
        assert_int_equal(EVP_CipherInit_ex2(pair.ctx[OURS], NULL, text + 64, text + 128, 1, params),
                         0);
        ERR_clear_error();
        pair_update(&pair, 30);
        pair_finish(&pair);
        pair_free(&pair);
    }
}

/* What OpenSSL's default takes from 3.5 on. */
static void num_is_less_than_the_block(void **state)
{
    (void)state;
    for (const char **name = all_ciphers; *name != NULL; name++) {
        struct pair pair = pair_new(libctx[OURS], *name);
        EVP_CIPHER_CTX *ctx = pair.ctx[OURS];
        int mode = EVP_CIPHER_get_mode(pair.cipher[OURS]);
        int most = EVP_CIPHER_get_block_size(pair.cipher[OURS]) - 1;

        /* These know no num at all. */
        if (mode != EVP_CIPH_XTS_MODE && mode != EVP_CIPH_WRAP_MODE &&
            mode != EVP_CIPH_STREAM_CIPHER) {
            pair_init(&pair, 1);
            pair_update(&pair, mode == EVP_CIPH_CBC_MODE ? 32 : 3);
            assert_int_equal(EVP_CIPHER_CTX_set_num(ctx, most + 1), 0);
            assert_int_equal(ERR_GET_REASON(last_error()), PROV_R_FAILED_TO_GET_PARAMETER);
            assert_int_equal(EVP_CIPHER_CTX_set_num(ctx, most + 5), 0);
            pair_update(&pair, 40);
            FOR_SIDES(side)
            assert_int_equal(EVP_CIPHER_CTX_set_num(pair.ctx[side], 0), 1);
            pair_update(&pair, 40);
        }
        ERR_clear_error();
        pair_free(&pair);
    }
}

/* --- an IV that the application writes to ------------------------------------------ */

/* As EVP_CIPHER_CTX_iv_noconst() has it. */
static uint8_t *iv_pointer(EVP_CIPHER_CTX *ctx)
{
    void *pointer = NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_UPDATED_IV, &pointer, sizeof(iv)),
        OSSL_PARAM_construct_end(),
    };

    assert_int_equal(EVP_CIPHER_CTX_get_params(ctx, params), 1);
    assert_non_null(pointer);
    return pointer;
}

/* Two updates of a message, an IV after each, and a copy of the context. */
static void overwrite_iv(OSSL_LIB_CTX *ours, const char *name, int encrypt, const size_t length[3])
{
    struct pair pair = pair_new(ours, name), copy = pair_new(ours, name);
    size_t ivlen = (size_t)EVP_CIPHER_get_iv_length(pair.cipher[OURS]);
    uint8_t *pointer[SIDES];

    pair_init(&pair, encrypt);
    FOR_SIDES(side)
    assert_int_equal(EVP_CIPHER_CTX_set_padding(pair.ctx[side], encrypt), 1);
    pair_update(&pair, length[0]);
    FOR_SIDES(side)
    pointer[side] = iv_pointer(pair.ctx[side]);
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(pointer[OURS], pointer[DEFAULT], ivlen);
        FOR_SIDES(side)
        memset(pointer[side], 0x5a + i, ivlen);
        pair_update(&pair, length[i]);
        FOR_SIDES(side)
        assert_int_equal(EVP_CIPHER_CTX_copy(copy.ctx[side], pair.ctx[side]), 1);
    }
    assert_memory_equal(pointer[OURS], pointer[DEFAULT], ivlen);
    FOR_SIDES(side)
    memset(pointer[side], 0, ivlen);
    pair_update(&copy, 32);
    pair_update(&pair, 32);
    pair_finish(&pair);
    pair_free(&pair);
    pair_free(&copy);
}

static void the_iv_may_be_written_to(void **state)
{
    static const size_t lengths[][3] = { { 16, 16, 32 }, { 32, 96, 48 }, { 128, 16, 160 } };
    uint64_t before = counters_read(libctx[OURS]).kernel_requests;

    (void)state;
    for (const char **name = iv_ciphers; *name != NULL; name++) {
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
            for (int encrypt = 0; encrypt < 2; encrypt++) {
                overwrite_iv(libctx[OURS], *name, encrypt, lengths[j]);
                overwrite_iv(automatic, *name, encrypt, lengths[j]);
            }
        }
    }
    if (subject_counts())
        assert_true(counters_read(libctx[OURS]).kernel_requests > before);
}

static void records_show_their_iv(void **state)
{
    struct pair pair = pair_new(automatic, "AES-128-CBC");
    uint8_t record[SIDES][64];
    uint8_t *pointer[SIDES];
    int n[SIDES];

    (void)state;
    pair_init(&pair, 1);
    FOR_SIDES(side)
    assert_int_equal(set_two(pair.ctx[side], OSSL_CIPHER_PARAM_TLS_VERSION, TLS1_2_VERSION,
                             OSSL_CIPHER_PARAM_TLS_MAC_SIZE, 20),
                     1);
    FOR_SIDES(side)
    pointer[side] = iv_pointer(pair.ctx[side]);
    for (int i = 0; i < 3; i++) {
        FOR_SIDES(side)
        {
            memcpy(record[side], text, sizeof(record[side]));
            memset(pointer[side], i, 16);
            assert_int_equal(
                EVP_EncryptUpdate(pair.ctx[side], record[side], &n[side], record[side], 30), 1);
        }
        assert_int_equal(n[OURS], n[DEFAULT]);
        assert_memory_equal(record[OURS], record[DEFAULT], 64);
        assert_memory_equal(pointer[OURS], pointer[DEFAULT], 16);
    }
    pair_free(&pair);
}

static void a_short_buffer_gets_no_iv(void **state)
{
    (void)state;
    for (const char **name = all_ciphers; *name != NULL; name++) {
        struct pair pair = pair_new(libctx[OURS], *name);
        uint8_t bytes[16];

        if (EVP_CIPHER_get_iv_length(pair.cipher[OURS]) > 0 && strcmp(*name, "ChaCha20") != 0) {
            unsigned long error[SIDES];

            pair_init(&pair, 1);
            FOR_SIDES(side)
            {
                ERR_clear_error();
                assert_int_equal(EVP_CIPHER_CTX_get_updated_iv(pair.ctx[side], bytes, 5), 0);
                error[side] = last_error();
                assert_int_equal(EVP_CIPHER_CTX_get_original_iv(pair.ctx[side], bytes, 5), 0);
                assert_int_equal(last_error(), error[side]);
            }
            assert_int_equal(error[OURS], error[DEFAULT]);
            assert_int_equal(ERR_GET_LIB(error[OURS]), ERR_LIB_PROV);
        }
        pair_free(&pair);
    }
}

/* --- finals ------------------------------------------------------------------------- */

static void padding_may_end_late(void **state)
{
    (void)state;
    for (const char *const *name = block_ciphers; *name != NULL; name++) {
        for (int with_update = 0; with_update < 3; with_update++) {
            struct pair pair = pair_new(libctx[OURS], *name);

            pair_init(&pair, 0);
            pair_update(&pair, 48);
            FOR_SIDES(side)
            assert_int_equal(EVP_CIPHER_CTX_set_padding(pair.ctx[side], 0), 1);
            if (with_update != 0)
                pair_update(&pair, with_update == 1 ? 0 : 16);
            pair_finish(&pair);
            pair_finish(&pair);
            pair_free(&pair);
        }
    }
}

static void a_final_needs_a_key(void **state)
{
    uint8_t out[EVP_MAX_BLOCK_LENGTH];
    int n;

    (void)state;
    for (const char **name = stream_ciphers; *name != NULL; name++) {
        struct pair pair = pair_new(libctx[OURS], *name);

        assert_int_equal(EVP_EncryptFinal_ex(pair.ctx[OURS], out, &n), 0);
        assert_int_equal(last_error(), ERR_PACK(ERR_LIB_PROV, 0, PROV_R_NO_KEY_SET));
        pair_init(&pair, 1);
        pair_update(&pair, 37);
        pair_finish(&pair);
        pair_free(&pair);
    }
}

/* The same message again, after an init with key and IV, with the IV, and with neither. */
static void contexts_start_again(void **state)
{
    (void)state;
    for (const char **name = all_ciphers; *name != NULL; name++) {
        struct pair pair = pair_new(libctx[OURS], *name);

        for (int i = 0; i < 6; i++) {
            /* Where ChaCha20 goes on without an IV changed with OpenSSL 4.0. */
            const uint8_t *again = i % 3 < 2 || strcmp(*name, "ChaCha20") == 0 ? iv : NULL;

            FOR_SIDES(side)
            assert_int_equal(EVP_CipherInit_ex2(pair.ctx[side], NULL, i % 3 == 0 ? key : NULL,
                                                again, i < 3, NULL),
                             1);
            if (i == 3)
                pair_init(&pair, 0);
            pair_update(&pair, 48);
            /* One of these is done, and the other refused, by an unwrap of OpenSSL 3.0. */
            if (strcmp(*name, "AES-128-WRAP") == 0)
                break;
        }
        ERR_clear_error();
        pair_free(&pair);
    }
}

/* --- generated bytes ------------------------------------------------------------------ */

static bool parity_is_odd(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (__builtin_parity(bytes[i]) == 0)
            return false;
    }
    return true;
}

static void keys_are_generated(void **state)
{
    (void)state;
    for (const char **name = all_ciphers; *name != NULL; name++) {
        struct pair pair = pair_new(libctx[OURS], *name);
        size_t length = (size_t)EVP_CIPHER_get_key_length(pair.cipher[OURS]);
        uint8_t random[2][65] = { { 0 } };

        if (strncmp(*name, "DES", 3) == 0) {
            for (int i = 0; i < 2; i++) {
                assert_int_equal(EVP_CIPHER_CTX_rand_key(pair.ctx[OURS], random[i]), 1);
                assert_true(parity_is_odd(random[i], length));
                assert_int_equal(random[i][length], 0);
            }
            assert_memory_not_equal(random[0], random[1], length);
            assert_int_not_equal(EVP_CIPHER_get_flags(pair.cipher[OURS]) & EVP_CIPH_RAND_KEY, 0);
        }
        pair_free(&pair);
    }
}

static void a_short_buffer_gets_no_key(void **state)
{
    struct pair pair = pair_new(libctx[OURS], "DES-EDE3-CBC");
    uint8_t bytes[24] = { 0 };
    static const uint8_t zeros[24];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_RANDOM_KEY, bytes, 23),
        OSSL_PARAM_construct_end(),
    };

    (void)state;
    if (subject_counts()) {
        assert_int_equal(EVP_CIPHER_CTX_get_params(pair.ctx[OURS], params), 0);
        assert_int_equal(last_error(), ERR_PACK(ERR_LIB_PROV, 0, PROV_R_FAILED_TO_GENERATE_KEY));
        assert_memory_equal(bytes, zeros, sizeof(bytes));
    }
    pair_free(&pair);
}

/* A record with wrong padding gets a MAC of random bytes, a different one each time. */
static void a_wrong_record_gets_a_random_mac(void **state)
{
    struct pair pair = pair_new(libctx[OURS], "AES-128-CBC");
    uint8_t macs[2][20], record[64];
    void *mac = NULL;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, &mac, 20),
                            OSSL_PARAM_construct_end() };
    int n;

    (void)state;
    for (int i = 0; i < 2; i++) {
        pair_init(&pair, 0);
        assert_int_equal(set_two(pair.ctx[OURS], OSSL_CIPHER_PARAM_TLS_VERSION, TLS1_2_VERSION,
                                 OSSL_CIPHER_PARAM_TLS_MAC_SIZE, 20),
                         1);
        memcpy(record, text, sizeof(record));
        assert_int_equal(EVP_DecryptUpdate(pair.ctx[OURS], record, &n, record, 64), 1);
        assert_int_equal(EVP_CIPHER_CTX_get_params(pair.ctx[OURS], params), 1);
        memcpy(macs[i], mac, sizeof(macs[i]));
    }
    assert_memory_not_equal(macs[0], macs[1], sizeof(macs[0]));
    pair_free(&pair);
}

/* --- no descriptor left --------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t lengths[4]; /* of updates, up to a 0 */
} first_messages[] = {
    { "AES-128-CBC", { 5, 27 } }, { "DES-EDE3-CBC", { 1, 15, 48 } }, { "AES-128-CTR", { 5, 27 } },
    { "AES-128-XTS", { 33 } },    { "AES-192-CBC-CTS", { 16 } },     { "AES-192-CBC-CTS", { 33 } },
};

static void message_without_sockets(const char *name, int encrypt, const size_t *lengths)
{
    const struct fault fault = { CALL_SOCKET, .for_ever = true, .error = EMFILE };
    struct pair pair = pair_new(libctx[OURS], name);

    pair_init(&pair, encrypt);
    inject_start(&fault);
    for (; *lengths != 0; lengths++)
        pair_update(&pair, *lengths);
    pair_finish(&pair);
    inject_stop();
    pair_free(&pair);
}

/* In a process that has made no request yet: what is learnt at the first one is not known. */
static void without_descriptors(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(first_messages) / sizeof(first_messages[0]); i++) {
        pid_t child = fork();

        if (child == 0) {
            setenv("CMOCKA_TEST_ABORT", "1", 1); /* this process has no tests to go on with */
            message_without_sockets(first_messages[i / 2].name, i % 2 == 0,
                                    first_messages[i / 2].lengths);
            _exit(0);
        }
        assert_true(child_succeeds(child));
    }
}

static int open_all(void **state)
{
    uint8_t byte;

    (void)state;
    /* With a provider loaded by hand, default is not loaded there by itself: OSSL_PROVIDER(3). */
    default_context_empty();
    assert_int_not_equal(RAND_bytes(&byte, 1), 1);
    ERR_clear_error();
    libctx[OURS] = subject_open(NULL);
    drop_lacking(stream_ciphers);
    drop_lacking(iv_ciphers);
    drop_lacking(all_ciphers);
    libctx[DEFAULT] = oracle_open();
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 29 + 3);
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)(i * 37 + 1);
    memset(iv, 0xa6, sizeof(iv));
    return 0;
}

/* After the test that has to make the first request of a process. */
static int open_automatic(void **state)
{
    (void)state;
    automatic = auto_open("min_size = 64\n");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    OSSL_LIB_CTX_free(automatic);
    FOR_SIDES(side)
    OSSL_LIB_CTX_free(libctx[side]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_descriptors),
        cmocka_unit_test(refused_parameters_change_nothing),
        cmocka_unit_test(a_refused_init_changes_nothing),
        cmocka_unit_test(num_is_less_than_the_block),
        cmocka_unit_test_setup(the_iv_may_be_written_to, open_automatic),
        cmocka_unit_test(records_show_their_iv),
        cmocka_unit_test(a_short_buffer_gets_no_iv),
        cmocka_unit_test(padding_may_end_late),
        cmocka_unit_test(a_final_needs_a_key),
        cmocka_unit_test(contexts_start_again),
        cmocka_unit_test(keys_are_generated),
        cmocka_unit_test(a_short_buffer_gets_no_key),
        cmocka_unit_test(a_wrong_record_gets_a_random_mac),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
