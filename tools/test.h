/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl test: what its files share. */
#ifndef AFALGCTL_TEST_H
#define AFALGCTL_TEST_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "afalg/socket.h"
#include "algorithm.h"

/* --- test_case.c: what a request is like --- */

/** All that makes a test case; lengths in bytes. The names on the command line: case_names. */
enum field {
    LEN,       /* of the data; with TIMES of each request's */
    AAD,       /* AEAD */
    TAG,       /* AEAD */
    NONCE,     /* AEAD */
    KEY,       /* of the key */
    IN,        /* where the input begins in its page */
    OUT,       /* where the output begins in its page */
    CUT,       /* of the output's first segment; of a hash's pieces; 0: all in one */
    TIMES,     /* requests that go on without an IV of their own; 0: one */
    WRAP,      /* the counter's low bits that overflow after two blocks; 0: none */
    DECRYPT,   /* 1: decrypt */
    IN_PLACE,  /* 1: input and output are the same pages */
    FORGED,    /* 1: with a wrong tag, to be found out */
    COPY,      /* 1: a hash is copied after its first piece, and both end */
    OTHER_KEY, /* 1: with requests of another key between */
    THREADS,   /* so many threads at once; 0: one */
    VECTOR,    /* the number of a published one; 0: none. It decides lengths, key, IV and data */
    SEED,      /* of key, IV and data */
    FIELDS,
};

struct test_case {
    unsigned long v[FIELDS];
};

/** Numbers that a seed determines. */
struct random {
    uint64_t state;
};

struct random random_start(uint64_t seed);
uint64_t random_next(struct random *r);
/** From 0 to @below - 1. */
size_t random_below(struct random *r, size_t below);
void random_fill(struct random *r, void *bytes, size_t len);

/** "len=17,seed=3": what is not 0. */
void case_print(const struct test_case *c, char *text, size_t size);
/** The reverse. False if @text is no such list. */
bool case_parse(struct test_case *c, const char *text);

/* --- test_target.c: what is tested --- */

enum { KEY_LENGTHS_MAX = 3 };

/** An algorithm of the kernel's and one of its drivers. */
struct target {
    const char *type; /* AF_ALG's */
    char kernel[AFALG_NAME_MAX];
    struct afalg_driver driver;
    const struct algorithm *mac;                   /* NULL: it is none */
    const struct algorithm *rows[KEY_LENGTHS_MAX]; /* one of each key length */
    size_t count;
};

/** Calls @use for each algorithm of the table that the kernel could have; until that is false. */
void targets_each(bool (*use)(struct target *target, void *arg), void *arg);

/** Whether OpenSSL's or the kernel's @name is one of the target's. */
bool target_named(const struct target *t, const char *name);

/** The row for keys of @keylen bytes; the first if none is. */
const struct algorithm *target_row(const struct target *t, size_t keylen);

static inline const struct mode_traits *target_traits(const struct target *t)
{
    return &mode_traits[t->rows[0]->mode];
}

static inline bool target_is_hash(const struct target *t)
{
    return t->type[0] == 'h';
}

static inline bool target_is_aead(const struct target *t)
{
    return t->type[0] == 'a';
}

/** What lengths of data it takes: @least, and from there on multiples of @unit. */
void target_lengths(const struct target *t, size_t *least, size_t *unit);

/** A plain case of its, without a seed. */
struct test_case target_case(const struct target *t);
/** Makes @c one that the target's algorithm has. */
void target_adjust(const struct target *t, struct test_case *c);

/* --- test_properties.c: what is proved --- */

struct property {
    const char *name;
    bool (*applies)(const struct target *t);
    /** Makes @c, a plain case, the property's case number @i. False: there is none. */
    bool (*make)(const struct target *t, unsigned i, struct random *random, struct test_case *c);
};

/** All; the last one is of random cases, which don't end. */
extern const struct property properties[];
extern const size_t property_count;
enum { PROPERTIES_MAX = 20 };

/* --- test_trial.c: one case, by the kernel and by the reference --- */

enum verdict {
    VERDICT_RIGHT,
    VERDICT_WRONG,
    VERDICT_REFUSED,      /* by the kernel or the driver, with an error */
    VERDICT_OUT_OF_REACH, /* the kernel does not let the driver have such a request */
};

enum { TRIAL_KEY_MAX = 512, TRIAL_IV_MAX = 16 };

struct trial {
    const struct target *target;
    OSSL_LIB_CTX *libctx; /* with the default provider, the reference */
    struct test_case c;
    unsigned char key[TRIAL_KEY_MAX], iv[TRIAL_IV_MAX];
    unsigned char *in, *out, *expected; /* NULL unless it ran */
    size_t inlen, outlen;
    int error; /* REFUSED: -errno */
};

/** Runs t->c. */
enum verdict trial_run(struct trial *t);
/** Frees what it left for the report. */
void trial_free(struct trial *t);

/* --- test_reference.c: OpenSSL's default provider --- */

/** Fills t->expected with t->outlen bytes; for AEAD also t->in, if it is decrypted. */
bool reference_run(struct trial *t);

/* --- test_kernel.c: AF_ALG --- */

/** Does t->c with t->in, in a socket of its own. 0 or -errno. */
int kernel_run(struct trial *t);

/** Whether what is spliced to a socket of the target's is copied, so that nothing is in place. */
bool kernel_copies(const struct target *target);

/** The kernel's form of the IV or nonce; the length. */
size_t kernel_iv(const struct trial *t, unsigned char iv[TRIAL_IV_MAX]);

/* --- test_vectors.c: what was published --- */

/** In hexadecimal digits; NULL for none. */
struct vector {
    const char *kernel, *source;
    const char *key, *iv, *aad, *text, *output; /* of AEAD with the AAD before and the tag behind */
    size_t taglen;
};

/** The target's vector number @n, from 1 on, or NULL. */
const struct vector *vector_find(const struct target *t, unsigned n);
/** Writes the bytes of @hex. @return how many */
size_t vector_bytes(const char *hex, unsigned char *bytes);

/* --- test_result.c --- */

struct json_object;

/** What was found of a driver. */
struct result {
    const struct target *target;
    int unreachable;                     /* -errno: the kernel does not hand it out */
    unsigned long cases, wrong, refused; /* the latter: properties */
    struct outcome_of {
        bool applies;
        enum verdict verdict;
        struct trial trial; /* the last one */
    } of[PROPERTIES_MAX];
};

void result_print_head(FILE *out);
void result_print(const struct result *r, FILE *out);

struct json_object *json_new(void);
void result_add_json(const struct result *r, struct json_object *array);

/* --- test_report.c --- */

/** Makes t->c, which fails, as small as it can be while it fails. */
void trial_shrink(struct trial *t);

/** Writes what a kernel's maintainer needs to know of a wrong answer. */
void trial_report(const struct trial *t, FILE *out);

#endif
