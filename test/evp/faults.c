/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each system call of a request fails in turn, once or for good, with each errno value that is
 * plausible there, or does half of its work. With software to fall back on, the output is right
 * nevertheless; without it, it is right or there is one error on OpenSSL's queue. Nothing is left
 * open.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "inject.h"
#include "stream.h"
#include "support.h"

enum { ERRORS_MAX = 10, AFTER_MAX = 4 };

/* 0 stands for half of the work; the list ends with -1. */
static const int errors[CALLS][ERRORS_MAX] = {
    [CALL_SOCKET] = { EMFILE, ENFILE, ENOMEM, EAFNOSUPPORT, EPERM, EACCES, -1 },
    [CALL_BIND] = { ENOENT, ENOMEM, EINTR, EACCES, ELIBBAD, -1 },
    [CALL_SETSOCKOPT] = { ENOMEM, EINVAL, EBUSY, ENOPROTOOPT, -1 },
    [CALL_ACCEPT] = { EMFILE, ENFILE, ENOMEM, EINTR, ECONNABORTED, -1 },
    [CALL_SEND] = { 0, ENOMEM, EINTR, EAGAIN, EBUSY, EIO, ENOBUFS, EMSGSIZE, EBADF, -1 },
    [CALL_RECEIVE] = { 0, ENOMEM, EINTR, EAGAIN, EBUSY, EIO, EBADMSG, EBADF, -1 },
};

struct trouble {
    OSSL_LIB_CTX *libctx;
    OSSL_LIB_CTX *oracle;
    bool fallback;
    bool in_place;
    unsigned int fired[CALLS];
    unsigned int runs;
    unsigned int refused;
    unsigned int failures;
};

static uint8_t text[2 * STREAM_MANY];

/* Its messages are one update each. */
static const struct stream_kind xts = { "AES-128-XTS", STREAM_CIPHER, NULL };

/*
 * A long message. It is cut so that a hash has a part of it in the kernel; AEAD and XTS get it in
 * one piece, since the kernel can't take it otherwise.
 */
static bool message(struct stream *stream, unsigned int number)
{
    bool cut = stream->kind->type != STREAM_AEAD && stream->kind != &xts;

    return stream_start(stream, number) && (!cut || stream_update(stream, text, STREAM_MANY)) &&
           stream_update(stream, text, sizeof(text)) && stream_finish(stream);
}

static bool short_message(struct stream *stream, unsigned int number)
{
    return stream_start(stream, number) && stream_update(stream, text, STREAM_FEW) &&
           stream_finish(stream);
}

static void complain(struct trouble *trouble, const struct stream *stream,
                     const struct fault *fault, const char *what)
{
    trouble->failures++;
    fprintf(stderr, "FAILED: %s, fallback %s, %s%s number %u %s %s%s: %s\n", stream_name(stream),
            trouble->fallback ? "yes" : "no", trouble->in_place ? "in place, " : "",
            call_name[fault->call], fault->after, fault->for_ever ? "and later" : "once",
            fault->error == 0 ? "does half" : strerrorname_np(fault->error),
            fault->late ? " having written" : "", what);
    ERR_print_errors_fp(stderr);
}

static unsigned int errors_queued(void)
{
    unsigned int count = 0;

    while (ERR_get_error() != 0)
        count++;
    return count;
}

/*
 * Judges one message of a stream under a fault, whose output is in ours from byte before on: if it
 * is refused, with so many errors. Returns whether it has got through.
 */
static bool judge_errors(struct trouble *trouble, struct stream *ours, const struct fault *fault,
                         bool passed, bool may_be_refused, unsigned int expected)
{
    unsigned int queued;

    if (passed)
        return true;
    if (!may_be_refused) {
        complain(trouble, ours, fault, "no way round it");
        return false;
    }
    queued = errors_queued();
    if (queued != expected)
        complain(trouble, ours, fault, queued < expected ? "refused silently" : "too many errors");
    trouble->refused++;
    return false;
}

static bool judge(struct trouble *trouble, struct stream *ours, const struct fault *fault,
                  bool passed, bool may_be_refused)
{
    return judge_errors(trouble, ours, fault, passed, may_be_refused, 1);
}

static struct stream open_ours(const struct trouble *trouble, const struct stream_kind *kind)
{
    struct stream ours = stream_open(trouble->libctx, subject_query(), kind, 1);

    ours.in_place = trouble->in_place;
    return ours;
}

/* A long message, and a short one, in a context that a fault hits somewhere. */
static void run_with(struct trouble *trouble, const struct stream_kind *kind,
                     const struct fault *fault)
{
    struct stream ours = open_ours(trouble, kind);
    struct stream expected = stream_open(trouble->oracle, NULL, kind, 1);
    size_t before = descriptors_open();
    bool passed;

    ERR_clear_error();
    inject_start(fault);
    passed = message(&ours, 0);
    if (judge(trouble, &ours, fault, passed,
              !trouble->fallback || stream_may_be_lost(&ours, STREAM_MANY)))
        message(&expected, 0);
    else
        ours.length = 0;
    passed = short_message(&ours, 1);
    inject_stop();
    if (judge(trouble, &ours, fault, passed, !trouble->fallback)) {
        short_message(&expected, 1);
        if (!stream_same(&ours, &expected))
            complain(trouble, &ours, fault, "wrong output");
    }
    trouble->runs++;
    trouble->fired[fault->call] += inject_fired();
    stream_close(&ours);
    stream_close(&expected);
    if (descriptors_open() != before || counters_read(trouble->libctx).sockets != 0)
        complain(trouble, &ours, fault, "descriptors are left");
    ERR_clear_error();
}

/*
 * Opens a sealed message, or one of which a bit was changed, in a context that a fault hits. A
 * tampered one is refused whatever happens: by the software that takes over, as by the default
 * provider, with an empty error queue, from which applications know a wrong tag.
 */
static void open_with(struct trouble *trouble, const struct stream_kind *kind,
                      const struct fault *fault, bool tampered)
{
    struct stream ours = open_ours(trouble, kind);
    struct stream sealed = stream_open(trouble->oracle, NULL, kind, 1);
    bool passed;

    if (!message(&sealed, 0))
        die("the oracle fails");
    sealed.output[sealed.length - 1] ^= tampered;
    ERR_clear_error();
    inject_start(fault);
    passed = stream_unseal(&ours, 0, sealed.output, sealed.length);
    inject_stop();
    if (passed && tampered)
        complain(trouble, &ours, fault, "opens a tampered message");
    else if (judge_errors(trouble, &ours, fault, passed,
                          tampered || !trouble->fallback || fault->error == EBADMSG,
                          tampered && trouble->fallback ? 0 : 1) &&
             memcmp(ours.output, text, ours.length) != 0)
        complain(trouble, &ours, fault, "wrong plaintext");
    trouble->runs++;
    trouble->fired[fault->call] += inject_fired();
    stream_close(&ours);
    stream_close(&sealed);
}

static void try_placed(struct trouble *trouble, const struct stream_kind *kind,
                       const struct fault *fault)
{
    run_with(trouble, kind, fault);
    if (kind->type != STREAM_AEAD)
        return;
    open_with(trouble, kind, fault, false);
    open_with(trouble, kind, fault, true);
}

/* With the output apart from the input, and in its place, which is all that a record knows. */
static void try_fault(struct trouble *trouble, const struct stream_kind *kind,
                      const struct fault *fault)
{
    trouble->in_place = false;
    try_placed(trouble, kind, fault);
    if (kind->type != STREAM_CIPHER && kind->type != STREAM_AEAD)
        return;
    trouble->in_place = true;
    try_placed(trouble, kind, fault);
}

/* Once and for ever; what is interrupted, or done by half, for ever never ends. */
static void try_often(struct trouble *trouble, const struct stream_kind *kind, struct fault fault)
{
    try_fault(trouble, kind, &fault);
    fault.for_ever = true;
    if (fault.error != EINTR && fault.error != 0)
        try_fault(trouble, kind, &fault);
}

/* How often a run without fault makes a call. */
static unsigned int calls_of(struct trouble *trouble, const struct stream_kind *kind,
                             enum call call)
{
    struct stream stream = stream_open(trouble->libctx, subject_query(), kind, 1);

    inject_start(NULL);
    if (!message(&stream, 0) || !short_message(&stream, 1))
        die("%s fails without a fault", stream_name(&stream));
    inject_stop();
    stream_close(&stream);
    return inject_seen(call);
}

static void try_call(struct trouble *trouble, const struct stream_kind *kind, enum call call)
{
    unsigned int calls = calls_of(trouble, kind, call);

    for (const int *error = errors[call]; *error != -1; error++) {
        for (unsigned int after = 0; after < calls && after < AFTER_MAX; after++) {
            struct fault fault = { .call = call, .after = after, .error = *error };

            try_often(trouble, kind, fault);
            fault.late = call == CALL_RECEIVE && *error != 0 && *error != EINTR;
            if (fault.late)
                try_often(trouble, kind, fault);
        }
    }
}

/* A library context for each call, so that what one fault teaches does not hide the next. */
static void try_calls(struct trouble *trouble, const struct stream_kind *kind)
{
    for (enum call call = 0; call < CALLS; call++) {
        trouble->libctx = subject_open(trouble->fallback ? "" : "fallback = no\n");
        try_call(trouble, kind, call);
        OSSL_LIB_CTX_free(trouble->libctx);
    }
}

static void try_all(struct trouble *trouble)
{
    for (const struct stream_kind *kind = stream_kinds; kind->name != NULL; kind++)
        try_calls(trouble, kind);
    try_calls(trouble, &xts);
}

/* Returns whether every call has been made to fail: else the faults missed their aim. */
static bool all_fired(const struct trouble *trouble)
{
    bool all = true;

    for (enum call call = 0; call < CALLS; call++) {
        if (trouble->fired[call] == 0 && subject_counts()) {
            fprintf(stderr, "FAILED: no fault in %s\n", call_name[call]);
            all = false;
        }
    }
    return all;
}

/* One message in a process in which no socket was opened before, while a few can't be. */
static int first_message(const struct stream_kind *kind, unsigned int failing)
{
    const struct fault fault = { .call = CALL_SOCKET, .more = failing - 1, .error = EMFILE };
    struct trouble trouble = { .oracle = oracle_open(), .libctx = subject_open(NULL) };
    struct stream ours = open_ours(&trouble, kind);
    struct stream expected = stream_open(trouble.oracle, NULL, kind, 1);
    bool passed;

    inject_start(&fault);
    passed = short_message(&ours, 0);
    inject_stop();
    if (!passed || !short_message(&expected, 0) || !stream_same(&ours, &expected))
        complain(&trouble, &ours, &fault, "the first message is wrong");
    stream_close(&ours);
    stream_close(&expected);
    OSSL_LIB_CTX_free(trouble.libctx);
    OSSL_LIB_CTX_free(trouble.oracle);
    return trouble.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What is learnt of sockets from the first one is not taken for known if there was none. */
static bool try_first_messages(void)
{
    static const struct stream_kind kinds[] = {
        { "AES-128-CBC", STREAM_CIPHER, NULL }, { "AES-128-CTR", STREAM_CIPHER, NULL },
        { "AES-128-XTS", STREAM_CIPHER, NULL }, { "AES-128-GCM", STREAM_AEAD, NULL },
        { "SHA2-256", STREAM_DIGEST, NULL },    { "SHA2-256", STREAM_MAC, "HMAC" },
    };
    bool ok = true;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (unsigned int failing = 1; failing <= 4; failing++) {
            pid_t child = fork();

            if (child == 0)
                exit(first_message(&kinds[i], failing));
            ok = child_succeeds(child) && ok;
        }
    return ok;
}

int main(void)
{
    struct trouble trouble = { 0 };
    bool ok;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 17 + i / 257);
    ok = try_first_messages();
    trouble.oracle = oracle_open();
    for (int fallback = 1; fallback >= 0; fallback--) {
        trouble = (struct trouble){ .oracle = trouble.oracle, .fallback = fallback };
        try_all(&trouble);
        printf("fallback %s: %u runs, %u messages refused, %u faults of ours\n",
               fallback ? "yes" : "no", trouble.runs, trouble.refused, trouble.failures);
        ok = all_fired(&trouble) && trouble.failures == 0 && ok;
    }
    OSSL_LIB_CTX_free(trouble.oracle);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
