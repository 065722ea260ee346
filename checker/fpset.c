#include "checker/fpset.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

enum { HUGE_PAGE = 2 << 20 };

static bool open_up(struct fpset *s, size_t bytes) {
    if (bytes > s->room_bytes || mprotect((void *)s->slots, bytes, PROT_READ | PROT_WRITE) != 0) return false;
#ifdef MADV_HUGEPAGE
    /* A hint: without it the table is only slower. Not for the first size, most of which a small search never touches.
     */
    if (s->size_bytes && bytes >= 8 * (size_t)HUGE_PAGE) (void)madvise((void *)s->slots, bytes, MADV_HUGEPAGE);
#endif
    return true;
}

/* Address space without memory behind it, aligned for huge pages; less of it if there is a limit on it. */
static void *reserve(size_t *bytes) {
    for (; *bytes >= 4096; *bytes /= 2) {
        char *p = mmap(NULL, *bytes + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) continue;
        size_t skip = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
        if (skip) munmap(p, skip);
        if (skip < HUGE_PAGE) munmap(p + skip + *bytes, HUGE_PAGE - skip);
        return p + skip;
    }
    return NULL;
}

bool fpset_init(struct fpset *s, uint64_t slots, uint64_t most_bytes) {
    *s = (struct fpset){.line_bits = 1, .growth = 1};
    while (s->line_bits < 40 && (uint64_t)8 << s->line_bits < slots) s->line_bits++;
    uint64_t lines = (uint64_t)1 << s->line_bits;
    s->block_lines = lines < FPSET_BLOCK ? (uint32_t)lines : FPSET_BLOCK;
    s->step_range = s->block_lines - 1;
    size_t bytes = lines * 64, machine = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    s->room_bytes = most_bytes && most_bytes < machine ? (size_t)most_bytes : machine;
    s->room_bytes = (s->room_bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    if (s->room_bytes < bytes) s->room_bytes = bytes;
    s->slots = reserve(&s->room_bytes);
    if (!s->slots) return false;
    if (!open_up(s, bytes)) {
        fpset_free(s);
        return false;
    }
    s->size_bytes = bytes;
    return true;
}

void fpset_free(struct fpset *s) {
    if (s->slots) munmap((void *)s->slots, s->room_bytes);
    mem_free(s->strays);
    s->slots = NULL;
    s->strays = NULL;
}

/* The line in its block where the search for an entry began, from where it is: fpset_next backwards. */
static uint64_t home(uint64_t at, uint64_t entry, uint64_t lines) {
    uint64_t moves = (entry & 31) - 1, back = moves;
    if (moves >= FPSET_NEAR) {
        uint64_t step = 1 + (((entry >> 5 & 0x7ffffff) * (lines - 1)) >> 27);
        uint64_t jumps = moves < FPSET_FAR ? moves - (FPSET_NEAR - 1) : FPSET_FAR - FPSET_NEAR;
        back = moves - jumps + jumps * step;
    }
    if (back >= lines) back %= lines;
    return at >= back ? at - back : at + lines - back;
}

bool fpset_strayed(const struct fpset *s, uint64_t first_line, uint64_t remainder) {
    for (uint32_t i = 0; i < s->n_strays; i++)
        if (s->strays[i].first_line == first_line && s->strays[i].remainder == remainder) return true;
    return false;
}

/* Puts an entry where the grown table has it. Alone, so without care for others. */
static void place(struct fpset *s, uint64_t first_line, uint64_t remainder) {
    struct fpset_probe p = fpset_start(s, first_line, remainder);
    for (unsigned k = 1; k <= FPSET_PROBES; fpset_next(&p, k++)) {
        _Atomic uint64_t *slots = s->slots + 8 * (p.block + p.at);
        for (unsigned i = 0; i < 8; i++) {
            if (atomic_load_explicit(&slots[i], memory_order_relaxed)) continue;
            atomic_store_explicit(&slots[i], remainder | k, memory_order_relaxed);
            return;
        }
    }
    s->strays = mem_grow(s->strays, s->n_strays * sizeof *s->strays, (s->n_strays + 1) * sizeof *s->strays);
    s->strays[s->n_strays++] = (struct fpset_stray){first_line, remainder};
}

/* One block: taken out, its new place cleared, and put in again. */
static void move_block(const struct fpset *old, struct fpset *new, uint64_t block, uint64_t *copy) {
    uint64_t lines = old->block_lines * old->growth, more = new->block_lines *new->growth;
    memcpy(copy, (const void *)(old->slots + 8 * block * lines), 64 * lines);
    memset((void *)(new->slots + 8 * block *more), 0, 64 * more);
    for (uint64_t i = 0; i < 8 * lines; i++) {
        if (!copy[i]) continue;
        uint64_t in_block =
            (uint32_t)home(i / 8, copy[i], lines) / (uint32_t)old->growth; /* both fit, and it is faster */
        uint64_t first = block * old->block_lines + in_block;
        place(new, first, copy[i] & ~(uint64_t)31);
    }
}

bool fpset_grow(struct fpset *s, uint64_t slots) {
    struct fpset new = *s;
    uint64_t first = (uint64_t)8 << s->line_bits;
    if (slots / first > UINT32_MAX / FPSET_BLOCK) return false;
    new.growth = (slots + first - 1) / first;
    if (new.growth <= s->growth) new.growth = s->growth + 1;
    new.step_range = new.block_lines *new.growth - 1;
    size_t bytes = fpset_lines(&new) * 64;
    uint64_t *copy = mem_try_alloc(64 * s->block_lines * s->growth);
    if (!copy || !open_up(&new, bytes)) {
        mem_free(copy);
        return false;
    }
    new.size_bytes = bytes;
    new.strays = NULL;
    new.n_strays = 0;
    for (uint64_t b = ((uint64_t)1 << s->line_bits) / s->block_lines; b-- > 0;) move_block(s, &new, b, copy);
    for (uint32_t i = 0; i < s->n_strays; i++) place(&new, s->strays[i].first_line, s->strays[i].remainder);
    mem_free(s->strays);
    mem_free(copy);
    *s = new;
    return true;
}

bool fpset_has(const struct fpset *s, struct hash128 h) {
    uint64_t remainder = fpset_remainder(h);
    struct fpset_probe p = fpset_start(s, fpset_first_line(s, h), remainder);
    for (unsigned k = 1; k <= FPSET_PROBES; fpset_next(&p, k++))
        for (unsigned i = 0; i < 8; i++) {
            uint64_t v = atomic_load_explicit(&s->slots[8 * (p.block + p.at) + i], memory_order_relaxed);
            if (v == (remainder | k)) return true;
            if (!v) return false;
        }
    return fpset_strayed(s, fpset_first_line(s, h), remainder);
}
