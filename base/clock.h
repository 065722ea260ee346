/* Seconds of a clock that only goes forward: for differences. Thread-safe. */
#ifndef DC_BASE_CLOCK_H
#define DC_BASE_CLOCK_H

double seconds_now(void);

#endif
