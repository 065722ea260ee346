/* Changes by words, for texts that a change of single bytes hardly ever leaves valid: a number or name becomes another
 * one, a part in brackets or a line takes the place of another. */
#include "tests/fuzz/mutate.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);

struct text {
    uint8_t *data;
    size_t n, max;
    unsigned seed;
};

struct piece {
    size_t begin, end;
};

static size_t random_below(struct text *t, size_t n) { return n ? (size_t)rand_r(&t->seed) % n : 0; }

static bool in_word(uint8_t c) { return isalnum(c) || c == '_' || c >= 0x80; }
static bool opens(uint8_t c) { return c == '(' || c == '[' || c == '{'; }
static bool closes(uint8_t c) { return c == ')' || c == ']' || c == '}'; }

/* The word at or after a random place; empty if there is none. */
static struct piece some_word(struct text *t) {
    struct piece w = {random_below(t, t->n), 0};
    while (w.begin < t->n && !in_word(t->data[w.begin])) w.begin++;
    while (w.begin > 0 && w.begin < t->n && in_word(t->data[w.begin - 1])) w.begin--;
    for (w.end = w.begin; w.end < t->n && in_word(t->data[w.end]);) w.end++;
    return w;
}

/* The part in brackets that begins at or before a random place. */
static struct piece some_part(struct text *t) {
    struct piece w = {random_below(t, t->n), 0};
    while (w.begin > 0 && !opens(t->data[w.begin])) w.begin--;
    int open = 0;
    for (w.end = w.begin; w.end < t->n;) {
        uint8_t c = t->data[w.end++];
        open += opens(c) ? 1 : closes(c) ? -1 : 0;
        if (open <= 0) break;
    }
    return w;
}

static struct piece some_line(struct text *t) {
    struct piece w = {random_below(t, t->n), 0};
    while (w.begin > 0 && t->data[w.begin - 1] != '\n') w.begin--;
    for (w.end = w.begin; w.end < t->n && t->data[w.end - (w.end > w.begin)] != '\n';) w.end++;
    return w;
}

/* What a part begins with: its bracket and, in the text of the IR, an operation and then the type. */
static struct piece kind_of(const struct text *t, struct piece part) {
    struct piece k = {part.begin + 1, 0};
    while (k.begin < part.end && (in_word(t->data[k.begin]) || t->data[k.begin] == '-')) k.begin++;
    while (k.begin < part.end && t->data[k.begin] == ' ') k.begin++;
    for (k.end = k.begin; k.end < part.end && in_word(t->data[k.end]);) k.end++;
    return k;
}

/* A part to put in the place of another: one of the same kind, if it is found soon. */
static struct piece like_part(struct text *t, struct piece part) {
    enum { TRIES = 30 };
    struct piece wanted = kind_of(t, part), found = part;
    for (int i = 0; i < TRIES; i++) {
        found = some_part(t);
        struct piece kind = kind_of(t, found);
        size_t length = wanted.end - wanted.begin;
        bool same = kind.end - kind.begin == length && !memcmp(t->data + kind.begin, t->data + wanted.begin, length);
        if (same && found.begin != part.begin && t->data[found.begin] == t->data[part.begin]) break;
    }
    return found;
}

static void replace(struct text *t, struct piece at, const void *text, size_t length) {
    size_t after = t->n - at.end;
    if (at.begin + length + after > t->max) return;
    memmove(t->data + at.begin + length, t->data + at.end, after);
    memcpy(t->data + at.begin, text, length);
    t->n = at.begin + length + after;
}

static void copy_piece(struct text *t, struct piece to, struct piece from) {
    size_t length = from.end - from.begin;
    uint8_t *text = malloc(length + 1);
    if (!text) abort();
    memcpy(text, t->data + from.begin, length);
    replace(t, to, text, length);
    free(text);
}

static void new_number(struct text *t, struct piece at) {
    static const char *const edges[] = {"0", "1", "63", "64", "65", "255", "4096", "4294967295", "9223372036854775807"};
    char text[32] = "";
    memcpy(text, t->data + at.begin, at.end - at.begin < sizeof text ? at.end - at.begin : sizeof text - 1);
    long long old = strtoll(text, NULL, 10);
    switch (random_below(t, 4)) {
    case 0: strcpy(text, edges[random_below(t, sizeof edges / sizeof *edges)]); break;
    case 1: snprintf(text, sizeof text, "%lld", old < INT64_MAX ? old + 1 : old); break;
    case 2: snprintf(text, sizeof text, "%lld", old > INT64_MIN ? old - 1 : old); break;
    default: snprintf(text, sizeof text, "%d", (int)random_below(t, 40));
    }
    replace(t, at, text, strlen(text));
}

static void change_word(struct text *t) {
    struct piece word = some_word(t);
    bool number = word.begin < t->n && isdigit(t->data[word.begin]);
    if (number && random_below(t, 4)) new_number(t, word);
    else copy_piece(t, word, some_word(t));
}

static void change_part(struct text *t) {
    struct piece to = some_part(t);
    copy_piece(t, to, like_part(t, to));
}

static void change_line(struct text *t) {
    struct piece to = some_line(t), from = some_line(t);
    if (random_below(t, 2)) to.end = to.begin; /* one more */
    if (!random_below(t, 4)) from.end = from.begin;
    copy_piece(t, to, from);
}

size_t fuzz_mutate(uint8_t *data, size_t n, size_t max, unsigned seed) {
    struct text t = {.data = data, .n = n, .max = max, .seed = seed};
    if (!n || random_below(&t, 20) == 0) return LLVMFuzzerMutate(data, n, max);
    for (size_t changes = 1 + random_below(&t, 3); changes > 0; changes--) {
        switch (random_below(&t, 8)) {
        case 0: change_line(&t); break;
        case 1:
        case 2:
        case 3: change_part(&t); break;
        default: change_word(&t);
        }
    }
    return t.n;
}
