/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of sockopt(9)'s option DIAGNOSTIC: what each misuse is told. */
#include <afalg/sockopt.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_test.h"

enum { LEVEL = 123, NAME = 45, LARGE = 1000 };

/* In the child: stderr to fd, no core file, then the misuse. */
_Noreturn static void misuse_in_child(int fd, void (*misuse)(void))
{
    const struct rlimit no_core = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)dup2(fd, STDERR_FILENO);
    misuse();
    _exit(0);
}

/* Runs misuse in a child, which must abort and say exactly message and a newline. */
static void assert_aborts(void (*misuse)(void), const char *message)
{
    char said[256] = "";
    size_t len = 0;
    ssize_t got;
    int fd[2];
    int status;
    pid_t child;

    assert_return_code(pipe(fd), 0);
    child = fork();
    assert_return_code(child, 0);
    if (child == 0)
        misuse_in_child(fd[1], misuse);
    (void)close(fd[1]);
    while ((got = read(fd[0], said + len, sizeof(said) - 1 - len)) > 0)
        len += (size_t)got;
    (void)close(fd[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_true(len > 0 && said[len - 1] == '\n');
    said[len - 1] = '\0';
    assert_string_equal(said, message);
}

static void reuse_int(void)
{
    struct sockopt sopt = { 0 };

    sockopt_init(&sopt, LEVEL, NAME, sizeof(int));
    sockopt_init(&sopt, LEVEL, NAME + 1, sizeof(int));
}

static void reuse_allocated(void)
{
    struct sockopt sopt = { 0 };

    sockopt_init(&sopt, LEVEL, NAME, LARGE);
    sockopt_init(&sopt, LEVEL, NAME + 1, LARGE);
}

static void init_refuses_reuse_without_destroy(void **state)
{
    (void)state;
    assert_aborts(reuse_int, "sockopt_init: structure reused without sockopt_destroy "
                             "(level 123, name 45, size 4)");
    assert_aborts(reuse_allocated, "sockopt_init: structure reused without sockopt_destroy "
                                   "(level 123, name 45, size 1000)");
}

static void destroy_copy(void)
{
    struct sockopt sopt = { 0 };
    struct sockopt copy;

    sockopt_init(&sopt, LEVEL, NAME, LARGE);
    copy = sopt;
    sockopt_destroy(&copy);
}

static void set_copy(void)
{
    struct sockopt sopt = { 0 };
    struct sockopt copy;

    sockopt_init(&sopt, LEVEL, NAME, sizeof(int));
    copy = sopt;
    (void)sockopt_setint(&copy, 7);
}

static void a_copy_is_refused(void **state)
{
    (void)state;
    assert_aborts(destroy_copy, "sockopt_destroy: sopt_data is not this structure's storage "
                                "(level 123, name 45, size 1000)");
    assert_aborts(set_copy, "sockopt_set: sopt_data is not this structure's storage "
                            "(level 123, name 45, size 4)");
}

static void get_with_wrong_size(void)
{
    struct sockopt sopt = { 0 };
    char out[LARGE];

    sockopt_init(&sopt, LEVEL, NAME, sizeof(int));
    sopt.sopt_size = LARGE;
    (void)sockopt_get(&sopt, out, LARGE);
}

static void get_with_wrong_retsize(void)
{
    struct sockopt sopt = { 0 };
    int out;

    sockopt_init(&sopt, LEVEL, NAME, 0);
    (void)sockopt_setint(&sopt, 7);
    sopt.sopt_retsize = sizeof(int) + 1;
    (void)sockopt_getint(&sopt, &out);
}

static void apply_without_data(void)
{
    struct sockopt sopt = { 0 };

    sockopt_init(&sopt, LEVEL, NAME, 0);
    (void)sockopt_setint(&sopt, 7);
    sopt.sopt_data = NULL;
    (void)sockopt_apply(-1, &sopt);
}

static void fields_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    assert_aborts(get_with_wrong_size, "sockopt_get: sopt_data is not this structure's storage "
                                       "(level 123, name 45, size 1000)");
    assert_aborts(get_with_wrong_retsize, "sockopt_get: sopt_retsize is larger than sopt_size "
                                          "(level 123, name 45, size 4)");
    assert_aborts(apply_without_data, "sockopt_apply: a value was set but sopt_data is NULL "
                                      "(level 123, name 45, size 4)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_refuses_reuse_without_destroy),
        cmocka_unit_test(a_copy_is_refused),
        cmocka_unit_test(fields_that_contradict_each_other_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
