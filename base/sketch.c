#include "base/sketch.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { BITS = 12, REGISTERS = 1 << BITS };

static void note(struct sketch *s, uint64_t hash) {
    uint64_t rest = hash << BITS | (uint64_t)1 << (BITS - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1), *at = &s->rank[hash >> (64 - BITS)];
    if (rank > *at) *at = rank;
}

static void give_up(struct sketch *s) {
    s->rank = mem_alloc(REGISTERS);
    for (uint32_t i = 0; i < s->slots; i++)
        if (s->exact[i]) note(s, s->exact[i]);
    if (s->zero) note(s, 0);
    mem_free(s->exact);
    s->exact = NULL;
    s->slots = s->n = 0;
}

static bool place(uint64_t *table, uint32_t slots, uint64_t hash) {
    uint32_t at = (uint32_t)(hash >> 7) & (slots - 1);
    for (; table[at]; at = (at + 1) & (slots - 1))
        if (table[at] == hash) return false;
    table[at] = hash;
    return true;
}

static void grow(struct sketch *s) {
    uint32_t slots = s->slots ? 2 * s->slots : 16;
    uint64_t *table = mem_alloc(slots * sizeof *table);
    for (uint32_t i = 0; i < s->slots; i++)
        if (s->exact[i]) place(table, slots, s->exact[i]);
    mem_free(s->exact);
    s->exact = table;
    s->slots = slots;
}

void sketch_add(struct sketch *s, uint64_t hash) {
    if (s->rank) {
        note(s, hash);
        return;
    }
    if (!hash) {
        s->zero = true;
        return;
    }
    if (2 * s->n >= s->slots) grow(s);
    s->n += place(s->exact, s->slots, hash);
    if (s->n > SKETCH_EXACT) give_up(s);
}

void sketch_join(struct sketch *s, const struct sketch *from) {
    if (from->rank && !s->rank) give_up(s);
    for (uint32_t i = 0; i < from->slots; i++)
        if (from->exact[i]) sketch_add(s, from->exact[i]);
    if (from->zero) sketch_add(s, 0);
    for (uint32_t i = 0; from->rank && i < REGISTERS; i++)
        if (from->rank[i] > s->rank[i]) s->rank[i] = from->rank[i];
}

double sketch_count(const struct sketch *s) {
    if (!s->rank) return s->n + (s->zero ? 1 : 0);
    double sum = 0, m = REGISTERS;
    uint32_t empty = 0;
    for (uint32_t i = 0; i < REGISTERS; i++) {
        sum += ldexp(1, -s->rank[i]);
        empty += !s->rank[i];
    }
    double e = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    return e <= 2.5 * m && empty ? m * log(m / empty) : e; /* linear counting where many are empty */
}

void sketch_free(struct sketch *s) {
    mem_free(s->exact);
    mem_free(s->rank);
    memset(s, 0, sizeof *s);
}
