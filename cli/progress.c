#include "cli/progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/report.h"

static atomic_int asked;

static void on_usr1(int number) {
    (void)number;
    atomic_store(&asked, 1);
}

void progress_on_signal(void) {
    struct sigaction a = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &a, NULL);
}

void progress_open(struct progress *p, bool quiet) {
    *p = (struct progress){.terminal = isatty(2), .quiet = quiet};
    p->every_seconds = p->terminal ? PROGRESS_TERMINAL_SECONDS : PROGRESS_PIPE_SECONDS;
    const char *knob = getenv("DCHECK_PROGRESS_SECONDS"); /* for tests: docs/internals/search.md */
    double seconds = knob ? strtod(knob, NULL) : 0;
    if (seconds > 0) p->every_seconds = seconds;
    p->started = p->last = seconds_now();
}

static void search_tick(void *self, const struct search_progress *x) { progress_search(self, x); }
static void phase_tick(void *self, const struct search_phase *x) { progress_phase(self, x); }

void progress_options(struct progress *p, struct search_options *o) {
    o->progress = search_tick;
    o->phase = phase_tick;
    o->progress_self = p;
    o->progress_seconds = 0.1; /* a signal is answered that fast; lines come less often */
}

/* The end of the last search does not answer for this one. */
static bool due(struct progress *p, bool *plain) {
    bool signal = atomic_exchange(&asked, 0) != 0;
    double t = seconds_now();
    *plain = signal || !p->terminal;
    if (!signal && (p->quiet || t - p->last < p->every_seconds)) return false;
    p->last = t;
    if (p->terminal) fputs("\r\033[K", stderr);
    p->shown = true;
    return true;
}

static void end_line(struct progress *p, bool plain) {
    fputs(plain ? "\n" : " ", stderr);
    if (plain) p->shown = false;
    fflush(stderr);
}

/* Levels that shrink by a factor r each hold r / (1 - r) times the last one more, at most: most curves bend further. */
double progress_left(const struct search_progress *s) {
    const uint64_t *l = s->recent;
    bool shrinks = l[0] && l[1] && l[2] && l[0] < l[1] && l[1] < l[2];
    if (!shrinks) return 0;
    double r = (double)l[0] / (double)l[1];
    if (r > 0.98) return 0; /* too flat to tell */
    return (double)(s->queue - s->expanded) + (double)l[0] * r / (1 - r);
}

static void duration(FILE *out, double seconds) {
    if (seconds < 100) fprintf(out, "%.0f s", seconds);
    else if (seconds < 6000) fprintf(out, "%.0f min", seconds / 60);
    else fprintf(out, "%.1f h", seconds / 3600);
}

static void forecast(const struct progress *p, const struct search_progress *s) {
    double expanded = (double)s->distinct - (double)s->queue + (double)s->expanded, left = progress_left(s);
    double span = s->seconds - p->before.seconds, fresh = (double)s->distinct - (double)p->before.distinct;
    if (left > 0 && s->seconds > 0 && expanded > 0) {
        fputs(", about ", stderr);
        duration(stderr, left / (expanded / s->seconds));
        fputs(" left", stderr);
    }
    if (!s->memory_limit || !s->distinct || span <= 0 || fresh <= 0) return;
    double room = (double)s->memory_limit - (double)s->memory_bytes;
    double each = (double)s->memory_bytes / (double)s->distinct, seconds = room / each / (fresh / span);
    if (left > 0 && left * each <= room) return; /* it will do */
    if (seconds < 24 * 3600.0) {
        fputs(", memory full in ", stderr);
        duration(stderr, seconds > 0 ? seconds : 0);
    }
}

void progress_search(struct progress *p, const struct search_progress *s) {
    bool plain;
    if (!due(p, &plain)) return;
    double span = s->seconds - p->before.seconds;
    uint64_t fresh = s->generated > p->before.generated ? s->generated - p->before.generated : 0;
    if (span <= 0) span = 1e-9;
    fprintf(stderr, "level %u: ", s->level);
    print_count(stderr, s->distinct);
    fputs(" distinct, ", stderr);
    print_count(stderr, s->generated);
    fputs(" generated, ", stderr);
    print_count(stderr, s->queue);
    fprintf(stderr, " in this level, %u %% done, ", (unsigned)(s->queue ? 100 * s->expanded / s->queue : 0));
    print_count(stderr, (uint64_t)((double)fresh / span));
    fprintf(stderr, "/s, %.0f MiB", (double)s->memory_bytes / (1 << 20));
    if (s->memory_limit) fprintf(stderr, " of %.0f", (double)s->memory_limit / (1 << 20));
    fprintf(stderr, ", %.0f s", s->seconds);
    forecast(p, s);
    p->before = *s;
    end_line(p, plain);
}

void progress_phase(struct progress *p, const struct search_phase *s) {
    bool plain;
    if (!due(p, &plain)) return;
    uint64_t percent = s->states ? 100 * s->visited / s->states : 0;
    fprintf(stderr, "temporal: %u of %u properties, ", s->done, s->all);
    print_count(stderr, s->states);
    fprintf(stderr, " states, components %u %%, %.0f s", (unsigned)(percent < 99 ? percent : 99),
            seconds_now() - p->started);
    end_line(p, plain);
}

void progress_close(struct progress *p) {
    if (p->terminal && p->shown) fputs("\r\033[K", stderr);
}
