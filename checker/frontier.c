#include "checker/frontier.h"

#include <string.h>

#include "base/mem.h"
#include "checker/words.h"

#define INLINE static inline __attribute__((always_inline))

#ifdef DC_SMALL
enum { MOST_STATES = 4, DATA_BYTES = 64 };
#else
enum { MOST_STATES = 1024, DATA_BYTES = 4096 };
#endif
enum { PACKED_WORD = 9, PAST = 8 }; /* bytes at most; and bytes behind the data that may be read and written */

struct block_shape block_shape(uint32_t words, int with_ids) {
    struct block_shape s = {.words = words, .data_bytes = DATA_BYTES, .with_ids = with_ids};
    s.states = words <= 4 ? MOST_STATES : words <= 16 ? (MOST_STATES + 1) / 2 : (MOST_STATES + 3) / 4;
    if (s.data_bytes < (uint64_t)4 * PACKED_WORD * words) s.data_bytes = (uint64_t)4 * PACKED_WORD * words;
    s.bytes = sizeof(struct block) + s.data_bytes + PAST;
    return s;
}

uint64_t block_memory(const struct block_shape *s) {
    return s->bytes + (s->with_ids ? s->states * sizeof(uint32_t) : 0);
}

struct block *block_new(const struct block_shape *s) {
    struct block *k = mem_alloc(s->bytes);
    if (s->with_ids) k->ids = mem_alloc(s->states * sizeof *k->ids);
    return k;
}

void block_free(struct block *k) {
    mem_free(k->ids);
    mem_free(k);
}

int block_has_room(const struct block_shape *s, const struct block *k) {
    return k->n < s->states && k->bytes + (uint64_t)PACKED_WORD * s->words <= s->data_bytes;
}

INLINE uint8_t *pack(uint8_t *p, const uint64_t *state, uint64_t *last, uint32_t words) {
    uint8_t *data = p + words;
    for (uint32_t i = 0; i < words; i++) {
        uint64_t x = state[i] ^ last[i];
        unsigned skip = x ? (unsigned)__builtin_ctzll(x) / 8 : 0;
        unsigned n = x ? 8 - (unsigned)__builtin_clzll(x) / 8 - skip : 0;
        p[i] = (uint8_t)(skip << 4 | n);
        x >>= 8 * skip;
        memcpy(data, &x, sizeof x);
        data += n;
        last[i] = state[i];
    }
    return data;
}

INLINE void unpack(const struct block *k, uint64_t *states, uint32_t words) {
    const uint8_t *p = k->data;
    for (uint32_t i = 0; i < words; i++) states[i] = 0;
    for (uint32_t s = 0; s < k->n; s++) {
        const uint64_t *before = s ? states - words : states;
        const uint8_t *data = p + words;
        for (uint32_t i = 0; i < words; i++) {
            unsigned skip = p[i] >> 4, n = p[i] & 15;
            uint64_t x;
            memcpy(&x, data, sizeof x);
            data += n;
            x &= n ? UINT64_MAX >> (64 - 8 * n) : 0;
            states[i] = x << 8 * skip ^ before[i];
        }
        states += words;
        p = data;
    }
}

void block_add(const struct block_shape *shape, struct block *k, const uint64_t *state, uint64_t *last, uint32_t id) {
    uint8_t *p = k->data + k->bytes;
    WITH_WORDS(shape->words, p = pack(p, state, last, WORDS));
    k->bytes = (uint32_t)(p - k->data);
    if (k->ids) k->ids[k->n] = id;
    k->n++;
}

void block_unpack(const struct block_shape *shape, const struct block *k, uint64_t *states) {
    WITH_WORDS(shape->words, unpack(k, states, WORDS));
}
