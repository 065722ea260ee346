#include "checker/fpset.h"

#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

static _Atomic uint64_t *map(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
#ifdef MADV_HUGEPAGE
    if (bytes >= HUGE_PAGE) (void)madvise(p, bytes, MADV_HUGEPAGE); /* a hint: without it the table is only slower */
#endif
    return p;
}

bool fpset_init(struct fpset *s, uint64_t slots) {
    uint64_t lines = (slots + 7) / 8;
    if (lines < 2) lines = 2;
    size_t bytes = lines * 64;
    _Atomic uint64_t *p = map(bytes);
    if (!p) return false;
    *s = (struct fpset){.slots = p, .n_lines = lines, .size_bytes = bytes};
    return true;
}

void fpset_free(struct fpset *s) {
    if (s->slots) munmap((void *)s->slots, s->size_bytes);
    s->slots = NULL;
}

bool fpset_grow(struct fpset *s, uint64_t slots) {
    struct fpset new;
    if (!fpset_init(&new, slots)) return false;
    for (uint64_t i = 0; i < 8 * s->n_lines; i++) {
        uint64_t fp = atomic_load_explicit(&s->slots[i], memory_order_relaxed);
        if (fp) fpset_insert(&new, fp);
    }
    fpset_free(s);
    *s = new;
    return true;
}

bool fpset_has(const struct fpset *s, uint64_t fp) {
    uint64_t line = fpset_line(s, fp);
    for (uint64_t seen = 0; seen < s->n_lines; seen++) {
        for (unsigned i = 0; i < 8; i++) {
            uint64_t v = atomic_load_explicit(&s->slots[8 * line + i], memory_order_relaxed);
            if (v == fp) return true;
            if (!v) return false;
        }
        if (++line == s->n_lines) line = 0;
    }
    return false;
}
