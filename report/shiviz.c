/* A log for ShiViz: two lines for each event, what happened and then host and vector clock. The first line is the
 * regular expression that reads them, the second, empty one says that there is one execution. */
#include <string.h>

#include "report/export.h"

struct clocks {
    const struct dc_story *story;
    uint32_t hosts;    /* all processes, and the network */
    uint32_t *now;     /* hosts × hosts */
    uint32_t *message; /* by message: the clock of its sender when it was sent */
};

static const char *host_name(const struct clocks *c, uint32_t host) {
    return host + 1 < c->hosts ? c->story->processes.at[host].name : "network";
}

static void happen(struct clocks *c, const struct dc_event *e, uint32_t number) {
    uint32_t host = e->actor >= 0 ? (uint32_t)e->actor : c->hosts - 1, *clock = c->now + (size_t)host * c->hosts;
    clock[host]++;
    for (uint32_t i = 0; e->taken >= 0 && i < c->hosts; i++) {
        uint32_t sent = c->message[(size_t)e->taken * c->hosts + i];
        if (sent > clock[i]) clock[i] = sent;
    }
    for (uint32_t m = 0; m < c->story->messages.n; m++) {
        const struct dc_message *x = &c->story->messages.at[m];
        uint32_t *sent = c->message + (size_t)m * c->hosts;
        if (x->sent != number) continue;
        memcpy(sent, x->copy_of >= 0 ? c->message + (size_t)x->copy_of * c->hosts : clock, c->hosts * sizeof *sent);
    }
}

static void write_event(const struct clocks *c, const struct dc_event *e, FILE *out) {
    uint32_t host = e->actor >= 0 ? (uint32_t)e->actor : c->hosts - 1;
    const uint32_t *clock = c->now + (size_t)host * c->hosts;
    bool any = false;
    fputs(e->title, out);
    for (uint32_t i = 0; i < e->sent.n; i++)
        fprintf(out, "; sends %s%s%s", e->sent.at[i].message, e->sent.at[i].to ? " to " : "",
                e->sent.at[i].to ? e->sent.at[i].to : "");
    fprintf(out, "\n%s {", host_name(c, host));
    for (uint32_t i = 0; i < c->hosts; i++) {
        if (!clock[i]) continue;
        fprintf(out, "%s\"%s\":%u", any ? ", " : "", host_name(c, i), clock[i]);
        any = true;
    }
    fputs("}\n", out);
}

void export_shiviz(const struct report_check *r, const struct report_trace *t, FILE *out) {
    const struct dc_story *s = &t->story;
    struct clocks c = {.story = s, .hosts = s->processes.n + 1};
    (void)r;
    c.now = mem_alloc((size_t)c.hosts * c.hosts * sizeof *c.now);
    c.message = mem_alloc(((size_t)s->messages.n + 1) * c.hosts * sizeof *c.message);
    fputs("(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})\n\n", out);
    for (uint32_t i = 1; i < s->events.n; i++) {
        happen(&c, &s->events.at[i], i);
        write_event(&c, &s->events.at[i], out);
    }
    mem_free(c.now);
    mem_free(c.message);
}
