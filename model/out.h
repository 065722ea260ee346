/* Where a model puts its steps, for callers that look at a few of them at a time.
 *
 * `flush` is called with each full portion; the last one is what remains in it after init or expand, which the caller
 * looks at itself. Ownership: out_close lets go of what out_open has allocated. No failure (base/mem.h). */
#ifndef DC_MODEL_OUT_H
#define DC_MODEL_OUT_H

#include "model/model.h"

/* keys: process and key of each step are wanted, too. */
void out_open(struct dc_out *, uint32_t state_words, bool keys, void (*flush)(struct dc_out *), void *self);
void out_close(struct dc_out *);

#endif
