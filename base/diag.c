#include "base/diag.h"

#include <stdbool.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

int source_add(struct sources *s, const char *path, const char *text, size_t n) {
    struct source f = {.path = arena_strdup(&s->arena, path, strlen(path)),
                       .text = arena_strdup(&s->arena, text, n),
                       .n = (uint32_t)n};
    VEC_PUSH(s->files, f);
    return (int)s->files.n - 1;
}

enum { MAX_SOURCE_BYTES = 16 << 20 };

int source_read(struct sources *s, const char *path) {
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f && errno == ENOMEM) mem_exhausted(); /* not: there is no such file */
    if (!f) return -1;
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
        fclose(f);
        errno = EISDIR;
        return -1;
    }
    size_t n = 0, cap = 1 << 14;
    char *text = mem_alloc(cap);
    for (;;) {
        size_t got = fread(text + n, 1, cap - n, f);
        n += got;
        if (got == 0) break;
        if (n > MAX_SOURCE_BYTES) break;
        if (n == cap) {
            text = mem_grow(text, cap, 2 * cap);
            cap *= 2;
        }
    }
    int failed = ferror(f) ? EIO : n > MAX_SOURCE_BYTES ? EFBIG : 0;
    fclose(f);
    int index = -1;
    if (!failed) index = source_add(s, path, text, n);
    mem_free(text);
    errno = failed;
    return index;
}

void sources_free(struct sources *s) {
    VEC_FREE(s->files);
    arena_free(&s->arena);
}

struct place source_place(const struct source *s, uint32_t offset) {
    struct place p = {1, 1};
    if (offset > s->n) offset = s->n;
    for (uint32_t i = 0; i < offset; i++) {
        if (s->text[i] == '\n') {
            p.line++;
            p.column = 1;
        } else if (((unsigned char)s->text[i] & 0xC0) != 0x80) {
            p.column++;
        }
    }
    return p;
}

static const char *format_text(struct arena *a, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(a, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

struct diag *diag_add(struct diags *d, enum diag_level level, enum diag_class class, struct span span,
                      const char *format, ...) {
    static struct diag dropped;
    if (level == DIAG_ERROR) {
        if (d->errors++ >= DIAG_MAX_ERRORS) return &dropped;
        for (uint32_t i = 0; i < d->list.n; i++) {
            struct diag *old = &d->list.at[i];
            if (old->level == level && old->span.source == span.source && old->span.begin == span.begin)
                return &dropped;
        }
    }
    va_list args;
    va_start(args, format);
    struct diag new = {.level = level, .class = class, .span = span, .text = format_text(&d->arena, format, args)};
    va_end(args);
    VEC_PUSH(d->list, new);
    return &d->list.at[d->list.n - 1];
}

void diag_hint(struct diags *d, struct diag *x, const char *format, ...) {
    if (!x->text) return; /* the dropped one */
    va_list args;
    va_start(args, format);
    x->hint = format_text(&d->arena, format, args);
    va_end(args);
}

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; } /* not the first byte of a character */

/* The line, or of a long one what is around the span, and carets below. */
static void print_line(const struct source *s, struct span span, FILE *out, bool colour, const char *tint) {
    enum { WIDEST = 200, BEFORE = 80, SHOWN = 160 };
    uint32_t begin = span.begin < s->n ? span.begin : s->n;
    while (begin > 0 && s->text[begin - 1] != '\n') begin--;
    uint32_t end = begin;
    while (end < s->n && s->text[end] != '\n') end++;
    uint32_t at = span.begin < end ? span.begin : end, from = begin, to = end;
    if (end - begin > WIDEST) {
        if (at - begin > BEFORE) from = at - BEFORE;
        while (from < at && continues(s->text[from])) from++;
        if (end - from > SHOWN) to = from + SHOWN;
        while (to < end && continues(s->text[to])) to++;
    }
    struct place p = source_place(s, span.begin);
    int width = fprintf(out, "%5u | ", p.line);
    if (from > begin) fputs("...", out);
    for (uint32_t i = from; i < to; i++) fputc((unsigned char)s->text[i] < ' ' ? ' ' : s->text[i], out);
    fprintf(out, "%s\n%*s| %s", to < end ? "..." : "", width - 2, "", from > begin ? "   " : "");
    for (uint32_t i = from; i < at; i++)
        if (!continues(s->text[i])) fputc(' ', out);
    uint32_t stop = span.end > to ? to : span.end, carets = 0;
    if (colour) fputs(tint, out);
    for (uint32_t i = span.begin; i < stop; i++)
        if (!continues(s->text[i])) {
            fputc('^', out);
            carets++;
        }
    if (!carets) fputc('^', out);
    if (colour) fputs("\033[0m", out);
    fputc('\n', out);
}

void diags_print(const struct diags *d, const struct sources *sources, FILE *out, bool colour) {
    static const char *const names[] = {"error", "warning", "note"};
    static const char *const tints[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};
    for (uint32_t i = 0; i < d->list.n; i++) {
        const struct diag *x = &d->list.at[i];
        const char *tint = colour ? tints[x->level] : "", *plain = colour ? "\033[0m" : "";
        if (x->span.source >= sources->files.n) {
            fprintf(out, "dcheck: %s%s%s: %s\n", tint, names[x->level], plain, x->text);
        } else {
            const struct source *s = &sources->files.at[x->span.source];
            struct place p = source_place(s, x->span.begin);
            fprintf(out, "%s:%u:%u: %s%s%s: %s\n", s->path, p.line, p.column, tint, names[x->level], plain, x->text);
            print_line(s, x->span, out, colour, tint);
        }
        if (x->hint) fprintf(out, "      = %s\n", x->hint);
    }
    if (d->errors > DIAG_MAX_ERRORS)
        fprintf(out, "dcheck: %u further errors are not shown\n", d->errors - DIAG_MAX_ERRORS);
}

void diags_free(struct diags *d) {
    VEC_FREE(d->list);
    arena_free(&d->arena);
}

static uint32_t edit_distance(const char *a, const char *b, uint32_t limit) {
    enum { LONGEST = 48 };
    size_t m = strlen(a), n = strlen(b);
    if (m > LONGEST || n > LONGEST) return limit + 1;
    uint32_t row[LONGEST + 1];
    for (uint32_t j = 0; j <= n; j++) row[j] = j;
    for (uint32_t i = 1; i <= m; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= n; j++) {
            uint32_t old = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
            diagonal = old;
        }
    }
    return row[n];
}

const char *nearest_name(const char *name, const char *const *candidates, uint32_t n) {
    uint32_t limit = strlen(name) <= 3 ? 1 : strlen(name) <= 6 ? 2 : 3, best = limit + 1;
    const char *found = NULL;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t distance = edit_distance(name, candidates[i], limit);
        if (distance > 0 && distance < best) {
            best = distance;
            found = candidates[i];
        }
    }
    return found;
}
