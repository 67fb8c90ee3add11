/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process run is a process of its own: where its code, contexts, sockets and pages come to lie
 * can make a few per cent, which more rounds in one process would not even out. It writes, for each
 * point in turn, whether the kernel was used, and the times of each peer.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, GRAIN = 16, PLACES = PAGE / GRAIN };

/*
 * Moves what is allocated and mapped from now on: by grains within a page, if the kernel does not
 * randomize the heap, and by pages, since user-mode Linux does not do that either.
 * @return what to free at the end
 */
static void *move_allocations(unsigned number)
{
    unsigned place = number * 2654435761U >> 8; /* Fibonacci hashing */

    (void)mmap(NULL, PAGE * (1 + place / PLACES % PLACES), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
               -1, 0);
    return malloc(GRAIN * (1 + place % PLACES));
}

static bool write_point(const struct point *point, unsigned rounds)
{
    bool done = fwrite(&point->kernel, sizeof(point->kernel), 1, stdout) == 1;

    for (unsigned i = 0; done && i < point->count; i++)
        done = fwrite(point->times[i], sizeof(double), rounds, stdout) == rounds;
    return done;
}

bool process_run_measure(const struct plan *plan, struct point *points, size_t count,
                         unsigned number)
{
    void *volatile moved = move_allocations(number); /* volatile, or it would be optimized out */
    struct buffers buffers = { 0 };
    bool done = peer_evp_begin(plan->config) && buffers_make(&buffers) == 0;

    for (size_t i = 0; done && i < count; i++)
        done = measure(plan, &points[i], &buffers, number) && write_point(&points[i], plan->rounds);
    buffers_free(&buffers);
    peer_evp_end();
    free(moved);
    return fflush(stdout) == 0 && done;
}

/* The same command once more, with one option more; never comes back. */
static void exec_again(char **argv, unsigned number)
{
    char text[16], option[] = "--run";
    size_t argc = 0;
    char **arguments;

    while (argv[argc] != NULL)
        argc++;
    arguments = calloc(argc + 3, sizeof(*arguments));
    if (arguments == NULL)
        _exit(EXIT_FAILURE);
    memcpy(arguments, argv, argc * sizeof(*arguments));
    snprintf(text, sizeof(text), "%u", number);
    arguments[argc] = option;
    arguments[argc + 1] = text;
    execv("/proc/self/exe", arguments);
    perror("/proc/self/exe");
    _exit(EXIT_FAILURE);
}

/* Starts a process run. @return what it writes; NULL, with a message, if it could not be started */
static FILE *start(char **argv, unsigned number, pid_t *process)
{
    FILE *results = NULL;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        perror("pipe");
        return NULL;
    }
    *process = fork();
    if (*process == 0) {
        dup2(ends[1], STDOUT_FILENO);
        exec_again(argv, number);
    }
    close(ends[1]);
    if (*process > 0)
        results = fdopen(ends[0], "r");
    if (results == NULL) {
        perror("process run");
        close(ends[0]);
    }
    return results;
}

/* Reads what write_point() wrote. */
static bool read_point(const struct plan *plan, struct point *point, unsigned number, FILE *from)
{
    size_t place = (size_t)number * plan->rounds;
    unsigned kernel;
    bool done = fread(&kernel, sizeof(kernel), 1, from) == 1;

    for (unsigned i = 0; done && i < point->count; i++)
        done = fread(point->times[i] + place, sizeof(double), plan->rounds, from) == plan->rounds;
    if (done)
        point->kernel += kernel;
    return done;
}

static bool collect(const struct plan *plan, struct point *points, size_t count, unsigned number,
                    char **argv)
{
    int status = -1;
    pid_t process;
    FILE *results = start(argv, number, &process);
    bool done = results != NULL;

    if (!done)
        return false;
    for (size_t i = 0; done && i < count; i++)
        done = read_point(plan, &points[i], number, results);
    fclose(results);
    return waitpid(process, &status, 0) == process && status == 0 && done;
}

bool process_runs_collect(const struct plan *plan, struct point *points, size_t count, char **argv)
{
    bool watched = isatty(STDERR_FILENO) == 1;

    for (unsigned i = 0; i < plan->runs; i++) {
        if (watched)
            fprintf(stderr, "\rprocess run %u of %u", i + 1, plan->runs);
        if (!collect(plan, points, count, i, argv)) {
            fprintf(stderr, "process run %u of %u failed\n", i + 1, plan->runs);
            return false;
        }
    }
    if (watched)
        fprintf(stderr, "\n");
    return true;
}
