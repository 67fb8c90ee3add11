/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the published vectors of test/vectors through the subject: in one piece, byte by byte, in
 * place, and ciphers in both directions. Names what the subject doesn't offer on this kernel. Fails
 * if no vector could be run.
 *
 *     vectors [FILE...]
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "stanza.h"
#include "support.h"

struct bytes {
    uint8_t *data;
    size_t length;
};

struct vector {
    const char *operation;
    const char *algorithm;
    const char *part; /* digest or cipher of a MAC */
    const char *cts_mode;
    struct bytes key, iv, aad, plaintext, ciphertext, tag, message, output;
};

enum manner { ONE_SHOT, IN_PLACE, BYTE_BY_BYTE, MANNERS };

enum result { PASSED, FAILED, NOT_OFFERED };

struct counts {
    unsigned int of[3]; /* by result */
};

static const char *const manner_name[MANNERS] = { "in one piece", "in place", "byte by byte" };

static struct bytes read_bytes(const struct stanza *stanza, const char *key)
{
    struct bytes bytes = { 0 };

    bytes.data = stanza_bytes(stanza, key, &bytes.length);
    return bytes;
}

static struct vector vector_read(const struct stanza *stanza)
{
    const char *digest = stanza_string(stanza, "digest");

    return (struct vector){
        .operation = stanza_string(stanza, "operation"),
        .algorithm = stanza_string(stanza, "algorithm"),
        .part = digest != NULL ? digest : stanza_string(stanza, "cipher"),
        .cts_mode = stanza_string(stanza, "param.cts_mode"),
        .key = read_bytes(stanza, "key"),
        .iv = read_bytes(stanza, "iv"),
        .aad = read_bytes(stanza, "aad"),
        .plaintext = read_bytes(stanza, "plaintext"),
        .ciphertext = read_bytes(stanza, "ciphertext"),
        .tag = read_bytes(stanza, "tag"),
        .message = read_bytes(stanza, "message"),
        .output = read_bytes(stanza, "output"),
    };
}

static void vector_free(struct vector *v)
{
    free(v->key.data);
    free(v->iv.data);
    free(v->aad.data);
    free(v->plaintext.data);
    free(v->ciphertext.data);
    free(v->tag.data);
    free(v->message.data);
    free(v->output.data);
}

static bool complain(const struct vector *v, enum manner manner, const char *what)
{
    fprintf(stderr, "%s %s: %s\n", v->algorithm, manner_name[manner], what);
    return false;
}

static bool same(const struct vector *v, enum manner manner, const char *what, const uint8_t *got,
                 size_t length, const struct bytes *expected)
{
    if (length == expected->length && memcmp(got, expected->data, length) == 0)
        return true;
    return complain(v, manner, what);
}

static bool is_aead(const struct vector *v)
{
    return strcmp(v->operation, "aead") == 0;
}

/* Whether the mode takes its text in one update only. */
static bool is_whole(const EVP_CIPHER *cipher)
{
    int mode = EVP_CIPHER_get_mode(cipher);

    return mode == EVP_CIPH_CCM_MODE || mode == EVP_CIPH_WRAP_MODE || mode == EVP_CIPH_XTS_MODE ||
           (EVP_CIPHER_get_flags(cipher) & EVP_CIPH_FLAG_CTS) != 0;
}

/* Everything that comes before the text. */
static bool cipher_start(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, struct vector *v, int enc)
{
    OSSL_PARAM params[4];
    OSSL_PARAM *p = params;
    int n;

    if (is_aead(v))
        *p++ = OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_IVLEN, &v->iv.length);
    if (is_aead(v) && (!enc || EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE))
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
                                                 enc ? NULL : v->tag.data, v->tag.length);
    if (v->cts_mode != NULL)
        *p++ = OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE, (char *)v->cts_mode, 0);
    *p = OSSL_PARAM_construct_end();
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, enc, params) <= 0 ||
        EVP_CipherInit_ex2(ctx, NULL, v->key.data, v->iv.data, enc, NULL) <= 0)
        return false;
    if (!is_aead(v))
        return EVP_CIPHER_CTX_set_padding(ctx, 0) > 0;
    if (EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE &&
        EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)v->plaintext.length) <= 0)
        return false;
    return v->aad.length == 0 ||
           EVP_CipherUpdate(ctx, NULL, &n, v->aad.data, (int)v->aad.length) > 0;
}

/* The text and the end. *written gets the bytes that are in out. */
static bool cipher_run(EVP_CIPHER_CTX *ctx, const struct bytes *in, enum manner manner,
                       uint8_t *out, size_t *written)
{
    const uint8_t *from = in->data;
    size_t step = manner == BYTE_BY_BYTE ? 1 : in->length;
    int n = 0;

    *written = 0;
    if (manner == IN_PLACE && in->length > 0)
        from = memcpy(out, in->data, in->length);
    if (in->length == 0 && EVP_CipherUpdate(ctx, out, &n, from, 0) <= 0)
        return false;
    for (size_t at = 0; at < in->length; at += step) {
        if (EVP_CipherUpdate(ctx, out + *written, &n, from + at, (int)step) <= 0)
            return false;
        *written += (size_t)n;
    }
    if (EVP_CipherFinal_ex(ctx, out + *written, &n) <= 0)
        return false;
    *written += (size_t)n;
    return true;
}

static bool same_tag(EVP_CIPHER_CTX *ctx, struct vector *v, enum manner manner)
{
    uint8_t tag[16];
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag,
                                                              v->tag.length),
                            OSSL_PARAM_construct_end() };

    if (EVP_CIPHER_CTX_get_params(ctx, params) <= 0)
        return complain(v, manner, "gives no tag");
    return same(v, manner, "gives a wrong tag", tag, v->tag.length, &v->tag);
}

static bool cipher_one_way(const EVP_CIPHER *cipher, struct vector *v, int enc, enum manner manner)
{
    const struct bytes *in = enc ? &v->plaintext : &v->ciphertext;
    const struct bytes *expected = enc ? &v->ciphertext : &v->plaintext;
    uint8_t *out = malloc(in->length + 2 * EVP_MAX_BLOCK_LENGTH);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    size_t written = 0;
    bool ok;

    if (out == NULL || ctx == NULL)
        die("out of memory");
    if (!cipher_start(ctx, cipher, v, enc) || !cipher_run(ctx, in, manner, out, &written))
        ok = complain(v, manner, enc ? "does not encrypt" : "does not decrypt");
    else
        ok = same(v, manner, enc ? "encrypts wrongly" : "decrypts wrongly", out, written, expected);
    if (ok && enc && is_aead(v))
        ok = same_tag(ctx, v, manner);
    EVP_CIPHER_CTX_free(ctx);
    free(out);
    return ok;
}

static enum result cipher_vector(OSSL_LIB_CTX *libctx, struct vector *v)
{
    EVP_CIPHER *cipher = subject_cipher(libctx, v->algorithm);
    bool ok = true;

    if (cipher == NULL)
        return NOT_OFFERED;
    for (enum manner manner = 0; manner < MANNERS; manner++) {
        if (manner == BYTE_BY_BYTE && is_whole(cipher))
            continue;
        ok = cipher_one_way(cipher, v, 1, manner) && ok;
        ok = cipher_one_way(cipher, v, 0, manner) && ok;
    }
    EVP_CIPHER_free(cipher);
    return ok ? PASSED : FAILED;
}

static bool digest_once(const EVP_MD *digest, const struct vector *v, enum manner manner)
{
    uint8_t out[EVP_MAX_MD_SIZE];
    unsigned int written = 0;
    size_t step = manner == BYTE_BY_BYTE ? 1 : v->message.length;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex2(ctx, digest, NULL) > 0;

    for (size_t at = 0; ok && at < v->message.length; at += step)
        ok = EVP_DigestUpdate(ctx, v->message.data + at, step) > 0;
    ok = ok && EVP_DigestFinal_ex(ctx, out, &written) > 0;
    EVP_MD_CTX_free(ctx);
    return ok ? same(v, manner, "is wrong", out, written, &v->output)
              : complain(v, manner, "fails");
}

static enum result digest_vector(OSSL_LIB_CTX *libctx, struct vector *v)
{
    EVP_MD *digest = subject_digest(libctx, v->algorithm);
    bool ok;

    if (digest == NULL)
        return NOT_OFFERED;
    ok = digest_once(digest, v, ONE_SHOT);
    ok = digest_once(digest, v, BYTE_BY_BYTE) && ok;
    EVP_MD_free(digest);
    return ok ? PASSED : FAILED;
}

static bool mac_once(EVP_MAC *mac, struct vector *v, enum manner manner)
{
    bool hmac = strcmp(v->algorithm, "HMAC") == 0;
    OSSL_PARAM params[3] = { OSSL_PARAM_construct_utf8_string(hmac ? OSSL_MAC_PARAM_DIGEST
                                                                   : OSSL_MAC_PARAM_CIPHER,
                                                              (char *)v->part, 0),
                             OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
    uint8_t out[EVP_MAX_MD_SIZE];
    size_t written = 0;
    size_t step = manner == BYTE_BY_BYTE ? 1 : v->message.length;
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    bool ok;

    if (v->iv.data != NULL)
        params[1] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, v->iv.data, v->iv.length);
    ok = ctx != NULL && EVP_MAC_init(ctx, v->key.data, v->key.length, params) > 0;
    for (size_t at = 0; ok && at < v->message.length; at += step)
        ok = EVP_MAC_update(ctx, v->message.data + at, step) > 0;
    ok = ok && EVP_MAC_final(ctx, out, &written, sizeof(out)) > 0;
    EVP_MAC_CTX_free(ctx);
    return ok ? same(v, manner, "is wrong", out, written, &v->output)
              : complain(v, manner, "fails");
}

/* Whether the subject offers what the MAC is made of: without that it can't be the kernel's work.
 */
static bool offers_part(OSSL_LIB_CTX *libctx, const struct vector *v)
{
    EVP_CIPHER *cipher = subject_cipher(libctx, v->part);
    EVP_MD *digest = subject_digest(libctx, v->part);
    bool offered = cipher != NULL || digest != NULL;

    EVP_CIPHER_free(cipher);
    EVP_MD_free(digest);
    return offered;
}

static enum result mac_vector(OSSL_LIB_CTX *libctx, struct vector *v)
{
    EVP_MAC *mac = offers_part(libctx, v) ? subject_mac(libctx, v->algorithm) : NULL;
    bool ok;

    if (mac == NULL)
        return NOT_OFFERED;
    ok = mac_once(mac, v, ONE_SHOT);
    ok = mac_once(mac, v, BYTE_BY_BYTE) && ok;
    EVP_MAC_free(mac);
    return ok ? PASSED : FAILED;
}

static enum result run_vector(OSSL_LIB_CTX *libctx, struct vector *v)
{
    if (v->operation == NULL || v->algorithm == NULL)
        return FAILED;
    if (strcmp(v->operation, "digest") == 0)
        return digest_vector(libctx, v);
    if (strcmp(v->operation, "mac") == 0 && v->part != NULL)
        return mac_vector(libctx, v);
    if (strcmp(v->operation, "cipher") == 0 || is_aead(v))
        return cipher_vector(libctx, v);
    return FAILED;
}

static void run_file(OSSL_LIB_CTX *libctx, const char *path, struct counts *counts)
{
    struct stanza *stanza = stanza_open(path);

    if (stanza == NULL)
        die("cannot read %s", path);
    while (stanza_next(stanza)) {
        struct vector v = vector_read(stanza);
        enum result result = run_vector(libctx, &v);

        counts->of[result]++;
        if (result == FAILED)
            fprintf(stderr, "FAILED: %s:%u\n", path, stanza_line(stanza));
        else if (result == NOT_OFFERED)
            printf("%s:%u: %s does not offer %s%s%s here\n", strrchr(path, '/') + 1,
                   stanza_line(stanza), subject_name(), v.algorithm, v.part != NULL ? "/" : "",
                   v.part != NULL ? v.part : "");
        vector_free(&v);
    }
    if (!stanza_close(stanza))
        counts->of[FAILED]++;
}

int main(int argc, char **argv)
{
    OSSL_LIB_CTX *libctx = subject_open(NULL);
    struct counters before = counters_read(libctx);
    struct counts counts = { 0 };
    glob_t files;

    if (glob(AFALG_VECTORS_DIR "/[a-z]*.txt", GLOB_ERR, NULL, &files) != 0)
        die("no vectors in %s", AFALG_VECTORS_DIR);
    for (int i = 1; i < argc; i++)
        run_file(libctx, argv[i], &counts);
    for (size_t i = 0; argc == 1 && i < files.gl_pathc; i++)
        run_file(libctx, files.gl_pathv[i], &counts);
    globfree(&files);
    printf("%s: %u vectors right, %u wrong, %u of algorithms that it does not offer here\n",
           subject_name(), counts.of[PASSED], counts.of[FAILED], counts.of[NOT_OFFERED]);
    if (subject_counts() && counters_read(libctx).kernel_requests == before.kernel_requests)
        die("the kernel was not asked once");
    OSSL_LIB_CTX_free(libctx);
    return counts.of[PASSED] > 0 && counts.of[FAILED] == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
