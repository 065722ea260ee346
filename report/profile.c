/* Where the states come from, as tables and as JSON. */
#include <string.h>

#include "report/json_text.h"
#include "report/report.h"

static void estimated(double n, bool exact, int width, FILE *out) {
    int digits = 1;
    for (uint64_t x = (uint64_t)(n + 0.5); x > 9; x /= 10) digits++;
    digits += (digits - 1) / 3 + !exact;
    fprintf(out, "%*s%s", digits < width ? width - digits : 0, "", exact ? "" : "~");
    print_count(out, (uint64_t)(n + 0.5));
}

static void print_actions(const struct report_profile *x, FILE *out) {
    uint64_t all = 0;
    double seconds = 0;
    int width = 6;
    for (uint32_t i = 0; i < x->actions.n; i++) {
        all += x->actions.at[i].successors;
        seconds += x->actions.at[i].seconds;
        if ((int)strlen(x->actions.at[i].name) > width) width = (int)strlen(x->actions.at[i].name);
    }
    fprintf(out, "  %-*s %14s %14s %14s %7s %7s\n", width, "action", "successors", "new", "repeated", "share", "time");
    for (uint32_t i = 0; i < x->actions.n; i++) {
        const struct report_profile_action *a = &x->actions.at[i];
        fprintf(out, "  %-*s ", width, a->name);
        print_count_right(a->successors, 14, out);
        fputc(' ', out);
        print_count_right(a->fresh, 14, out);
        fputc(' ', out);
        print_count_right(a->successors - a->fresh, 14, out);
        fprintf(out, " %5.1f %% %5.1f %%\n", all ? 100 * (double)a->successors / (double)all : 0.0,
                seconds > 0 ? 100 * a->seconds / seconds : 0.0);
    }
}

static void print_parts(const struct report_profile *x, FILE *out) {
    int width = 4;
    for (uint32_t i = 0; i < x->parts.n; i++)
        if ((int)strlen(x->parts.at[i].name) > width) width = (int)strlen(x->parts.at[i].name);
    fprintf(out, "  %-9s %-*s %14s %14s\n", "", width, "part", "values", "multiplies by");
    for (uint32_t i = 0; i < x->parts.n; i++) {
        const struct report_profile_part *p = &x->parts.at[i];
        fprintf(out, "  %-9s %-*s ", p->kind, width, p->name);
        estimated(p->values, p->values_exact, 14, out);
        if (p->times > 0) fprintf(out, " %*s%.2f", p->times_exact ? 7 : 6, p->times_exact ? "" : "~", p->times);
        fputs(p->ghost ? "  ghost\n" : "\n", out);
    }
}

void report_profile_text(const struct report_profile *x, FILE *out) {
    fputs("\nwhere the states come from (", out);
    print_count(out, x->states);
    fprintf(out, " states%s, interpreter)\n", x->whole ? "" : ", not all there are");
    print_actions(x, out);
    fputc('\n', out);
    print_parts(x, out);
    fprintf(out, "advice: %s\n", x->advice);
}

json_t *json_profile(const struct report_profile *x) {
    json_t *o = json_object(), *actions = json_array(), *parts = json_array();
    json_object_set_new(o, "states", json_integer((json_int_t)x->states));
    json_object_set_new(o, "whole", json_boolean(x->whole));
    for (uint32_t i = 0; i < x->actions.n; i++) {
        const struct report_profile_action *a = &x->actions.at[i];
        json_t *j = json_object();
        json_object_set_new(j, "action", json_text(a->name));
        json_object_set_new(j, "successors", json_integer((json_int_t)a->successors));
        json_object_set_new(j, "new", json_integer((json_int_t)a->fresh));
        json_object_set_new(j, "seconds", json_real(a->seconds));
        json_array_append_new(actions, j);
    }
    for (uint32_t i = 0; i < x->parts.n; i++) {
        const struct report_profile_part *p = &x->parts.at[i];
        json_t *j = json_object();
        json_object_set_new(j, "part", json_text(p->name));
        json_object_set_new(j, "kind", json_text(p->kind));
        json_object_set_new(j, "ghost", json_boolean(p->ghost));
        json_object_set_new(j, "values", json_real(p->values));
        json_object_set_new(j, "values_exact", json_boolean(p->values_exact));
        json_object_set_new(j, "multiplies", p->times > 0 ? json_real(p->times) : json_null());
        json_object_set_new(j, "multiplies_exact", json_boolean(p->times > 0 && p->times_exact));
        json_array_append_new(parts, j);
    }
    json_object_set_new(o, "actions", actions);
    json_object_set_new(o, "parts", parts);
    json_object_set_new(o, "advice", json_text(x->advice));
    return o;
}

void report_profile_free(struct report_profile *x) {
    if (!x) return;
    VEC_FREE(x->actions);
    VEC_FREE(x->parts);
    arena_free(&x->arena);
    mem_free(x);
}
