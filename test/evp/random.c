/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <string.h>

/* FNV-1a, so that every algorithm walks its own sequence. */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325;

    while (*name != '\0')
        hash = (hash ^ (unsigned char)*name++) * 0x100000001b3;
    return hash;
}

struct random random_start(const char *name, uint64_t seed)
{
    return (struct random){ .state = hash_of(name) + seed * 0xd1342543de82ef95 };
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

size_t random_below(struct random *random, size_t below)
{
    return below == 0 ? 0 : (size_t)(random_next(random) % below);
}

bool random_once_in(struct random *random, size_t times)
{
    return random_below(random, times) == 0;
}

void random_fill(struct random *random, void *bytes, size_t length)
{
    unsigned char *to = bytes;

    while (length > 0) {
        uint64_t word = random_next(random);
        size_t piece = length < sizeof(word) ? length : sizeof(word);

        memcpy(to, &word, piece);
        to += piece;
        length -= piece;
    }
}

size_t random_length(struct random *random, size_t block, size_t limit)
{
    static const int around[] = { -17, -16, -1, 0, 1, 15, 16, 17 };
    size_t unit = block > 1 ? block : 16;
    size_t kind = random_below(random, 200);
    size_t length;

    if (kind < 80)
        length = random_below(random, 4 * unit + 1);
    else if (kind < 140)
        length = unit * random_below(random, 5);
    else if (kind < 170)
        length = 4096 * (1 + random_below(random, 2)) + (size_t)around[random_below(random, 8)];
    else if (kind < 196)
        length = random_below(random, 3000);
    else if (kind < 199)
        length = random_below(random, 70000);
    else
        length = random_below(random, limit + 1);
    return length < limit ? length : limit;
}
