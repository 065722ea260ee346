/* A trace as a scenario of the language: pasted into the spec it replays this run (docs/language.md). Titles say which
 * step; where they do not, the values say it that the story has for this (explain_trace.pins). */
#include <ctype.h>

#include "report/export.h"

static void pins(const struct dc_pins *list, FILE *out) {
    for (uint32_t i = 0; i < list->n; i++) fprintf(out, "        %s = %s\n", list->at[i].name, list->at[i].text);
}

static void name_part(const char *text, FILE *out) {
    for (; *text; text++) fputc(isalnum((unsigned char)*text) ? *text : '_', out);
}

void export_scenario(const struct report_check *r, const struct report_trace *t, FILE *out) {
    const struct dc_story *s = &t->story;
    struct arena a = {0};
    fprintf(out, "/// %s\nscenario ", export_title(&a, r, t));
    arena_free(&a);
    if (r->check) {
        name_part(r->check, out);
        fputc('_', out);
    }
    name_part(t->property, out);
    fprintf(out, "_run%s {\n", r->settings ? r->settings : "");
    if (s->events.n && s->events.at[0].pins.n) {
        fputs("    initial state\n", out);
        pins(&s->events.at[0].pins, out);
    }
    for (uint32_t i = 1; i < s->events.n; i++) {
        fprintf(out, "    %s\n", s->events.at[i].title);
        pins(&s->events.at[i].pins, out);
    }
    if (s->failed_step) {
        fprintf(out, "    %s%s\n", s->failed_step, s->failed_error ? " fails" : "");
        pins(&s->failed_pins, out);
    }
    if (t->claim) fprintf(out, "    expect %s\n", t->claim);
    fputs("}\n", out);
}
