/* SPDX-License-Identifier: Apache-2.0 */
/* What is proved of a driver: for each property its cases, from the likeliest faults on. */
#include "aead/aead.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { PAGE = 4096 };

/* --- which drivers have it --- */

static bool any(const struct target *t)
{
    (void)t;
    return true;
}

static bool is_cipher(const struct target *t)
{
    return !target_is_hash(t);
}

static bool may_be_empty(const struct target *t)
{
    return target_is_hash(t) || target_is_aead(t);
}

/* Whether a request without an IV goes on with what the one before has left. */
static bool chains(const struct target *t)
{
    enum next_iv next = target_traits(t)->next_iv;

    return is_cipher(t) && !target_is_aead(t) &&
           (next == NEXT_IV_CIPHERTEXT || next == NEXT_IV_KEYSTREAM ||
            next == NEXT_IV_BIG_ENDIAN_128);
}

static bool counts(const struct target *t)
{
    return is_cipher(t) && target_traits(t)->next_iv == NEXT_IV_BIG_ENDIAN_128;
}

static bool has_nonces(const struct target *t)
{
    return target_is_aead(t) && !target_traits(t)->aead->iv.any;
}

static bool has_keys(const struct target *t)
{
    return !target_is_hash(t) || t->mac != NULL;
}

/* --- their cases --- */

/* Every other case decrypts; returns the number among those of its direction. */
static unsigned direction(const struct target *t, unsigned i, struct test_case *c)
{
    if (target_is_hash(t))
        return i;
    c->v[DECRYPT] = i % 2;
    return i / 2;
}

static bool make_vector(const struct target *t, unsigned i, struct random *random,
                        struct test_case *c)
{
    (void)random;
    c->v[VECTOR] = i + 1;
    return vector_find(t, i + 1) != NULL;
}

static bool make_empty(const struct target *t, unsigned i, struct random *random,
                       struct test_case *c)
{
    (void)random;
    i = direction(t, i, c);
    c->v[LEN] = 0;
    c->v[AAD] = target_is_aead(t) && i == 1 ? 16 : 0;
    return i < (target_is_aead(t) ? 2 : 1);
}

static bool make_length(const struct target *t, unsigned i, struct random *random,
                        struct test_case *c)
{
    static const unsigned long edges[] = {
        127, 128, 129, 255, 256, 257, 511, 513, 4080, 4095, 4096, 4097, 8191, 65535, 65536,
    };
    enum { EACH = 80 };
    size_t least, unit;

    (void)random;
    i = direction(t, i, c);
    target_lengths(t, &least, &unit);
    if (least == 0)
        least = 1; /* what is empty is a property of its own */
    c->v[LEN] = i < EACH / unit ? least + i * unit : edges[(i - EACH / unit) % COUNT(edges)];
    return i < EACH / unit + COUNT(edges);
}

static bool make_alignment(const struct target *t, unsigned i, struct random *random,
                           struct test_case *c)
{
    (void)random;
    i = direction(t, i, c);
    c->v[LEN] = 112; /* whole blocks */
    c->v[IN] = c->v[OUT] = i;
    return i < 64;
}

/* At multiples of four, so that a driver's trouble with alignment is another property. */
static bool make_border(const struct target *t, unsigned i, struct random *random,
                        struct test_case *c)
{
    static const unsigned long before[] = { 4, 8, 12, 16, 20, 28, 36, 52, 60, 64, 68, 100 };

    (void)random;
    i = direction(t, i, c);
    c->v[LEN] = 208;
    if (i < COUNT(before))
        c->v[IN] = c->v[OUT] = PAGE - before[i];
    else if (!target_is_hash(t))
        c->v[CUT] = before[i % COUNT(before)];
    return i < (target_is_hash(t) ? 1 : 2) * COUNT(before);
}

static bool make_in_place(const struct target *t, unsigned i, struct random *random,
                          struct test_case *c)
{
    static const unsigned long lengths[] = { 16, 64, 256, 1024, PAGE, 3 * PAGE };

    (void)random;
    i = direction(t, i, c);
    c->v[LEN] = lengths[i % COUNT(lengths)];
    c->v[IN_PLACE] = 1;
    return i < COUNT(lengths);
}

static bool make_chain(const struct target *t, unsigned i, struct random *random,
                       struct test_case *c)
{
    static const unsigned long lengths[] = { 16, 32, 64, 1024, PAGE };

    (void)random;
    i = direction(t, i, c);
    c->v[TIMES] = 2 + i % 3;
    c->v[LEN] = lengths[i / 3 % COUNT(lengths)] * c->v[TIMES];
    return i < 3 * COUNT(lengths);
}

static bool make_wrap(const struct target *t, unsigned i, struct random *random,
                      struct test_case *c)
{
    static const unsigned long lengths[] = { 32, 48, 64, 256, PAGE };
    static const unsigned long bits[] = { 8, 16, 32, 64, 96, 128 };

    (void)random;
    i = direction(t, i, c);
    c->v[WRAP] = bits[i % COUNT(bits)];
    c->v[LEN] = lengths[i / COUNT(bits) % COUNT(lengths)];
    return i < COUNT(bits) * COUNT(lengths);
}

static bool make_aad(const struct target *t, unsigned i, struct random *random, struct test_case *c)
{
    static const unsigned long edges[] = {
        127, 128, 255, 256, PAGE - 1, PAGE, 65535, 65536, 70000
    };
    enum { EACH = 40, LONG = 65279, LONG_END = 65301 };

    (void)random;
    i = direction(t, i, c);
    if (i < EACH)
        c->v[AAD] = i;
    else if (i < EACH + LONG_END - LONG)
        c->v[AAD] = LONG + i - EACH;
    else
        c->v[AAD] = edges[(i - EACH - LONG_END + LONG) % COUNT(edges)];
    return i < EACH + LONG_END - LONG + COUNT(edges);
}

/* Each length twice: sealed and opened; a third time forged. */
static bool make_tag(const struct target *t, unsigned i, struct random *random, struct test_case *c)
{
    unsigned length = 0;

    (void)random;
    c->v[DECRYPT] = i % 3 > 0;
    c->v[FORGED] = i % 3 == 2;
    for (unsigned left = i / 3 + 1; left > 0 && length < AEAD_TAG_MAX; length++)
        left -= target_traits(t)->aead->tag.kernel_has(length + 1);
    c->v[TAG] = length;
    for (unsigned n = 1, left = i / 3 + 1; n <= AEAD_TAG_MAX; n++) {
        if (target_traits(t)->aead->tag.kernel_has(n) && --left == 0)
            return true;
    }
    return false;
}

static bool make_nonce(const struct target *t, unsigned i, struct random *random,
                       struct test_case *c)
{
    (void)random;
    i = direction(t, i, c);
    c->v[NONCE] = target_traits(t)->aead->iv.min + i;
    return c->v[NONCE] <= target_traits(t)->aead->iv.max;
}

static const unsigned long pieces[] = { 1, 4, 16, 60, 63, 64, 65, 128, 256, PAGE };

static bool make_pieces(const struct target *t, unsigned i, struct random *random,
                        struct test_case *c)
{
    (void)t;
    (void)random;
    c->v[CUT] = pieces[i % COUNT(pieces)];
    c->v[LEN] = c->v[CUT] * 3 + i / COUNT(pieces) * 5;
    return i < 3 * COUNT(pieces);
}

static bool make_copy(const struct target *t, unsigned i, struct random *random,
                      struct test_case *c)
{
    (void)t;
    (void)random;
    c->v[COPY] = 1;
    c->v[CUT] = pieces[i % COUNT(pieces)];
    c->v[LEN] = c->v[CUT] + i / COUNT(pieces) * 65;
    return i < 2 * COUNT(pieces);
}

static bool make_keys(const struct target *t, unsigned i, struct random *random,
                      struct test_case *c)
{
    enum { HMAC_KEYS = 200, TURNS = 4 };

    (void)random;
    i = direction(t, i, c);
    c->v[OTHER_KEY] = 1;
    if (t->mac != NULL && t->mac->mac_template == MAC_HMAC) {
        c->v[KEY] = i + 1;
        return i < HMAC_KEYS;
    }
    c->v[KEY] = t->rows[i % t->count]->keylen;
    return i < TURNS * t->count;
}

static bool make_threads(const struct target *t, unsigned i, struct random *random,
                         struct test_case *c)
{
    static const unsigned long lengths[] = { 64, 1024, PAGE };

    (void)random;
    i = direction(t, i, c);
    c->v[THREADS] = 4;
    c->v[LEN] = lengths[i % COUNT(lengths)];
    return i < COUNT(lengths);
}

static unsigned long once_in(struct random *random, size_t times, unsigned long value)
{
    return random_below(random, times) == 0 ? value : 0;
}

static unsigned long random_length(struct random *random)
{
    static const size_t limits[] = { 65, 300, 2 * PAGE, 65537 };

    return random_below(random, limits[random_below(random, COUNT(limits))]);
}

static bool make_random(const struct target *t, unsigned i, struct random *random,
                        struct test_case *c)
{
    (void)i;
    c->v[LEN] = random_length(random);
    c->v[AAD] = random_length(random) / 2;
    c->v[KEY] = t->rows[random_below(random, t->count)]->keylen;
    c->v[IN] = random_below(random, PAGE);
    c->v[OUT] = random_below(random, PAGE);
    c->v[CUT] = once_in(random, 2, 1 + random_below(random, 1 + c->v[LEN]));
    c->v[TIMES] = chains(t) ? once_in(random, 4, 2 + random_below(random, 3)) : 0;
    c->v[DECRYPT] = random_below(random, 2);
    c->v[FORGED] = once_in(random, 8, 1);
    c->v[COPY] = once_in(random, 4, 1);
    c->v[OTHER_KEY] = once_in(random, 8, 1);
    return true;
}

const struct property properties[] = {
    { "vectors", any, make_vector },         { "empty", may_be_empty, make_empty },
    { "lengths", any, make_length },         { "alignment", any, make_alignment },
    { "borders", any, make_border },         { "in-place", is_cipher, make_in_place },
    { "chaining", chains, make_chain },      { "counter", counts, make_wrap },
    { "aad", target_is_aead, make_aad },     { "tags", target_is_aead, make_tag },
    { "nonces", has_nonces, make_nonce },    { "pieces", target_is_hash, make_pieces },
    { "copies", target_is_hash, make_copy }, { "keys", has_keys, make_keys },
    { "threads", any, make_threads },        { "random", any, make_random },
};

const size_t property_count = COUNT(properties);
_Static_assert(COUNT(properties) <= PROPERTIES_MAX, "a result has room for each property");
