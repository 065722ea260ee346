#include "report/tale.h"

#include <string.h>

struct tale {
    const struct dc_story *story;
    uint32_t n;       /* processes */
    uint32_t *known;  /* n × n: the last step of the other that is in the past of the one; 0: none */
    uint32_t *inside; /* by message: what its sender knew */
    uint32_t *before; /* what the actor knew before this step */
    FILE *out;
};

static const char *name(const struct tale *t, int process) { return t->story->processes.at[process].name; }

static void learn(struct tale *t, const struct dc_event *e, uint32_t number) {
    uint32_t *mine = e->actor >= 0 ? t->known + (size_t)e->actor * t->n : NULL;
    if (mine) memcpy(t->before, mine, t->n * sizeof *mine);
    if (mine) mine[e->actor] = number;
    for (uint32_t i = 0; mine && e->taken >= 0 && i < t->n; i++) {
        uint32_t told = t->inside[(size_t)e->taken * t->n + i];
        if (told > mine[i]) mine[i] = told;
    }
    for (uint32_t m = 0; m < t->story->messages.n; m++) {
        const struct dc_message *x = &t->story->messages.at[m];
        uint32_t *inside = t->inside + (size_t)m * t->n;
        if (x->sent != number) continue;
        if (x->copy_of >= 0) memcpy(inside, t->inside + (size_t)x->copy_of * t->n, t->n * sizeof *inside);
        else if (mine) memcpy(inside, mine, t->n * sizeof *inside);
    }
}

static void tell_deed(const struct tale *t, const struct dc_event *e) {
    const struct dc_message *m = e->taken >= 0 ? &t->story->messages.at[e->taken] : NULL;
    const char *who = e->actor >= 0 ? name(t, e->actor) : NULL;
    switch (e->kind) {
    case EVENT_RECEIVE:
        fprintf(t->out, "%s receives %s", who ? who : "somebody", e->received ? e->received : "a message");
        if (m && m->from >= 0) fprintf(t->out, " from %s", name(t, m->from));
        if (m && m->sent) fprintf(t->out, " (sent at step %u)", m->sent + 1);
        if (m && !m->sent) fputs(" (there from the start)", t->out);
        break;
    case EVENT_CRASH: fprintf(t->out, "%s crashes", who); break;
    case EVENT_RECOVER: fprintf(t->out, "%s recovers", who); break;
    case EVENT_TICK: fputs("Time passes", t->out); break;
    case EVENT_FAULT: fprintf(t->out, "A fault: %s%s%s", who ? who : "", who ? ", " : "", e->label); break;
    default: fprintf(t->out, "%s does `%s`", who ? who : "The system", e->label);
    }
    if (e->note && !strcmp(e->note, "lie")) fputs(", as a liar", t->out);
}

/* Equal messages to several receivers are told once. */
static void tell_sent(const struct tale *t, const struct dc_event *e) {
    bool first = true;
    for (uint32_t i = 0; i < e->sent.n; i++) {
        bool told = false;
        for (uint32_t k = 0; k < i; k++) told |= !strcmp(e->sent.at[k].message, e->sent.at[i].message);
        if (told) continue;
        fprintf(t->out, "%s%s", first ? " and sends " : ", and ", e->sent.at[i].message);
        first = false;
        const char *word = " to ";
        for (uint32_t k = i; k < e->sent.n; k++) {
            if (strcmp(e->sent.at[k].message, e->sent.at[i].message) || !e->sent.at[k].to) continue;
            fprintf(t->out, "%s%s", word, e->sent.at[k].to);
            word = ", ";
        }
    }
    if (e->torn) fputs(", and crashes in the middle of it", t->out);
}

static void tell_changes(const struct tale *t, const struct dc_event *e) {
    size_t n = e->process ? strlen(e->process) : 0;
    bool any = false;
    for (uint32_t i = 0; i < e->changes.n; i++) {
        const struct dc_value *v = &e->changes.at[i];
        if (v->hidden) continue;
        bool own = n && !strncmp(v->name, e->process, n) && v->name[n] == '.';
        fprintf(t->out, "%s%s%s becomes %s (was %s)", any ? ", " : "; ", own ? "its " : "",
                own ? v->name + n + 1 : v->name, v->text, v->before);
        any = true;
    }
    fputs(".", t->out);
}

static void tell_news(const struct tale *t, const struct dc_event *e) {
    const char *word = " Now it knows";
    for (uint32_t q = 0; e->actor >= 0 && q < t->n; q++) {
        uint32_t step = t->known[(size_t)e->actor * t->n + q];
        if ((int)q == e->actor || step == t->before[q]) continue;
        fprintf(t->out, "%s what %s did up to step %u", word, t->story->processes.at[q].name, step + 1);
        word = ", and";
    }
    fputs(*word == ',' ? ".\n" : "\n", t->out);
}

static void tell_losses(const struct tale *t, uint32_t number) {
    for (uint32_t m = 0; m < t->story->messages.n; m++) {
        const struct dc_message *x = &t->story->messages.at[m];
        if (x->lost != number || x->received) continue;
        fprintf(t->out, "       Lost: %s", x->text);
        if (x->from >= 0) fprintf(t->out, " from %s", name(t, x->from));
        if (x->to >= 0) fprintf(t->out, " to %s", name(t, x->to));
        fputs(", which nobody received.\n", t->out);
    }
}

static void tell_knowledge(const struct tale *t) {
    fputs("  At the end, from the messages that it received,\n", t->out);
    for (uint32_t p = 0; p < t->n; p++) {
        bool any = false;
        fprintf(t->out, "       %s knows", t->story->processes.at[p].name);
        for (uint32_t q = 0; q < t->n; q++) {
            uint32_t step = t->known[(size_t)p * t->n + q];
            if (q == p || !step) continue;
            fprintf(t->out, "%s what %s did up to step %u", any ? "," : "", t->story->processes.at[q].name, step + 1);
            any = true;
        }
        fputs(any ? ".\n" : " nothing of the others' steps.\n", t->out);
    }
}

void tale_print(const struct report_trace *x, FILE *out) {
    const struct dc_story *s = &x->story;
    struct tale t = {.story = s, .n = s->processes.n, .out = out};
    if (!s->events.n) return;
    t.known = mem_alloc(((size_t)t.n * t.n + 1) * sizeof *t.known);
    t.inside = mem_alloc(((size_t)s->messages.n + 1) * (t.n + 1) * sizeof *t.inside);
    t.before = mem_alloc((t.n + 1) * sizeof *t.before);
    fputs("\n  In words:\n", out);
    for (uint32_t i = 1; i < s->events.n; i++) {
        if (x->lasso && i == x->loop + 1) fputs("       From here on it repeats for ever:\n", out);
        learn(&t, &s->events.at[i], i);
        fprintf(out, "%5u  ", i + 1);
        tell_deed(&t, &s->events.at[i]);
        tell_sent(&t, &s->events.at[i]);
        tell_changes(&t, &s->events.at[i]);
        tell_news(&t, &s->events.at[i]);
        tell_losses(&t, i);
    }
    tell_knowledge(&t);
    if (s->escape) fprintf(out, "  %s\n", s->escape);
    mem_free(t.known);
    mem_free(t.inside);
    mem_free(t.before);
}
