/* JUnit XML: a suite for each check, a case for each property. What a check expects is no failure. */
#include <stdlib.h>
#include <string.h>

#include "report/export.h"

enum outcome_of_case { CASE_PASSED, CASE_FAILED, CASE_ERROR, CASE_SKIPPED };

struct totals {
    uint32_t n[4];
};

static enum outcome_of_case case_of(const struct report_check *r, const struct report_property *q) {
    switch (q->verdict) {
    case VERDICT_PROVED: return CASE_PASSED;
    case VERDICT_VIOLATED: return r->expected ? CASE_PASSED : CASE_FAILED;
    case VERDICT_ERROR: return r->expected ? CASE_PASSED : CASE_ERROR;
    default: return CASE_SKIPPED;
    }
}

/* Of the check itself: what no property answers for. */
static enum outcome_of_case case_of_check(const struct report_check *r) {
    if (r->expected || !r->code) return CASE_PASSED;
    for (uint32_t i = 0; i < r->properties.n; i++) {
        enum outcome_of_case c = case_of(r, &r->properties.at[i]);
        if (c == CASE_FAILED || c == CASE_ERROR) return CASE_PASSED;
    }
    if (r->verdict == VERDICT_INCONCLUSIVE || r->verdict == VERDICT_SAMPLED) return CASE_SKIPPED;
    bool error = r->verdict == VERDICT_ERROR || (r->kind && !strcmp(r->kind, "error"));
    return error ? CASE_ERROR : CASE_FAILED;
}

static void sum_up(const struct report_check *r, struct totals *t) {
    t->n[case_of_check(r)]++;
    for (uint32_t i = 0; i < r->properties.n; i++) t->n[case_of(r, &r->properties.at[i])]++;
}

static void attribute(FILE *out, const char *name, const char *value) {
    fprintf(out, " %s=\"", name);
    xml_text(out, value);
    fputc('"', out);
}

static void counts(FILE *out, const struct totals *t, double seconds) {
    fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\"",
            t->n[0] + t->n[1] + t->n[2] + t->n[3], t->n[CASE_FAILED], t->n[CASE_ERROR], t->n[CASE_SKIPPED], seconds);
}

static void trace_text(const struct report_check *r, const char *property, FILE *out) {
    for (uint32_t i = 0; i < r->traces.n; i++) {
        const struct report_trace *t = &r->traces.at[i];
        if (t->witness || (property && strcmp(t->property, property))) continue;
        char *text;
        size_t n;
        FILE *stream = mem_stream_open(&text, &n);
        report_trace_text(t, stream);
        mem_stream_close(stream, &text);
        xml_bytes(out, text, n);
        free(text);
        return;
    }
}

static void write_case(const struct report_check *r, const char *kind, const char *name, const char *property,
                       enum outcome_of_case outcome, const char *note, FILE *out) {
    static const char *const tags[] = {"", "failure", "error", "skipped"};
    fputs("    <testcase classname=\"", out);
    xml_text(out, r->spec);
    fputs(r->check ? "." : "", out);
    xml_text(out, r->check ? r->check : "");
    fputs("\" name=\"", out);
    xml_text(out, kind);
    fputs(*name ? " " : "", out);
    xml_text(out, name);
    fputc('"', out);
    if (outcome == CASE_PASSED) {
        fputs("/>\n", out);
        return;
    }
    fprintf(out, ">\n      <%s", tags[outcome]);
    attribute(out, "message", note ? note : r->reason ? r->reason : verdict_word(r->verdict));
    if (outcome == CASE_SKIPPED) {
        fputs("/>\n    </testcase>\n", out);
        return;
    }
    attribute(out, "type", r->kind ? r->kind : kind);
    fputc('>', out);
    trace_text(r, property, out);
    fprintf(out, "</%s>\n    </testcase>\n", tags[outcome]);
}

static void write_suite(const struct report_check *r, FILE *out) {
    struct totals t = {0};
    sum_up(r, &t);
    fputs("  <testsuite name=\"", out);
    xml_text(out, r->spec);
    if (r->check) {
        fputs(r->scenario ? ", scenario " : ", check ", out);
        xml_text(out, r->check);
    }
    fputc('"', out);
    counts(out, &t, r->result.seconds);
    fputs(">\n", out);
    if (r->scenario) write_case(r, "scenario", r->check, r->check, case_of_check(r), NULL, out);
    else write_case(r, "verdict", "", NULL, case_of_check(r), NULL, out);
    for (uint32_t i = 0; i < r->properties.n; i++) {
        const struct report_property *q = &r->properties.at[i];
        const char *property = strcmp(q->kind, "deadlock") ? q->name : "deadlock";
        enum outcome_of_case outcome = case_of(r, q);
        write_case(r, q->kind, q->name, property, outcome,
                   q->note                   ? q->note
                   : outcome == CASE_SKIPPED ? "not decided"
                                             : NULL,
                   out);
    }
    fputs("  </testsuite>\n", out);
}

void export_junit(const struct report_check *const *list, uint32_t n, FILE *out) {
    struct totals t = {0};
    double seconds = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum_up(list[i], &t);
        seconds += list[i]->result.seconds;
    }
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dcheck\"", out);
    counts(out, &t, seconds);
    fputs(">\n", out);
    for (uint32_t i = 0; i < n; i++) write_suite(list[i], out);
    fputs("</testsuites>\n", out);
}
