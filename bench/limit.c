/* How fast states can be hashed and put into the set of fingerprints, with nothing around it: what a search cannot
 * exceed.
 *
 * Each thread makes states of WORDS words and has them hashed and inserted in batches of 256, by the same loops as the
 * search (checker/kernel.h), what was met lately included. Every fifth is new, the others were inserted before, at
 * random: no cache helps, which makes this a harder stream than that of a search, whose duplicates are mostly near.
 * limit THREADS STATES WORDS [DRY]; DRY: only hashing. Prints millions of operations a second. Built and run by
 * bench/limit. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "checker/kernel.h"
#include "model/rt.h"

enum { BATCH = 256, NEW_EVERY = 5, MOST_WORDS = 16, MOST_THREADS = 256 };

struct job {
    pthread_t thread;
    struct fpset *set;
    uint64_t first, states, inserted, sum;
    unsigned words;
    int dry;
};

static pthread_barrier_t barrier;

static void *run(void *self) {
    struct job *j = self;
    const struct kernel *kernel = kernel_best();
    struct hash128 print[BATCH];
    uint64_t states[BATCH * MOST_WORDS], fp[BATCH], *recent = calloc(KERNEL_RECENT, sizeof *recent);
    uint16_t index[BATCH];
    uint64_t fresh = 0, op = 0, random = j->first + 1;
    if (!recent) exit(153);
    pthread_barrier_wait(&barrier);
    while (fresh < j->states) {
        for (unsigned i = 0; i < BATCH; i++) {
            bool is_new = op++ % NEW_EVERY == 0 || !fresh;
            random = dc_mix(random, op);
            uint64_t number = j->first + (is_new ? fresh++ : random % fresh);
            for (unsigned k = 0; k < j->words; k++) states[i * j->words + k] = number * (2 * k + 1);
            index[i] = (uint16_t)i;
        }
        if (j->dry) {
            kernel->hash(states, j->words, BATCH, fp);
            j->sum += fp[op % BATCH];
            continue;
        }
        uint32_t n = kernel->sift(states, j->words, index, BATCH, recent, print), later, last;
        kernel->fetch(j->set, print, n);
        j->inserted += kernel->enter(j->set, index, print, n, &later, &last);
        for (; later < last; later++) j->inserted += fpset_insert(j->set, print[later]) == FPSET_NEW;
    }
    free(recent);
    j->sum += op;
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 4) return 151;
    unsigned threads = (unsigned)atoi(argv[1]), words = (unsigned)atoi(argv[3]);
    uint64_t states = strtoull(argv[2], NULL, 10), inserted = 0, ops = 0;
    int dry = argc > 4;
    struct fpset set;
    static struct job jobs[MOST_THREADS];
    if (threads < 1 || threads > MOST_THREADS || words < 1 || words > MOST_WORDS) return 151;
    if (!fpset_init(&set, states + states / 3, 0)) return 153;
    pthread_barrier_init(&barrier, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        jobs[i] = (struct job){
            .set = &set, .first = (uint64_t)i << 40, .states = states / threads, .words = words, .dry = dry};
        if (pthread_create(&jobs[i].thread, NULL, run, &jobs[i])) return 153;
    }
    pthread_barrier_wait(&barrier);
    double began = seconds_now();
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(jobs[i].thread, NULL);
        inserted += jobs[i].inserted;
        ops += jobs[i].sum;
    }
    double seconds = seconds_now() - began;
    if (dry) ops = states * NEW_EVERY; /* the sums keep the compiler from leaving the work out */
    printf("%.1f\n", (double)ops / seconds * 1e-6);
    if (!dry && inserted < states / threads * threads) return 1; /* something was lost */
    fpset_free(&set);
    return 0;
}
