/* The table of a sweep, as text, CSV and JSON. */
#include <string.h>

#include "report/json_text.h"
#include "report/report.h"

static int width_of(const struct report_sweep *s, uint32_t name) {
    size_t w = strlen(s->names[name]);
    for (uint32_t i = 0; i < s->n_rows; i++)
        if (strlen(s->rows[i].values[name]) > w) w = strlen(s->rows[i].values[name]);
    return w > 8 ? (int)w : 8;
}

static void heading(const struct report_sweep *s, const struct report_sweep_row *r, FILE *out) {
    fprintf(out, "%s%s%s\n", s->spec, r->check ? ", check " : "", r->check ? r->check : "");
    for (uint32_t a = 0; a < s->n_names; a++) fprintf(out, "  %-*s", width_of(s, a), s->names[a]);
    fprintf(out, "  %-13s %15s %15s %8s %6s %9s\n", "verdict", "distinct", "expected", "growth", "depth", "seconds");
}

void report_sweep_line(const struct report_sweep *s, uint32_t row, FILE *out) {
    const struct report_sweep_row *r = &s->rows[row];
    bool first = !row || (r->check ? !s->rows[row - 1].check || strcmp(r->check, s->rows[row - 1].check) != 0
                                   : s->rows[row - 1].check != NULL);
    if (first && row) fputc('\n', out);
    if (first) heading(s, r, out);
    for (uint32_t a = 0; a < s->n_names; a++) fprintf(out, "  %-*s", width_of(s, a), r->values[a]);
    fprintf(out, "  %-13s ", r->verdict ? r->verdict : "not run");
    if (r->verdict) print_count_right(r->distinct, 15, out);
    else fprintf(out, "%15s", "");
    fputc(' ', out);
    if (r->expected > 0) print_count_right((uint64_t)r->expected, 15, out);
    else fprintf(out, "%15s", "");
    if (!r->verdict) {
        fprintf(out, "  %s\n", r->why);
        return;
    }
    if (r->growth > 0) fprintf(out, " %8.2f", r->growth);
    else fprintf(out, " %8s", "");
    fprintf(out, " %6u %9.2f", r->depth, r->seconds);
    if (r->why) fprintf(out, "  %s", r->why);
    if (r->code == 0 && strcmp(r->verdict, "proved") != 0) fputs(", as expected", out);
    if (r->code == 1) fputs(", NOT as expected", out);
    fputc('\n', out);
}

void report_sweep_end(const struct report_sweep *s, FILE *out) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < s->n_rows; i++) left += !s->rows[i].verdict;
    fprintf(out, "%u of %u run\n", s->n_rows - left, s->n_rows);
}

static void field(const char *text, FILE *out) {
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void report_sweep_csv(const struct report_sweep *s, FILE *out) {
    fputs("check", out);
    for (uint32_t a = 0; a < s->n_names; a++) {
        fputc(',', out);
        field(s->names[a], out);
    }
    fputs(",verdict,code,distinct,generated,depth,seconds,memory_bytes,growth,expected\r\n", out);
    for (uint32_t i = 0; i < s->n_rows; i++) {
        const struct report_sweep_row *r = &s->rows[i];
        field(r->check ? r->check : "", out);
        for (uint32_t a = 0; a < s->n_names; a++) {
            fputc(',', out);
            field(r->values[a], out);
        }
        fprintf(out, ",%s,%d,", r->verdict ? r->verdict : "not run", r->code);
        if (r->verdict)
            fprintf(out, "%llu,%llu,%u,%.3f,%llu", (unsigned long long)r->distinct, (unsigned long long)r->generated,
                    r->depth, r->seconds, (unsigned long long)r->memory_bytes);
        else fputs(",,,,", out);
        fputc(',', out);
        if (r->growth > 0) fprintf(out, "%.4f", r->growth);
        fputc(',', out);
        if (r->expected > 0) fprintf(out, "%.0f", r->expected);
        fputs("\r\n", out);
    }
}

json_t *json_sweep(const struct report_sweep *s) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < s->n_rows; i++) {
        const struct report_sweep_row *r = &s->rows[i];
        json_t *o = json_object(), *constants = json_object();
        for (uint32_t a = 0; a < s->n_names; a++) json_object_set_new(constants, s->names[a], json_text(r->values[a]));
        json_object_set_new(o, "check", json_text(r->check));
        json_object_set_new(o, "constants", constants);
        json_object_set_new(o, "verdict", json_text(r->verdict ? r->verdict : "not run"));
        json_object_set_new(o, "code", json_integer(r->code));
        json_object_set_new(o, "why", json_text(r->why));
        json_object_set_new(o, "distinct", r->verdict ? json_integer((json_int_t)r->distinct) : json_null());
        json_object_set_new(o, "seconds", r->verdict ? json_real(r->seconds) : json_null());
        json_object_set_new(o, "growth", r->growth > 0 ? json_real(r->growth) : json_null());
        json_object_set_new(o, "expected", r->expected > 0 ? json_real(r->expected) : json_null());
        json_array_append_new(rows, o);
    }
    return rows;
}
