/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of all lengths around what one request of the kernel's carries, for buffers of sockets
 * from the smallest to 4 MiB: with software to fall back on the bytes are default's, without it
 * they are, or there is an error on OpenSSL's queue. Tampered messages are never opened.
 *
 * The buffers are the system's net.core.*: without the right to set them, or their directory, only
 * the present ones are tried. Both library contexts live through all settings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "support.h"

enum kind { BLOCKS, STREAM, STEALING, SEALED, DIGEST, MAC };

struct class
{
    const char *name;
    enum kind kind;
    const char *mac; /* of a MAC: which one */
    size_t keylen, ivlen;
};

static const struct class classes[] = {
    { "AES-128-ECB", BLOCKS, NULL, 16, 0 },
    { "AES-128-CBC", BLOCKS, NULL, 16, 16 },
    { "AES-128-CTR", STREAM, NULL, 16, 16 },
    { "AES-128-XTS", STEALING, NULL, 32, 16 },
    { "AES-128-CBC-CTS", STEALING, NULL, 16, 16 },
    { "AES-128-GCM", SEALED, NULL, 16, 12 },
    { "AES-128-CCM", SEALED, NULL, 16, 12 },
    { "ChaCha20-Poly1305", SEALED, NULL, 32, 12 },
    { "SHA2-256", DIGEST, NULL, 0, 0 },
    { "SHA2-256", MAC, "HMAC", 32, 0 },
    { "AES-128-GCM", MAC, "GMAC", 16, 12 },
};
enum { CLASSES = sizeof(classes) / sizeof(classes[0]) };

enum { LONGEST = (4 << 20) + 4096, TAG = 16, AAD_MAX = 5000, OUT_MAX = LONGEST + 64, PAGE = 4096 };

/* Where a message lies, from the start of a page. */
struct place {
    size_t in, out;
    bool in_place;
};

static const struct place places[] = {
    { 0, 0, false }, { 1, 4095, false }, { 4090, 16, false }, { 8, 8, true }, { 0, 0, true },
};
enum { PLACES = sizeof(places) / sizeof(places[0]) };

/* One message: how it lies, and what it is to become. */
struct message {
    const struct class *class;
    size_t len, aadlen;
    struct place place;
    uint8_t tag[64]; /* or digest, or MAC */
};

static const uint8_t key[32] = "a key of 32 bytes, halves differ";
static const uint8_t iv[16] = "an IV of 16 byte";
static uint8_t *plain, *sealed, *in_room, *out_room;
static uint8_t aad[AAD_MAX];

static void *pages(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        die("no memory");
    return at;
}

/* --- one message by one provider --- */

static bool cipher_data(EVP_CIPHER_CTX *ctx, const struct message *m, bool encrypt,
                        const uint8_t *in, uint8_t *out)
{
    int n, all;

    if (m->class->kind == SEALED && strstr(m->class->name, "CCM") != NULL &&
        !EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)m->len))
        return false;
    if (m->aadlen > 0 && !EVP_CipherUpdate(ctx, NULL, &n, aad, (int)m->aadlen))
        return false;
    if (!EVP_CipherUpdate(ctx, out, &all, in, (int)m->len))
        return false;
    if (m->class->kind != SEALED || encrypt || strstr(m->class->name, "CCM") == NULL) {
        if (!EVP_CipherFinal_ex(ctx, out + all, &n))
            return false;
        all += n;
    }
    return (size_t)all == m->len;
}

static bool by_cipher(OSSL_LIB_CTX *libctx, const char *query, struct message *m, bool encrypt,
                      const uint8_t *in, uint8_t *out)
{
    bool aead = m->class->kind == SEALED;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, m->class->name, query);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok;

    if (cipher == NULL || ctx == NULL)
        die("%s is not offered", m->class->name);
    ok = EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) &&
         (!aead || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL)) &&
         (!aead || (encrypt && strstr(m->class->name, "CCM") == NULL) ||
          EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, encrypt ? NULL : m->tag)) &&
         EVP_CipherInit_ex2(ctx, NULL, key, iv, encrypt, NULL) &&
         EVP_CIPHER_CTX_set_padding(ctx, 0) && cipher_data(ctx, m, encrypt, in, out) &&
         (!aead || !encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, m->tag));
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return ok;
}

static bool by_digest(OSSL_LIB_CTX *libctx, const char *query, struct message *m, const uint8_t *in)
{
    EVP_MD *digest = EVP_MD_fetch(libctx, m->class->name, query);
    bool ok;

    if (digest == NULL)
        die("%s is not offered", m->class->name);
    ok = EVP_Digest(in, m->len, m->tag, NULL, digest, NULL);
    EVP_MD_free(digest);
    return ok;
}

static bool by_mac(OSSL_LIB_CTX *libctx, const char *query, struct message *m, const uint8_t *in)
{
    bool gmac = strcmp(m->class->mac, "GMAC") == 0;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(gmac ? OSSL_MAC_PARAM_CIPHER : OSSL_MAC_PARAM_DIGEST,
                                         (char *)(uintptr_t)m->class->name, 0),
        OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(libctx, m->class->mac, query);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    size_t n;
    bool ok;

    if (ctx == NULL)
        die("%s is not offered", m->class->mac);
    if (gmac)
        params[1] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, (void *)(uintptr_t)iv,
                                                      m->class->ivlen);
    ok = EVP_MAC_init(ctx, key, m->class->keylen, params) && EVP_MAC_update(ctx, in, m->len) &&
         EVP_MAC_final(ctx, m->tag, &n, sizeof(m->tag));
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return ok;
}

static bool process(OSSL_LIB_CTX *libctx, const char *query, struct message *m, bool encrypt,
                    const uint8_t *in, uint8_t *out)
{
    if (m->class->kind == DIGEST)
        return by_digest(libctx, query, m, in);
    if (m->class->kind == MAC)
        return by_mac(libctx, query, m, in);
    return by_cipher(libctx, query, m, encrypt, in, out);
}

/* --- the two providers beside each other --- */

struct subject {
    OSSL_LIB_CTX *libctx;
    bool fallback;
    uint64_t done[CLASSES];
};

static struct {
    struct subject with, without;
    OSSL_LIB_CTX *oracle;
    char setting[64];
    unsigned runs, refused, failures;
} t;

static void complain(const struct subject *s, const struct message *m, bool encrypt,
                     const char *what)
{
    t.failures++;
    fprintf(stderr,
            "FAILED: %s%s%s, %scrypt, %zu bytes, AAD %zu, at %zu to %zu%s, fallback %s, %s: %s\n",
            m->class->mac == NULL ? "" : m->class->mac, m->class->mac == NULL ? "" : " ",
            m->class->name, encrypt ? "en" : "de", m->len, m->aadlen, m->place.in, m->place.out,
            m->place.in_place ? " in place" : "", s->fallback ? "yes" : "no", t.setting, what);
    ERR_print_errors_fp(stderr);
}

/* The message @of by the subject: the expected bytes @want and tag, or refused as it may be. */
static void compare(struct subject *s, const struct message *of, bool encrypt, const uint8_t *from,
                    const uint8_t *want)
{
    struct message m = *of;
    uint8_t *in = (m.place.in_place ? out_room : in_room) + m.place.in;
    uint8_t *out = m.place.in_place ? in : out_room + m.place.out;
    bool data = m.class->kind != DIGEST && m.class->kind != MAC;

    memcpy(in, from, m.len);
    if (encrypt)
        memset(m.tag, 0, sizeof(m.tag));
    ERR_clear_error();
    t.runs++;
    if (!process(s->libctx, subject_query(), &m, encrypt, in, out)) {
        t.refused++;
        if (s->fallback)
            complain(s, &m, encrypt, "refused");
        else if (ERR_peek_error() == 0)
            complain(s, &m, encrypt, "refused silently");
        return;
    }
    s->done[m.class - classes]++;
    if ((data && memcmp(out, want, m.len) != 0) || memcmp(m.tag, of->tag, sizeof(m.tag)) != 0)
        complain(s, &m, encrypt, "wrong bytes");
}

static void refuse_tampered(struct subject *s, const struct message *of)
{
    struct message m = *of;

    m.tag[TAG - 1] ^= 1;
    memcpy(in_room, sealed, m.len);
    if (process(s->libctx, subject_query(), &m, false, in_room, out_room))
        complain(s, &m, false, "opens a tampered message");
    ERR_clear_error();
}

static void try_message(struct message *m)
{
    bool cipher = m->class->kind < DIGEST;

    memset(m->tag, 0, sizeof(m->tag));
    if (!process(t.oracle, NULL, m, true, plain, sealed))
        die("the oracle fails at %s", m->class->name);
    for (int fallback = 0; fallback < 2; fallback++) {
        struct subject *s = fallback ? &t.with : &t.without;

        compare(s, m, true, plain, sealed);
        if (!cipher)
            continue;
        compare(s, m, false, sealed, plain);
        if (m->class->kind == SEALED && !fallback)
            refuse_tampered(s, m);
    }
}

/* --- the points --- */

/* Classes that go to the kernel whole, whatever their length: the others do in pieces. */
static bool goes_whole(const struct class *class)
{
    return class->kind == STEALING || class->kind == SEALED || class->kind == MAC;
}

/* One length of all classes, or of those that go whole, each time in another place. */
static void try_length(size_t len, bool whole)
{
    static const size_t aads[] = { 0, 13, 4100 };
    static unsigned turn;

    for (size_t i = 0; i < CLASSES; i++) {
        struct message m = { .class = &classes[i], .len = len };

        if (whole && !goes_whole(m.class))
            continue;
        if (m.class->kind == BLOCKS)
            m.len -= len % 16;
        if (m.class->kind == SEALED)
            m.aadlen = aads[turn % 3];
        if (m.len < 16 || m.len > LONGEST - 2 * PAGE)
            continue;
        m.place = places[turn++ % PLACES];
        try_message(&m);
    }
}

static size_t pages_of(size_t size)
{
    return size < PAGE ? PAGE : size / PAGE * PAGE;
}

struct setting {
    size_t wmem, rmem, optmem; /* 0: as it was */
};

/* Around the buffer, and what is left of it beside a page and what else a message has. */
static void try_around(size_t buffer)
{
    static const int distances[] = { -4113, -4095, -17, -13, 0, 17 };

    for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++)
        if ((long)buffer + distances[i] >= 16)
            try_length((size_t)((long)buffer + distances[i]), buffer > 131072);
}

static void try_setting(const struct setting *s)
{
    snprintf(t.setting, sizeof(t.setting), "wmem %zu, rmem %zu, optmem %zu", s->wmem, s->rmem,
             s->optmem);
    try_length(4080, false);
    try_length(65536, false);
    try_around(pages_of(s->wmem));
    if (pages_of(s->rmem) != pages_of(s->wmem))
        try_around(pages_of(s->rmem));
}

/* What is long or short whatever the buffers, which are the system's now. */
static void try_fixed_lengths(void)
{
    static const size_t lengths[] = { 16, 4096, 4097, 16384 + 29, 61441, 65519, 65537, 140000 };

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        try_length(lengths[i], false);
}

static size_t sysctl_read(const char *name)
{
    char path[64];
    unsigned long value = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/sys/net/core/%s", name);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%lu", &value) != 1)
        value = 0;
    if (file != NULL)
        fclose(file);
    return value;
}

/* Whether it could be set to this. */
static bool sysctl_write(const char *name, size_t value)
{
    char path[64];
    FILE *file;
    bool ok;

    snprintf(path, sizeof(path), "/proc/sys/net/core/%s", name);
    file = fopen(path, "w");
    if (file == NULL)
        return false;
    ok = fprintf(file, "%zu\n", value) > 0;
    return fclose(file) == 0 && ok;
}

static bool apply(const struct setting *s)
{
    return sysctl_write("wmem_default", s->wmem) && sysctl_write("rmem_default", s->rmem) &&
           (s->optmem == 0 || sysctl_write("optmem_max", s->optmem));
}

/* Buffers from the smallest that the kernel allows on. */
static const struct setting settings[] = {
    { 4608, 212992, 0 },   { 212992, 2304, 0 },    { 4608, 2304, 0 },
    { 65536, 65536, 0 },   { 131072, 69632, 0 },   { 524288, 212992, 0 },
    { 212992, 524288, 0 }, { 131072, 131072, 64 }, { 131072, 131072, 4096 },
};

static void try_settings(struct setting before)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        struct setting s = settings[i];

        if (s.optmem == 0)
            s.optmem = before.optmem;
        if (!apply(&s)) {
            printf("net.core.* can't be set here: only the present buffers are tried\n");
            break;
        }
        try_setting(&s);
    }
    if (apply(&(struct setting){ 4194304, 4194304, 0 })) {
        snprintf(t.setting, sizeof(t.setting), "4 MiB");
        try_length(4194304 - 4112, true);
        try_length(4194304 + 17, true);
    }
    apply(&before);
}

static bool all_done(const struct subject *s)
{
    bool all = true;

    for (size_t i = 0; i < CLASSES; i++)
        if (s->done[i] == 0) {
            fprintf(stderr, "FAILED: %s was never done\n", classes[i].name);
            all = false;
        }
    return all;
}

/* Without software whatever came out was the kernel's. */
static bool kernel_did(void)
{
    struct counters without = counters_read(t.without.libctx);
    struct counters with = counters_read(t.with.libctx);

    return !subject_counts() || (without.kernel_requests > 0 && without.software_requests == 0 &&
                                 with.kernel_requests > 0 && with.software_requests > 0);
}

int main(void)
{
    struct setting before = { sysctl_read("wmem_default"), sysctl_read("rmem_default"),
                              sysctl_read("optmem_max") };
    bool ok;

    plain = pages(OUT_MAX + 2 * PAGE);
    sealed = pages(OUT_MAX + 2 * PAGE);
    in_room = pages(OUT_MAX + 2 * PAGE);
    out_room = pages(OUT_MAX + 2 * PAGE);
    for (size_t i = 0; i < LONGEST; i++)
        plain[i] = (uint8_t)(i * 17 + i / 257);
    memcpy(aad, plain, sizeof(aad));
    t.with = (struct subject){ .libctx = subject_open(NULL), .fallback = true };
    t.without = (struct subject){ .libctx = subject_open("fallback = no\n") };
    t.oracle = oracle_open();
    try_setting(&before);
    try_fixed_lengths();
    try_settings(before);
    printf("%u messages, %u refused, %u faults\n", t.runs, t.refused, t.failures);
    ok = t.failures == 0 && all_done(&t.with) && all_done(&t.without) && kernel_did();
    OSSL_LIB_CTX_free(t.with.libctx);
    OSSL_LIB_CTX_free(t.without.libctx);
    OSSL_LIB_CTX_free(t.oracle);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
