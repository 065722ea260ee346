/* For the fuzz targets (tests/suites/fuzz.sh): each is one file with LLVMFuzzerTestOneInput, linked with common.c and
 * all of the program but its main.
 *
 * A target succeeds if it returns. What is wrong with an input is collected by the program, never fatal, so that any
 * end of the process is a finding: common.c turns the exit for lack of memory, which libFuzzer would take for a good
 * end, into an abort. Everything is freed after each input: a leak is a finding, too. */
#ifndef DC_TESTS_FUZZ_FUZZ_H
#define DC_TESTS_FUZZ_FUZZ_H

#include "compiler/ir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

FILE *fuzz_null(void); /* takes all and keeps nothing */
void fuzz_diags(const struct diags *, const struct sources *);
/* Everything that comes after a program: C text, text of the IR and back, a few hundred steps, told traces. Aborts
 * where the text is not accepted or is another one the second time. `sources` may lack what the program's spans point
 * into. */
void fuzz_program(const struct program *, const struct sources *);

#endif
