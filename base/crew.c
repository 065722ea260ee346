#include "base/crew.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"

struct member {
    void (*work)(void *, uint32_t);
    void *self;
    uint32_t worker;
    pthread_t thread;
};

static void *take_part(void *self) {
    struct member *m = self;
    m->work(m->self, m->worker);
    return NULL;
}

bool crew_take(struct crew_blocks *all, bool from_back, struct crew_block *b) {
    uint32_t n = all->n / all->size + (all->n % all->size != 0);
    uint32_t k = atomic_fetch_add_explicit(&all->taken, 1, memory_order_relaxed);
    if (k >= n) return false;
    b->begin = (from_back ? n - 1 - k : k) * all->size;
    b->end = all->n - b->begin < all->size ? all->n : b->begin + all->size;
    return true;
}

void crew_run(uint32_t workers, void (*work)(void *self, uint32_t worker), void *self) {
    struct member *crew = mem_alloc((workers + 1) * sizeof *crew);
    uint32_t n = 1;
    for (; n < workers; n++) {
        crew[n] = (struct member){.work = work, .self = self, .worker = n};
        if (pthread_create(&crew[n].thread, NULL, take_part, &crew[n])) break;
    }
    work(self, 0);
    while (--n) pthread_join(crew[n].thread, NULL);
    mem_free(crew);
}
