/* SPDX-License-Identifier: Apache-2.0 */
/* A wrong answer, made as small as it can be, and told so that a driver's maintainer can use it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "test.h"

/* --- shrinking --- */

/* Whether the case with @value in @field still fails; if so it is the trial's. */
static bool fails_with(struct trial *t, int field, unsigned long value)
{
    struct test_case was = t->c;

    t->c.v[field] = value;
    target_adjust(t->target, &t->c);
    if (memcmp(&t->c, &was, sizeof(was)) != 0 && trial_run(t) == VERDICT_WRONG)
        return true;
    t->c = was;
    return false;
}

/* To nothing, by half, or by one. */
static bool shrink_field(struct trial *t, int field)
{
    unsigned long value = t->c.v[field];

    return value != 0 &&
           (fails_with(t, field, 0) || (value > 1 && fails_with(t, field, value / 2)) ||
            (value > 1 && fails_with(t, field, value - 1)));
}

/* Tags and nonces have lengths of their own, the key has to be one. */
static bool is_shrinkable(int field)
{
    return field != TAG && field != NONCE && field != KEY && field != SEED && field != WRAP;
}

void trial_shrink(struct trial *t)
{
    bool smaller = t->c.v[THREADS] == 0 && t->c.v[VECTOR] == 0;

    while (smaller) {
        smaller = false;
        for (int field = 0; field < FIELDS; field++)
            smaller |= is_shrinkable(field) && shrink_field(t, field);
    }
    if (t->c.v[THREADS] == 0)
        trial_run(t);
}

/* --- telling --- */

enum { SHOWN = 64 };

static void print_hex(FILE *out, const char *what, const unsigned char *bytes, size_t len)
{
    fprintf(out, "  %-9s ", what);
    for (size_t i = 0; i < len && i < SHOWN; i++)
        fprintf(out, "%02x", bytes[i]);
    fputs(len > SHOWN ? "...\n" : "\n", out);
}

static void print_request(const struct trial *t, FILE *out)
{
    const struct test_case *c = &t->c;

    fprintf(out, "  %s %lu bytes",
            target_is_hash(t->target) ? "hash of"
            : c->v[DECRYPT]           ? "decrypt"
                                      : "encrypt",
            c->v[LEN]);
    if (target_is_aead(t->target))
        fprintf(out, ", AAD of %lu, tag of %lu, nonce of %lu", c->v[AAD], c->v[TAG], c->v[NONCE]);
    if (c->v[TIMES] > 1)
        fprintf(out, ", %lu times, the IV going on", c->v[TIMES]);
    if (c->v[IN_PLACE])
        fputs(", in place", out);
    if (c->v[CUT] != 0)
        fprintf(out,
                target_is_hash(t->target) ? ", in pieces of %lu"
                                          : ", output in two segments, the first of %lu",
                c->v[CUT]);
    if (c->v[COPY])
        fputs(", copied after the first piece", out);
    if (c->v[OTHER_KEY])
        fputs(", with requests of another key between", out);
    if (c->v[THREADS] > 1)
        fprintf(out, ", %lu threads at once", c->v[THREADS]);
    fprintf(out, "; in its page the input begins at %lu, the output at %lu\n", c->v[IN], c->v[OUT]);
}

static void print_answer(const struct trial *t, FILE *out)
{
    size_t at = 0;

    if (t->error == -EBADMSG) {
        fputs("  a message that is authentic was refused (EBADMSG)\n", out);
        return;
    }
    if (t->c.v[FORGED]) {
        fputs("  a message with a wrong tag was accepted\n", out);
        return;
    }
    while (at < t->outlen && t->out[at] == t->expected[at])
        at++;
    if (at == t->outlen) {
        fputs("  it wrote beyond the end of the output\n", out);
        return;
    }
    fprintf(out, "  byte %zu of %zu is the first wrong one; from there on\n", at, t->outlen);
    print_hex(out, "expected", t->expected + at, t->outlen - at);
    print_hex(out, "got", t->out + at, t->outlen - at);
}

void trial_report(const struct trial *t, FILE *out)
{
    unsigned char iv[TRIAL_IV_MAX];
    struct utsname system;
    char text[256];

    case_print(&t->c, text, sizeof(text));
    uname(&system);
    fprintf(out, "%s: wrong answer for %s, Linux %s %s\n", t->target->driver.driver,
            t->target->kernel, system.release, system.machine);
    print_request(t, out);
    if (t->c.v[KEY] != 0)
        print_hex(out, "key", t->key, t->c.v[KEY]);
    if (!target_is_hash(t->target))
        print_hex(out, "IV", iv, kernel_iv(t, iv));
    if (t->in != NULL)
        print_hex(out, "input", t->in, t->inlen);
    if (t->out != NULL)
        print_answer(t, out);
    fprintf(out, "  repeat with: afalgctl test --driver=%s --case=%s\n", t->target->driver.driver,
            text);
}
