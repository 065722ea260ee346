#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

void mem_exhausted(void) {
    static const char text[] = "dcheck: error: out of memory\n";
    ssize_t ignored = write(2, text, sizeof text - 1);
    (void)ignored;
    _exit(DC_EXIT_SYSTEM);
}

FILE *mem_stream_open(char **text, size_t *size_bytes) {
    FILE *f = open_memstream(text, size_bytes);
    if (!f) mem_exhausted();
    return f;
}

void mem_stream_close(FILE *f, char **text) {
    bool failed = ferror(f) != 0;
    if (fclose(f) != 0 || failed || !*text) mem_exhausted(); /* glibc may close without an error and without a text */
}

void panic(const char *why) {
    fprintf(stderr, "dcheck: internal error: %s (please report this with the spec)\n", why);
    abort();
}

void *mem_try_alloc(size_t n) { return calloc(1, n ? n : 1); }

void *mem_alloc(size_t n) {
    void *p = mem_try_alloc(n);
    if (!p) mem_exhausted();
    return p;
}

void *mem_grow(void *old, size_t old_bytes, size_t new_bytes) {
    char *p = realloc(old, new_bytes ? new_bytes : 1);
    if (!p) mem_exhausted();
    if (new_bytes > old_bytes) memset(p + old_bytes, 0, new_bytes - old_bytes);
    return p;
}

void mem_free(void *p) { free(p); }

struct arena_chunk {
    struct arena_chunk *previous;
    char data[];
};

#ifdef DC_SMALL /* debug builds give bugs a chance: tiny chunks, so that nothing relies on adjacency */
enum { CHUNK_BYTES = 64 };
#else
enum { CHUNK_BYTES = 64 * 1024 };
#endif

void *arena_alloc(struct arena *a, size_t n) {
    n = (n + 15) & ~(size_t)15;
    if (!a->next || (size_t)(a->end - a->next) < n) {
        size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;
        struct arena_chunk *c = mem_alloc(sizeof *c + 16 + size);
        c->previous = a->chunks;
        a->chunks = c;
        a->next = (char *)(((uintptr_t)c->data + 15) & ~(uintptr_t)15);
        a->end = a->next + size;
    }
    void *p = a->next;
    a->next += n;
    a->used_bytes += n;
    return p;
}

char *arena_strdup(struct arena *a, const char *s, size_t n) {
    char *p = arena_alloc(a, n + 1);
    if (n) memcpy(p, s, n);
    return p;
}

char *arena_printf(struct arena *a, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) panic("bad format");
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

void arena_free(struct arena *a) {
    for (struct arena_chunk *c = a->chunks, *previous; c; c = previous) {
        previous = c->previous;
        mem_free(c);
    }
    memset(a, 0, sizeof *a);
}

static void intern_rehash(struct intern *t) {
    uint32_t cap = t->cap ? 2 * t->cap : 256;
    const char **slots = mem_alloc(cap * sizeof *slots);
    for (uint32_t i = 0; i < t->cap; i++) {
        if (!t->slots[i]) continue;
        uint32_t k = (uint32_t)hash_bytes(t->slots[i], strlen(t->slots[i])) & (cap - 1);
        while (slots[k]) k = (k + 1) & (cap - 1);
        slots[k] = t->slots[i];
    }
    mem_free(t->slots);
    t->slots = slots;
    t->cap = cap;
}

const char *intern(struct intern *t, const char *text, size_t n) {
    if (2 * (t->n + 1) > t->cap) intern_rehash(t);
    uint32_t k = (uint32_t)hash_bytes(text, n) & (t->cap - 1);
    for (; t->slots[k]; k = (k + 1) & (t->cap - 1))
        if (!strncmp(t->slots[k], text, n) && !t->slots[k][n]) return t->slots[k];
    t->n++;
    return t->slots[k] = arena_strdup(&t->arena, text, n);
}

void intern_free(struct intern *t) {
    mem_free(t->slots);
    arena_free(&t->arena);
    memset(t, 0, sizeof *t);
}
