/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of test vectors. */
#include <stanza.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_test.h"

/* A stanza reader of this text. */
static struct stanza *open_text(const char *text)
{
    char path[] = "/tmp/afalg-stanza-XXXXXX";
    int fd = mkstemp(path);
    size_t len = strlen(text);
    struct stanza *s;

    assert_return_code(fd, 0);
    assert_int_equal(write(fd, text, len), len);
    (void)close(fd);
    s = stanza_open(path);
    (void)unlink(path);
    assert_non_null(s);
    return s;
}

static void assert_bytes(struct stanza *s, const char *key, const char *want, size_t want_len)
{
    size_t len = 99;
    uint8_t *bytes = stanza_bytes(s, key, &len);

    assert_non_null(bytes);
    assert_int_equal(len, want_len);
    assert_memory_equal(bytes, want, want_len);
    free(bytes);
}

static void assert_no_bytes(struct stanza *s, const char *key)
{
    size_t len = 99;

    assert_null(stanza_bytes(s, key, &len));
    assert_int_equal(len, 0);
}

static void stanzas_come_one_by_one(void **state)
{
    struct stanza *s =
        open_text("# head\n\n\n# first\na = 1\nb =two words \n\n \na= 2\n\n# tail\n");

    (void)state;
    assert_true(stanza_next(s));
    assert_int_equal(stanza_line(s), 5);
    assert_string_equal(stanza_string(s, "a"), "1");
    assert_string_equal(stanza_string(s, "b"), "two words");
    assert_null(stanza_string(s, "c"));
    assert_true(stanza_next(s));
    assert_int_equal(stanza_line(s), 9);
    assert_string_equal(stanza_string(s, "a"), "2");
    assert_null(stanza_string(s, "b"));
    assert_false(stanza_next(s));
    assert_false(stanza_next(s));
    assert_true(stanza_close(s));
}

static void the_last_line_may_lack_its_end(void **state)
{
    struct stanza *s = open_text("a = 1\nb = 2");

    (void)state;
    assert_true(stanza_next(s));
    assert_string_equal(stanza_string(s, "b"), "2");
    assert_false(stanza_next(s));
    assert_true(stanza_close(s));
}

static void bytes_are_pairs_of_digits(void **state)
{
    struct stanza *s = open_text("a = 00fFA5\nempty =\nodd = 123\nother = 0g\nspace = 0 \n");

    (void)state;
    assert_true(stanza_next(s));
    assert_bytes(s, "a", "\x00\xff\xa5", 3);
    assert_bytes(s, "empty", "", 0);
    assert_no_bytes(s, "odd");
    assert_no_bytes(s, "other");
    assert_no_bytes(s, "space");
    assert_no_bytes(s, "absent");
    assert_true(stanza_close(s));
}

static void assert_malformed(const char *text)
{
    struct stanza *s = open_text(text);

    while (stanza_next(s))
        ;
    assert_false(stanza_close(s));
}

static void malformed_files_are_told(void **state)
{
    char many[17 * 8 + 1] = "";

    (void)state;
    assert_malformed("a = 1\nneither\n");
    assert_malformed("a = 1\n\na = 1\nb = 2\na = 3\n");
    for (int i = 0; i < 17; i++)
        (void)snprintf(many + strlen(many), sizeof(many) - strlen(many), "k%02d = 0\n", i);
    assert_malformed(many);
}

static void a_missing_file_is_none(void **state)
{
    (void)state;
    assert_null(stanza_open("/nonexistent/vectors.txt"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stanzas_come_one_by_one),
        cmocka_unit_test(the_last_line_may_lack_its_end),
        cmocka_unit_test(bytes_are_pairs_of_digits),
        cmocka_unit_test(malformed_files_are_told),
        cmocka_unit_test(a_missing_file_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
