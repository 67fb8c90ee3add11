/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device of test/device takes its time, has engines, and does not answer at all until it is
 * told to: what its parameters say is what an application meets. Times have a lower bound only.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmocka_test.h"

#include "job.h"
#include "parameters.h"
#include "support.h"

static const struct job job = { .name = "AES-128-CBC", .len = JOB_LONG };
static OSSL_LIB_CTX *libctx;

static unsigned microseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned)(t.tv_sec * 1000000 + t.tv_nsec / 1000);
}

/* Of so many messages. */
static unsigned time_of(unsigned messages)
{
    unsigned begin = microseconds();

    while (messages-- > 0)
        job_check_encrypts(libctx, &job);
    return microseconds() - begin;
}

static void a_request_takes_its_time(void **state)
{
    enum { LATENCY = 30000 };

    (void)state;
    parameter_set("latency_us", "30000");
    assert_in_range(time_of(2), 2 * LATENCY, UINT32_MAX);
}

static void a_long_one_takes_longer(void **state)
{
    (void)state;
    parameter_set("megabytes_per_second", "2");
    assert_in_range(time_of(2), 2 * JOB_LONG / 2, UINT32_MAX);
}

static void some_are_late(void **state)
{
    enum { LATE = 30000 };

    (void)state;
    parameter_set("late_us", "30000");
    parameter_set("late_every", "2");
    assert_in_range(time_of(4), 2 * LATE, UINT32_MAX);
    assert_int_equal(counters_read(libctx).fallbacks, 0);
}

/* --- requests that are there at the same time --- */

enum { THREADS = 6 };

static void *one_message(void *arg)
{
    (void)arg;
    job_check_encrypts(libctx, &job);
    return NULL;
}

/* Each waits in the device, which does not answer. */
static void start_threads(pthread_t *threads)
{
    parameter_set("hold", "Y");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_message, NULL), 0);
    while (parameter_read("in_device") < THREADS)
        sched_yield();
}

static void end_threads(const pthread_t *threads)
{
    parameter_set("hold", "N");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(parameter_read("in_device"), 0);
}

static void engines_work_side_by_side(void **state)
{
    static const char *const engines[] = { "1", "4" };
    static const unsigned count[] = { 1, 4 };

    (void)state;
    for (int i = 0; i < 2; i++) {
        pthread_t threads[THREADS];

        parameter_set("engines", engines[i]);
        start_threads(threads);
        while (parameter_read("in_work") < count[i])
            sched_yield();
        assert_int_equal(parameter_read("in_work"), count[i]);
        end_threads(threads);
    }
}

/* Whoever has asked it waits. What is software's goes on, and all ends well once it answers. */
static void one_that_never_answers_holds_what_it_has(void **state)
{
    static const struct job small = { .name = "AES-128-CBC", .len = 1024 };
    struct counters before = counters_read(libctx), c;
    pthread_t threads[THREADS];

    (void)state;
    start_threads(threads);
    job_check_encrypts(libctx, &small);
    c = counters_read(libctx);
    assert_int_equal(c.kernel_requests, before.kernel_requests);
    assert_int_equal(c.software_requests, before.software_requests + 1);
    assert_int_equal(parameter_read("in_device"), THREADS);
    end_threads(threads);
    c = counters_read(libctx);
    assert_int_equal(c.kernel_requests, before.kernel_requests + THREADS);
    assert_int_equal(c.fallbacks, 0);
}

/* A process's state, by proc(5). */
static char state_of(pid_t process)
{
    char path[64], line[256], state = '?';
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    sscanf(strrchr(line, ')'), ") %c", &state);
    fclose(file);
    return state;
}

/* AF_ALG waits in a way that no signal ends. The manual says so. */
static void a_process_that_waits_for_it_cannot_be_killed(void **state)
{
    pid_t child;
    int status;

    (void)state;
    parameter_set("hold", "Y");
    child = fork();
    if (child == 0) {
        one_message(NULL);
        _exit(0);
    }
    while (parameter_read("in_device") == 0 || state_of(child) != 'D')
        sched_yield();
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(state_of(child), 'D');
    assert_int_equal(waitpid(child, &status, WNOHANG), 0);
    parameter_set("hold", "N");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static int set_up(void **state)
{
    /* Once before, so that nothing is loaded, opened or verified in the test itself. */
    libctx = subject_open("mode = auto\nmin_size = 12288\nverify = no\n");
    return job_setup(state);
}

static int tear_down(void **state)
{
    OSSL_LIB_CTX_free(libctx);
    return job_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_request_takes_its_time, parameters_teardown),
        cmocka_unit_test_teardown(a_long_one_takes_longer, parameters_teardown),
        cmocka_unit_test_teardown(some_are_late, parameters_teardown),
        cmocka_unit_test_teardown(engines_work_side_by_side, parameters_teardown),
        cmocka_unit_test_teardown(one_that_never_answers_holds_what_it_has, parameters_teardown),
        cmocka_unit_test_teardown(a_process_that_waits_for_it_cannot_be_killed,
                                  parameters_teardown),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
