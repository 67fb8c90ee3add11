/* SPDX-License-Identifier: Apache-2.0 */
/* Peers in turn, round by round; see bench/README.md. */
#include "bench.h"
#include "device.h"

#include <stdio.h>
#include <string.h>

/* A peer at its place. */
struct lane {
    struct session session;
    unsigned long messages; /* per round */
    double *times;          /* nanoseconds per message, of each round */
};

/* Nanoseconds for @messages messages; negative if one failed. */
static double run(struct session *session, unsigned long messages)
{
    double begin = now();

    while (messages-- > 0) {
        if (!session->once(session)) {
            fprintf(stderr, "%s: %s of %zu bytes failed\n", session->peer->name,
                    session->work->name, session->size);
            return -1;
        }
    }
    return now() - begin;
}

/* The shorter of two runs: the first one sets things up, and either may be interrupted. */
static double shorter_run(struct session *session, unsigned long messages)
{
    double first = run(session, messages), second = first < 0 ? -1 : run(session, messages);

    return second < first ? second : first;
}

/* Finds how many messages make a slice. False if one failed. */
static bool calibrate(struct lane *lane, const struct plan *plan)
{
    double time;

    lane->messages = 1;
    while ((time = shorter_run(&lane->session, lane->messages)) >= 0 && time < plan->slice / 8)
        lane->messages *= 4;
    lane->messages = (unsigned long)((double)lane->messages * plan->slice / (time + 1)) + 1;
    if (lane->messages < plan->messages)
        lane->messages = plan->messages;
    return time >= 0;
}

/* The output of the first message. False if it failed. */
static bool first_output(struct session *session, unsigned char *out)
{
    struct buffers *b = session->buffers;

    bool done;

    buffers_reset(b);
    device_computes(true);
    done = run(session, 1) >= 0;
    device_computes(false);
    memcpy(out, b->out, SIZE_MAX_BYTES + TAG_SIZE);
    return done;
}

/* Each peer's first message must be the same. */
static bool prepare(const struct plan *plan, struct lane *lanes, unsigned count)
{
    static unsigned char first[SIZE_MAX_BYTES + TAG_SIZE], out[sizeof(first)];

    for (unsigned i = 0; i < count; i++) {
        struct session *session = &lanes[i].session;

        if (!first_output(session, i == 0 ? first : out))
            return false;
        if (i > 0 && memcmp(first, out, sizeof(out)) != 0) {
            fprintf(stderr, "%s and %s differ: %s, %zu bytes\n", lanes[0].session.peer->name,
                    session->peer->name, session->work->name, session->size);
            return false;
        }
        if ((i == 0 && run(session, plan->warm_up) < 0) || !calibrate(&lanes[i], plan))
            return false;
    }
    return true;
}

/* Puts 0 to @count - 1 into another order. The same seed gives the same orders on any machine. */
static void shuffle(unsigned order[PEERS_MAX], unsigned count, unsigned *seed)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned j;

        *seed = *seed * 1664525U + 1013904223U; /* Numerical Recipes */
        j = (*seed >> 16) % (i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

/* In any order: a peer finds the caches as the one before has left them. */
static bool run_round(struct lane *lanes, unsigned count, unsigned round, unsigned *seed)
{
    unsigned order[PEERS_MAX] = { 0 };

    shuffle(order, count, seed);
    for (unsigned i = 0; i < count; i++) {
        struct lane *lane = &lanes[order[i]];
        double time = run(&lane->session, lane->messages);

        if (time < 0)
            return false;
        lane->times[round] = time / (double)lane->messages;
    }
    return true;
}

/* The peer that is opened first changes with each process run. */
static bool open_lanes(const struct point *point, struct buffers *b, struct lane *lanes,
                       unsigned number)
{
    for (unsigned i = 0; i < point->count; i++) {
        unsigned place = (i + number) % point->count;
        struct lane *lane = &lanes[place];

        lane->session = (struct session){
            .peer = point->peers[place], .work = point->work, .buffers = b, .size = point->size
        };
        lane->times = point->times[place];
        buffers_reset(b);
        if (!lane->session.peer->open(&lane->session)) {
            fprintf(stderr, "%s can't do %s\n", lane->session.peer->name, point->work->name);
            return false;
        }
    }
    return true;
}

static void close_lanes(struct lane lanes[PEERS_MAX])
{
    for (int i = 0; i < PEERS_MAX; i++) {
        if (lanes[i].session.peer != NULL)
            lanes[i].session.peer->close(&lanes[i].session);
    }
}

bool measure(const struct plan *plan, struct point *point, struct buffers *b, unsigned number)
{
    const struct peer *afalg = point->peers[0];
    struct lane lanes[PEERS_MAX] = { 0 };
    unsigned long long before = 0;
    unsigned seed = number;
    bool done = open_lanes(point, b, lanes, number) && prepare(plan, lanes, point->count);

    if (done)
        before = afalg->kernel_requests();
    for (unsigned round = 0; done && round < plan->rounds; round++)
        done = run_round(lanes, point->count, round, &seed);
    if (done)
        point->kernel = afalg->kernel_requests() > before;
    close_lanes(lanes);
    return done;
}
