/* The same function on several threads at once, for phases that are worth it; returns when all are through.
 *
 * `work` is called with `self` and the numbers 0 .. n-1, where n is at most `workers` (0 counts as 1): where the system
 * refuses a thread, fewer take part, so the work is to be shared out by asking for more, not by number. */
#ifndef DC_BASE_CREW_H
#define DC_BASE_CREW_H

#include <stdint.h>

void crew_run(uint32_t workers, void (*work)(void *self, uint32_t worker), void *self);

#endif
