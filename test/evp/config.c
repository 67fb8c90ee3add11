/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider's section of openssl.cnf: values that make no sense keep the provider out, with one
 * entry on the error queue that says which, and good ones do what they say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmocka_test.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>

#include <afalg/params.h>

#include "kernel_names.h"
#include "support.h"

/* --- what is refused --- */

struct refusal {
    const char *settings;
    const char *said; /* what its entry says, after the reason */
};

static const struct refusal refused[] = {
    { "mode = fast\n", "mode = fast: expected kernel or auto" },
    { "mode = \n", "mode = : expected kernel or auto" },
    { "fallback = maybe\n", "fallback = maybe: expected yes or no" },
    { "min_size = 4k\n", "min_size = 4k: expected a number of 0 to 2147483647" },
    { "min_size = -1\n", "min_size = -1: expected a number of 0 to 2147483647" },
    { "min_size = 2147483648\n", "min_size = 2147483648: expected a number" },
    { "min_size.AES-128-CBC = x\n", "min_size.AES-128-CBC = x: expected a number" },
    { "min_size.SHA256 = x\n", "min_size.SHA256 = x: expected a number" },
    { "min_size.2.16.840.1.101.3.4.1.2 = x\n", "min_size.2.16.840.1.101.3.4.1.2 = x: expected" },
    { "max_sockets = many\n", "max_sockets = many: expected a number" },
    { "max_sockets = \n", "max_sockets = : expected a number" },
    { "spare_sockets = some\n", "spare_sockets = some: expected a number" },
    { "spare_sockets = 65\n", "spare_sockets = 65: expected a number of 0 to 64" },
    { "log = loud\n",
      "log = loud: expected none, summary, progress, offers or requests, then :FILE" },
    { "log = summaryfile\n", "log = summaryfile: expected none, summary, progress, offers" },
    { "algorithms = AES-128-CBD\n", "algorithms: AES-128-CBD: expected names of algorithms" },
    { "algorithms = SHA1, -SHA2\n", "algorithms: -SHA2: expected names of algorithms" },
    { "driver.MD5 = 0123456789012345678901234567890123456789012345678901234567890123"
      "0123456789012345678901234567890123456789012345678901234567890123\n",
      ": expected a driver's name as in /proc/crypto" },
};

/* The subject's section with settings, without activation, which drops the errors. */
static OSSL_LIB_CTX *context_with(const char *settings)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    CONF *conf = NCONF_new_ex(libctx, NULL);
    BIO *in = BIO_new(BIO_s_mem());

    BIO_printf(in,
               "openssl_conf = init\n[init]\nproviders = providers\n"
               "[providers]\n%s = subject\n[subject]\n%s",
               subject_name(), settings);
    assert_true(NCONF_load_bio(conf, in, NULL) > 0);
    CONF_modules_load(conf, NULL, 0); /* versions differ in what a refused provider makes of it */
    NCONF_free(conf);
    BIO_free(in);
    return libctx;
}

/* The entries that the subject left; the last one's text goes to said. */
static int entries_of_subject(char *said, size_t size)
{
    const char *text, *file;
    int count = 0;

    while (ERR_get_error_all(&file, NULL, NULL, &text, NULL) != 0) {
        if (strstr(file, "provider/config.c") == NULL)
            continue;
        snprintf(said, size, "%s", text);
        count++;
    }
    return count;
}

static void refuses_what_makes_no_sense(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        OSSL_LIB_CTX *libctx = context_with(refused[i].settings);
        char said[512] = "";
        int count;

        ERR_clear_error();
        assert_null(OSSL_PROVIDER_load(libctx, subject_name()));
        count = entries_of_subject(said, sizeof(said));
        if (count != 1 || strstr(said, refused[i].said) == NULL)
            fail_msg("%s%d entries, the last: %s", refused[i].settings, count, said);
        OSSL_LIB_CTX_free(libctx);
    }
}

/* --- what is taken --- */

static bool offers(OSSL_LIB_CTX *libctx, const char *cipher)
{
    EVP_CIPHER *found = subject_cipher(libctx, cipher);

    EVP_CIPHER_free(found);
    return found != NULL;
}

static bool offers_digest(OSSL_LIB_CTX *libctx, const char *digest)
{
    EVP_MD *found = subject_digest(libctx, digest);

    EVP_MD_free(found);
    return found != NULL;
}

struct offered {
    const char *settings, *environment;
    bool offered;
};

/* An algorithm that hardware seldom has: what is offered in mode = kernel, and in auto is not. */
static void offers_by_mode_and_program(void **state)
{
    static const struct offered modes[] = {
        { "", NULL, false },
        { "fallback = yes\n", NULL, false },
        { "mode = kernel\n", NULL, true },
        { "mode = auto\n", "kernel", true },
        { "mode = kernel\n", "auto", false },
        { "mode = kernel\nprograms = -config\n", NULL, false },
        { "mode = kernel\nprograms = nginx, config\n", NULL, true },
        { "mode = kernel\nprograms = nginx\n", NULL, false },
        { "mode = kernel\nprograms = -nginx -sshd\n", NULL, true },
        { "mode = kernel\nprograms = config, -config\n", NULL, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        char settings[128];
        OSSL_LIB_CTX *libctx;

        snprintf(settings, sizeof(settings), "activate = 1\n%s", modes[i].settings);
        if (modes[i].environment != NULL)
            setenv(AFALG_ENV_MODE, modes[i].environment, 1);
        libctx = context_with(settings);
        unsetenv(AFALG_ENV_MODE);
        if (offers(libctx, "CAMELLIA-128-CBC") != modes[i].offered)
            fail_msg("%s%s %s", settings, modes[i].offered ? "offers nothing" : "offers",
                     modes[i].environment == NULL ? "" : modes[i].environment);
        OSSL_LIB_CTX_free(libctx);
    }
}

/* --- whose software --- */

/* An IV of 16 bytes is software's: the kernel's GCM takes 12. */
static bool gcm_works(OSSL_LIB_CTX *libctx)
{
    static const unsigned char zeros[16];
    unsigned char out[16];
    size_t ivlen = sizeof(zeros);
    int outl;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN, &ivlen),
                            OSSL_PARAM_construct_end() };
    EVP_CIPHER *cipher = subject_cipher(libctx, "AES-128-GCM");
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool works = EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, params) == 1 &&
                 EVP_EncryptInit_ex2(ctx, NULL, zeros, zeros, NULL) == 1 &&
                 EVP_EncryptUpdate(ctx, out, &outl, zeros, sizeof(zeros)) == 1;

    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return works;
}

static OSSL_LIB_CTX *with_software_config(const char *text)
{
    char file[] = "/tmp/afalg-software.XXXXXX", settings[128];
    int fd = mkstemp(file);
    OSSL_LIB_CTX *libctx;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    snprintf(settings, sizeof(settings), "software_config = %s\n", file);
    libctx = subject_open(settings);
    gcm_works(libctx); /* it is read when software is first needed */
    unlink(file);
    return libctx;
}

/* OpenSSL's own default provider has no algorithm with fips=yes: what the file says counts. */
static void software_has_its_own_configuration(void **state)
{
    OSSL_LIB_CTX *libctx = with_software_config("");

    (void)state;
    assert_true(gcm_works(libctx));
    OSSL_LIB_CTX_free(libctx);
    libctx = with_software_config("openssl_conf = init\n[init]\nalg_section = algorithms\n"
                                  "[algorithms]\ndefault_properties = fips=yes\n");
    ERR_clear_error();
    assert_false(gcm_works(libctx));
    assert_true(ERR_peek_error() != 0);
    ERR_clear_error();
    OSSL_LIB_CTX_free(libctx);
}

struct listed {
    const char *settings;
    bool aes128, aes256, sha256;
};

static void offers_what_the_list_says(void **state)
{
    static const struct listed lists[] = {
        { "", true, true, true },
        { "algorithms = \n", true, true, true },
        { "algorithms = AES-128-CBC\n", true, false, false },
        { "algorithms = aes128,sha256\n", true, false, true },
        { "algorithms = 2.16.840.1.101.3.4.1.42\n", false, true, false },
        { "algorithms = -AES-128-CBC\n", false, true, true },
        { "algorithms = -AES128 -SHA-256\n", false, true, false },
        { "algorithms = AES128, AES256, -AES256\n", true, false, false },
        { "algorithms = -AES256,\tAES256 , AES128\n", true, false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        OSSL_LIB_CTX *libctx = subject_open(lists[i].settings);

        assert_int_equal(offers(libctx, "AES-128-CBC"), lists[i].aes128);
        assert_int_equal(offers(libctx, "AES-256-CBC"), lists[i].aes256);
        assert_int_equal(offers_digest(libctx, "SHA2-256"), lists[i].sha256);
        OSSL_LIB_CTX_free(libctx);
    }
}

/* The drivers of cbc(aes) stand for hardware, so that auto can be seen without any. Allocated. */
static char *auto_settings(const char *lines)
{
    char *text = NULL, drivers[400];
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    loaded_drivers("cbc(aes)", drivers, sizeof(drivers));
    fprintf(out, "mode = AUTO\nhardware = %s -sha256-generic\n%s", drivers, lines);
    fclose(out);
    return text;
}

/* Encrypts len bytes with AES-128-CBC in auto, and returns how many requests went to the kernel. */
static uint64_t kernel_requests(const char *lines, int len)
{
    static const unsigned char zeros[4096];
    char *settings = auto_settings(lines);
    OSSL_LIB_CTX *libctx = subject_open(settings);
    EVP_CIPHER *cipher = subject_cipher(libctx, "AES-128-CBC");
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char out[sizeof(zeros) + EVP_MAX_BLOCK_LENGTH];
    struct counters counters;
    int outl;

    assert_non_null(cipher);
    assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, zeros, zeros, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &outl, zeros, len), 1);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    counters = counters_read(libctx);
    assert_int_equal(counters.kernel_requests + counters.software_requests, 1);
    OSSL_LIB_CTX_free(libctx);
    free(settings);
    return counters.kernel_requests;
}

static void takes_min_size_by_any_name(void **state)
{
    (void)state;
    assert_true(kernel_binds("skcipher", "cbc(aes)")); /* so that its driver is loaded */
    assert_int_equal(kernel_requests("", 4096), 0);    /* 12288 by default */
    assert_int_equal(kernel_requests("min_size = 4096\n", 4096), 1);
    assert_int_equal(kernel_requests("min_size = 4097\n", 4096), 0);
    assert_int_equal(kernel_requests("min_size = 0\n", 16), 1);
    assert_int_equal(kernel_requests("min_size.AES-128-CBC = 1024\n", 1024), 1);
    assert_int_equal(kernel_requests("min_size.AES128 = 1024\n", 1024), 1);
    assert_int_equal(kernel_requests("min_size.2.16.840.1.101.3.4.1.2 = 1024\n", 1024), 1);
    assert_int_equal(kernel_requests("min_size.AES-256-CBC = 1024\n", 1024), 0);
    assert_int_equal(kernel_requests("min_size = 1024\nmin_size.AES128 = 4096\n", 1024), 0);
}

/* By PBKDF2, whose HMACs come from the provider that the property query names. */
static void derive(OSSL_LIB_CTX *libctx, const char *query, unsigned char key[32])
{
    static char digest[] = "SHA256", password[] = "password", salt[] = "salt";
    unsigned iterations = 10000;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_PROPERTIES, (char *)(uintptr_t)query, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, password, sizeof(password) - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof(salt) - 1),
        OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &iterations),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(libctx, "PBKDF2", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);

    assert_int_equal(EVP_KDF_derive(ctx, key, 32, params), 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static void min_size_keeps_key_derivation_in_software(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open("mode = kernel\nmin_size = 4096\n"),
                 *oracle = oracle_open();
    unsigned char key[32], expected[32];
    struct counters counters;

    (void)state;
    derive(libctx, subject_query(), key);
    derive(oracle, "provider=default", expected);
    assert_memory_equal(key, expected, sizeof(key));
    counters = counters_read(libctx);
    assert_int_equal(counters.kernel_requests, 0);
    assert_int_equal(counters.fallbacks, 0);
    assert_true(counters.software_requests >= 10000);
    OSSL_LIB_CTX_free(libctx);
    OSSL_LIB_CTX_free(oracle);
}

/* A look that fails for want of descriptors counts for nothing. */
static void offers_again_what_lacked_descriptors(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 0, limit.rlim_max }), 0);
    assert_false(offers(libctx, "AES-128-CBC"));
    assert_false(offers_digest(libctx, "SHA2-256"));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(offers(libctx, "AES-128-CBC"));
    assert_true(offers_digest(libctx, "SHA2-256"));
    OSSL_LIB_CTX_free(libctx);
}

static void binds_the_driver_that_is_named(void **state)
{
    OSSL_LIB_CTX *libctx = subject_open("driver.SHA256 = no-such-driver\n");

    (void)state;
    assert_false(offers_digest(libctx, "SHA2-256"));
    assert_true(offers_digest(libctx, "SHA2-512"));
    OSSL_LIB_CTX_free(libctx);
}

/* --- the log --- */

/* What a log has after a digest was fetched, used and unloaded with these settings. */
static char *log_of(const char *path, const char *settings, const char *environment)
{
    OSSL_LIB_CTX *libctx;
    EVP_MD *digest;
    static char text[16384];
    FILE *in;
    size_t len = 0;

    unlink(path);
    if (environment != NULL)
        setenv(AFALG_ENV_LOG, environment, 1);
    libctx = subject_open(settings);
    unsetenv(AFALG_ENV_LOG);
    digest = subject_digest(libctx, "SHA2-256");
    assert_int_equal(EVP_Digest("abc", 3, (unsigned char *)text, NULL, digest, NULL), 1);
    EVP_MD_free(digest);
    OSSL_LIB_CTX_free(libctx);
    in = fopen(path, "r");
    if (in != NULL) {
        len = fread(text, 1, sizeof(text) - 1, in);
        fclose(in);
    }
    text[len] = '\0';
    return text;
}

static bool has_summary(const char *log)
{
    return strstr(log, "afalg: SHA2-256 driver=") != NULL &&
           strstr(log, " kernel=1/3 software=0/0 fallbacks=0\n") != NULL;
}

static bool has_offers(const char *log)
{
    return strstr(log, "afalg: SHA2-256 offered\n") != NULL;
}

static void logs_as_it_is_told(void **state)
{
    char path[] = "/tmp/afalg-log-XXXXXX", settings[128], other[64];
    int fd = mkstemp(path);
    char *log;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    snprintf(settings, sizeof(settings), "log = none:%s\n", path);
    assert_string_equal(log_of(path, settings, NULL), "");
    snprintf(settings, sizeof(settings), "log = Summary:%s\n", path);
    log = log_of(path, settings, NULL);
    assert_true(has_summary(log) && !has_offers(log));
    assert_string_equal(log_of(path, settings, "none"), "");
    snprintf(other, sizeof(other), "offers:%s", path);
    log = log_of(path, "log = none\n", other);
    assert_true(has_summary(log) && has_offers(log));
    log = log_of(path, "", path);
    assert_true(has_summary(log) && !has_offers(log));
    unlink(path);
}

/* A process that ends without OpenSSL's clean-up, as many servers do. */
static void logs_as_it_goes(void **state)
{
    char path[] = "/tmp/afalg-log-XXXXXX", settings[128], expected[512], got[512] = "";
    int fd = mkstemp(path);
    pid_t child;

    (void)state;
    assert_true(fd >= 0);
    snprintf(settings, sizeof(settings), "log = progress:%s\n", path);
    child = fork();
    if (child == 0) {
        OSSL_LIB_CTX *libctx = subject_open(settings);
        EVP_MD *digest = subject_digest(libctx, "SHA2-256");
        unsigned char out[32];

        for (int i = 0; i < 7; i++)
            EVP_Digest("abc", 3, out, NULL, digest, NULL);
        _exit(EXIT_SUCCESS);
    }
    assert_true(child_succeeds(child));
    snprintf(expected, sizeof(expected),
             "afalg[%d]: SHA2-256 kernel=1/3 software=0/0 fallbacks=0\n"
             "afalg[%d]: SHA2-256 kernel=2/6 software=0/0 fallbacks=0\n"
             "afalg[%d]: SHA2-256 kernel=4/12 software=0/0 fallbacks=0\n",
             child, child, child);
    assert_true(read(fd, got, sizeof(got) - 1) > 0);
    assert_string_equal(got, expected);
    close(fd);
    unlink(path);
}

/* OpenSSL has forgotten the error then. */
static void logs_why_it_is_not_loaded(void **state)
{
    char path[] = "/tmp/afalg-log-XXXXXX", settings[128], line[128] = "";
    int fd = mkstemp(path);
    OSSL_LIB_CTX *libctx;

    (void)state;
    assert_true(fd >= 0);
    snprintf(settings, sizeof(settings), "activate = 1\nmode = fast\nlog = summary:%s\n", path);
    libctx = context_with(settings);
    assert_null(subject_provider(libctx));
    OSSL_LIB_CTX_free(libctx);
    assert_true(read(fd, line, sizeof(line) - 1) > 0);
    assert_string_equal(line, "afalg: not loaded: mode = fast: expected kernel or auto\n");
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(offers_by_mode_and_program),
        cmocka_unit_test(software_has_its_own_configuration),
        cmocka_unit_test(offers_what_the_list_says),
        cmocka_unit_test(takes_min_size_by_any_name),
        cmocka_unit_test(min_size_keeps_key_derivation_in_software),
        cmocka_unit_test(offers_again_what_lacked_descriptors),
        cmocka_unit_test(binds_the_driver_that_is_named),
        cmocka_unit_test(logs_as_it_is_told),
        cmocka_unit_test(logs_as_it_goes),
        cmocka_unit_test(logs_why_it_is_not_loaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
