#include "report/export.h"

#include <string.h>

static const struct {
    const char *name, *end;
    enum export_format format;
    void (*write)(const struct report_check *, const struct report_trace *, FILE *);
} formats[] = {
    {"itf", ".itf.json", EXPORT_ITF, export_itf},
    {"tlc", ".tlc.json", EXPORT_TLC, export_tlc},
    {"shiviz", ".shiviz", EXPORT_SHIVIZ, export_shiviz},
    {"shiviz", ".log", EXPORT_SHIVIZ, export_shiviz},
    {"mermaid", ".mmd", EXPORT_MERMAID, export_mermaid},
    {"plantuml", ".puml", EXPORT_PLANTUML, export_plantuml},
    {"svg", ".svg", EXPORT_SVG, export_svg},
    {"scenario", ".scenario", EXPORT_SCENARIO, export_scenario},
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

bool export_named(const char *name, const char *path, enum export_format *out) {
    for (int i = 0; i < N_FORMATS; i++) {
        size_t n = strlen(path), end = strlen(formats[i].end);
        bool this = name ? !strcmp(name, formats[i].name) : n > end && !strcmp(path + n - end, formats[i].end);
        if (!this) continue;
        *out = formats[i].format;
        return true;
    }
    return false;
}

void export_trace(enum export_format format, const struct report_check *r, const struct report_trace *t, FILE *out) {
    for (int i = 0; i < N_FORMATS; i++) {
        if (formats[i].format != format) continue;
        formats[i].write(r, t, out);
        return;
    }
}

/* How many bytes at s are one character of UTF-8 that XML allows; 0: none. */
static size_t xml_character(const char *s, size_t n) {
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80) return u[0] >= 0x20 || u[0] == '\n' || u[0] == '\t';
    size_t length = u[0] >= 0xF0 && u[0] < 0xF5   ? 4
                    : u[0] >= 0xE0 && u[0] < 0xF0 ? 3
                    : u[0] >= 0xC2 && u[0] < 0xE0 ? 2
                                                  : 0;
    if (!length || length > n) return 0;
    for (size_t i = 1; i < length; i++)
        if ((u[i] & 0xC0) != 0x80) return 0;
    uint32_t c = length == 2   ? (u[0] & 0x1Fu) << 6 | (u[1] & 0x3Fu)
                 : length == 3 ? (u[0] & 0x0Fu) << 12 | (u[1] & 0x3Fu) << 6 | (u[2] & 0x3Fu)
                               : (u[0] & 0x07u) << 18 | (u[1] & 0x3Fu) << 12 | (u[2] & 0x3Fu) << 6 | (u[3] & 0x3Fu);
    bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
    bool allowed = !(c >= 0xD800 && c < 0xE000) && c != 0xFFFE && c != 0xFFFF && c <= 0x10FFFF;
    return allowed && !overlong ? length : 0;
}

void xml_bytes(FILE *out, const char *s, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t length = xml_character(s + i, n - i);
        switch (s[i]) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default:
            if (length) fwrite(s + i, 1, length, out);
            else if (s[i] != '\r') fputc('?', out);
        }
        i += length ? length : 1;
    }
}

void xml_text(FILE *out, const char *s) { xml_bytes(out, s, strlen(s)); }

const char *export_title(struct arena *a, const struct report_check *r, const struct report_trace *t) {
    char *s = arena_printf(a, "%s (%s%s%s%s%s)", t->headline, r->spec,
                           !r->check     ? ""
                           : r->scenario ? ", scenario "
                                         : ", check ",
                           r->check ? r->check : "", *r->constants ? ", " : "", r->constants);
    for (char *c = s; *c; c++)
        if ((unsigned char)*c < ' ') *c = ' ';
    return s;
}

bool report_place(const struct report_check *r, struct span at, const char **path, struct place *from,
                  struct place *to) {
    if (!r->sources || at.source >= r->sources->files.n || at.end < at.begin) return false;
    const struct source *s = &r->sources->files.at[at.source];
    if (at.end > s->n) return false;
    *path = s->path;
    *from = source_place(s, at.begin);
    *to = source_place(s, at.end);
    return true;
}
