/* Preloaded into a program: lets the n-th allocation fail (malloc, calloc, realloc, aligned ones, mmap, mprotect),
 * counted from the start of main. Environment: FAILALLOC_N, which one (0: none); FAILALLOC_ALL=1, all from that one on;
 * FAILALLOC_MMAP=1, only mmap and mprotect count; FAILALLOC_COUNT, a file that gets the number of allocations when the
 * program ends. glibc only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_ulong count;
static unsigned long fail_at, all, only_mmap;
static int counting;

static unsigned long number(const char *name) {
    const char *s = getenv(name);
    unsigned long n = 0;
    while (s && *s >= '0' && *s <= '9') n = 10 * n + (unsigned long)(*s++ - '0');
    return n;
}

__attribute__((constructor)) static void begin(void) {
    fail_at = number("FAILALLOC_N");
    all = number("FAILALLOC_ALL");
    only_mmap = number("FAILALLOC_MMAP");
    counting = 1;
}

__attribute__((destructor)) static void end(void) {
    counting = 0;
    const char *path = getenv("FAILALLOC_COUNT");
    if (!path) return;
    char digits[24], *d = digits + sizeof digits;
    unsigned long n = atomic_load(&count);
    *--d = '\n';
    do *--d = (char)('0' + n % 10);
    while (n /= 10);
    int f = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (f < 0) return;
    if (write(f, d, (size_t)(digits + sizeof digits - d)) < 0) _exit(98);
    close(f);
}

static int fails(int is_mmap) {
    if (!counting || (only_mmap && !is_mmap)) return 0;
    unsigned long n = atomic_fetch_add(&count, 1) + 1;
    if (!fail_at || (all ? n < fail_at : n != fail_at)) return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n) { return fails(0) ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return fails(0) ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return fails(0) ? NULL : __libc_realloc(p, n); }
void *reallocarray(void *p, size_t n, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, bytes);
}
void *memalign(size_t align, size_t n) { return fails(0) ? NULL : __libc_memalign(align, n); }
void *aligned_alloc(size_t align, size_t n) { return memalign(align, n); }
int posix_memalign(void **p, size_t align, size_t n) {
    void *q = memalign(align, n);
    if (!q) return ENOMEM;
    *p = q;
    return 0;
}
int mprotect(void *at, size_t n, int how) {
    if ((how & PROT_WRITE) && fails(1)) return -1;
    return (int)syscall(SYS_mprotect, at, n, how);
}

void *mmap(void *at, size_t n, int protection, int flags, int file, off_t offset) {
    if (fails(1)) return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, n, protection, flags, file, offset);
}
