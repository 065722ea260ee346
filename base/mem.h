/* Memory for the whole program: arenas by lifetime for the front end, checked allocation for everything else.
 *
 * Ownership: whoever calls mem_alloc frees with mem_free; an arena owns all that it hands out, until arena_free.
 * Errors: no function here returns NULL. When the system refuses memory the process writes one line to standard
 * error and ends with exit code 153 (docs/verdicts.md); mem_try_alloc is the exception, for the search, which can
 * stop with a partial answer. Thread safety: mem_* are safe; one arena belongs to one thread. */
#ifndef DC_BASE_MEM_H
#define DC_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { DC_EXIT_SYSTEM = 153 };

void *mem_alloc(size_t size_bytes); /* zero-filled */
void *mem_grow(void *old, size_t old_bytes, size_t new_bytes);
void *mem_try_alloc(size_t size_bytes); /* zero-filled, NULL if refused */
void mem_free(void *p);
_Noreturn void mem_exhausted(void);

/* A stream into memory. After mem_stream_close the text is the caller's, to be freed with free. */
FILE *mem_stream_open(char **text, size_t *size_bytes);
void mem_stream_close(FILE *, char **text);

/* A broken invariant of ours: never a user's fault, never silent in a release. */
_Noreturn void panic(const char *why) __attribute__((cold));

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks;
    char *next, *end;
    size_t used_bytes;
};
void *arena_alloc(struct arena *, size_t size_bytes); /* zero-filled, 16-byte aligned */
char *arena_strdup(struct arena *, const char *s, size_t n);
char *arena_printf(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *);

/* Growable array: VEC(T) v = {0}; VEC_PUSH(v, x); v.at[i]; v.n; VEC_FREE(v). */
#define VEC(T)                                                                                                         \
    struct {                                                                                                           \
        T *at;                                                                                                         \
        uint32_t n, cap;                                                                                               \
    }
#define VEC_PUSH(v, x)                                                                                                 \
    do {                                                                                                               \
        if ((v).n == (v).cap) {                                                                                        \
            uint32_t cap_ = (v).cap ? 2 * (v).cap : 8;                                                                 \
            (v).at = mem_grow((v).at, (size_t)(v).cap * sizeof *(v).at, (size_t)cap_ * sizeof *(v).at);                \
            (v).cap = cap_;                                                                                            \
        }                                                                                                              \
        (v).at[(v).n++] = (x);                                                                                         \
    } while (0)
#define VEC_FREE(v) (mem_free((v).at), (v).at = NULL, (v).n = (v).cap = 0)

/* The same, but in the arena of `owner`, and gone with it: what an error leaves behind, too. */
#define ARENA_PUSH(owner, v, x)                                                                                        \
    do {                                                                                                               \
        if ((v).n == (v).cap) {                                                                                        \
            uint32_t cap_ = (v).cap ? 2 * (v).cap : 8;                                                                 \
            void *new_ = arena_alloc((owner)->arena, cap_ * sizeof *(v).at);                                           \
            if ((v).n) memcpy(new_, (v).at, (v).n * sizeof *(v).at);                                                   \
            (v).at = new_;                                                                                             \
            (v).cap = cap_;                                                                                            \
        }                                                                                                              \
        (v).at[(v).n++] = (x);                                                                                         \
    } while (0)

/* Interned strings: equal text, equal pointer. The table owns them. */
struct intern {
    struct arena arena;
    const char **slots;
    uint32_t n, cap;
};
const char *intern(struct intern *, const char *text, size_t n);
void intern_free(struct intern *);

#endif
