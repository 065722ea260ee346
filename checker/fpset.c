#include "checker/fpset.h"

#include <pthread.h>
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
    *s = (struct fpset){.line_bits = 1, .growth = 1, .per_line = FPSET_LINE};
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
        uint64_t step = fpset_step(entry, lines - 1);
        uint64_t jumps = moves < FPSET_FAR ? moves - (FPSET_NEAR - 1) : FPSET_FAR - FPSET_NEAR;
        back = moves - jumps + jumps * step;
    }
    if (back >= lines) back %= lines;
    return at >= back ? at - back : at + lines - back;
}

struct fpset_stray *fpset_strayed(const struct fpset *s, uint64_t first_line, uint64_t remainder) {
    for (uint32_t i = 0; i < s->n_strays; i++)
        if (s->strays[i].first_line == first_line && s->strays[i].remainder == remainder) return &s->strays[i];
    return NULL;
}

/* Blocks move from the last to the first, each into room that is free by then. A wave is a range of blocks whose new
 * places all lie behind the old ones of the range, so that its blocks can move at the same time. */
struct growth {
    const struct fpset *old;
    struct fpset *new;
    uint64_t lines, more;  /* of a block, before and after */
    uint64_t first;        /* of the wave */
    _Atomic uint64_t next; /* behind the one to be taken next; down to first */
    uint64_t **copies;     /* one for each who helps */
    pthread_mutex_t lock;  /* of the strays */
};

/* Puts an entry where the grown table has it. Nobody else is in its block. */
static void place(struct growth *g, uint64_t first_line, uint64_t remainder, uint32_t number) {
    struct fpset *s = g->new;
    struct fpset_probe p = fpset_start(s, first_line, remainder);
    for (unsigned k = 1; k <= FPSET_PROBES; fpset_next(&p, k++)) {
        _Atomic uint64_t *slots = s->slots + 8 * (p.block + p.at);
        for (unsigned i = 0; i < s->per_line; i++) {
            if (atomic_load_explicit(&slots[i], memory_order_relaxed)) continue;
            atomic_store_explicit(&slots[i], remainder | k, memory_order_relaxed);
            if (number) atomic_store_explicit(fpset_number_of(slots, i), number, memory_order_relaxed);
            return;
        }
    }
    pthread_mutex_lock(&g->lock);
    s->strays = mem_grow(s->strays, s->n_strays * sizeof *s->strays, (s->n_strays + 1) * sizeof *s->strays);
    struct fpset_stray *stray = &s->strays[s->n_strays++];
    stray->first_line = first_line;
    stray->remainder = remainder;
    atomic_store_explicit(&stray->number, number, memory_order_relaxed);
    pthread_mutex_unlock(&g->lock);
}

/* One block: taken out, its new place cleared, and put in again. */
static void move_block(struct growth *g, uint64_t block, uint64_t *copy) {
    const struct fpset *old = g->old;
    bool numbered = old->per_line == FPSET_NUMBERED;
    memcpy(copy, (const void *)(old->slots + 8 * block * g->lines), 64 * g->lines);
    memset((void *)(g->new->slots + 8 * block * g->more), 0, 64 * g->more);
    for (uint64_t line = 0; line < g->lines; line++) {
        const uint64_t *slots = copy + 8 * line;
        const uint32_t *numbers = (const uint32_t *)(const void *)(slots + FPSET_NUMBERED);
        for (unsigned i = 0; i < old->per_line && slots[i]; i++) { /* a line fills from the front */
            uint64_t in_block = (uint32_t)home(line, slots[i], g->lines) / (uint32_t)old->growth; /* both fit: faster */
            place(g, block * old->block_lines + in_block, slots[i] & ~(uint64_t)31, numbered ? numbers[i] : 0);
        }
    }
}

static void move_some(void *job, unsigned i) {
    struct growth *g = job;
    for (;;) {
        uint64_t end = atomic_load(&g->next);
        while (end > g->first && !atomic_compare_exchange_weak(&g->next, &end, end - 1)) continue;
        if (end <= g->first) return;
        move_block(g, end - 1, g->copies[i]);
    }
}

#ifdef DC_SMALL
enum { FEW_SLOTS = 8 };
#else
enum { FEW_SLOTS = 1 << 18 }; /* not worth waking the others */
#endif

static void move_all(struct growth *g, const struct fpset_crew *crew) {
    uint64_t left = ((uint64_t)1 << g->old->line_bits) / g->old->block_lines;
    while (left) {
        g->first = (left * g->lines + g->more - 1) / g->more;
        if (g->first == left) g->first = left - 1;
        atomic_store(&g->next, left);
        uint64_t slots = 8 * g->lines * (left - g->first);
        if (crew && slots >= FEW_SLOTS) crew->all(crew->self, move_some, g);
        else move_some(g, 0);
        left = g->first;
    }
}

static void free_copies(uint64_t **copies, unsigned n) {
    for (unsigned i = 0; copies && i < n; i++) mem_free(copies[i]);
    mem_free(copies);
}

static uint64_t **new_copies(unsigned n, size_t bytes) {
    uint64_t **copies = mem_try_alloc(n * sizeof *copies);
    for (unsigned i = 0; copies && i < n; i++)
        if (!(copies[i] = mem_try_alloc(bytes))) {
            free_copies(copies, n);
            return NULL;
        }
    return copies;
}

bool fpset_grow(struct fpset *s, uint64_t slots, const struct fpset_crew *crew) {
    struct fpset new = *s;
    uint64_t first = (uint64_t)s->per_line << s->line_bits;
    if (slots / first > UINT32_MAX / FPSET_BLOCK) return false;
    new.growth = (slots + first - 1) / first;
    if (new.growth <= s->growth) new.growth = s->growth + 1;
    new.step_range = new.block_lines *new.growth - 1;
    size_t bytes = fpset_lines(&new) * 64;
    struct growth g = {.old = s, .new = &new, .lines = s->block_lines * s->growth, .more = new.block_lines *new.growth};
    unsigned n = crew ? crew->n : 1;
    g.copies = new_copies(n, 64 * g.lines);
    if (!g.copies || !open_up(&new, bytes)) {
        free_copies(g.copies, n);
        return false;
    }
    pthread_mutex_init(&g.lock, NULL);
    new.size_bytes = bytes;
    new.strays = NULL;
    new.n_strays = 0;
    move_all(&g, crew);
    for (uint32_t i = 0; i < s->n_strays; i++)
        place(&g, s->strays[i].first_line, s->strays[i].remainder, atomic_load(&s->strays[i].number));
    pthread_mutex_destroy(&g.lock);
    mem_free(s->strays);
    free_copies(g.copies, n);
    *s = new;
    return true;
}

bool fpset_has(const struct fpset *s, struct hash128 h) {
    uint64_t remainder = fpset_remainder(h);
    struct fpset_probe p = fpset_start(s, fpset_first_line(s, h), remainder);
    for (unsigned k = 1; k <= FPSET_PROBES; fpset_next(&p, k++))
        for (unsigned i = 0; i < s->per_line; i++) {
            uint64_t v = atomic_load_explicit(&s->slots[8 * (p.block + p.at) + i], memory_order_relaxed);
            if (v == (remainder | k)) return true;
            if (!v) return false;
        }
    return fpset_strayed(s, fpset_first_line(s, h), remainder) != NULL;
}
