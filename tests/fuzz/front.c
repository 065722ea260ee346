/* The whole front end and what follows it, as a run of the program does it: source text to the program of each check,
 * and from there to C text, to the text of the IR and to a few hundred steps. Run from the root of the repository,
 * where the standard library is. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compiler/compile.h"
#include "compiler/scenario.h"

enum { MOST_CHECKS = 3 };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed) {
    return fuzz_mutate(data, n, max, seed);
}

/* front_load wants a path. */
static bool load(struct front *f, const uint8_t *data, size_t n) {
    char path[64];
    int file = memfd_create("input", 0);
    if (file < 0 || write(file, data, n) != (ssize_t)n) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    bool read = front_load(f, path);
    close(file);
    VEC_PUSH(f->search, "stdlib");
    return read;
}

static void run_checks(struct front *f) {
    const struct ast **checks;
    uint32_t n = front_checks(f, &checks);
    for (uint32_t i = 0; i < n && i < MOST_CHECKS && !f->diags.errors; i++) {
        struct compile_options how = {.check = checks[i]};
        struct program *p = compile(f, &how);
        if (!p) continue;
        fuzz_program(p, &f->sources);
        program_free(p);
        mem_free(p);
    }
}

/* Scenarios are read against their programs, and stopped behind the initial states. */
static void run_scenarios(struct front *f) {
    const struct ast **list;
    const atomic_int stop = 1;
    uint32_t n = front_scenarios(f, &list);
    for (uint32_t i = 0; i < n && i < MOST_CHECKS && !f->diags.errors; i++) {
        struct compile_options how = {.check = list[i]};
        struct program *p = compile(f, &how);
        struct replay r;
        if (!p) continue;
        scenario_run(p, &f->sources, &stop, &r);
        replay_free(&r);
        program_free(p);
        mem_free(p);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct front f = {0};
    if (!load(&f, data, n)) abort();
    if (!f.diags.errors) run_checks(&f);
    if (!f.diags.errors) run_scenarios(&f);
    fuzz_diags(&f.diags, &f.sources);
    front_free(&f);
    return 0;
}
