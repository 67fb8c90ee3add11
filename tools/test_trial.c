/* SPDX-License-Identifier: Apache-2.0 */
/* One case: its data, the reference, the kernel, and the comparison. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum {
    PAGE = 4096,
    TAG_ROOM = 64,  /* for a tag or a digest behind the data */
    GUARD = 64,     /* bytes behind the output that have to stay as they are */
    THREAD_RUNS = 8 /* of each of THREADS */
};

#define GUARD_BYTE 0xa5

/* --- data --- */

/* @len bytes and TAG_ROOM more that begin at @offset in their page; freed by page_free(). */
static unsigned char *page_alloc(size_t offset, size_t len)
{
    size_t size = (offset + len + TAG_ROOM + GUARD + PAGE - 1) / PAGE * PAGE;
    unsigned char *pages = aligned_alloc(PAGE, size);

    if (pages == NULL)
        return NULL;
    memset(pages, GUARD_BYTE, size);
    return pages + offset;
}

static void page_free(unsigned char *data)
{
    free((void *)((uintptr_t)data & ~(uintptr_t)(PAGE - 1)));
}

/* The low bits of the counter are about to overflow: after two blocks. */
static void set_counter(struct trial *t)
{
    size_t bits = t->c.v[WRAP], last = t->target->rows[0]->ivlen;

    for (size_t i = 0; i < bits / 8 && i < last; i++)
        t->iv[last - 1 - i] = i == 0 ? 0xfe : 0xff;
}

/* What a vector says of itself. */
static void describe_vector(struct trial *t, const struct vector *v)
{
    unsigned long *c = t->c.v;
    size_t ivlen = vector_bytes(v->iv, t->iv);

    c[KEY] = vector_bytes(v->key, t->key);
    c[LEN] = v->text == NULL ? 0 : strlen(v->text) / 2;
    c[AAD] = v->aad == NULL ? 0 : strlen(v->aad) / 2;
    c[TAG] = v->taglen;
    c[NONCE] = target_is_aead(t->target) ? ivlen : 0;
}

static size_t digest_length(const struct target *t)
{
    return t->mac != NULL && t->mac->mac_template == MAC_CMAC ? t->rows[0]->blocksize
                                                              : t->rows[0]->size;
}

/* Memory for all of it, and how much of that is used. */
static bool make_room(struct trial *t)
{
    const unsigned long *c = t->c.v;
    size_t whole = c[AAD] + c[LEN] * (c[TIMES] > 1 ? c[TIMES] : 1);

    t->inlen = whole + (c[DECRYPT] ? c[TAG] : 0);
    t->outlen =
        target_is_hash(t->target) ? digest_length(t->target) : whole + (c[DECRYPT] ? 0 : c[TAG]);
    t->in = page_alloc(c[IN], whole);
    t->out = page_alloc(c[OUT], whole);
    t->expected = page_alloc(0, whole);
    return t->in != NULL && t->out != NULL && t->expected != NULL;
}

static bool prepare_vector(struct trial *t, const struct vector *v)
{
    describe_vector(t, v);
    if (!make_room(t))
        return false;
    vector_bytes(v->text, t->in + vector_bytes(v->aad, t->in));
    vector_bytes(v->output, t->expected);
    return true;
}

/* Key, IV, input, and what it has to yield. */
static bool prepare(struct trial *t)
{
    const struct vector *v =
        t->c.v[VECTOR] == 0 ? NULL : vector_find(t->target, (unsigned)t->c.v[VECTOR]);
    struct random random = random_start(t->c.v[SEED]);

    if (v != NULL)
        return prepare_vector(t, v);
    random_fill(&random, t->key, sizeof(t->key));
    random_fill(&random, t->iv, sizeof(t->iv));
    set_counter(t);
    if (!make_room(t))
        return false;
    random_fill(&random, t->in, t->c.v[DECRYPT] ? t->outlen : t->inlen);
    return reference_run(t);
}

void trial_free(struct trial *t)
{
    page_free(t->in);
    page_free(t->out);
    page_free(t->expected);
    t->in = t->out = t->expected = NULL;
}

/* --- one run --- */

/* The bytes behind the output of what was not done in place. */
static bool wrote_beyond(const struct trial *t)
{
    for (size_t i = 0; i < GUARD && !t->c.v[IN_PLACE]; i++) {
        if (t->out[t->outlen + i] != GUARD_BYTE)
            return true;
    }
    return false;
}

static enum verdict judge(struct trial *t)
{
    if (t->c.v[FORGED])
        return t->error == -EBADMSG ? VERDICT_RIGHT
               : t->error == 0      ? VERDICT_WRONG
                                    : VERDICT_REFUSED;
    if (t->error == -EBADMSG)
        return VERDICT_WRONG;
    if (t->error != 0)
        return VERDICT_REFUSED;
    return memcmp(t->out, t->expected, t->outlen) == 0 && !wrote_beyond(t) ? VERDICT_RIGHT
                                                                           : VERDICT_WRONG;
}

static enum verdict run_once(struct trial *t)
{
    trial_free(t);
    t->error = -ENOMEM;
    if (!prepare(t))
        return VERDICT_REFUSED;
    t->error = kernel_run(t);
    return judge(t);
}

/* --- many --- */

struct thread {
    pthread_t id;
    struct trial trial;
    enum verdict verdict;
};

/* Each of another seed, until one is not right. */
static void *run_thread(void *arg)
{
    struct thread *thread = arg;

    thread->verdict = VERDICT_RIGHT;
    for (int i = 0; i < THREAD_RUNS && thread->verdict == VERDICT_RIGHT; i++) {
        thread->trial.c.v[SEED]++;
        thread->verdict = run_once(&thread->trial);
    }
    return NULL;
}

/* Takes what the thread has done for the trial's own. */
static void take_over(struct trial *t, struct thread *thread)
{
    unsigned long threads = t->c.v[THREADS], seed = t->c.v[SEED];

    trial_free(t);
    *t = thread->trial;
    t->c.v[THREADS] = threads;
    t->c.v[SEED] = seed;
    thread->trial.in = thread->trial.out = thread->trial.expected = NULL;
}

static enum verdict run_threads(struct trial *t)
{
    enum { MOST = 64 };
    struct thread threads[MOST];
    size_t count = t->c.v[THREADS] < MOST ? t->c.v[THREADS] : MOST, started = 0;
    enum verdict verdict = VERDICT_RIGHT;

    trial_free(t);
    for (; started < count; started++) {
        threads[started].trial = *t;
        threads[started].trial.c.v[SEED] += started * THREAD_RUNS;
        if (pthread_create(&threads[started].id, NULL, run_thread, &threads[started]) != 0)
            break;
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i].id, NULL);
        if (threads[i].verdict != VERDICT_RIGHT && verdict != VERDICT_WRONG) {
            verdict = threads[i].verdict;
            take_over(t, &threads[i]);
        }
        trial_free(&threads[i].trial);
    }
    return verdict;
}

enum verdict trial_run(struct trial *t)
{
    return t->c.v[THREADS] > 1 ? run_threads(t) : run_once(t);
}
