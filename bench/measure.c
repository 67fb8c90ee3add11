/* SPDX-License-Identifier: Apache-2.0 */
/* Peers in turn, round by round; see bench/README.md. */
#include "bench.h"
#include "statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every so often all peers leave and come in again, in another order: where a context, a socket and
 * their pages come to lie makes a few per cent, which more rounds at the same place would not even
 * out.
 */
enum { SITTINGS = 9 };

/* A peer at its place, with its time per message in each round, in nanoseconds. */
struct lane {
    struct session session;
    unsigned long messages; /* per round */
    double *times;
};

/* Nanoseconds for @messages messages; negative where one failed. */
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

/* The shortest of some runs: the first ones set things up, and others may be interrupted. */
static double shortest_run(struct session *session, unsigned long messages)
{
    double shortest = run(session, messages);

    for (int i = 0; i < 4 && shortest >= 0; i++) {
        double time = run(session, messages);

        if (time < shortest)
            shortest = time;
    }
    return shortest;
}

/* Finds how many messages take about as long as a slice. False where one failed. */
static bool calibrate(struct lane *lane, double slice)
{
    double time;

    lane->messages = 1;
    while ((time = shortest_run(&lane->session, lane->messages)) >= 0 && time < slice / 4)
        lane->messages *= 2;
    lane->messages = (unsigned long)((double)lane->messages * slice / (time + 1)) + 1;
    return time >= 0;
}

/* The output of the first message. False where it failed. */
static bool first_output(struct session *session, unsigned char *out)
{
    struct buffers *b = session->buffers;

    buffers_reset(b);
    if (run(session, 1) < 0)
        return false;
    memcpy(out, b->out, SIZE_MAX_BYTES + TAG_SIZE);
    return true;
}

/* Each peer's first message must be the same. */
static bool prepare(struct lane *lanes, int count, double slice)
{
    static unsigned char first[SIZE_MAX_BYTES + TAG_SIZE], out[sizeof(first)];

    for (int i = 0; i < count; i++) {
        if (!first_output(&lanes[i].session, i == 0 ? first : out) || !calibrate(&lanes[i], slice))
            return false;
        if (i > 0 && memcmp(first, out, sizeof(out)) != 0) {
            fprintf(stderr, "%s and %s differ: %s, %zu bytes\n", lanes[0].session.peer->name,
                    lanes[i].session.peer->name, lanes[i].session.work->name,
                    lanes[i].session.size);
            return false;
        }
    }
    return true;
}

/* Who begins moves on each round, and every second round goes backwards. */
static bool run_round(struct lane *lanes, int count, unsigned round)
{
    for (int i = 0; i < count; i++) {
        int step = round % 2 == 0 ? i : count - 1 - i;
        struct lane *lane = &lanes[((unsigned)step + round / 2) % (unsigned)count];
        double time = run(&lane->session, lane->messages);

        if (time < 0)
            return false;
        lane->times[round] = time / (double)lane->messages;
    }
    return true;
}

static bool sit_down_again(struct lane *lanes, int count, unsigned sitting)
{
    for (int i = 0; i < count; i++) {
        lanes[i].session.peer->close(&lanes[i].session);
        lanes[i].session.state = NULL;
    }
    for (int i = 0; i < count; i++) {
        struct session *session = &lanes[((unsigned)i + sitting) % (unsigned)count].session;

        buffers_reset(session->buffers);
        if (!session->peer->open(session) || run(session, 1) < 0)
            return false;
    }
    return true;
}

static void evaluate(struct result *result, const struct lane *lane, const struct lane *afalg,
                     unsigned rounds, double *scratch)
{
    for (unsigned i = 0; i < rounds; i++)
        scratch[i] = lane->times[i] / afalg->times[i];
    sort(scratch, rounds);
    *result = (struct result){
        .work = lane->session.work,
        .peer = lane->session.peer,
        .size = lane->session.size,
        .ratio = quantile(scratch, rounds, 0.5),
        .low = quantile(scratch, rounds, 0.25),
        .high = quantile(scratch, rounds, 0.75),
    };
    memcpy(scratch, lane->times, rounds * sizeof(*scratch));
    sort(scratch, rounds);
    result->mbps = (double)result->size * 1e3 / quantile(scratch, rounds, 0.5);
}

static int open_lanes(const struct plan *plan, const struct session *like, struct lane *lanes)
{
    int count = 0;

    for (int i = 0; plan->peers[i] != NULL; i++) {
        struct lane *lane = &lanes[count];

        if (!plan->peers[i]->knows(like->work))
            continue;
        count++;
        lane->session = *like;
        lane->session.peer = plan->peers[i];
        lane->times = calloc(plan->rounds, sizeof(*lane->times));
        buffers_reset(like->buffers);
        if (lane->times == NULL || !lane->session.peer->open(&lane->session)) {
            fprintf(stderr, "%s can't do %s\n", lane->session.peer->name, like->work->name);
            return -1;
        }
    }
    return count;
}

static void close_lanes(struct lane lanes[PEERS_MAX])
{
    for (int i = 0; i < PEERS_MAX && lanes[i].session.peer != NULL; i++) {
        lanes[i].session.peer->close(&lanes[i].session);
        free(lanes[i].times);
    }
}

static bool run_rounds(const struct plan *plan, struct lane *lanes, int count,
                       struct result *results)
{
    double *scratch = calloc(plan->rounds, sizeof(*scratch));
    const struct peer *afalg = lanes[0].session.peer;
    unsigned long long before = afalg->kernel_requests();
    unsigned sitting = plan->rounds / SITTINGS + 1; /* rounds of one */
    bool done = scratch != NULL;

    for (unsigned round = 0; done && round < plan->rounds; round++) {
        if (round > 0 && round % sitting == 0)
            done = sit_down_again(lanes, count, round / sitting);
        done = done && run_round(lanes, count, round);
    }
    for (int i = 0; done && i < count; i++) {
        evaluate(&results[i], &lanes[i], &lanes[0], plan->rounds, scratch);
        results[i].kernel = afalg->kernel_requests() > before;
    }
    free(scratch);
    return done;
}

int measure(const struct plan *plan, const struct work *work, size_t size, struct buffers *b,
            struct result results[PEERS_MAX])
{
    struct session like = { .work = work, .buffers = b, .size = size };
    struct lane lanes[PEERS_MAX] = { 0 };
    int count = open_lanes(plan, &like, lanes);

    if (count > 0 &&
        (!prepare(lanes, count, plan->slice) || !run_rounds(plan, lanes, count, results)))
        count = -1;
    close_lanes(lanes);
    return count;
}
