#include "compiler/native.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/hash.h"

enum phase { BUILDING, LOADED, FAILED };

struct native {
    struct dc_model model;
    const struct dc_model *interpreted;
    struct dc_worker *none;
    enum phase phase;
    pid_t child;
    char object[PATH_MAX], source[PATH_MAX], partial[PATH_MAX], log[PATH_MAX];
    char trouble[256];
    void *library;
    uint64_t refining; /* predicates that tell of a refinement */
    void (*expand)(const uint64_t *, uint32_t, struct dc_out *);
    int (*test)(const uint64_t *, const uint64_t *, uint64_t, uint64_t *, uint32_t *, uint32_t *);
    int (*atoms)(const uint64_t *, uint64_t *, uint32_t *, uint32_t *);
};

static const char *const FLAGS[] = {"-O1",   "-march=native",        "-w", "-std=gnu11", "-shared",
                                    "-fPIC", "-fno-strict-aliasing", "-x", "c"};

static struct native *self_of(const struct dc_model *m) { return m->self; }

/* Generated code needs no scratch memory; only init, which stays with the interpreter, does. */
static struct dc_worker *open_worker(const struct dc_model *m) {
    const struct dc_model *i = self_of(m)->interpreted;
    return i->open(i);
}
static void close_worker(const struct dc_model *m, struct dc_worker *w) {
    const struct dc_model *i = self_of(m)->interpreted;
    i->close(i, w);
}
static void init(const struct dc_model *m, struct dc_worker *w, struct dc_out *out) {
    const struct dc_model *i = self_of(m)->interpreted;
    i->init(i, w, out);
}
static void expand(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, uint32_t n, struct dc_out *out) {
    (void)w;
    self_of(m)->expand(s, n, out);
}
static enum dc_error test_step(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, const uint64_t *t,
                               uint64_t want, uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct native *n = self_of(m);
    uint64_t slow = 0, mask = want & n->refining; /* refinement stays with the interpreter */
    enum dc_error error = mask ? n->interpreted->test_step(n->interpreted, w, s, t, mask, &slow, pred, site) : DC_OK;
    if (error) return error;
    error = (enum dc_error)n->test(s, t, want & ~mask, holds, pred, site);
    *holds |= slow;
    return error;
}
static enum dc_error test(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, uint64_t want,
                          uint64_t *holds, uint32_t *pred, uint32_t *site) {
    return test_step(m, w, s, NULL, want, holds, pred, site);
}
static enum dc_error atoms(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, uint64_t *bits,
                           uint32_t *atom, uint32_t *site) {
    (void)w;
    return (enum dc_error)self_of(m)->atoms(s, bits, atom, site);
}

static bool canonical(const struct dc_model *m, struct dc_worker *w, uint64_t *state, uint8_t *perm) {
    const struct dc_model *i = self_of(m)->interpreted;
    return i->canonical(i, w, state, perm);
}
static void permute(const struct dc_model *m, struct dc_worker *w, const uint64_t *from, const uint8_t *perm,
                    uint64_t *to) {
    const struct dc_model *i = self_of(m)->interpreted;
    i->permute(i, w, from, perm, to);
}

static void give_up(struct native *n, const char *why) {
    n->phase = FAILED;
    snprintf(n->trouble, sizeof n->trouble, "no native code, the interpreter did all (slower, same results): %s", why);
}

/* dlsym returns an object pointer; POSIX lets it be a function. */
static bool symbol(void *library, const char *name, void *to) {
    void *p = dlsym(library, name);
    memcpy(to, &p, sizeof p);
    return p != NULL;
}

static void load(struct native *n) {
    n->library = dlopen(n->object, RTLD_NOW | RTLD_LOCAL);
    if (!n->library || !symbol(n->library, "dc_expand", &n->expand) || !symbol(n->library, "dc_test", &n->test) ||
        !symbol(n->library, "dc_atoms", &n->atoms)) {
        give_up(n, "the compiled code cannot be loaded");
        return;
    }
    n->model = *n->interpreted;
    n->model.self = n;
    n->model.open = open_worker;
    n->model.close = close_worker;
    n->model.init = init;
    n->model.expand = expand;
    n->model.test = test;
    n->model.test_step = test_step;
    n->model.atoms = atoms;
    n->model.canonical = canonical;
    n->model.permute = permute;
    n->phase = LOADED;
}

static bool make_folder(char *path) {
    for (char *p = path + 1; *p; p++) {
        if (*p != '/') continue;
        *p = 0;
        mkdir(path, 0700);
        *p = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool cache_folder(char *path, size_t n) {
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int k = base && *base   ? snprintf(path, n, "%s/dcheck", base)
            : home && *home ? snprintf(path, n, "%s/.cache/dcheck", home)
                            : snprintf(path, n, "/tmp/dcheck-%u", (unsigned)getuid());
    struct stat st;
    /* a folder that others may write could hand us their code */
    return k > 0 && (size_t)k < n - 64 && make_folder(path) && stat(path, &st) == 0 && st.st_uid == getuid() &&
           !(st.st_mode & 022);
}

static void start_compiler(struct native *n, const char *compiler) {
    n->child = fork();
    if (n->child < 0) {
        give_up(n, strerror(errno));
        return;
    }
    if (n->child == 0) {
        const char *argv[sizeof FLAGS / sizeof *FLAGS + 8];
        int k = 0, log = open(n->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        argv[k++] = compiler;
        for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++) argv[k++] = FLAGS[i];
        argv[k++] = "-o";
        argv[k++] = n->partial;
        argv[k++] = n->source;
        argv[k] = NULL;
        setpgid(0, 0); /* Ctrl-C is for the search */
        if (log >= 0) {
            dup2(log, 1);
            dup2(log, 2);
        }
        execvp(compiler, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
}

struct native *native_start(const struct program *p, const struct dc_model *interpreted) {
    struct native *n = mem_alloc(sizeof *n);
    n->interpreted = interpreted;
    for (uint32_t i = 0; i < p->preds.n && i < 64; i++)
        if (p->preds.at[i].refine) n->refining |= (uint64_t)1 << i;
    const char *compiler = getenv("CC");
    if (!compiler || !*compiler || strchr(compiler, ' ')) compiler = "cc";
    char *text = NULL, folder[PATH_MAX];
    size_t size = 0;
    FILE *f = mem_stream_open(&text, &size);
    cgen_write(p, f);
    for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++) fprintf(f, "/* %s */\n", FLAGS[i]);
    fprintf(f, "/* %s, ABI %d */\n", compiler, DC_ABI);
    /* -march=native: the object fits this processor only */
    FILE *cpu = fopen("/proc/cpuinfo", "r");
    char line[512];
    while (cpu && fgets(line, sizeof line, cpu))
        if (!strncmp(line, "model name", 10)) {
            fprintf(f, "/* %.*s */\n", (int)strcspn(line, "\n"), line);
            break;
        }
    if (cpu) fclose(cpu);
    mem_stream_close(f, &text);
    if (!cache_folder(folder, sizeof folder)) {
        give_up(n, "there is no folder of one's own for the compiled code (XDG_CACHE_HOME)");
        free(text);
        return n;
    }
    unsigned long long key = (unsigned long long)hash_bytes(text, size);
    int pid = (int)getpid();
    bool fits =
        snprintf(n->object, sizeof n->object, "%s/%016llx.so", folder, key) < (int)sizeof n->object &&
        snprintf(n->source, sizeof n->source, "%s/%016llx.%d.c", folder, key, pid) < (int)sizeof n->source &&
        snprintf(n->partial, sizeof n->partial, "%s/%016llx.%d.so", folder, key, pid) < (int)sizeof n->partial &&
        snprintf(n->log, sizeof n->log, "%s/%016llx.%d.log", folder, key, pid) < (int)sizeof n->log;
    if (!fits) {
        give_up(n, "the folder for compiled code has too long a name");
    } else if (access(n->object, R_OK) == 0) {
        load(n);
    } else {
        FILE *out = fopen(n->source, "w");
        bool ok = out && fwrite(text, 1, size, out) == size;
        if (out && fclose(out) != 0) ok = false;
        if (ok) start_compiler(n, compiler);
        else give_up(n, strerror(errno));
    }
    free(text);
    return n;
}

static void compiled(struct native *n, int status) {
    n->child = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        give_up(n, "there is no C compiler (cc)");
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        give_up(n, "the C compiler failed");
        if (getenv("DCHECK_KEEP")) return;
    } else if (rename(n->partial, n->object) != 0) {
        give_up(n, strerror(errno));
    } else {
        load(n);
    }
    unlink(n->source);
    unlink(n->log);
    unlink(n->partial);
}

const struct dc_model *native_ready(struct native *n) {
    int status;
    if (n->phase == BUILDING && n->child > 0 && waitpid(n->child, &status, WNOHANG) == n->child) compiled(n, status);
    return n->phase == LOADED ? &n->model : NULL;
}

const struct dc_model *native_wait(struct native *n) {
    int status;
    while (n->phase == BUILDING && n->child > 0) {
        pid_t got = waitpid(n->child, &status, 0);
        if (got == n->child) compiled(n, status);
        else if (got < 0 && errno != EINTR) give_up(n, strerror(errno));
    }
    return n->phase == LOADED ? &n->model : NULL;
}

const char *native_trouble(const struct native *n) { return n && n->phase == FAILED ? n->trouble : NULL; }

void native_close(struct native *n) {
    if (!n) return;
    if (n->child > 0) { /* nobody waits for it any more */
        kill(n->child, SIGTERM);
        int status;
        waitpid(n->child, &status, 0);
        unlink(n->source);
        unlink(n->log);
        unlink(n->partial);
    }
    if (n->library) dlclose(n->library);
    mem_free(n);
}
