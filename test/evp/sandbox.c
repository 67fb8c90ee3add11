/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process forbids itself socket(2) by seccomp, as sshd does, and goes on with OpenSSL.
 * In auto without hardware nothing is opened after the provider was loaded, nor by loading it, so
 * that it lives whenever it does so, also if the kernel kills for it. With hardware and in
 * mode = kernel it gets right bytes by software if socket fails with EPERM, and lives by the key
 * "programs" if the kernel kills.
 *
 * usage: sandbox [--hardware]   with it, the machine's device is what auto has
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "seccomp.h"
#include "support.h"

/* When the process enters its sandbox. */
enum moment { BEFORE_LOADING, AFTER_LOADING, AFTER_FETCHING, AFTER_A_REQUEST, MOMENTS };
static const char *const moment_names[MOMENTS] = { "before loading", "after loading",
                                                   "after a fetch", "after a request" };

struct scene {
    const char *settings;
    uint32_t action; /* of seccomp at socket(2) */
    bool lives;      /* from when on: in each moment, or only in none */
    bool by_kernel;  /* a request before the sandbox is the kernel's */
};

/* A long hash and a record are above min_size, so that in auto hardware would get them. */
enum { LONG = 16384 };
static unsigned char text[LONG];

static void expect(bool ok, const char *what)
{
    if (!ok)
        die("%s", what);
}

static void enter_sandbox(const struct scene *scene)
{
    if (!forbid_sockets(scene->action))
        die("seccomp: %s", strerror(errno));
}

/* Encrypts the text by any provider's AES-128-CBC; the last block goes to out. */
static void encrypt(OSSL_LIB_CTX *libctx, unsigned char out[16])
{
    static unsigned char ciphertext[LONG];
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-128-CBC", "?provider=afalg");
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0;

    expect(cipher != NULL && EVP_EncryptInit_ex2(ctx, cipher, text, text, NULL) == 1 &&
               EVP_EncryptUpdate(ctx, ciphertext, &len, text, LONG) == 1 && len == LONG,
           "encryption");
    memcpy(out, ciphertext + LONG - 16, 16);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
}

static void digest(OSSL_LIB_CTX *libctx, unsigned char out[32])
{
    EVP_MD *md = EVP_MD_fetch(libctx, "SHA256", "?provider=afalg");

    expect(md != NULL && EVP_Digest(text, LONG, out, NULL, md, NULL) == 1, "a digest");
    EVP_MD_free(md);
}

static void authenticate(OSSL_LIB_CTX *libctx, unsigned char out[32])
{
    size_t len = 0;

    expect(EVP_Q_mac(libctx, "HMAC", "?provider=afalg", "SHA256", NULL, text, 16, text, LONG, out,
                     32, &len) != NULL &&
               len == 32,
           "a MAC");
}

/* What a program does in its sandbox, beside the default provider, which is in no sandbox. */
struct results {
    unsigned char ciphertext[16], digest[32], mac[32];
};

static void work(OSSL_LIB_CTX *libctx, struct results *results)
{
    unsigned char random[16];
    EVP_CIPHER *other = EVP_CIPHER_fetch(libctx, "AES-256-CTR", "?provider=afalg");

    expect(other != NULL, "a fetch");
    EVP_CIPHER_free(other);
    digest(libctx, results->digest);
    authenticate(libctx, results->mac);
    encrypt(libctx, results->ciphertext);
    expect(RAND_bytes_ex(libctx, random, sizeof(random), 0) == 1, "random bytes");
}

static void in_sandbox(const struct scene *scene, enum moment moment,
                       const struct results *expected)
{
    struct results results, before;
    OSSL_LIB_CTX *libctx;

    if (moment == BEFORE_LOADING)
        enter_sandbox(scene);
    libctx = subject_open(scene->settings);
    if (moment == AFTER_LOADING)
        enter_sandbox(scene);
    if (moment == AFTER_FETCHING) {
        EVP_MD_free(EVP_MD_fetch(libctx, "SHA256", "?provider=afalg"));
        enter_sandbox(scene);
    }
    if (moment == AFTER_A_REQUEST) {
        encrypt(libctx, before.ciphertext);
        expect((counters_read(libctx).kernel_requests != 0) == scene->by_kernel,
               "the request before the sandbox went the wrong way");
        enter_sandbox(scene);
    }
    work(libctx, &results);
    expect(memcmp(&results, expected, sizeof(results)) == 0, "wrong bytes");
    OSSL_LIB_CTX_free(libctx);
}

static void play(const struct scene *scene, const struct results *expected)
{
    for (enum moment moment = 0; moment < MOMENTS; moment++) {
        pid_t child = fork();
        int status;

        if (child == 0) {
            in_sandbox(scene, moment, expected);
            _exit(EXIT_SUCCESS);
        }
        if (waitpid(child, &status, 0) != child)
            die("waitpid");
        if ((WIFEXITED(status) && WEXITSTATUS(status) == 0) != scene->lives)
            die("%s, sandboxed %s: status %#x", scene->settings, moment_names[moment],
                (unsigned)status);
    }
}

#define FAILS  (SECCOMP_RET_ERRNO | EPERM)
#define KILLS  SECCOMP_RET_KILL_PROCESS
#define KERNEL "mode = kernel\n"

static const struct scene software_only[] = {
    { "mode = auto\n", FAILS, true, false },
    { "mode = auto\n", KILLS, true, false },
    { KERNEL, FAILS, true, true },
    { KERNEL, KILLS, false, true }, /* which is what the two that follow are for */
    { KERNEL "programs = -other, -sandbox\n", KILLS, true, false },
    { KERNEL "programs = other\n", KILLS, true, false },
};

static const struct scene with_hardware[] = {
    { "mode = auto\nmin_size = 4096\n", FAILS, true, true },
    { "mode = auto\nmin_size = 4096\nprograms = -sandbox\n", KILLS, true, false },
};

int main(int argc, char **argv)
{
    bool hardware = argc == 2 && strcmp(argv[1], "--hardware") == 0;
    const struct scene *scenes = hardware ? with_hardware : software_only;
    size_t count = hardware ? sizeof(with_hardware) / sizeof(*with_hardware)
                            : sizeof(software_only) / sizeof(*software_only);
    OSSL_LIB_CTX *oracle = oracle_open();
    struct results expected;

    digest(oracle, expected.digest);
    authenticate(oracle, expected.mac);
    encrypt(oracle, expected.ciphertext);
    OSSL_LIB_CTX_free(oracle);
    for (size_t i = 0; i < count; i++)
        play(&scenes[i], &expected);
    return EXIT_SUCCESS;
}
