/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of keys: each form, its attributes decoded, and what is refused. */
#include <string.h>

#include "cmocka_test.h"

#include "key/uri.h"

static struct key_uri parse(const char *uri)
{
    struct key_uri u;
    const char *problem = key_uri_parse(&u, uri);

    if (problem != NULL)
        fail_msg("%s: %s", uri, problem);
    return u;
}

static void a_key_of_the_keyring_by_type_and_description(void **state)
{
    struct key_uri u = parse("afalg:keyring=logon;name=tls:ticket");

    (void)state;
    assert_string_equal(u.keyring, "logon");
    assert_string_equal(u.name, "tls:ticket");
    assert_null(u.cipher);
    assert_int_equal(u.serial, 0);
    key_uri_free(&u);
}

static void a_key_of_the_keyring_by_serial(void **state)
{
    struct key_uri u = parse("afalg:serial=271828;driver=cbc-aes-aesni");

    (void)state;
    assert_int_equal(u.serial, 271828);
    assert_string_equal(u.driver, "cbc-aes-aesni");
    key_uri_free(&u);
}

static void a_descriptor_by_name(void **state)
{
    struct key_uri u = parse("afalg:fd=ticket");

    (void)state;
    assert_string_equal(u.fd, "ticket");
    key_uri_free(&u);
}

static void a_blob_in_a_file_for_a_cipher_of_the_kernels(void **state)
{
    struct key_uri u = parse("afalg:file=/etc/keys/disk.blob;cipher=tk(cbc(aes))");

    (void)state;
    assert_string_equal(u.file, "/etc/keys/disk.blob");
    assert_string_equal(u.cipher, "tk(cbc(aes))");
    key_uri_free(&u);
}

static void all_keys_of_a_type(void **state)
{
    struct key_uri u = parse("afalg:keyring=user");

    (void)state;
    assert_string_equal(u.keyring, "user");
    assert_null(u.name);
    key_uri_free(&u);
}

static void values_are_decoded_and_attributes_come_in_any_order(void **state)
{
    struct key_uri u = parse("AFALG:name=a%20b%3Bc%3d%25;keyring=user");

    (void)state;
    assert_string_equal(u.keyring, "user");
    assert_string_equal(u.name, "a b;c=%");
    key_uri_free(&u);
}

static void what_names_no_key_or_two_is_refused(void **state)
{
    static const char *const refused[] = {
        "",
        "afalg",
        "afalg:",
        "pkcs11:object=x",
        "afalg:keyring=",
        "afalg:keyring",
        "afalg:=user",
        "afalg:keyring=user;",
        "afalg:name=x",
        "afalg:keyring=user;name=x;name=y",
        "afalg:keyring=user;keyring=user;name=x",
        "afalg:serial=0",
        "afalg:serial=-1",
        "afalg:serial=+1",
        "afalg:serial= 1",
        "afalg:serial=1x",
        "afalg:serial=2147483648",
        "afalg:serial=99999999999999999999",
        "afalg:serial=1;serial=1",
        "afalg:serial=1;name=x",
        "afalg:serial=1;fd=x",
        "afalg:serial=1;keyring=user",
        "afalg:file=/x",
        "afalg:cipher=cbc(paes)",
        "afalg:driver=x",
        "afalg:fd=x;driver=y",
        "afalg:fd=x;cipher=cbc(aes)",
        "afalg:keyring=user;driver=x",
        "afalg:keyring=user;name=x;colour=red",
        "afalg:keyring=user;name=a b",
        "afalg:keyring=user;name=a%",
        "afalg:keyring=user;name=a%2",
        "afalg:keyring=user;name=a%zz",
        "afalg:keyring=user;name=a%00",
        "afalg:keyring=user;name=x?y",
        "afalg:keyring=user;name=x#y",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct key_uri u;

        if (key_uri_parse(&u, refused[i]) == NULL)
            fail_msg("accepted: %s", refused[i]);
        assert_null(u.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_of_the_keyring_by_type_and_description),
        cmocka_unit_test(a_key_of_the_keyring_by_serial),
        cmocka_unit_test(a_descriptor_by_name),
        cmocka_unit_test(a_blob_in_a_file_for_a_cipher_of_the_kernels),
        cmocka_unit_test(all_keys_of_a_type),
        cmocka_unit_test(values_are_decoded_and_attributes_come_in_any_order),
        cmocka_unit_test(what_names_no_key_or_two_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
