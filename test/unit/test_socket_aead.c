/* SPDX-License-Identifier: Apache-2.0 */
/* AEAD messages, against libkcapi. */
#include <afalg/socket.h>

#include <errno.h>
#include <kcapi.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_test.h"
#include "socket_support.h"

enum { TAG = 16, NONCE = 12, LONGEST = 60000 /* libkcapi takes up to 64 KiB at once */ };

static const uint8_t KEY[32] = "0123456789abcdef0123456789abcde";

/* The iv of CCM says how many bytes count the length: 3 for a nonce of 12 (RFC 3610). */
static const uint8_t CCM_IV[16] = { 2, 'n', 'o', 'n', 'c', 'e' };
static const uint8_t IV[NONCE] = "nonce of 12";

static const struct mode {
    const char *name;
    const uint8_t *iv;
    size_t ivlen;
} MODES[] = {
    { "gcm(aes)", IV, sizeof(IV) },
    { "ccm(aes)", CCM_IV, sizeof(CCM_IV) },
    { "rfc7539(chacha20,poly1305)", IV, sizeof(IV) },
};
enum { MODE_COUNT = sizeof(MODES) / sizeof(MODES[0]) };

/* What is sealed: AAD and text; and the result: AAD, text and tag. */
struct message {
    size_t aadlen;
    size_t len; /* of AAD and text */
    uint8_t *opened;
    uint8_t *sealed;
    uint8_t *theirs; /* sealed by libkcapi */
};

static struct message new_message(size_t aadlen, size_t textlen)
{
    struct message m = { .aadlen = aadlen, .len = aadlen + textlen };

    m.opened = buffer(m.len);
    m.sealed = buffer(m.len + TAG);
    m.theirs = buffer(m.len + TAG);
    fill(m.opened, m.len, (uint32_t)(aadlen * 31 + textlen));
    return m;
}

static void free_message(struct message *m)
{
    free(m->opened);
    free(m->sealed);
    free(m->theirs);
}

static void seal_by_libkcapi(const struct mode *mode, struct message *m)
{
    struct kcapi_handle *handle;

    assert_int_equal(kcapi_aead_init(&handle, mode->name, 0), 0);
    assert_int_equal(kcapi_aead_setkey(handle, KEY, sizeof(KEY)), 0);
    assert_int_equal(kcapi_aead_settaglen(handle, TAG), 0);
    kcapi_aead_setassoclen(handle, m->aadlen);
    assert_int_equal(kcapi_aead_encrypt(handle, m->opened, m->len, mode->iv, m->theirs,
                                        m->len + TAG, KCAPI_ACCESS_SENDMSG),
                     m->len + TAG);
    kcapi_aead_destroy(handle);
}

static ssize_t seal(struct afalg_socket *s, const struct mode *mode, const struct message *m)
{
    struct iovec in = segment(m->opened, m->len);
    struct iovec out = segment(m->sealed, m->len + TAG);

    return afalg_aead(s, REQUEST(AFALG_ENCRYPT, mode->iv, mode->ivlen, m->aadlen, &in, &out, 1, 1));
}

/* Opens m->sealed into m->opened. */
static ssize_t open_sealed(struct afalg_socket *s, const struct mode *mode, const struct message *m)
{
    struct iovec in = segment(m->sealed, m->len + TAG);
    struct iovec out = segment(m->opened, m->len);

    return afalg_aead(s, REQUEST(AFALG_DECRYPT, mode->iv, mode->ivlen, m->aadlen, &in, &out, 1, 1));
}

static void assert_as_libkcapi(struct afalg_socket *s, const struct mode *mode, size_t aadlen,
                               size_t textlen)
{
    struct message m = new_message(aadlen, textlen);
    uint8_t *plain = buffer(m.len);

    memcpy(plain, m.opened, m.len);
    assert_int_equal(seal(s, mode, &m), m.len + TAG);
    if (m.len > 0) { /* libkcapi 1.4 does not send an empty message */
        seal_by_libkcapi(mode, &m);
        assert_memory_equal(m.sealed + aadlen, m.theirs + aadlen, textlen + TAG);
    }
    memset(m.opened, 0, m.len);
    assert_int_equal(open_sealed(s, mode, &m), m.len);
    assert_memory_equal(m.opened + aadlen, plain + aadlen, textlen);
    m.sealed[m.len + TAG - 1] ^= 1;
    assert_int_equal(open_sealed(s, mode, &m), -EBADMSG);
    free(plain);
    free_message(&m);
}

static void any_length_as_libkcapi(void **state)
{
    static const size_t aadlens[] = { 0, 1, 13, 16, 20, 64, 1000 };
    static const size_t textlens[] = { 0, 1, 15, 16, 17, 63, 64, 1000, 4096, 16384, LONGEST };

    (void)state;
    for (size_t i = 0; i < MODE_COUNT; i++) {
        struct afalg_socket s;

        open_socket(&s, "aead", MODES[i].name, KEY, sizeof(KEY));
        for (size_t a = 0; a < sizeof(aadlens) / sizeof(aadlens[0]); a++)
            for (size_t t = 0; t < sizeof(textlens) / sizeof(textlens[0]); t++)
                assert_as_libkcapi(&s, &MODES[i], aadlens[a], textlens[t]);
        afalg_socket_close(&s);
    }
}

static void the_empty_message_has_its_tag(void **state)
{
    /* McGrew and Viega, GCM, test case 1. */
    static const uint8_t zero[16];
    static const uint8_t want[TAG] =
        "\x58\xe2\xfc\xce\xfa\x7e\x30\x61\x36\x7f\x1d\x57\xa4\xe7\x45\x5a";
    const struct mode mode = { "gcm(aes)", zero, NONCE };
    struct message m = new_message(0, 0);
    struct afalg_socket s;

    (void)state;
    open_socket(&s, "aead", "gcm(aes)", zero, sizeof(zero));
    assert_int_equal(seal(&s, &mode, &m), TAG);
    assert_memory_equal(m.sealed, want, TAG);
    assert_int_equal(open_sealed(&s, &mode, &m), 0);
    m.sealed[0] ^= 1;
    assert_int_equal(open_sealed(&s, &mode, &m), -EBADMSG);
    m.sealed[0] ^= 1;
    assert_int_equal(open_sealed(&s, &mode, &m), 0);
    free_message(&m);
    afalg_socket_close(&s);
}

static void a_wrong_tag_leaves_the_socket_usable(void **state)
{
    struct message m = new_message(13, 100);
    struct afalg_socket s;

    (void)state;
    open_socket(&s, "aead", "gcm(aes)", KEY, sizeof(KEY));
    assert_int_equal(seal(&s, &MODES[0], &m), m.len + TAG);
    for (size_t bit = 0; bit < 8 * (m.len + TAG); bit += 61) {
        m.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(open_sealed(&s, &MODES[0], &m), -EBADMSG);
        assert_true(afalg_socket_valid(&s));
        m.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(open_sealed(&s, &MODES[0], &m), m.len);
    }
    free_message(&m);
    afalg_socket_close(&s);
}

/* AAD, text and tag each where the caller has them, and in place. */
static void segments_are_one_message(void **state)
{
    struct message m = new_message(13, 1000);
    uint8_t aad[13];
    uint8_t text[1000];
    uint8_t tag[TAG];
    uint8_t spare[13];
    struct iovec in[3] = { segment(m.opened, 13), segment(text, 1000), segment(tag, TAG) };
    struct iovec out[3] = { segment(spare, 13), segment(text, 1000), segment(tag, TAG) };
    struct afalg_socket s;

    (void)state;
    memcpy(aad, m.opened, 13);
    memcpy(text, m.opened + 13, 1000);
    open_socket(&s, "aead", "gcm(aes)", KEY, sizeof(KEY));
    assert_int_equal(afalg_aead(&s, REQUEST(AFALG_ENCRYPT, IV, NONCE, 13, in, out, 2, 3)),
                     m.len + TAG);
    seal_by_libkcapi(&MODES[0], &m);
    assert_memory_equal(text, m.theirs + 13, 1000);
    assert_memory_equal(tag, m.theirs + m.len, TAG);
    assert_memory_equal(m.opened, aad, 13);
    assert_int_equal(afalg_aead(&s, REQUEST(AFALG_DECRYPT, IV, NONCE, 13, in, out, 3, 2)), m.len);
    assert_memory_equal(text, m.opened + 13, 1000);
    free_message(&m);
    afalg_socket_close(&s);
}

static void the_tag_length_is_the_transforms(void **state)
{
    static const size_t taglens[] = { 4, 8, 12, 13, 14, 15, 16 };
    struct message m = new_message(13, 100);

    (void)state;
    seal_by_libkcapi(&MODES[0], &m);
    for (size_t i = 0; i < sizeof(taglens) / sizeof(taglens[0]); i++) {
        const struct afalg_transform t = { .type = "aead",
                                           .name = "gcm(aes)",
                                           .key = KEY,
                                           .keylen = sizeof(KEY),
                                           .authsize = taglens[i] };
        struct iovec in = segment(m.opened, m.len);
        struct iovec out = segment(m.sealed, m.len + taglens[i]);
        struct afalg_socket s = AFALG_SOCKET_CLOSED;

        assert_int_equal(afalg_socket_open(&s, &t), 0);
        assert_int_equal(afalg_aead(&s, REQUEST(AFALG_ENCRYPT, IV, NONCE, 13, &in, &out, 1, 1)),
                         m.len + taglens[i]);
        assert_memory_equal(m.sealed + 13, m.theirs + 13, 100 + taglens[i]);
        afalg_socket_close(&s);
    }
    free_message(&m);
}

static size_t longest_message(void)
{
    struct afalg_limits limits;

    assert_int_equal(afalg_default_limits(&limits), 0);
    return limits.send < limits.receive ? limits.send : limits.receive;
}

/* The longest message that one request carries goes whole; one byte more goes not at all. */
static void a_message_too_long_is_refused(void **state)
{
    size_t max = longest_message();
    struct message m = new_message(13, max - 13 - TAG);
    struct message longer = new_message(13, max - 13 - TAG + 1);
    uint8_t *plain = buffer(m.len);
    struct afalg_socket s;

    (void)state;
    memcpy(plain, m.opened, m.len);
    open_socket(&s, "aead", "gcm(aes)", KEY, sizeof(KEY));
    assert_int_equal(seal(&s, &MODES[0], &m), max);
    memset(m.opened, 0, m.len);
    assert_int_equal(open_sealed(&s, &MODES[0], &m), m.len);
    assert_memory_equal(m.opened + 13, plain + 13, m.len - 13);
    assert_int_equal(seal(&s, &MODES[0], &longer), -EMSGSIZE);
    /* What that would yield, without the tag, fits: the kernel has seen all of it. */
    assert_int_equal(open_sealed(&s, &MODES[0], &longer), -EBADMSG);
    assert_true(afalg_aead_fits(&s, max, max));
    assert_false(afalg_aead_fits(&s, max, max + 1));
    assert_int_equal(longer.sealed[longer.len], 0);
    assert_true(afalg_socket_valid(&s));
    assert_as_libkcapi(&s, &MODES[0], 13, 100);
    afalg_socket_close(&s);
    free(plain);
    free_message(&m);
    free_message(&longer);
}

static void what_the_kernel_refuses(void **state)
{
    static const uint8_t iv[AFALG_IV_MAX + 1];
    static const size_t wrong[] = { 11, 16, AFALG_IV_MAX + 1 };
    unsigned before = open_descriptors();
    struct message m = new_message(13, 100);
    struct afalg_socket s;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct mode mode = { "gcm(aes)", iv, wrong[i] };

        open_socket(&s, "aead", "gcm(aes)", KEY, sizeof(KEY));
        assert_int_equal(seal(&s, &mode, &m), -EINVAL);
        assert_int_equal(s.fd, -1);
        assert_int_equal(open_descriptors(), before);
    }
    open_socket(&s, "aead", "gcm(aes)", NULL, 0);
    assert_int_equal(seal(&s, &MODES[0], &m), -ENOKEY);
    assert_int_equal(s.fd, -1);
    free_message(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_length_as_libkcapi),
        cmocka_unit_test(the_empty_message_has_its_tag),
        cmocka_unit_test(a_wrong_tag_leaves_the_socket_usable),
        cmocka_unit_test(segments_are_one_message),
        cmocka_unit_test(the_tag_length_is_the_transforms),
        cmocka_unit_test(a_message_too_long_is_refused),
        cmocka_unit_test(what_the_kernel_refuses),
    };

    return cmocka_run_group_tests(tests, hold_registry, release_registry);
}
