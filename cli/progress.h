/* What a long search says while it runs: on a terminal one line that is written over and over, elsewhere a plain line
 * now and then, and on SIGUSR1 a plain line at once. To standard error, for people; nothing depends on it.
 *
 * Threads: the search calls progress_search and progress_phase from a thread of its own, one at a time. */
#ifndef DC_CLI_PROGRESS_H
#define DC_CLI_PROGRESS_H

#include "checker/search.h"

enum { PROGRESS_TERMINAL_SECONDS = 2, PROGRESS_PIPE_SECONDS = 60 };

struct progress {
    bool terminal, quiet; /* quiet: only what a signal asks for */
    double every_seconds, started, last;
    /* at the last line: for rates of late, not of the whole run */
    struct search_progress before;
    bool shown;
};

void progress_open(struct progress *, bool quiet);
void progress_options(struct progress *, struct search_options *); /* has the search call the two below */
void progress_search(struct progress *, const struct search_progress *);
void progress_phase(struct progress *, const struct search_phase *);
void progress_close(struct progress *); /* takes the line away from the terminal */
void progress_on_signal(void);          /* SIGUSR1 asks for a line */

/* States still to come, from how the levels shrink; 0: they do not, so that nobody knows. */
double progress_left(const struct search_progress *);

#endif
