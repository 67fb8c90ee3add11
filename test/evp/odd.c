/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Odd sequences of calls, on the subject and on the oracle.
 *
 *     odd [--kind cipher|aead|digest|mac] [--algorithm NAME] [--seeds COUNT | --seed NUMBER]
 * [--only STEP,...]
 *         [--libctx] [--faults]
 *
 * COUNT is AFALG_SEEDS of the environment, or 1000, unless given. --seed prints the sequence as it
 * goes; --only makes it of these steps alone. --libctx has the subject in a library context of its
 * own and takes every provider out of the default one; without it the subject is in the default
 * one. --faults lets system calls fail in between. A sequence that fails is made shorter as long as
 * it fails, and printed.
 */
#include "odd.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <openssl/err.h>

#include "inject.h"
#include "support.h"

enum { STEPS_MAX = 20, FAILURES_SHOWN = 3, HANGS_SECONDS = 120 };

struct step {
    unsigned int number; /* in the sequence as it was chosen */
    operation_fn *run;
    uint64_t seed;
};

struct sequence {
    const struct algorithm *algorithm;
    uint64_t seed;
    struct step step[STEPS_MAX];
    size_t count;
};

struct options {
    const char *kind;
    const char *algorithm;
    const char *only;
    uint64_t first_seed;
    uint64_t seeds;
    bool shown;
    bool libctx;
    bool faults;
};

static const struct odd_kind *const odd_kind_of[KINDS] = { &odd_cipher, &odd_cipher, &odd_digest,
                                                           &odd_mac };

/* What to name if the process crashes, and what to do then. */
static const struct sequence *current;
static struct sigaction crash;

unsigned int odd_slot(struct trial *trial)
{
    return trial_once_in(trial, 4) ? (unsigned int)trial_below(trial, SLOTS) : 0;
}

size_t odd_length(struct trial *trial, size_t block)
{
    static const size_t limits[] = { 4096, 65536, 212992 };
    size_t unit = block > 1 ? block : 16;
    size_t kind = trial_below(trial, 100);

    if (kind < 10)
        return trial_below(trial, 3);
    if (kind < 55)
        return unit * (1 + trial_below(trial, 4)) - 1 + trial_below(trial, 3);
    if (kind < 90)
        return trial_below(trial, 5 * unit);
    if (kind < 98)
        return limits[0] - 1 + trial_below(trial, 3);
    if (!trial_once_in(trial, 5))
        return limits[1] - 1 + trial_below(trial, 3);
    return limits[2] - 17 + trial_below(trial, 35);
}

const uint8_t *odd_bytes(struct trial *trial, size_t length)
{
    return trial->message + trial_below(trial, MESSAGE_LIMIT - length);
}

bool odd_agree(struct trial *trial, const char *call, const struct outcome outcome[SIDES])
{
    bool both = trial_agree(trial, call, outcome);

    if (!trial->over)
        trial_same_number(trial, call, outcome[OURS].result, outcome[ORACLE].result);
    return both && !trial->failed;
}

/* The next system call of a sort fails, or all of them until another step says otherwise. */
static void fault(struct trial *trial, void *contexts)
{
    static const int errors[] = { EMFILE, ENOMEM, EIO, EINTR, EAGAIN, EBUSY, 0 };
    static struct fault fault;

    (void)contexts;
    if (trial_once_in(trial, 3)) {
        trial_step(trial, "inject_stop();");
        inject_stop();
        return;
    }
    fault = (struct fault){ .call = (enum call)trial_below(trial, CALLS),
                            .after = (unsigned int)trial_below(trial, 3),
                            .for_ever = trial_once_in(trial, 2),
                            .error = errors[trial_below(trial, 7)] };
    if (fault.error == 0 && fault.call < CALL_SEND)
        fault.error = EMFILE; /* only data can be halved */
    if (fault.error == EINTR)
        fault.for_ever = false; /* such a call is made again until it is through */
    trial_step(trial,
               "inject_start(&(struct fault){ %s, .after = %u, .for_ever = %d, .error = %d });",
               call_name[fault.call], fault.after, fault.for_ever, fault.error);
    inject_start(&fault);
}

static operation_fn *choose_operation(struct random *random, const struct operation *operations)
{
    size_t total = 0;
    size_t at;

    for (const struct operation *o = operations; o->run != NULL; o++)
        total += o->weight;
    at = random_below(random, total);
    while (at >= operations->weight)
        at -= (operations++)->weight;
    return operations->run;
}

static void choose(struct sequence *sequence, const struct algorithm *algorithm, uint64_t seed,
                   bool faults)
{
    const struct operation *operations = odd_kind_of[algorithm->kind]->operations;
    struct random random = random_start(algorithm->name, seed);

    *sequence = (struct sequence){ .algorithm = algorithm, .seed = seed };
    sequence->count = 3 + random_below(&random, STEPS_MAX - 2);
    for (unsigned int i = 0; i < sequence->count; i++) {
        struct step *step = &sequence->step[i];

        step->number = i;
        step->run = i == 0 ? operations->run : choose_operation(&random, operations);
        if (faults && random_once_in(&random, 4))
            step->run = fault;
        step->seed = random_next(&random);
    }
}

/* Prints what the trace has got since *shown. */
static void show_trace(struct trial *trial, size_t *shown)
{
    fflush(trial->trace);
    fputs(trial->trace_text + *shown, stdout);
    fflush(stdout);
    *shown = trial->trace_size;
}

/* Says which sequence it was; the fault comes again then, and finds the handler from before. */
static void name_crash(int number)
{
    dprintf(STDERR_FILENO, "%s: odd --algorithm '%s' --seed %" PRIu64 "\n",
            number == SIGALRM ? "HANGS" : "CRASHED", current->algorithm->name, current->seed);
    if (number == SIGALRM)
        _exit(EXIT_FAILURE);
    sigaction(number, &crash, NULL);
}

/* Returns whether both sides agree. *text gets the calls, to be freed. */
static bool run(struct trial *trial, const struct sequence *sequence, bool shown, char **text)
{
    const struct odd_kind *kind = odd_kind_of[sequence->algorithm->kind];
    size_t printed = 0;
    void *contexts;

    current = sequence;
    alarm(HANGS_SECONDS);
    trial_begin(trial, sequence->algorithm->name, sequence->seed);
    contexts = kind->open(trial, sequence->algorithm);
    trial->stricter = kind->stricter;
    trial->stricter_arg = contexts;
    for (size_t i = 0; i < sequence->count && !trial->failed && !trial->over; i++) {
        trial->random = random_start(sequence->algorithm->name, sequence->step[i].seed);
        sequence->step[i].run(trial, contexts);
        if (shown)
            show_trace(trial, &printed);
    }
    inject_stop();
    kind->close(contexts);
    ERR_clear_error();
    return trial_end_silently(trial, text);
}

static bool passes(struct trial *trial, const struct sequence *sequence)
{
    char *text;
    bool passed = run(trial, sequence, false, &text);

    free(text);
    return passed;
}

static struct sequence without(const struct sequence *sequence, size_t index)
{
    struct sequence shorter = *sequence;

    shorter.count--;
    memmove(&shorter.step[index], &shorter.step[index + 1],
            (shorter.count - index) * sizeof(shorter.step[0]));
    return shorter;
}

/* Drops every step without which the sequence still fails. */
static void minimise(struct trial *trial, struct sequence *sequence)
{
    for (size_t i = sequence->count; i-- > 0;) {
        struct sequence shorter = without(sequence, i);

        if (!passes(trial, &shorter))
            *sequence = shorter;
    }
}

static void report(struct trial *trial, struct sequence *sequence, const struct options *options)
{
    char *text;

    minimise(trial, sequence);
    fprintf(stderr,
            "FAILED: AFALG_TEST_SUBJECT=%s odd%s%s --algorithm '%s' --seed %" PRIu64 " --only ",
            subject_name(), options->libctx ? " --libctx" : "", options->faults ? " --faults" : "",
            sequence->algorithm->name, sequence->seed);
    for (size_t i = 0; i < sequence->count; i++)
        fprintf(stderr, "%s%u", i == 0 ? "" : ",", sequence->step[i].number);
    if (run(trial, sequence, false, &text))
        fprintf(stderr, "\n    it passes when it is repeated\n");
    fprintf(stderr, "\n%s", text);
    free(text);
}

/* Leaves the steps that the list names. */
static void keep_only(struct sequence *sequence, const char *list)
{
    size_t kept = 0;

    while (list != NULL && *list != '\0') {
        char *end;
        unsigned long number = strtoul(list, &end, 10);

        if (end == list || number >= sequence->count)
            die("--only takes numbers below %zu", sequence->count);
        sequence->step[kept++] = sequence->step[number];
        list = *end == ',' ? end + 1 : end;
    }
    sequence->count = kept;
}

/* Returns how many sequences failed. */
static unsigned int try_seeds(struct trial *trial, const struct algorithm *algorithm,
                              const struct options *options)
{
    unsigned int failures = 0;

    for (uint64_t i = 0; i < options->seeds && failures < FAILURES_SHOWN; i++) {
        struct sequence sequence;
        char *text;

        choose(&sequence, algorithm, options->first_seed + i, options->faults);
        if (options->only != NULL)
            keep_only(&sequence, options->only);
        if (!run(trial, &sequence, options->shown, &text)) {
            failures++;
            report(trial, &sequence, options);
        }
        free(text);
    }
    return failures;
}

static bool try_algorithm(struct trial *trial, const struct algorithm *algorithm,
                          const struct options *options)
{
    bool passed = try_seeds(trial, algorithm, options) == 0;

    printf("%-6s %-26s %s: %" PRIu64 " seeds\n", kind_name[algorithm->kind], algorithm->name,
           passed ? "same" : "DIFFERS", options->seeds);
    fflush(stdout);
    return passed;
}

static bool is_selected(const struct options *options, const struct algorithm *algorithm)
{
    return (options->kind == NULL || strcasecmp(options->kind, kind_name[algorithm->kind]) == 0) &&
           (options->algorithm == NULL || strcasecmp(options->algorithm, algorithm->name) == 0);
}

static struct options parse(int argc, char **argv)
{
    static const struct option list[] = {
        { "kind", required_argument, NULL, 'k' },  { "algorithm", required_argument, NULL, 'r' },
        { "seeds", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 's' },
        { "only", required_argument, NULL, 'o' },  { "libctx", no_argument, NULL, 'l' },
        { "faults", no_argument, NULL, 'f' },      { NULL, 0, NULL, 0 },
    };
    const char *seeds = getenv("AFALG_SEEDS");
    struct options options = { .seeds = seeds == NULL ? 1000 : strtoull(seeds, NULL, 10) };
    int option;

    while ((option = getopt_long(argc, argv, "", list, NULL)) != -1) {
        if (option == 'k')
            options.kind = optarg;
        else if (option == 'r')
            options.algorithm = optarg;
        else if (option == 'o')
            options.only = optarg;
        else if (option == 'l')
            options.libctx = true;
        else if (option == 'f')
            options.faults = true;
        else if (option == 'n')
            options.seeds = strtoull(optarg, NULL, 10);
        else if (option == 's')
            options.first_seed = strtoull(optarg, NULL, 10), options.seeds = 1,
            options.shown = true;
        else
            die("usage: %s [--kind KIND] [--algorithm NAME] [--seeds COUNT | --seed NUMBER] "
                "[--only STEP,...] [--libctx] [--faults]",
                argv[0]);
    }
    return options;
}

/* NULL is the default library context. */
static OSSL_LIB_CTX *open_subject(bool apart)
{
    if (!apart) {
        subject_load(NULL, NULL);
        return NULL;
    }
    default_context_empty();
    return subject_open(NULL);
}

int main(int argc, char **argv)
{
    const struct options options = parse(argc, argv);
    OSSL_LIB_CTX *libctx[SIDES] = { open_subject(options.libctx), oracle_open() };
    struct algorithms algorithms = algorithms_open(libctx);
    struct trial trial;
    size_t tried = 0;
    size_t passed = 0;

    sigaction(SIGALRM, &(struct sigaction){ .sa_handler = name_crash }, NULL);
    sigaction(SIGSEGV, &(struct sigaction){ .sa_handler = name_crash }, &crash);
    trial_open(&trial);
    trial.random = random_start("messages", 0);
    random_fill(&trial.random, trial.message, BUFFER_SIZE);
    for (size_t i = 0; i < algorithms.count; i++) {
        if (!is_selected(&options, &algorithms.list[i]))
            continue;
        tried++;
        passed += try_algorithm(&trial, &algorithms.list[i], &options);
    }
    printf("%zu of %zu algorithms of %s agree with the default provider\n", passed, tried,
           subject_name());
    trial_close(&trial);
    algorithms_close(&algorithms);
    for (int side = 0; side < SIDES; side++)
        OSSL_LIB_CTX_free(libctx[side]);
    return tried > 0 && passed == tried ? EXIT_SUCCESS : EXIT_FAILURE;
}
